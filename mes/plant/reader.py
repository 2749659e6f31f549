"""Reads a plant folder: CSV files in, typed rows or a report of every fault out. Knows no database.

Each file is a table of `mes.plant.tables`. A cell that cannot be read, a required cell that is empty, a row given
twice and a name that nothing bears are faults with file, row, column and remedy; columns and files that the format
does not know are notes. Names that the folder itself does not define are kept as `Plant.unresolved`: they may
stand in the database already.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from mes.plant.cells import CellError, Clock
from mes.plant.columns import Column, Row, columns_of
from mes.plant.tables import TABLES, SiteRow

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Fault:
    """One thing that keeps the folder from being loaded; `line` counts as an editor does, the header being 1."""

    file: str
    line: int
    column: str
    message: str
    remedy: str

    def __str__(self) -> str:
        row = f", row {self.line}" if self.line else ""
        place = self.file + row + (f", column {self.column}" if self.column else "")
        return f"{place}: {self.message} {self.remedy}".rstrip()


@dataclass(frozen=True)
class Reference:
    """A name used in one table that another one should define."""

    file: str
    line: int
    column: str
    name: str
    table: str

    def as_fault(self) -> Fault:
        return Fault(
            self.file,
            self.line,
            self.column,
            f"nothing is called “{self.name}”.",
            f"Correct the name, or add a row for it to {self.table}.csv.",
        )


@dataclass
class Plant:
    """All rows of a folder, by table, with what was noticed on the way."""

    name: str
    clock: Clock
    rows: dict[type[Row], list[Row]] = field(default_factory=dict)
    stated: dict[type[Row], frozenset[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unresolved: list[Reference] = field(default_factory=list)

    def of(self, table: type[R]) -> list[R]:
        """The rows of one table, in the file's order."""
        return self.rows.get(table, [])  # type: ignore[return-value]

    def fault(self, row: Row, column: str, message: str, remedy: str) -> None:
        self.faults.append(Fault(f"{row.FILE}.csv", row.line, column, message, remedy))


def read_plant(folder: Path, now: datetime) -> Plant:
    """Read every known file of `folder`; look at `faults` before using the rows.

    :param now: relative dates count from its day in the site's time zone.
    """
    plant = Plant(name=folder.resolve().name, clock=Clock(now.date()))
    if not folder.is_dir():
        plant.faults.append(
            Fault(str(folder), 0, "", "there is no such folder.", "Name a folder of plant CSV files.")
        )
        return plant
    known = {f"{table.FILE}.csv" for table in TABLES}
    present = {path.name for path in folder.glob("*.csv")}
    plant.notes.extend(
        f"{name} is not part of the format and was ignored." for name in sorted(present - known)
    )
    if not present & known:
        plant.faults.append(
            Fault(
                str(folder), 0, "", "holds none of the files of a plant.", "docs/plant-format.md lists them."
            )
        )
    for table in TABLES:
        if f"{table.FILE}.csv" in present:
            plant.rows[table] = list(_rows(plant, folder / f"{table.FILE}.csv", table))
            _refuse_repeated_keys(plant, table)
        if table is SiteRow:
            _set_clock(plant, now)
    _follow_references(plant)
    return plant


def _set_clock(plant: Plant, now: datetime) -> None:
    """The site's time zone, which every later file is read by."""
    sites = plant.of(SiteRow)
    for extra in sites[1:]:
        plant.fault(extra, "site", "a folder describes one site.", "Move this one to a folder of its own.")
    if sites:
        if sites[0].time_zone not in available_timezones():
            plant.fault(
                sites[0],
                "time_zone",
                f"“{sites[0].time_zone}” is no time zone.",
                "Write an IANA name: Europe/Berlin.",
            )
            return
        zone = ZoneInfo(sites[0].time_zone)
        plant.clock = Clock(now.astimezone(zone).date(), zone)


def _rows(plant: Plant, path: Path, table: type[Row]) -> Iterator[Row]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        plant.faults.append(Fault(path.name, 0, "", "is not UTF-8 text.", "Save it as “CSV UTF-8”."))
        return
    lines = content.splitlines(keepends=True)
    header = _header(lines[0]) if lines else []
    columns = columns_of(table)
    if not _header_serves(plant, path.name, header, columns):
        return
    plant.stated[table] = frozenset(name for name in header if name in columns)
    wanted = [(position, columns[name]) for position, name in enumerate(header) if name in columns]
    missing = {c.name: c.default for c in columns.values() if c.name not in header}
    reader = csv.reader(lines, delimiter=_delimiter(lines[0]))
    next(reader)
    for cells in reader:
        if any(map(str.strip, cells)):
            row = _row(plant, table, reader.line_num, cells, wanted, missing)
            if row is not None:
                yield row


def _delimiter(line: str) -> str:
    """Spreadsheets of half of Europe write `;`: the header tells."""
    return max(",;\t", key=line.count)


def _header(line: str) -> list[str]:
    names = next(csv.reader([line], delimiter=_delimiter(line)))
    return [name.strip().lower().replace(" ", "_") for name in names]


def _header_serves(plant: Plant, file: str, header: Sequence[str], columns: Mapping[str, Column]) -> bool:
    """Note columns that are not ours; whether those that we cannot do without are there."""
    plant.notes.extend(
        f"{file}: column {name} is not part of the format and was ignored."
        for name in header
        if name and name not in columns
    )
    absent = [column.name for column in columns.values() if column.required and column.name not in header]
    plant.faults.extend(
        Fault(
            file,
            1,
            name,
            "the column is missing.",
            f"Add it; the file has: {', '.join(header) or 'nothing'}.",
        )
        for name in absent
    )
    twice = sorted({name for name in header if name in columns and header.count(name) > 1})
    plant.faults.extend(
        Fault(file, 1, name, "the column is there twice.", "Remove one of them.") for name in twice
    )
    return not absent and not twice


def _row(
    plant: Plant,
    table: type[Row],
    line: int,
    cells: Sequence[str],
    wanted: Iterable[tuple[int, Column]],
    missing: Mapping[str, Any],
) -> Row | None:
    values: dict[str, Any] = dict(missing)
    sound = True
    for position, column in wanted:
        cell = cells[position].strip() if position < len(cells) else ""
        if not cell:
            values[column.name] = column.default
            if column.required:
                plant.faults.append(Fault(f"{table.FILE}.csv", line, column.name, "is empty.", "Fill it in."))
                sound = False
            continue
        try:
            values[column.name] = column.read(cell, plant.clock)
        except CellError as unreadable:
            told = str(unreadable), unreadable.remedy
            plant.faults.append(Fault(f"{table.FILE}.csv", line, column.name, *told))
            sound = False
        except OverflowError:
            told = f"“{cell}” is more than can be reckoned with.", "Write a smaller number."
            plant.faults.append(Fault(f"{table.FILE}.csv", line, column.name, *told))
            sound = False
    return table(line=line, **values) if sound else None


def _refuse_repeated_keys(plant: Plant, table: type[Row]) -> None:
    if not table.KEY:
        return
    first: dict[tuple[object, ...], int] = {}
    for row in plant.rows[table]:
        key = tuple(getattr(row, name) for name in table.KEY)
        if first.setdefault(key, row.line) != row.line:
            named = ", ".join(f"{name} {value}" for name, value in zip(table.KEY, key, strict=True) if value)
            plant.fault(
                row,
                table.KEY[0],
                f"{named} is given in row {first[key]} already.",
                "Remove one of the two rows or rename it.",
            )


def _follow_references(plant: Plant) -> None:
    """Keep every name that the folder uses but does not define."""
    defined: dict[str, set[str]] = {}
    for table in TABLES:
        defined[table.FILE] = {name for row in plant.rows.get(table, []) for name in row.names()}
    plant.unresolved += [each for each in _references(plant) if each.name not in defined[each.table]]


def _references(plant: Plant) -> Iterator[Reference]:
    """Every name by which a row points at another."""
    for table in TABLES:
        pointing = [column for column in columns_of(table).values() if column.refers]
        for row, column in product(plant.rows.get(table, []), pointing):
            for name in _names(getattr(row, column.name)):
                yield Reference(f"{table.FILE}.csv", row.line, column.name, name, column.refers)


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (str(value),) if value else ()


def count_rows(plant: Plant) -> dict[str, int]:
    """Rows read, by file."""
    return {f"{table.FILE}.csv": len(rows) for table, rows in plant.rows.items()}
