"""Tables as files that people open in a spreadsheet: CSV and XLSX, with dates as dates and numbers as numbers.

A cell that begins like a formula is written as text, so that a lot number somebody made up runs nothing on the reader's machine.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv; charset=utf-8"
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_WIDEST, _NARROWEST = 48, 9


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
            page.append([_cell(page, value) for value in row])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


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


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, str) and value.startswith(_FORMULA_BEGINS):
        return f"'{value}"
    return value


def _cell(page: Any, value: Any) -> Any:
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
