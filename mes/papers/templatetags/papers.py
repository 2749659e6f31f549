"""What templates of papers need."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from mes.papers.drawing.symbols import inline_svg

register = template.Library()


@register.simple_tag
def symbol(told: Mapping[str, str]) -> SafeString:
    """A barcode as an inline drawing."""
    return mark_safe(inline_svg(told["symbology"], told["content"]))  # noqa: S308 - drawn by the encoder: paths and numbers


@register.simple_tag
def mark(content: Mapping[str, Any]) -> SafeString:
    """The symbol of the paper itself, its number and revision."""
    told = {"symbology": "data_matrix", "content": f"{content['number']}/{content['revision']}"}
    return symbol(told)


@register.filter
def is_symbol(cell: object) -> bool:
    return isinstance(cell, Mapping)


@register.filter
def is_matrix(told: Mapping[str, str]) -> bool:
    return told["symbology"].endswith("data_matrix")


@register.filter
def paired(values: list[Any], others: list[Any]) -> list[tuple[Any, Any]]:
    """Each value beside its other one; beside an empty text where there are fewer."""
    return [(value, others[at] if at < len(others) else "") for at, value in enumerate(values)]


@register.filter
def widths(columns: list[Mapping[str, Any]]) -> list[str]:
    """Each column's share of the width, in per cent."""
    total = sum(column["share"] for column in columns)
    return [f"{column['share'] / total * 100:.1f}%" for column in columns]
