"""Goods that go back into production and come out of it as the lot that they were."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.models import Location, Lot, Move, Transformation
from inventory.quantities import check_quantity, plain
from inventory.services.ledger import InsufficientStock, lock_lots, on_hand, take_out
from inventory.services.reserving import cut_reservations
from mes.core.models import User


@transaction.atomic
def rework_lot(
    lot: Lot, quantity: Decimal, *, transformation: Transformation, by: User, at: datetime
) -> list[Move]:
    """Take part of a lot of any disposition but rejected back into production, from where `output` brings it back as the same lot.

    Whoever had reserved more than is left is told.

    :param transformation: of kind rework.
    :raises InsufficientStock: when there is less of it.
    """
    quantity = check_quantity(lot.item, quantity)
    lock_lots([lot])
    present = on_hand(lot)
    if quantity > present:
        raise InsufficientStock(
            f"Lot {lot} of {lot.item} has {plain(present)} {lot.item.unit} on hand, not {plain(quantity)}.",
            remedy="Report and rework what is left of it.",
        )
    cut_reservations(lot, keep=present - quantity)
    return take_out(
        lot,
        quantity,
        None,
        Location.Kind.PRODUCTION,
        Move.Kind.ISSUE,
        by=by,
        at=at,
        transformation=transformation,
        reference=transformation.reference,
    )
