"""The grid as a workbook: taken out, filled in, brought back.

Each week or month has two columns: the forecast, and beside it the number to enter. A hidden sheet keeps what stood there when the
workbook was made, so that only what its owner changed is read back, and what changed underneath is found.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from forecasting.overriding.buckets import Grain
from forecasting.overriding.edits import Edit, Fault, NoNumber, Seen, number_in
from forecasting.overriding.table import Table
from mes.core import sheets
from mes.core.refusals import InvalidInput

SHEET, KEPT = "Overrides", "As it was"
LARGEST_BYTES: Final = 8_000_000
MOST_ROWS: Final = 20_000
LEADING: Final = ("Item", "Description", "Unit", "Reason")
_KEPT_HEADINGS: Final = ("Item", "Bucket", "Forecast", "Override", "Number")
_GREY = PatternFill("solid", fgColor="EEF1F4")
_TO_FILL = PatternFill("solid", fgColor="FFF9DB")


class NotOurs(InvalidInput):
    code = "forecasting.not_an_override_workbook"
    title = "This is not a workbook of overrides"


@dataclass(frozen=True)
class Filled:
    """What a workbook asks for: edits, what could not be read, and whether it is of weeks or months."""

    grain: Grain
    edits: list[Edit]
    faults: list[Fault]


def workbook(shown: Table) -> bytes:
    """The grid as XLSX, in which the yellow columns are to be filled in."""
    book = Workbook()
    page: Any = book.active
    page.title = SHEET
    _append(page, [*LEADING, *_headings(shown)])
    for row in shown.rows:
        numbers = [number for cell in row.cells for number in (cell.forecast, _quantity(cell))]
        _append(page, [str(row.item), row.item.description, row.item.unit, "", *numbers])
    _dress(page, len(LEADING), len(shown.buckets))
    kept = book.create_sheet(KEPT)
    kept.sheet_state = "hidden"
    _append(kept, [*_KEPT_HEADINGS, f"grain={shown.grain}"])
    for row in shown.rows:
        for cell in row.cells:
            override = cell.override.pk if cell.override else 0
            _append(kept, [str(row.item), cell.bucket.name, cell.forecast, override, _quantity(cell)])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def read_workbook(file: IO[bytes]) -> Filled:
    """What the owner of a workbook changed in it.

    :raises NotOurs: for anything that is not a workbook that this grid made.
    """
    body = file.read(LARGEST_BYTES + 1)
    if len(body) > LARGEST_BYTES:
        raise NotOurs(
            "The file is larger than 8 MB.", remedy="Take out fewer items, with the filters of the grid."
        )
    try:
        return _filled(sheets.read(body))
    except sheets.NotReadable as broken:
        raise _not_ours(str(broken)) from broken


def _filled(book: sheets.Book) -> Filled:
    if SHEET not in book.titles or KEPT not in book.titles:
        raise _not_ours(f"It has no sheets “{SHEET}” and “{KEPT}”.")
    grain, seen = _seen(_rows(book, KEPT))
    rows = _rows(book, SHEET)
    headings = [str(heading or "").strip() for heading in next(rows, ())]
    places = {at: name for at, name in enumerate(headings) if name in {bucket for _, bucket in seen}}
    if headings[:1] != ["Item"] or not places:
        raise _not_ours("Its first row does not begin with “Item” and name weeks or months.")
    reason_at = headings.index("Reason") if "Reason" in headings else None
    edits: list[Edit] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=2):
        item = str(row[0] or "").strip() if row else ""
        if not item:
            if any(row[at] is not None for at in places if at < len(row)):
                faults.append(Fault(f"row {number}", "It names no item in its first column."))
            continue
        reason = str(row[reason_at] or "").strip() if reason_at is not None and reason_at < len(row) else ""
        for at, bucket in places.items():
            where = f"cell {get_column_letter(at + 1)}{number}"
            _read(where, item, bucket, row[at] if at < len(row) else None, reason, seen, edits, faults)
    return Filled(grain, edits, faults)


@dataclass(frozen=True)
class _Kept:
    seen: Seen
    quantity: Decimal | None


def _read(
    where: str,
    item: str,
    bucket: str,
    value: Any,
    reason: str,
    seen: Mapping[tuple[str, str], _Kept],
    edits: list[Edit],
    faults: list[Fault],
) -> None:
    known = seen.get((item, bucket))
    empty = value is None or (isinstance(value, str) and not value.strip())
    try:
        quantity = None if empty else number_in(value)
    except NoNumber as told:
        faults.append(Fault(where, f"{item} in {bucket}: {told}"))
        return
    if known is None:
        if quantity is not None:
            faults.append(
                Fault(
                    where, f"{item} was not in the workbook when it was made: take out a fresh copy with it."
                )
            )
        return
    if quantity != known.quantity:
        edits.append(Edit(where, item, bucket, quantity, reason[:200], known.seen))


def _seen(rows: Iterator[tuple[Any, ...]]) -> tuple[Grain, dict[tuple[str, str], _Kept]]:
    headings = next(rows, ())
    told = str(headings[len(_KEPT_HEADINGS)] or "") if len(headings) > len(_KEPT_HEADINGS) else ""
    name = told.removeprefix("grain=")
    if tuple(headings[: len(_KEPT_HEADINGS)]) != _KEPT_HEADINGS or name not in set(Grain):
        raise _not_ours(f"Its sheet “{KEPT}” was changed.")
    found = {}
    try:
        for row in rows:
            item, bucket, forecast, override, number = row[: len(_KEPT_HEADINGS)]
            kept = Seen(int(override or 0), None if forecast is None else float(forecast))
            found[str(item), str(bucket)] = _Kept(kept, None if number is None else number_in(number))
    except (TypeError, ValueError) as broken:
        raise _not_ours(f"Its sheet “{KEPT}” was changed.") from broken
    return Grain(name), found


def _rows(book: sheets.Book, title: str) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(book.rows(title), start=1):
        if number > MOST_ROWS * 60:
            raise _not_ours("It has more rows than any workbook of ours.")
        yield row


def _not_ours(detail: str) -> NotOurs:
    return NotOurs(
        detail, remedy="Take the grid out as XLSX, fill in its yellow columns, and bring that file back."
    )


def _append(page: Any, values: Iterable[Any]) -> None:
    page.append([sheets.cell_of(page, value) for value in values])


def _headings(shown: Table) -> Iterator[str]:
    for bucket in shown.buckets:
        yield f"{bucket.name} forecast"
        yield bucket.name


def _quantity(cell: Any) -> Decimal | None:
    return cell.override.quantity.normalize() if cell.override else None


def _dress(page: Any, leading: int, count: int) -> None:
    page.freeze_panes = page.cell(row=2, column=leading + 1)
    for column, width in zip("ABCD", (18, 34, 8, 30), strict=True):
        page.column_dimensions[column].width = width
    for cell in page[1]:
        cell.font = Font(bold=True)
    for number in range(count):
        for offset, fill in ((1, _GREY), (2, _TO_FILL)):
            place = leading + 2 * number + offset
            page.column_dimensions[get_column_letter(place)].width = 12
            for (cell,) in page.iter_rows(min_row=1, min_col=place, max_col=place):
                cell.fill = fill
                cell.number_format = "#,##0.###"
