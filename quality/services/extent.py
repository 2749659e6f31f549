"""How much of a lot there is that can be in doubt: on hand, at customers, and what production took of it under its number."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, Q, Sum, When

from inventory import services as inventory
from inventory.models import Balance, Location, Lot, Move, Transformation
from inventory.quantities import plain
from mes.core.refusals import InvalidInput

ZERO = Decimal(0)


class MoreThanThere(InvalidInput):
    code = "quality.more_than_there"
    title = "There is not so much of the lot"


@dataclass(frozen=True)
class Extent:
    """Quantities of one lot, in its item's unit. What was scrapped, sent back, or split off under another number is not among them."""

    on_hand: Decimal
    at_customers: Decimal
    used: Decimal

    @property
    def total(self) -> Decimal:
        return self.on_hand + self.at_customers + self.used

    def told(self, unit: str) -> str:
        """`40 pcs on hand, 60 pcs used in production`"""
        parts = (
            (self.on_hand, "on hand"),
            (self.at_customers, "at customers"),
            (self.used, "used in production"),
        )
        return ", ".join(f"{plain(quantity)} {unit} {where}" for quantity, where in parts if quantity)


def extent_of(lot: Lot) -> Extent:
    """Two queries and that of `on_hand`."""
    there = Balance.objects.filter(lot=lot, location__kind=Location.Kind.CUSTOMER)
    shipped = there.aggregate(total=Sum("quantity"))["total"] or ZERO
    return Extent(inventory.on_hand(lot), max(shipped, ZERO), max(_used(lot), ZERO))


def require_there(
    lot: Lot, quantity: Decimal, *, what: str = "be in doubt", verb: str = "Report", field: str = "quantity"
) -> None:
    """Nobody doubts or judges more of a lot than there is of it. How much comes of one that is being made, its batch tells; the lot is locked.

    :raises MoreThanThere: when there is less.
    """
    if has_no_quantity_yet(lot):
        return
    extent, unit = extent_of(lot), lot.item.unit
    if quantity <= extent.total:
        return
    if not extent.total:
        raise MoreThanThere(
            f"Nothing of lot {lot} is left.",
            remedy=f"{verb} the lot that the goods are in now: the lot's moves and its tree show where they went.",
            errors={field: ["Nothing of the lot is left"]},
        )
    raise MoreThanThere(
        f"{plain(quantity)} {unit} of lot {lot} cannot {what}: there are {extent.told(unit)}.",
        remedy=f"{verb} at most {plain(extent.total)}; {_if_there_is_more(extent)}",
        errors={field: [f"At most {plain(extent.total)} {unit}"]},
    )


def _if_there_is_more(extent: Extent) -> str:
    """What is wrong with the books where somebody has more before him than they say."""
    if extent.on_hand:
        return "if more is there than the books say, adjust the stock of the lot first."
    if extent.at_customers:
        return "none of it is here. Goods that came back are taken back from their customer first; others are of another lot, see their label."
    return "none of it is here. Goods that lie before you are of another lot, see their label."


def at_most_there(lot: Lot, quantity: Decimal) -> Decimal:
    """What is left of a quantity that was judged earlier, for what reports by itself and is never refused; all of it when nothing is left."""
    if has_no_quantity_yet(lot):
        return quantity
    return min(quantity, extent_of(lot).total) or quantity


def has_no_quantity_yet(lot: Lot) -> bool:
    """Whether the lot is at a machine: how much comes of it, its batch tells."""
    on_the_way = {Lot.Status.IN_PROCESS, Lot.Status.HELD}
    return lot.status in on_the_way and inventory.is_being_made(lot)


def _used(lot: Lot) -> Decimal:
    """What went into products, and what is at a machine to be reworked: that comes out again as the same lot."""
    came_back = Q(kind=Move.Kind.OUTPUT, transformation__kind=Transformation.Kind.REWORK)
    went_in = Q(
        kind=Move.Kind.ISSUE,
        transformation__kind__in=[Transformation.Kind.PRODUCTION, Transformation.Kind.REWORK],
    )
    out = Q(source__is_real=True)
    signed = Case(When(out, then=F("quantity")), default=-F("quantity"))
    moves = Move.objects.filter(went_in | came_back, lot=lot)
    return moves.aggregate(total=Sum(signed))["total"] or ZERO
