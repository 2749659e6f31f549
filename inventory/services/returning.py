"""Goods that customers send back.

They come back as the lot that they left as, into quarantine. Where the rest of that lot may be used, what came back is set apart as a lot of its
own, so that it is judged before it is used and nothing else has to wait for that.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.models import Balance, Location, Lot, Move
from inventory.numbering import STEM
from inventory.quantities import check_quantity, plain
from inventory.services.disposition import quarantine_lot
from inventory.services.ledger import first_of, lock_lots, on_hand, post, require_real
from inventory.services.moving import ReasonMissing
from inventory.services.renumbering import split_lot
from mes.core.models import User
from mes.core.refusals import DomainError, require_said


class NotShipped(DomainError):
    code = "inventory.not_shipped"
    title = "Less of it was shipped"


@transaction.atomic
def take_back(
    lot: Lot,
    quantity: Decimal,
    *,
    reason: str,
    reference: str = "",
    location: Location | None = None,
    by: User,
    at: datetime,
) -> Lot:
    """Take back part of a lot from a customer.

    :param location: where it is put down; by default quarantine of the item's site.
    :return: the lot that it is in now: the same, or one of its own where other pieces of the lot may be used.
    :raises NotShipped: when less of the lot is at customers.
    :raises ReasonMissing: without a reason.
    """
    lot, _ = bring_back(lot, quantity, reason=reason, reference=reference, location=location, by=by, at=at)
    return lot


@transaction.atomic
def bring_back(
    lot: Lot,
    quantity: Decimal,
    *,
    reason: str,
    reference: str = "",
    location: Location | None = None,
    shipped: Move | None = None,
    by: User,
    at: datetime,
) -> tuple[Lot, list[Move]]:
    """Take back part of a lot from a customer, as `take_back` does.

    :param shipped: the move that took it out: it comes back over the same edge, by one move.
    :return: the lot that it is in now, and the moves that brought it.
    """
    quantity = check_quantity(lot.item, quantity)
    require_said(reason, "Say why it comes back", refusal=ReasonMissing)
    lock_lots([lot])
    place = location or first_of(lot.item.site, (Location.Kind.QUARANTINE, Location.Kind.RECEIVING))
    require_real(place)
    is_apart = bool(on_hand(lot)) and lot.status == Lot.Status.RELEASED
    moves = [
        post(lot, part, edge, place, Move.Kind.RETURN, by=by, at=at, reference=reference, reason=reason)
        for edge, part in _edges(lot, quantity, shipped)
    ]
    if is_apart:
        returned = split_lot(lot, quantity, number=_number_of_return(lot), source=place, by=by, at=at)
        return quarantine_lot(returned, by=by, at=at), moves
    if lot.status == Lot.Status.RELEASED:
        quarantine_lot(lot, by=by, at=at)
    return lot, moves


def _edges(lot: Lot, quantity: Decimal, shipped: Move | None) -> list[tuple[Location, Decimal]]:
    """The customers' side of the sites that it was shipped from, and how much of it comes back from each."""
    there = Balance.objects.filter(lot=lot, location__kind=Location.Kind.CUSTOMER, quantity__gt=0)
    if shipped is not None:
        there = there.filter(location=shipped.destination_id)
    parts, missing = [], quantity
    for balance in there.select_related("location__site").order_by("pk"):
        if missing:
            parts.append((balance.location, min(missing, balance.quantity)))
            missing -= parts[-1][1]
    if missing:
        out = quantity - missing
        raise NotShipped(
            f"{plain(out)} {lot.item.unit} of lot {lot} are at customers, not {plain(quantity)}.",
            remedy="Check the lot number on the goods; take back at most what was shipped of it.",
            errors={"quantity": [f"at most {plain(out)}"]},
        )
    return parts


def _number_of_return(lot: Lot) -> str:
    """`L-000017-R1`, counted on where there is one already."""
    stem = f"{lot.number[:STEM]}-R"
    taken = set(lot.item.lots.filter(number__startswith=stem).values_list("number", flat=True))
    return next(number for count in range(1, len(taken) + 2) if (number := f"{stem}{count}") not in taken)
