"""How many of one unit another is: by measure, and by what is known of the item (see `ItemUnit`)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from inventory.models.items import UNITS

_MEASURES: Final = (
    {"GRM": Decimal("0.001"), "KGM": Decimal(1), "TNE": Decimal(1000)},
    {"MLT": Decimal("0.001"), "LTR": Decimal(1), "MTQ": Decimal(1000)},
    {"MMT": Decimal("0.001"), "CMT": Decimal("0.01"), "MTR": Decimal(1), "KMT": Decimal(1000)},
    {"C62": Decimal(1), "H87": Decimal(1), "EA": Decimal(1), "DZN": Decimal(12), "NPR": Decimal(2), "PR": Decimal(2)},
)  # fmt: skip
_CODES: Final = {name.casefold(): code for code, name in reversed(UNITS.items())} | {
    "pc": "C62",
    "piece": "C62",
    "pieces": "C62",
    "ea": "EA",
    "dozen": "DZN",
    "litre": "LTR",
    "liter": "LTR",
    "box": "XBX",
    "pack": "XPK",
    "pallet": "PF",
}


def code_of(unit: str) -> str:
    """The UN/ECE code of a unit as people write it: KGM for kg; what is no known name is taken as a code."""
    plain = unit.strip()
    return _CODES.get(plain.casefold(), plain.upper())


def factor_between(unit: str, own: str, others: Mapping[str, Decimal]) -> Decimal | None:
    """How many of an item's own unit one of `unit` is; None where nobody knows.

    :param unit, own: UN/ECE codes.
    :param others: by code, how many of its own unit one of another is for this item.
    """
    if unit == own:
        return Decimal(1)
    if unit in others:
        return others[unit]
    for measure in _MEASURES:
        if unit in measure and own in measure:
            return measure[unit] / measure[own]
    return None
