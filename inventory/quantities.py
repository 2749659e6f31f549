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
    if fault := _fault(item, quantity, allow_zero):
        what, remedy = fault
        is_written = quantity.is_finite() and abs(quantity) < LARGEST
        told = plain(quantity) if is_written else str(quantity)[:40]
        raise InvalidQuantity(f"{told} {item.unit} of {item}: {what}.", remedy=remedy, errors={name: [what]})
    return quantity


def _fault(item: Counted, quantity: Decimal, allow_zero: bool) -> tuple[str, str] | None:
    """What is wrong with a quantity, and what to do about it; None where nothing is."""
    if not quantity.is_finite() or quantity >= LARGEST:
        return "a quantity is a number below a million million", "Check the number and its unit."
    if quantity < 0 or (quantity == 0 and not allow_zero):
        least = "at least zero" if allow_zero else "above zero"
        return f"a quantity is {least}", f"State a number that is {least}."
    if item.uom in COUNTED_UNITS and quantity != quantity.to_integral_value():
        return f"{item.unit} are counted in whole numbers", "State a whole number."
    if quantity != round(quantity, DECIMALS):
        return f"a quantity has at most {DECIMALS} decimals", f"Round it to {DECIMALS} decimals."
    return None


def plain(quantity: Decimal) -> str:
    """A quantity as a person writes it: `2.5`, not `2.5000`."""
    return f"{quantity.normalize():f}"
