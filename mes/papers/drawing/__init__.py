"""How a paper looks: its content as plain data, and that content as PDF, as symbols to scan and as a workbook. Knows no Django.

One frozen content is drawn in every form, so that screen, print and workbook cannot disagree.
"""
