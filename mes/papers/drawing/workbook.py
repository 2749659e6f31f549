"""A content as a workbook: the head on the first sheet, every section on one of its own."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

_BOLD = Font(bold=True)
_LABEL = Font(color="5B6B73")
_HEAD = PatternFill("solid", fgColor="EEF3F4")
_BAD = PatternFill("solid", fgColor="FBE9E7")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_WIDTH = 18
_LONGEST_NAME = 31


def draw(content: Mapping[str, Any]) -> bytes:
    """The content of an issued sheet as XLSX. Text stays text, whatever it begins with."""
    document = content["document"]
    book = Workbook()
    if book.active is not None:
        book.remove(book.active)
    cover = _sheet(book, "Paper")
    for label, value in [
        (document["title"], f"{content['number']} rev {content['revision']}"),
        ("Issued by", document["issuer"]["name"]),
        ("Issued", f"{content['issued_at']}, {content['issued_by']}"),
        ("About", document["about"]),
        ("Replaces", " ".join(filter(None, [content["supersedes"], content["reason"]]))),
        ("SHA-256 of the content", content["digest"]),
        *((each["label"], each["value"]) for each in document.get("summary", [])),
    ]:
        _pair(cover, label, value)
    for section in document.get("sections", []):
        sheet = _sheet(book, section["heading"] or section["key"])
        for part in section["parts"]:
            if part.get("heading"):
                _write(sheet, [part["heading"]], font=_BOLD)
            _PARTS[part["part"]](sheet, part)
            sheet.append([])
    if content["signed"]:
        _signatures(_sheet(book, "Signatures"), content)
    raw = BytesIO()
    book.save(raw)
    return raw.getvalue()


def _sheet(book: Workbook, name: str) -> Worksheet:
    """A sheet of this name, cut to what a workbook allows and told apart from the others."""
    plain = _FORBIDDEN.sub(" ", name)[:_LONGEST_NAME].strip() or "Sheet"
    taken = {each.casefold() for each in book.sheetnames}
    count = 2
    unique = plain
    while unique.casefold() in taken:
        unique = f"{plain[: _LONGEST_NAME - 4]} {count}"
        count += 1
    sheet: Worksheet = book.create_sheet(unique)
    for column in "ABCDEFGHIJ":
        sheet.column_dimensions[column].width = _WIDTH
    return sheet


def _fields(sheet: Worksheet, part: Mapping[str, Any]) -> None:
    for each in part["fields"]:
        _pair(sheet, f"{each['box']}. {each['label']}" if each["box"] else each["label"], each["value"])


def _table(sheet: Worksheet, part: Mapping[str, Any]) -> None:
    _write(sheet, [each["label"] for each in part["columns"]], font=_BOLD, fill=_HEAD)
    if not part["rows"]:
        _write(sheet, [part["empty"]])
    tones = part["tones"] or ["plain"] * len(part["rows"])
    for row, tone in zip(part["rows"], tones, strict=True):
        cells = _write(sheet, [_text(each) for each in row], fill=_BAD if tone == "bad" else None)
        for cell, column in zip(cells, part["columns"], strict=True):
            if column["is_number"] and (number := _number(str(cell.value))) is not None:
                cell.value = number
    if part["note"]:
        _write(sheet, [part["note"]], font=_LABEL)


def _statement(sheet: Worksheet, part: Mapping[str, Any]) -> None:
    for each in part["paragraphs"]:
        _write(sheet, [each])


def _signatures(sheet: Worksheet, part: Mapping[str, Any]) -> None:
    _write(sheet, ["Role", "Name", "Signed", "Meaning", "SHA-256 of what was signed"], font=_BOLD, fill=_HEAD)
    for each in part["signed"]:
        _write(sheet, [each["role"], each["name"], each["at"], each["meaning"], each["digest"]])


_PARTS = {"fields": _fields, "table": _table, "statement": _statement, "signatures": _signatures}


def _pair(sheet: Worksheet, label: str, value: str) -> None:
    cells = _write(sheet, [label, value])
    cells[0].font = _LABEL


def _write(
    sheet: Worksheet, values: list[str], *, font: Font | None = None, fill: PatternFill | None = None
) -> list[Cell]:
    row = sheet.max_row + 1 if sheet.max_row > 1 or sheet.cell(1, 1).value is not None else 1
    cells = []
    for column, value in enumerate(values, start=1):
        cell: Any = sheet.cell(row, column)
        cell.value = value
        cell.data_type = "s"  # what looks like a formula is a customer's text
        cell.alignment = Alignment(wrap_text=len(values) > 1, vertical="top")
        if font:
            cell.font = font
        if fill:
            cell.fill = fill
        cells.append(cell)
    return cells


def _text(cell: Any) -> str:
    return str(cell["content"]) if isinstance(cell, Mapping) else str(cell)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
