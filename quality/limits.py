"""Limits in words, the same wherever they are told."""

from decimal import Decimal

from inventory.quantities import plain


def told_limits(lower: Decimal | None, upper: Decimal | None, uom: str = "") -> str:
    """`9 to 11 mm`, `at least 9 mm`, `at most 0.8 µm`; empty where nothing is limited."""
    unit = f" {uom}" if uom else ""
    if lower is not None and upper is not None:
        return f"{plain(lower)} to {plain(upper)}{unit}"
    if lower is not None:
        return f"at least {plain(lower)}{unit}"
    return f"at most {plain(upper)}{unit}" if upper is not None else ""
