"""Which quantities an item can have."""

from decimal import Decimal
from typing import Protocol

from mes.core.refusals import InvalidInput

DECIMALS = 4
LARGEST = Decimal(10) ** 12
COUNTED_UNITS = frozenset({"C62", "H87", "EA", "PR", "SET", "NMP", "XPK", "XBX"})
"""UN/ECE Rec 20 and 21 codes of things that come in whole numbers: one, piece, each, pair, set, packs, packages, boxes."""


class Counted(Protocol):
    """What an item is to its quantities: something with a unit of measure, by its code and as people call it."""

    uom: str

    @property
    def unit(self) -> str: ...


class InvalidQuantity(InvalidInput):
    code = "inventory.invalid_quantity"
    title = "Not a quantity of this item"


def check_quantity(
    item: Counted, quantity: Decimal, *, name: str = "quantity", allow_zero: bool = False
) -> Decimal:
    """The quantity as a `Decimal` in the item's unit.

    :param name: the field to blame.
    :raises InvalidQuantity: unless it is above zero, has at most four decimals, and is whole where the unit is counted.
    """
    quantity = Decimal(quantity)
    fault = _fault(item, quantity, allow_zero)
    if fault:
        raise InvalidQuantity(f"{quantity} {item.unit} of {item}: {fault}.", errors={name: [fault]})
    return quantity


def _fault(item: Counted, quantity: Decimal, allow_zero: bool) -> str:
    if not quantity.is_finite() or quantity >= LARGEST:
        return "a quantity is a number below a million million"
    if quantity < 0 or (quantity == 0 and not allow_zero):
        return "a quantity is at least zero" if allow_zero else "a quantity is above zero"
    if item.uom in COUNTED_UNITS and quantity != quantity.to_integral_value():
        return f"{item.unit} are counted in whole numbers"
    if quantity != round(quantity, DECIMALS):
        return f"a quantity has at most {DECIMALS} decimals"
    return ""


def plain(quantity: Decimal) -> str:
    """A quantity as a person writes it: `2.5`, not `2.5000`."""
    return f"{quantity.normalize():f}"
