"""Quantities in sentences for people."""

_WHOLE_FROM = 100


def amount(quantity: float) -> str:
    """``1,406``, ``17.1``, ``0.25``: thousands apart and no more digits than a reader wants."""
    if abs(quantity) >= _WHOLE_FROM:
        return f"{quantity:,.0f}"
    return f"{quantity:.3g}"
