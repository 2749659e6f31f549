"""A number that somebody wants in place of the forecast, and the place it was read from."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True)
class Seen:
    """What the author of an edit saw: the override that stood there (its key, 0 for none) and the forecast."""

    override: int
    forecast: float | None


@dataclass(frozen=True)
class Edit:
    """One cell. `quantity` None lets the forecast count again; `seen` None: nothing is known of what its author saw.

    :param where: as its author finds it again: ``row 4, 2026-W12`` or ``cell F7``.
    """

    where: str
    item: str
    bucket: str
    quantity: Decimal | None
    reason: str = ""
    seen: Seen | None = None


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell or row, and what to do.

    :ivar is_moved_forecast: nothing but that the forecast is another since its author saw it, which they may choose to overlook.
    """

    where: str
    sentence: str
    is_moved_forecast: bool = False


class NoNumber(ValueError):
    """What was written is not a number, or could be two."""


def number_in(written: Any) -> Decimal:
    """A quantity as people and spreadsheets write it: ``1200``, ``1 200``, ``1,200.5``, ``1.200,5``, ``12,5``.

    :raises NoNumber: for anything else, and for ``1,200``, which is two numbers depending on the country.
    """
    if isinstance(written, int | float | Decimal) and not isinstance(written, bool):
        return _decimal(repr(written) if isinstance(written, float) else str(written))
    text = re.sub(r"[\s\u00a0\u202f']", "", str(written))
    if "," in text and "." in text:
        thousands = "," if text.rindex(".") > text.rindex(",") else "."
        return _decimal(text.replace(thousands, "").replace(",", "."))
    if re.fullmatch(r"\d{1,3},\d{3}", text):
        raise NoNumber(f"“{text}” may mean {text.replace(',', '')} or {text.replace(',', '.')}: write it so.")
    if text.count(",") > 1:
        return _decimal(text.replace(",", ""))
    return _decimal(text.replace(",", "."))


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise NoNumber(f"“{text[:30]}” is not a number.") from None
    if not found.is_finite():
        raise NoNumber(f"“{text[:30]}” is not a number.")
    return found
