"""Any list of the console as a workbook: the rows chosen, the columns shown, numbers as numbers and dates as dates."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.utils import get_fields_from_path, label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist
from django.db.models import AutoField, DecimalField, FloatField, ForeignKey, IntegerField, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.utils.html import strip_tags
from django.utils.timezone import localdate

from mes.core.console import ConsoleAdmin
from mes.core.sheets import Sheet, download

MOST_ROWS: Final = 20_000
_NUMBER = re.compile(r"([−-]?)([\d,]+(?:\.\d+)?)(?:\s+(\S.*))?")
_EMPTY = {"", "-", "–"}


@admin.action(description="Download as XLSX", permissions=["view"])
def download_rows(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse | None:
    """The rows that were ticked, or all that the filters leave, as a workbook; more than 20,000 are refused."""
    found = queryset.count()
    if found > MOST_ROWS:
        messages.error(
            request, f"{found:,} rows are more than a workbook should hold: filter for {MOST_ROWS:,} at most."
        )
        return None
    title = str(model_admin.opts.verbose_name_plural).capitalize()
    return download(f"{title} {localdate():%Y-%m-%d}", [sheet_of(model_admin, request, queryset)], "xlsx")


def sheet_of(model_admin: admin.ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any]) -> Sheet:
    """The list as a table. What is shown as a number with its unit takes two columns."""
    names = [name for name in model_admin.get_list_display(request) if name != "action_checkbox"]
    columns = [_Column(model_admin, name, rows) for name in names]
    found = list(rows)
    if isinstance(model_admin, ConsoleAdmin):
        model_admin.complete(found)
    cells = [[column.cells(row) for column in columns] for row in found]
    has_unit = [any(row[place][1] for row in cells) for place in range(len(columns))]
    title = str(model_admin.opts.verbose_name_plural).capitalize()
    headings = [
        heading
        for column, unit in zip(columns, has_unit, strict=True)
        for heading in ([column.heading, f"{column.heading}, unit"] if unit else [column.heading])
    ]
    return Sheet(title, headings, [list(_widened(row, has_unit)) for row in cells])


def _widened(row: Sequence[tuple[Any, str]], has_unit: Sequence[bool]) -> Iterator[Any]:
    for (value, unit), is_wide in zip(row, has_unit, strict=True):
        yield value
        if is_wide:
            yield unit


class _Column:
    """One column of a list."""

    def __init__(self, model_admin: admin.ModelAdmin[Any], name: Any, rows: QuerySet[Any]) -> None:
        self.admin = model_admin
        self.name = name
        self.rows = rows
        self.heading = str(label_for_field(name, model_admin.model, model_admin))
        self.heading = self.heading[:1].upper() + self.heading[1:]

    def cells(self, row: Any) -> tuple[Any, str]:
        """What the list shows of a row, and the unit where it is a number with one."""
        field, shown_by, value = lookup_field(self.name, row, self.admin)
        if field is not None:
            return _of_field(field, row, value), ""
        if getattr(shown_by, "boolean", False):
            return _plain(bool(value)), ""
        told = _plain(value)
        if isinstance(told, str) and _is_number(self.rows, shown_by):
            return _with_unit(told)
        return told, ""


def _of_field(field: Any, row: Any, value: Any) -> Any:
    if getattr(field, "flatchoices", None):
        return _plain(getattr(row, f"get_{field.attname}_display")())
    return _plain(value)


def _is_number(rows: QuerySet[Any], shown_by: Any) -> bool:
    """Whether what a method shows is ordered by a column that holds numbers."""
    path = getattr(shown_by, "admin_order_field", None)
    if not isinstance(path, str) or path.endswith(f"{LOOKUP_SEP}pk"):
        return False
    name = path.lstrip("-")
    if name in rows.query.annotations:
        field: Any = rows.query.annotations[name].output_field
    else:
        try:
            field = get_fields_from_path(rows.model, name)[-1]
        except FieldDoesNotExist:
            return False
    is_key = isinstance(field, AutoField | ForeignKey)
    return isinstance(field, IntegerField | DecimalField | FloatField) and not is_key


def _with_unit(told: str) -> tuple[Any, str]:
    found = _NUMBER.fullmatch(told)
    if found is None:
        return told, ""
    sign, digits, unit = found.groups()
    value = Decimal(digits.replace(",", ""))
    return -value if sign else value, unit or ""


def _plain(value: Any) -> Any:
    """What a cell holds: text without marks, numbers and moments as they are."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, int | float | Decimal | date | datetime):
        return value
    if isinstance(value, tuple):  # a level and its word
        return _plain(value[-1])
    if isinstance(value, list):  # a heading and what stands below it
        return " ".join(str(_plain(part)) for part in value if isinstance(part, str) and part)
    told = " ".join(unescape(strip_tags(str(value))).split())
    return None if told in _EMPTY else told
