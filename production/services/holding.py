"""Capacity and material kept for something that nobody has ordered yet.

What is held is planned as tentative orders: their operations have published slots, which no other slot may overlap, and are pinned
there; their material is reserved. All of it binds until a moment. Until then it can be taken up, and nothing moves; afterwards it
binds nobody, swept or not. Whoever looks for room in order to hold it calls `begin_holding` first: one at a time, and no
plan is published meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from inventory.models import Item, Reservation
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.explosion import Explosion
from production.facts import ProductionHeld, ProductionHoldEnded
from production.feasible import Feasible, Planned
from production.locks import Activity, wait_for_turn
from production.models import Batch, MaterialClaim, Operation, ProductionOrder, Schedule, Slot
from production.services.trees import claim_for_tree, tell_planned, write_tree


class NotHeld(DomainError):
    code = "production.not_held"
    title = "Nothing is kept for it any more"


class NoPlanYet(DomainError):
    code = "production.no_plan_yet"
    title = "There is no plan to hold a place in"


@transaction.atomic
def begin_holding(*, at: datetime) -> None:
    """Wait for one's turn, and let go of what has run out, so that its room can be had."""
    wait_for_turn(Activity.PLANNING_ORDERS)
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    end_holds(at=at)


@transaction.atomic
def hold_production(
    found: Feasible,
    *,
    until: datetime,
    due_at: datetime,
    priority: int,
    reason: str,
    in_the_way: bool = False,
    by: User,
    at: datetime,
) -> tuple[ProductionOrder, list[tuple[Operation, Planned]]]:
    """Keep the room and the stock of an answer until a moment; call `begin_holding` before looking for them.

    :param due_at: when it is to be there; its sub-orders are due when they are taken.
    :param in_the_way: others are planned where it goes: its operations are pinned there and get their slots from the next plan, for
        which others make way.
    :return: the order, and the operations of its whole tree with their places.
    :raises NoPlanYet: while no schedule was ever published.
    """
    schedule = Schedule.objects.only("version").order_by("-version").first()
    if schedule is None:
        raise NoPlanYet("Nothing was ever planned.", remedy="Publish a schedule first: plan on the board.")
    orders, batches = write_tree(
        _dated(found, due_at),
        found.recipes,
        priority=priority,
        strategy=Item.Strategy.TO_ORDER,
        reason=reason,
        held_until=until,
    )
    claim_for_tree(found.tree, batches, found.recipes, {}, by=by, at=at)
    operations = _pin(found.places, batches)
    if not in_the_way:
        Slot.objects.bulk_create(
            Slot(
                schedule=schedule,
                operation=operation,
                machine=place.machine,
                starts_at=place.starts_at,
                setup_ends_at=place.setup_ends_at,
                ends_at=place.ends_at,
            )
            for operation, place in operations
        )
    record(ProductionHeld(order=orders[0].pk, held_until=until))
    return orders[0], operations


@transaction.atomic
def take_up_hold(order: ProductionOrder, reason: str, *, by: User, at: datetime) -> ProductionOrder:
    """Make a tentative order, with all below it, one that is planned: where it was, with the material that was kept.

    :raises NotHeld: when its time is over, or it was given up.
    """
    order.refresh_from_db(from_queryset=ProductionOrder.objects.select_for_update(no_key=True))
    is_tentative = order.status == ProductionOrder.Status.TENTATIVE
    if not is_tentative or order.held_until is None or order.held_until <= at:
        raise NotHeld(
            f"Nothing is kept as {order} any more.", remedy="Ask again: the plant may have room for it still."
        )
    tree = tree_of(order)
    _claims(tree).filter(status=Reservation.Status.OPEN).update(expires_at=None)
    Operation.objects.filter(batch__order__in=tree).update(pinned_machine=None, pinned_start_at=None)
    Batch.objects.filter(order__in=tree, status=Batch.Status.TENTATIVE).update(status=Batch.Status.PLANNED)
    for each in tree:
        named = {"reason": reason[:200]} if each.parent_id is None else {}
        each.move_to(ProductionOrder.Status.PLANNED, held_until=None, **named)
    tell_planned(tree)
    order.refresh_from_db()
    return order


@transaction.atomic
def release_hold(order: ProductionOrder, reason: str, *, at: datetime) -> None:
    """Give up what a tentative order keeps; safe to repeat: nothing happens to one that was given up before.

    :raises NotHeld: when it was taken up.
    """
    order.refresh_from_db(from_queryset=ProductionOrder.objects.select_for_update(no_key=True))
    if order.status == ProductionOrder.Status.CANCELLED:
        return
    if order.status != ProductionOrder.Status.TENTATIVE:
        raise NotHeld(f"{order} is {order.get_status_display().lower()}.", remedy="Cancel it instead.")
    tree = tree_of(order)
    _claims(tree).filter(status=Reservation.Status.OPEN).update(status=Reservation.Status.RELEASED)
    Slot.objects.published().filter(operation__batch__order__in=tree).update(is_published=False)
    Operation.objects.filter(batch__order__in=tree, status=Operation.Status.WAITING).update(
        status=Operation.Status.CANCELLED
    )
    Batch.objects.filter(order__in=tree, status=Batch.Status.TENTATIVE).update(
        status=Batch.Status.CANCELLED, finished_at=at
    )
    for each in tree:
        each.move_to(ProductionOrder.Status.CANCELLED)
    record(ProductionHoldEnded(order=order.pk, reason=reason[:200]))


@transaction.atomic
def end_holds(*, at: datetime) -> int:
    """Give up everything whose time is over; how many trees of orders that were. Safe to repeat."""
    over = ProductionOrder.objects.run_out(at).filter(parent=None)
    orders = list(over.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk"))
    for order in orders:
        release_hold(order, "Its time is over", at=at)
    return len(orders)


def _dated(found: Feasible, due_at: datetime) -> Explosion:
    """The explosion with the dates of its places: a sub-order is due when its parent begins."""
    starts: dict[int, datetime] = {}
    for place in found.places:
        number = place.piece.order
        starts[number] = min(place.starts_at, starts.get(number, place.starts_at))
    dated = (
        replace(order, due=due_at if order.parent is None else starts[order.parent])
        for order in found.tree.orders
    )
    return replace(found.tree, orders=tuple(dated))


def _pin(
    places: Iterable[Planned], batches: Mapping[int, Sequence[Batch]]
) -> list[tuple[Operation, Planned]]:
    """The operations of the batches with their places, pinned there."""
    wanted = {
        (batches[place.piece.order][place.piece.batch].pk, place.piece.step.pk): place for place in places
    }
    operations = Operation.objects.filter(batch__in=[batch for each in batches.values() for batch in each])
    pinned = [
        (operation, wanted[operation.batch_id, operation.step_id]) for operation in operations.order_by("pk")
    ]
    for operation, place in pinned:
        if place.machine is not None:
            operation.pinned_machine, operation.pinned_start_at = place.machine, place.starts_at
    Operation.objects.bulk_update(
        [operation for operation, _ in pinned], ["pinned_machine", "pinned_start_at"]
    )
    return pinned


def tree_of(order: ProductionOrder) -> list[ProductionOrder]:
    """An order and all that are made for it, however deep."""
    tree, front = [order], [order.pk]
    while front:
        below = list(ProductionOrder.objects.filter(parent__in=front).order_by("pk"))
        tree += below
        front = [each.pk for each in below]
    return tree


def _claims(tree: Iterable[ProductionOrder]) -> QuerySet[Reservation]:
    return Reservation.objects.filter(
        pk__in=MaterialClaim.objects.filter(batch__order__in=[each.pk for each in tree]).values("reservation")
    )
