"""A plant described in plain CSV files: read, checked, loaded, and played.

`cells` reads one cell, `columns` and `tables` say which files and columns there are, `reader` turns a folder into typed
rows or a report of every fault; none of them knows the database. `loader` writes what was read, `simulation` plays the
people of the plant over the public services.
"""
