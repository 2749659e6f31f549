"""A move that should not have been written is undone by its opposite; what came of it later goes first."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.models import Balance, ExpectedReceipt, Location, Move
from inventory.quantities import plain
from inventory.services.ledger import InsufficientStock, draw, lock_lots, post
from inventory.services.moving import require_reason
from inventory.services.reserving import cut_reservations
from inventory.undoing import NAMED, in_the_way_of, told
from mes.core.models import User
from mes.core.refusals import DomainError


class CannotReverse(DomainError):
    code = "inventory.cannot_reverse"
    title = "This move cannot be reversed"


@transaction.atomic
def reverse(move: Move, reason: str, *, by: User, at: datetime) -> Move:
    """Undo a move that should not have been written, by its opposite; both stay in the ledger.

    Where something later stands in its way, every move to be reversed first is named, in order. The genealogy leaves a reversed consumption or output out. What a reversed receipt had delivered is expected again.

    :raises CannotReverse: when it was reversed before, is itself a reversal, or goods that it took have other numbers since.
    :raises InsufficientStock: when what arrived is no longer there, or what was shipped has come back otherwise.
    :raises ReasonMissing: without a reason.
    """
    require_reason(reason)
    lot = move.lot
    lock_lots([lot])
    if move.reverses_id is not None:
        raise CannotReverse(f"Move {move.pk} is itself a reversal.", remedy="Make the move again instead.")
    if Move.objects.filter(reverses=move).exists():
        raise CannotReverse(f"Move {move.pk} was reversed before.", remedy="Nothing is left to undo.")
    _require_nothing_later(move)
    if move.destination.is_real:
        draw(lot, move.quantity, move.destination)
    elif move.destination.kind == Location.Kind.CUSTOMER:
        _require_at_customer(move)
    undone = post(
        lot,
        move.quantity,
        move.destination,
        move.source,
        move.kind,
        by=by,
        at=at,
        transformation=move.transformation,
        reverses=move,
        reference=move.reference,
        reason=reason,
    )
    if move.kind == Move.Kind.RECEIPT:
        _expect_again(move)
    cut_reservations(lot)
    return undone


def _require_nothing_later(move: Move) -> None:
    later = in_the_way_of(move)
    if not later:
        return
    lot, place = move.lot, move.destination
    remedy = f"Reverse first, in this order: {told(later)}. Then reverse this one."
    if not place.is_real:
        raise CannotReverse(
            f"What move {move.pk} took of lot {lot} goes by other numbers since.",
            remedy=remedy,
            see=later[:NAMED],
        )
    balance = Balance.objects.filter(lot=lot, location=place).first()
    there = balance.quantity if balance else Decimal(0)
    raise InsufficientStock(
        f"Lot {lot} of {lot.item} has {plain(there)} {lot.item.unit} at {place}, not {plain(move.quantity)}: it went on from there.",
        remedy=remedy,
        see=later[:NAMED],
    )


def _require_at_customer(shipment: Move) -> None:
    """What a customer has sent back is in stock again already: undone as well, its shipment would bring it a second time."""
    lot = shipment.lot
    balance = Balance.objects.filter(lot=lot, location=shipment.destination).first()
    there = balance.quantity if balance else Decimal(0)
    if there < shipment.quantity:
        back = Move.objects.standing().filter(lot=lot, source=shipment.destination, kind=Move.Kind.RETURN)
        returned = list(back.select_related("lot__item", "source", "destination").order_by("-pk"))
        raise InsufficientStock(
            f"Of lot {lot} {plain(there)} {lot.item.unit} are still at customers, not {plain(shipment.quantity)}: some came back.",
            remedy="Nothing is left to undo: what came back is in stock already."
            + (f" If it never did, reverse first: {told(returned)}." if returned else ""),
            see=returned[:NAMED],
        )


def _expect_again(receipt: Move) -> None:
    known = ExpectedReceipt.objects.select_for_update(no_key=True)
    expected = known.filter(number=receipt.reference, item=receipt.lot.item).first()
    if expected is None:
        return
    expected.received_quantity = max(expected.received_quantity - receipt.quantity, Decimal(0))
    if expected.status == ExpectedReceipt.Status.RECEIVED and expected.received_quantity < expected.quantity:
        expected.move_to(ExpectedReceipt.Status.OPEN, received_quantity=expected.received_quantity)
    else:
        expected.save(update_fields=["received_quantity"])
