"""Tables as files that people open in a spreadsheet: CSV and XLSX, with dates as dates and numbers as numbers; and read back from XLSX.

A cell that begins like a formula is written as text, so that a lot number somebody made up runs nothing on the reader's machine.
A workbook that somebody sends is read without believing what it says of itself.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final
from urllib.parse import quote
from zipfile import ZipFile

from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_WIDEST, _NARROWEST = 48, 9
MOST_UNPACKED: Final = 200_000_000
"""Bytes that a workbook may unpack to; 200,000 rows of ten columns take less than half of them."""
MOST_COLUMNS: Final = 200


@dataclass(frozen=True)
class Sheet:
    """A table with one row of headings; cells are text, numbers, dates, moments or None."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a mark, so that spreadsheets know; moments in ISO 8601 with their zone."""
    written = StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(sheet.headings)
    writer.writerows([_plain(cell) for cell in row] for row in sheet.rows)
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """A workbook with one sheet for each, the headings frozen, every column with a filter so that it can be sorted."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title[:31])
        page.freeze_panes = "A2"
        for number, width in enumerate(_widths(sheet), start=1):
            page.column_dimensions[get_column_letter(number)].width = width
        page.auto_filter.ref = f"A1:{get_column_letter(len(sheet.headings))}{len(sheet.rows) + 1}"
        headings = [WriteOnlyCell(page, value=heading) for heading in sheet.headings]
        for cell in headings:
            cell.font = Font(bold=True)
        page.append(headings)
        for row in sheet.rows:
            page.append([cell_of(page, value) for value in row])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


class NotReadable(Exception):
    """This is no workbook, or a broken one; the message says so in a sentence."""


@dataclass(frozen=True)
class Book:
    """A workbook that somebody sent; :ivar titles: of its sheets, in their order."""

    titles: list[str]
    _opened: Any

    def rows(self, title: str) -> Iterator[tuple[Any, ...]]:
        """The values of a sheet row by row, 200 columns of each whether filled or not; how many rows there are, the caller bounds.

        :raises NotReadable: where the file breaks off or is malformed, which may be after many good rows.
        """
        with _whatever_breaks():
            page = self._opened[title]
            page.reset_dimensions()  # what a writer says of its size need not be so
            yield from page.iter_rows(values_only=True, max_col=MOST_COLUMNS)


def read(content: bytes) -> Book:
    """Open a workbook, XLSX, for its values.

    :raises NotReadable: for anything else, and for what would unpack to more than 200 MB.
    """
    with _whatever_breaks():
        with ZipFile(BytesIO(content)) as packed:
            # No part unpacks to more than is said here: the rest of it is not read.
            size = sum(part.file_size for part in packed.infolist())
        if size > MOST_UNPACKED:
            raise NotReadable(f"It unpacks to {size / 1e6:,.0f} MB, more than any table of ours.")
        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        if not book.worksheets:
            raise NotReadable("It has no sheet of cells.")
        return Book([page.title for page in book.worksheets], book)


@contextmanager
def _whatever_breaks() -> Iterator[None]:
    """The libraries under a workbook raise a dozen errors for a malformed one, a `SyntaxError` among them."""
    try:
        yield
    except NotReadable:
        raise
    except Exception as broken:
        raise NotReadable("It cannot be read as XLSX.") from broken


def download(name: str, sheets: Sequence[Sheet], kind: str) -> HttpResponse:
    """A file to keep, `name` without its ending.

    :param kind: `csv`, which takes the first sheet only, or `xlsx`.
    """
    content, ending, body = (
        (CSV, "csv", as_csv(sheets[0])) if kind == "csv" else (XLSX, "xlsx", as_xlsx(sheets))
    )
    response = HttpResponse(body, content_type=content)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{ending}', safe='')}"
    return response


def harmless(cell: str) -> str:
    """Text of a CSV file that no spreadsheet takes for a formula, whatever somebody typed."""
    return f"'{cell}" if cell.startswith(_FORMULA_BEGINS) else cell


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return harmless(value) if isinstance(value, str) else value


def cell_of(page: Any, value: Any) -> Any:
    """What to append to a sheet of a workbook for a value: text as text, whatever it begins with, and without control characters."""
    if isinstance(value, datetime):
        cell = WriteOnlyCell(page, value=timezone.localtime(value).replace(tzinfo=None, microsecond=0))
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(page, value=datetime.combine(value, time.min))
        cell.number_format = "yyyy-mm-dd"
        return cell
    if isinstance(value, str):
        cell = WriteOnlyCell(page, value=ILLEGAL_CHARACTERS_RE.sub("", value))
        cell.data_type = "s"  # text, whatever it begins with
        return cell
    return value


def _widths(sheet: Sheet) -> list[int]:
    columns = zip(sheet.headings, *sheet.rows[:200], strict=True)
    longest = (max(len(str(cell)) if cell is not None else 0 for cell in column) for column in columns)
    return [max(_NARROWEST, min(_WIDEST, length + 2)) for length in longest]
