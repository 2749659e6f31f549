"""Decimals on the console's pages as people write them: `7`, not the `7.0000` of a column with four places."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.formats import number_format
from unfold.decorators import display


class PlainDecimals:
    """What lists show, pages tell and fields hold of decimal columns carries no zeros that nobody wrote.

    A list names a column, a page reads one, a form fills one in: Django pads all three to the places of the column.
    """

    model: Any

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        names: Sequence[Any] = super().get_list_display(request)  # type: ignore[misc]  # an admin is beside it
        columns = _decimals(self.model)
        return [_column(columns[name]) if name in columns else name for name in names]

    @property
    def readonly_preprocess_fields(self) -> Mapping[str, Callable[[str], str]]:
        return dict.fromkeys(_decimals(self.model), _without_zeros)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.DecimalField):
            kwargs["form_class"] = PlainDecimalField
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]


class PlainDecimalField(forms.DecimalField):
    """A number to fill in, that stands in its field as people write it."""

    def prepare_value(self, value: Any) -> Any:
        is_number = isinstance(value, Decimal) and value.is_finite()
        return f"{value.normalize():f}" if is_number else value


def _decimals(model: type[models.Model]) -> dict[str, Any]:
    return {field.name: field for field in model._meta.fields if isinstance(field, models.DecimalField)}


def _column(field: Any) -> Any:
    """A column of a list, sorted as the field is."""

    @display(description=field.verbose_name, ordering=field.name)
    def shown(row: Any) -> str:
        value = getattr(row, field.name)
        return "–" if value is None else _without_zeros(number_format(value))

    return shown


def _without_zeros(written: str) -> str:
    return written.rstrip("0").rstrip(".") if "." in written else written
