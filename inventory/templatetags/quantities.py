"""Quantities and measured values in templates, as people write them: `{{ move.quantity|plain }}`."""

from decimal import Decimal

from django import template

from inventory.quantities import plain as written

register = template.Library()


@register.filter
def plain(value: Decimal) -> str:
    """`2.5` for `2.5000`."""
    return written(value)
