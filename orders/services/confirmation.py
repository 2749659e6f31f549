"""Orders that bind us: confirmed, amended, cancelled."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Reservation
from inventory.quantities import check_quantity, plain
from mes.core.dates import require_within_reach
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from orders.facts import LineAmended, OrderCancelled, OrderConfirmed, OrderReopened
from orders.models import CustomOrder, OrderLine, ShipmentLine
from orders.services.cover import (
    NothingMissing,
    ProductionStarted,
    claim_for_line,
    cover,
    give_up,
    give_up_stock,
    give_up_unstarted,
    lock_bought,
    lock_rivals,
    missing_of,
)
from orders.services.entry import lock_order
from orders.services.promising import promise_line


class AlreadyConfirmed(DomainError):
    code = "orders.already_confirmed"
    title = "The order was confirmed before"


class NotOpen(DomainError):
    code = "orders.not_open"
    title = "The order is closed"


class NothingOrdered(DomainError):
    code = "orders.nothing_ordered"
    title = "The order has no lines"


class AlreadyShipped(DomainError):
    code = "orders.already_shipped"
    title = "Part of it has left"


@transaction.atomic
def confirm_order(order: CustomOrder, *, by: User, at: datetime) -> CustomOrder:
    """Bind ourselves: reserve stock, plan production for the rest, hand requirements down, promise a date for each line.

    :raises AlreadyConfirmed: when it was confirmed before; nothing is planned twice.
    :raises NotOpen: when it was cancelled.
    :raises NothingOrdered: while it has no lines.
    :raises UnknownBinding: when a requirement binds a component, step or characteristic that no plan in force has.
    :raises ImpossibleLimits: when no value meets both a requirement and the inspection plan.
    :raises NoProcessPlan: when an item is made and nobody has said how.
    """
    _require_unconfirmed(lock_order(order))
    lines = list(order.lines.select_related("item__site", "item__supplier", "order__customer").order_by("pk"))
    if not lines:
        raise NothingOrdered(f"Order {order} has no lines.", remedy="Add what the customer asked for first.")
    order.move_to(CustomOrder.Status.CONFIRMED, confirmed_at=at)
    lock_bought(lines)
    for line in lines:
        cover(line, line.quantity, by=by, at=at)
        promise_line(line, by=by, at=at)
    record(OrderConfirmed(order=order.pk, by=by.pk))
    return order


@transaction.atomic
def amend_line(
    line: OrderLine,
    *,
    quantity: Decimal | None = None,
    due_date: date | None = None,
    priority: int | None = None,
    unit_price: Decimal | None = None,
    reason: str = "",
    by: User,
    at: datetime,
) -> OrderLine:
    """Change what a line asks for; what is not given stays. On a confirmed order production follows, and a new date is promised.

    Production of which nothing was begun is planned afresh. What was begun goes on: it may be added to, but the line cannot shrink below it.
    Amended down to what was shipped, as its other lines were or are, the order is closed.

    :raises NotOpen: once the order is shipped or cancelled.
    :raises AlreadyShipped: when less is asked for than was shipped.
    :raises ProductionStarted: when less is asked for than is shipped, made and being made.
    :raises InvalidQuantity: when the quantity is none of the item.
    :raises DateOutOfReach: for a due date that is a slip of the keyboard.
    """
    require_within_reach(due_date, "due_date")
    order = lock_order(line.order)
    if order.status not in {CustomOrder.Status.DRAFT, CustomOrder.Status.CONFIRMED}:
        raise NotOpen(
            f"Order {order} is {order.get_status_display().lower()}.",
            remedy="Enter what is new as another order.",
        )
    lock_rivals(order, [line])
    line = OrderLine.objects.select_related("item__site").get(pk=line.pk)
    line.order = order
    wanted = {"quantity": quantity, "due_date": due_date, "priority": priority, "unit_price": unit_price}
    changes = {name: value for name, value in wanted.items() if value not in {None, getattr(line, name)}}
    if quantity is not None:
        check_quantity(line.item, quantity)
    shrinks = quantity is not None and quantity < line.quantity
    for name, value in changes.items():
        setattr(line, name, value)
    line.save(update_fields=list(changes))
    if order.status == CustomOrder.Status.CONFIRMED and changes:
        if changes.keys() - {"unit_price"}:
            _replan(line, shrinks=shrinks, afresh=changes.keys() != {"quantity"} or shrinks, by=by, at=at)
        record(LineAmended(line=line.pk, reason=reason, by=by.pk))
        close_if_complete(order, by=by, at=at)
    return line


@transaction.atomic
def cancel_order(order: CustomOrder, reason: str = "", *, by: User, at: datetime) -> CustomOrder:
    """Call an order off: its stock is free again, its production is cancelled.

    :raises NotOpen: when it is shipped or cancelled already.
    :raises AlreadyShipped: when part of it has left and did not come back.
    :raises ProductionStarted: naming what was begun for it.
    """
    lock_order(order)
    if order.status not in {CustomOrder.Status.DRAFT, CustomOrder.Status.CONFIRMED}:
        raise NotOpen(
            f"Order {order} is {order.get_status_display().lower()} already.",
            remedy="Take back what was shipped of it, if the customer wants none of it."
            if order.status == CustomOrder.Status.SHIPPED
            else "Nothing is left to do.",
        )
    standing = ShipmentLine.objects.standing().filter(line__order=order)
    if shipped := list(order.shipments.filter(pk__in=standing.values("shipment")).order_by("pk")):
        raise AlreadyShipped(
            f"{', '.join(str(each) for each in shipped)} of order {order} left already.",
            remedy="Amend its lines to what was shipped instead.",
        )
    for line in order.lines.select_related("item__site", "order").order_by("pk"):
        give_up(line, f"Order {order} was cancelled. {reason}".strip()[:200], by=by, at=at)
    order.move_to(CustomOrder.Status.CANCELLED)
    record(OrderCancelled(order=order.pk, reason=reason, by=by.pk))
    return order


@transaction.atomic
def reopen_order(order: CustomOrder, reason: str = "", *, by: User, at: datetime) -> CustomOrder:
    """Take up a shipped order again because a shipment of it was reversed: what came back is kept for it.

    :raises NothingMissing: while all of it counts as shipped.
    :raises IllegalTransition: unless it is shipped.
    """
    lock_order(order)
    lines = list(order.lines.select_related("item__site", "order__customer").order_by("pk"))
    if all(shipped_of(line) >= line.quantity for line in lines):
        raise NothingMissing(
            f"All of order {order} was shipped.",
            remedy="Reverse the move of a shipment that came back first.",
        )
    order.move_to(CustomOrder.Status.CONFIRMED)
    lock_bought(lines)
    for line in lines:
        if missing := missing_of(line):
            cover(line, missing, by=by, at=at)
    record(OrderReopened(order=order.pk, reason=reason, by=by.pk))
    return order


def shipped_of(line: OrderLine) -> Decimal:
    """What left for the customer, in the item's unit; moves that were reversed do not count."""
    left = ShipmentLine.objects.standing().filter(line=line).aggregate(total=Sum("quantity"))
    return left["total"] or Decimal(0)


def close_if_complete(order: CustomOrder, *, by: User, at: datetime) -> bool:
    """Give up what fully shipped lines of a confirmed order still have reserved; close the order when all of them are."""
    lines = list(order.lines.order_by("pk"))
    complete = [line for line in lines if shipped_of(line) >= line.quantity]
    for line in complete:
        give_up_stock(line, by=by, at=at)
    if len(complete) < len(lines):
        return False
    order.move_to(CustomOrder.Status.SHIPPED)
    return True


def _require_unconfirmed(order: CustomOrder) -> None:
    if order.status in {CustomOrder.Status.CONFIRMED, CustomOrder.Status.SHIPPED}:
        raise AlreadyConfirmed(
            f"Order {order} was confirmed on {timezone.localtime(order.confirmed_at):%d %b %Y at %H:%M %Z}.",
            remedy="Nothing is left to do; amend its lines if it has changed.",
        )
    if order.status == CustomOrder.Status.CANCELLED:
        raise NotOpen(f"Order {order} was cancelled.", remedy="Enter it anew.")


def _replan(line: OrderLine, *, shrinks: bool, afresh: bool, by: User, at: datetime) -> None:
    """Let stock and production follow a line that was changed."""
    shipped = shipped_of(line)
    if line.quantity < shipped:
        raise AlreadyShipped(
            f"{plain(shipped)} {line.item.unit} of {line} were shipped already.",
            remedy=f"Ask for at least {plain(shipped)}.",
        )
    if afresh:
        give_up_unstarted(line, f"{line} was amended.", by=by, at=at)
    if shrinks:
        _shrink(line, by=by, at=at)
    if missing := missing_of(line):
        cover(line, missing, by=by, at=at)
    if line.quantity > shipped:
        promise_line(line, by=by, at=at)


def _shrink(line: OrderLine, *, by: User, at: datetime) -> None:
    """Give up reservations, the youngest first, until the line holds no more than it asks for."""
    progress = OrderLine.objects.with_cover().get(pk=line.pk)
    bound = progress.shipped_quantity + progress.coming_quantity + progress.unjudged_quantity
    if bound > line.quantity and progress.coming_quantity + progress.unjudged_quantity:
        raise ProductionStarted(
            f"{plain(bound)} {line.item.unit} of {line} are shipped or being made already.",
            remedy=f"Ask for at least {plain(bound)}, or cancel a production order first.",
        )
    excess = bound + progress.reserved_quantity - line.quantity
    claims = Reservation.objects.open().filter(pk__in=line.pegs.values("reservation"))
    for claim in claims.order_by("-made_at", "-pk"):
        if excess <= 0:
            break
        inventory.release_reservation(claim, by=by, at=at)
        excess -= claim.quantity
    if excess < 0:
        claim_for_line(line, at=at)
