"""Files of demand, CSV or XLSX, read row by row: what each row says, and what is wrong with it.

Columns by their headings, in any order: item, date and quantity, and where known revision, unit, customer group, channel,
location, stocked out, returned. Dates are ISO or day.month.year, or dates of the workbook. Nothing is written here.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any, Final

from mes.core import sheets
from mes.core.refusals import InvalidInput

MOST_ROWS: Final = 200_000
MOST_BYTES: Final = 20 * 1024 * 1024
REQUIRED: Final = ("item", "date", "quantity")
_HEADINGS: Final[Mapping[str, str]] = {
    "item": "item",
    "item number": "item",
    "number": "item",
    "sku": "item",
    "revision": "revision",
    "date": "date",
    "day": "date",
    "quantity": "quantity",
    "qty": "quantity",
    "demand": "quantity",
    "unit": "unit",
    "uom": "unit",
    "customer group": "customer_group",
    "group": "customer_group",
    "channel": "channel",
    "location": "location",
    "stocked out": "is_censored",
    "out of stock": "is_censored",
    "is censored": "is_censored",
    "returned": "is_return",
    "is return": "is_return",
}
_YES: Final = {"1", "yes", "y", "true", "x"}
_NO: Final = {"", "0", "no", "n", "false"}
_LABELS: Final = 50


class UnreadableFile(InvalidInput):
    code = "forecasting.unreadable_file"
    title = "This is no file of demand"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row; ``row`` is its number in the file, the headings being 1."""

    row: int
    column: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"
        return f"{where}: {self.what} {self.remedy}"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it stands; quantities in ``unit``, or in the item's own where that is empty."""

    row: int
    item: str
    revision: str
    date: date
    quantity: Decimal
    unit: str
    customer_group: str
    channel: str
    location: str
    is_censored: bool
    is_return: bool


def read(name: str, content: bytes) -> tuple[list[Line], list[Fault]]:
    """The rows of a file, and those that cannot be read.

    :raises UnreadableFile: when it is no table, lacks a column, is empty or too large.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableFile(
            f"{name} has {len(content) / 1024 / 1024:.0f} MB; at most {MOST_BYTES // 1024 // 1024} are read at once.",
            remedy="Split it by year or by site.",
        )
    rows = _workbook(name, content) if content.startswith(b"PK") else _text(name, content)
    headings = next(rows, None)
    if headings is None:
        raise UnreadableFile(
            f"{name} is empty.", remedy="Begin with a row of headings: item, date, quantity."
        )
    columns = _columns(name, headings)
    lines: list[Line] = []
    faults: list[Fault] = []
    for number, cells in enumerate(rows, start=2):
        if number > MOST_ROWS + 1:
            raise UnreadableFile(
                f"{name} has more than {MOST_ROWS:,} rows.", remedy="Split it by year or by site."
            )
        if not any(cell not in (None, "") for cell in cells):
            continue
        row = {name: cells[place] for name, place in columns.items() if place < len(cells)}
        try:
            lines.append(_line(number, row))
        except _WrongCellError as wrong:
            faults.append(Fault(number, *wrong.args))
    return lines, faults


def _workbook(name: str, content: bytes) -> Iterator[Sequence[Any]]:
    try:
        book = sheets.read(content)
        yield from book.rows(book.titles[0])
    except sheets.NotReadable as broken:
        raise UnreadableFile(
            f"{name} cannot be opened as a workbook. {broken}", remedy="Save it as XLSX or CSV anew."
        ) from broken


def _text(name: str, content: bytes) -> Iterator[Sequence[Any]]:
    if b"\x00" in content:
        raise UnreadableFile(
            f"{name} is neither a CSV file nor a workbook.", remedy="Save it as XLSX or CSV."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    try:
        for cells in csv.reader(StringIO(text, newline=""), delimiter=delimiter):
            yield [_decimal_comma(cell) for cell in cells] if delimiter != "," else cells
    except csv.Error as broken:
        raise UnreadableFile(f"{name} is no table: {broken}.", remedy="Save it as CSV anew.") from broken


def _decimal_comma(cell: str) -> str:
    """Where commas do not part cells, they part decimals."""
    plain = cell.strip()
    return plain.replace(",", ".") if plain.replace(",", "", 1).lstrip("-").isdigit() else cell


def _columns(name: str, headings: Sequence[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        plain = " ".join(str(heading or "").replace("_", " ").split()).casefold()
        if plain in _HEADINGS:
            found.setdefault(_HEADINGS[plain], place)
    missing = [column for column in REQUIRED if column not in found]
    if missing:
        known = ", ".join(str(heading) for heading in headings if heading not in (None, ""))[:200]
        raise UnreadableFile(
            f"{name} has no column {' and no column '.join(missing)}; its headings are: {known or 'none'}.",
            remedy="Head the columns item, date and quantity, and where known revision, unit, customer group, channel, "
            "location, stocked out, returned.",
        )
    return found


class _WrongCellError(Exception):
    """(column, what is wrong, what to do)"""


def _line(number: int, row: Mapping[str, Any]) -> Line:
    return Line(
        row=number,
        item=_item(row.get("item")),
        revision=_words(row, "revision"),
        date=_day(row.get("date")),
        quantity=_quantity(row.get("quantity")),
        unit=_words(row, "unit"),
        customer_group=_words(row, "customer_group"),
        channel=_words(row, "channel"),
        location=_words(row, "location"),
        is_censored=_yes_no(row, "is_censored"),
        is_return=_yes_no(row, "is_return"),
    )


def _item(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)  # a workbook takes a number of digits for an amount
    plain = " ".join(str(cell if cell is not None else "").split())
    if not plain:
        raise _WrongCellError("item", "no item is named.", "Write its number.")
    return plain


def _words(row: Mapping[str, Any], column: str) -> str:
    cell = row.get(column)
    plain = " ".join(str(cell if cell is not None else "").split())
    if len(plain) > _LABELS:
        raise _WrongCellError(
            column.replace("_", " "), f"“{plain[:60]}…” is too long.", f"Write at most {_LABELS} characters."
        )
    return plain


def _day(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    plain = str(cell if cell is not None else "").strip()
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"):
        try:
            return datetime.strptime(plain[:10], pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise _WrongCellError("date", f"“{plain[:40]}” is no day.", "Write it as 2026-03-31.")


def _quantity(cell: Any) -> Decimal:
    plain = str(cell if cell is not None else "").replace(" ", "").replace("\u00a0", "")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise _WrongCellError(
            "quantity", f"“{plain[:40]}” is no number.", "Write digits with a decimal point, e.g. 1250.5."
        )
    if abs(value) >= Decimal(10) ** 12:
        raise _WrongCellError(
            "quantity", f"{plain[:40]} is more than any plant is asked for.", "Check the number and its unit."
        )
    return value


def _yes_no(row: Mapping[str, Any], column: str) -> bool:
    plain = str(row.get(column) if row.get(column) is not None else "").strip().casefold()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise _WrongCellError(
        column.removeprefix("is_"), f"“{plain[:40]}” is neither yes nor no.", "Write yes or no."
    )
