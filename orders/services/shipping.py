"""Shipping what was ordered, and proving first that it is what was asked for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Sum

from inventory import services as inventory
from inventory.models import Lot, Reservation
from inventory.numbering import numbered
from inventory.quantities import check_quantity, plain
from inventory.renumbering import numbers_before
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders.evidence import matrix
from orders.facts import OrderShipped
from orders.models import CustomOrder, OrderLine, Shipment, ShipmentLine, State
from orders.services.confirmation import close_if_complete, shipped_of
from orders.services.cover import claim_for_line, lock_rivals
from orders.services.entry import lock_order
from production.doubts import doubts_in
from quality import services as quality
from quality.models import Nonconformance


class Pick(NamedTuple):
    """A quantity of a lot to ship for a line, in the item's unit."""

    line: OrderLine
    lot: Lot
    quantity: Decimal


class NotConfirmed(DomainError):
    code = "orders.not_confirmed"
    title = "The order is not open for shipment"


class NothingToShip(DomainError):
    code = "orders.nothing_to_ship"
    title = "Nothing is ready"


class RequirementUnproven(DomainError):
    code = "orders.requirement_unproven"
    title = "A requirement lacks its evidence"


class ConcessionNotAgreed(DomainError):
    code = "orders.concession_not_agreed"
    title = "The customer has to agree"


class ResultsInDoubt(DomainError):
    code = "orders.results_in_doubt"
    title = "Results are in doubt"


class WrongPick(InvalidInput):
    code = "orders.wrong_pick"
    title = "This does not belong to the order"


@transaction.atomic
def ship(
    order: CustomOrder,
    *,
    lots: Sequence[Pick | tuple[OrderLine, Lot, Decimal]] | None = None,
    lines: Iterable[OrderLine] | None = None,
    carrier: str = "",
    carrier_reference: str = "",
    by: User,
    at: datetime,
) -> Shipment:
    """Ship what is ready, or exactly `lots`; what is not ready follows with a later shipment.

    :param lots: what to take. By default all usable stock reserved for the order, first expired first.
    :param lines: to ship only these lines of it, say because another waits for its papers; None for all, ignored where `lots` are named.
    :raises NotConfirmed: unless the order is confirmed and something of it is left to ship.
    :raises NothingToShip: saying for each line why.
    :raises RequirementUnproven: naming every requirement of these lots that lacks its evidence.
    :raises ConcessionNotAgreed: where the customer has to agree to what was accepted as it is, and nothing says that he does.
    :raises ResultsInDoubt: while a review of a gauge that was found out of tolerance has not decided what it measured on them, or on what
        they are made of.
    :raises WrongPick: for a lot of another item, another order's line, or more than is left to ship.
    :raises LotNotUsable: for a lot that is not released, or expired.
    :raises InsufficientStock: for more than there is of a lot.
    :raises StockReserved: for a lot that is kept for somebody else.
    """
    if lock_order(order).status != CustomOrder.Status.CONFIRMED:
        raise NotConfirmed(
            f"Order {order} is {order.get_status_display().lower()}.",
            remedy="Confirm it first."
            if order.status == CustomOrder.Status.DRAFT
            else "Nothing of it is left to ship; enter what is new as another order.",
        )
    all_lines = list(order.lines.select_related("item__site", "order").order_by("pk"))
    if lots is None:
        wanted = all_lines if lines is None else _chosen(order, all_lines, lines)
        lock_rivals(order, wanted)
        picks = [pick for line in wanted for pick in _ready(line, at)]
    else:
        lock_rivals(order)
        picks = _checked(order, all_lines, (Pick(*each) for each in lots))
    if not picks:
        raise _nothing_ready(order, at)
    _require_proof(order, picks)
    _require_agreement(order, picks)
    _require_no_doubt(order, picks)
    shipment = Shipment.objects.create(
        **numbered(Shipment, "SH"),
        order=order,
        shipped_at=at,
        by=by,
        carrier=carrier,
        carrier_reference=carrier_reference,
    )
    _write_lines(shipment, picks, by=by, at=at)
    is_complete = close_if_complete(order, by=by, at=at)
    record(OrderShipped(shipment=shipment.pk, order=order.pk, is_complete=is_complete))
    return shipment


def _chosen(order: CustomOrder, lines: Sequence[OrderLine], asked: Iterable[OrderLine]) -> list[OrderLine]:
    """Those of the order's own lines that were asked for."""
    own = {line.pk: line for line in lines}
    chosen = {line.pk: line for line in asked}
    for line in chosen.values():
        if line.pk not in own:
            raise WrongPick(f"{line} is no line of order {order}.", remedy="Ship it with its own order.")
    if not chosen:
        raise NothingToShip(
            f"No line of order {order} was chosen.",
            remedy="Choose lines, or leave the choice out to ship all.",
        )
    return [own[pk] for pk in sorted(chosen)]


def _ready(line: OrderLine, at: datetime) -> Iterable[Pick]:
    """Usable stock reserved for a line, first expired first, as much as is left to ship."""
    claim_for_line(line, at=at)
    left = line.quantity - shipped_of(line)
    claims = (
        Reservation.objects.open().filter(pk__in=line.pegs.values("reservation")).order_by().values("lot")
    )
    kept = dict(claims.annotate(total=Sum("quantity")).values_list("lot", "total"))
    today = at.astimezone(line.item.site.zone).date()
    for lot in (
        Lot.objects.filter(pk__in=kept).usable(today).select_related("item__site").first_expired_first()
    ):
        quantity = min(left, kept[lot.pk])
        if quantity <= 0:
            return
        yield Pick(line, lot, quantity)
        left -= quantity


def _checked(order: CustomOrder, lines: Sequence[OrderLine], asked: Iterable[Pick]) -> list[Pick]:
    own = {line.pk: line for line in lines}
    left = {line.pk: line.quantity - shipped_of(line) for line in lines}
    picks = []
    for pick in asked:
        if pick.line.pk not in own:
            raise WrongPick(f"{pick.line} is no line of order {order}.", remedy="Ship it with its own order.")
        if pick.lot.item_id != pick.line.item_id:
            raise WrongPick(
                f"Lot {pick.lot} is {pick.lot.item}; {pick.line} asks for {pick.line.item}.",
                remedy="Choose a lot of the item ordered.",
            )
        quantity = check_quantity(pick.line.item, pick.quantity)
        left[pick.line.pk] -= quantity
        if left[pick.line.pk] < 0:
            raise WrongPick(
                f"That is {plain(-left[pick.line.pk])} {pick.line.item.unit} more than is left to ship of {pick.line}.",
                remedy="Ship less, or amend the line first.",
            )
        picks.append(Pick(own[pick.line.pk], pick.lot, quantity))
    return picks


def _require_proof(order: CustomOrder, picks: Sequence[Pick]) -> None:
    lots: dict[int, list[int]] = {}
    for pick in picks:
        lots.setdefault(pick.line.pk, []).append(pick.lot.pk)
    unproven = [proof for proof in matrix(order, lots=lots) if proof.is_open]
    if unproven:
        sentences = [f"{each.requirement.line}: “{each.requirement}”. {each.evidence}" for each in unproven]
        raise RequirementUnproven(
            f"Order {order} cannot ship yet. {' '.join(sentences)}",
            remedy="Complete the evidence, or ship the other lines without these.",
        )


def _require_agreement(order: CustomOrder, picks: Sequence[Pick]) -> None:
    """A customer who asks to be asked agrees to every deviation of his goods, also where no requirement of his is touched."""
    if not order.customer.agrees_to_concessions:
        return
    lots = numbers_before(pick.lot.pk for pick in picks)
    waiting = Nonconformance.objects.waiting_for_the_customer(lots).select_related("lot").order_by("pk")
    if waiting:
        told = ", ".join(f"{each} of lot {each.lot}" for each in waiting)
        raise ConcessionNotAgreed(
            f"{order.customer} has to agree to every concession, and nothing says so of {told}, accepted as it is.",
            remedy="Ask, and name the answer with “Customer agrees…” on the page of the nonconformance.",
            see=tuple(waiting),
        )


def _require_no_doubt(order: CustomOrder, picks: Sequence[Pick]) -> None:
    """What was measured with a gauge that was out of tolerance leaves once somebody decided that it stands (ISO 9001, 7.1.5.2)."""
    doubts = doubts_in({pick.lot.pk for pick in picks})
    if doubts is not None:
        raise ResultsInDoubt(f"Order {order} cannot ship yet. {doubts}", remedy=doubts.remedy, see=doubts.see)


def _write_lines(shipment: Shipment, picks: Sequence[Pick], *, by: User, at: datetime) -> None:
    lots = {pick.lot.pk: pick.lot for pick in picks}
    inventory.lock_lots(lots.values())
    for pick in picks:
        quality.require_usable(lots[pick.lot.pk], at)
        moves = inventory.ship(
            pick.lot, pick.quantity, reference=shipment.number, purpose=str(pick.line), by=by, at=at
        )
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipment, line=pick.line, lot=pick.lot, quantity=move.quantity, move=move)
            for move in moves
        )


def _nothing_ready(order: CustomOrder, at: datetime) -> NothingToShip:
    progress: Any = order.lines.with_progress(at).select_related("item").order_by("number")
    reasons = [f"{line}: {line.why}" for line in progress if line.state != State.SHIPPED]
    return NothingToShip(
        f"Nothing of order {order} is ready. {' '.join(reasons)}",
        remedy="Ship it when stock is released for it.",
    )
