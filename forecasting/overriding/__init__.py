"""Overrides of many items at once: a grid of items by weeks or months, typed, pasted from a spreadsheet, or filled in in a workbook.

Whatever way numbers come in, they become `Edit`s, each with the place it was read from; `check` holds them against what stands now and
says what would change and what is wrong; `services.save_numbers` writes all of it or nothing. An edit tells what its author saw, so
that numbers which changed underneath are found cell by cell.
"""

from forecasting.overriding.buckets import Bucket, Grain, buckets
from forecasting.overriding.checking import Change, Checked, check
from forecasting.overriding.edits import Edit, Fault
from forecasting.overriding.pasting import read_text
from forecasting.overriding.table import Cell, Row, Table, table
from forecasting.overriding.workbook import NotOurs, read_workbook, workbook

__all__ = [
    "Bucket",
    "Cell",
    "Change",
    "Checked",
    "Edit",
    "Fault",
    "Grain",
    "NotOurs",
    "Row",
    "Table",
    "buckets",
    "check",
    "read_text",
    "read_workbook",
    "table",
    "workbook",
]
