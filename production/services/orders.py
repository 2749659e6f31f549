"""Production orders: planned down the bill of material, released, cancelled."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Item, Lot, Reservation
from inventory.quantities import check_quantity
from mes.core.dates import require_within_reach
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production import explosion
from production.bills import free_stock, recipes_for
from production.facts import OrderReleased, ProductionOrderCancelled
from production.locks import Activity, wait_for_turn
from production.models import (
    Batch,
    MaterialClaim,
    Operation,
    Priority,
    ProductionOrder,
    Slot,
    Specification,
)
from production.services.scrapping import bring_back, write_off_progress
from production.services.trees import (
    attributes_by_item,
    attributes_of,
    claim_for_tree,
    exploded,
    hand_down,
    tell_planned,
    write_tree,
)
from quality import services as quality
from quality.models import Inspection


class NotMadeHere(DomainError):
    code = "production.not_made_here"
    title = "This item is bought"


class StillRunning(DomainError):
    code = "production.still_running"
    title = "Work is going on"


@transaction.atomic
def plan_production(
    item: Item,
    quantity: Decimal,
    due_at: datetime,
    *,
    priority: int = Priority.NORMAL,
    strategy: str = "",
    reason: str = "",
    campaign: str = "",
    specifications: Sequence[Specification] = (),
    earliest_start_at: datetime | None = None,
    by: User,
    at: datetime,
) -> ProductionOrder:
    """Plan to make `quantity` of an item (in its unit) by `due_at`, with everything below it.

    Components made here that free stock does not cover become sub-orders, due when their parent should start. Batches
    fit the plan's maximum and the vessels. Usable stock of components is reserved as far as it goes.

    :param strategy: whether it is for somebody who ordered it or for stock, which reserved capacity goes by; by default as the
        item is made. Sub-orders are for what the whole is for.
    :param campaign: what it is set up together with; orders of one name run one after another where they are set up alike.
    :param specifications: unsaved rows without an order; each is given to the order of this tree whose process plan holds its
        component or step, or whose item its characteristic is about, else to the topmost.
    :raises NotMadeHere: for a bought item.
    :raises DateOutOfReach: for a date that is a slip of the keyboard.
    :raises Stale: when the unit of the item is another one since than that in which the quantity was meant.
    :raises NoProcessPlan: when it or a made component has no approved process plan.
    :raises CircularBill: when it would be made from itself.
    :raises NoBatchFits: when the batch maximum or the machines of something in the tree hold less than one of it.
    :raises TooManyBatches: when something in the tree would be made in more batches than one order takes.
    :raises SpecificationOutOfReach: when nothing in the tree has the component, step or characteristic asked for.
    """
    quantity = check_quantity(item, quantity)
    require_within_reach(due_at, "due_at")
    require_within_reach(earliest_start_at, "earliest_start_at")
    if item.supply != Item.Supply.MAKE:
        raise NotMadeHere(f"{item} is bought, not made here.", remedy="Order it from its supplier.")
    wait_for_turn(Activity.PLANNING_ORDERS)
    recipes = recipes_for(item)
    asked = attributes_of(specifications)
    parts = [line.item for bill in recipes.bills.values() for line in bill.lines]
    today = at.astimezone(item.site.zone).date()
    free = free_stock(parts, today, carrying=attributes_by_item(recipes, asked), at=at)
    tree = exploded(explosion.Demand(item.pk, quantity, due_at), recipes, free)
    orders, batches = write_tree(
        tree,
        recipes,
        priority=priority,
        strategy=strategy or item.strategy,
        reason=reason,
        campaign=campaign,
        earliest_start_at=earliest_start_at,
    )
    inventory.require_same_unit(item)
    hand_down(specifications, orders, recipes)
    claim_for_tree(tree, batches, recipes, asked, by=by, at=at)
    tell_planned(orders)
    return orders[0]


@transaction.atomic
def release_order(order: ProductionOrder, *, by: User, at: datetime) -> ProductionOrder:
    """Let work begin on an order and on the sub-orders it waits for; every batch gets its lot.

    :raises IllegalTransition: unless the order is planned.
    """
    order.refresh_from_db(fields=["status"])
    # Batches before their order, as whoever splits or cancels takes them.
    list(order.batches.select_for_update(no_key=True).order_by("pk"))
    order.move_to(ProductionOrder.Status.RELEASED, released_at=at)
    for batch in order.batches.filter(status=Batch.Status.PLANNED).select_related("plan__item__site"):
        lot = inventory.create_lot(
            batch.plan.item, number=batch.number, status=Lot.Status.IN_PROCESS, by=by, at=at
        )
        batch.move_to(Batch.Status.RELEASED, lot=lot)
    record(OrderReleased(order=order.pk, by=by.pk))
    for below in order.sub_orders.filter(status=ProductionOrder.Status.PLANNED).order_by("pk"):
        release_order(below, by=by, at=at)
    return order


@transaction.atomic
def cancel_order(order: ProductionOrder, reason: str, *, by: User, at: datetime) -> ProductionOrder:
    """Make nothing more for an order. Its claims are given up, and sub-orders on which no work was done are cancelled too.

    What a batch had left good between two operations is written off; what was being reworked goes back into its lot, which is held. A sub-order that was begun goes on, and what it makes is
    free stock.

    :raises StillRunning: while an operation of it runs or is paused.
    :raises IllegalTransition: when it is done or cancelled already.
    """
    order.refresh_from_db(fields=["status"])
    # The batches are locked, so that no operation starts between the look and the act.
    batches = list(order.batches.undone().select_for_update(no_key=True).order_by("pk"))
    busy = Operation.objects.under_way().filter(batch__in=batches)
    names = [str(operation) for operation in busy.select_related("batch", "step").order_by("pk")]
    if names:
        raise StillRunning(
            f"{order} cannot be cancelled while {', '.join(names)} is under way.", remedy="Finish it first."
        )
    order.move_to(ProductionOrder.Status.CANCELLED)
    for batch in batches:
        cancel_batch(batch, reason, by=by, at=at)
    record(ProductionOrderCancelled(order=order.pk, reason=reason, by=by.pk))
    untouched = [
        ProductionOrder.Status.TENTATIVE,
        ProductionOrder.Status.PLANNED,
        ProductionOrder.Status.RELEASED,
    ]
    for below in order.sub_orders.filter(status__in=untouched).order_by("pk"):
        cancel_order(below, f"{order} was cancelled: {reason}"[:200], by=by, at=at)
    return order


def give_up_claims(batch: Batch, *, by: User, at: datetime) -> None:
    """Release what is still reserved for a batch."""
    claims = MaterialClaim.objects.filter(batch=batch, reservation__status=Reservation.Status.OPEN)
    for claim in claims.select_related("reservation").order_by("reservation"):
        inventory.release_reservation(claim.reservation, by=by, at=at)


def lock_waiting_operations(batch: Batch) -> list[Operation]:
    """The operations of a batch that have not started, locked in the order in which a publisher locks them too."""
    waiting = batch.operations.filter(status=Operation.Status.WAITING)
    return list(waiting.select_for_update(no_key=True).order_by("pk"))


def cancel_batch(batch: Batch, reason: str, *, by: User, at: datetime) -> None:
    """Make nothing more of a batch of which no operation runs; what is locked and asked for is the caller's."""
    give_up_claims(batch, by=by, at=at)
    waiting = [operation.pk for operation in lock_waiting_operations(batch)]
    Slot.objects.published().filter(operation__in=waiting).update(is_published=False)
    Operation.objects.filter(pk__in=waiting).update(status=Operation.Status.CANCELLED)
    if batch.rework_of is not None:
        scrap = bring_back(batch, by=by, at=at)
        batch.move_to(Batch.Status.CANCELLED, scrap_quantity=scrap, finished_at=at)
        quality.give_up_rework(batch.rework_of, reason, by=by, at=at)
        return
    scrap = write_off_progress(batch, f"Cancelled: {reason}", by=by, at=at)
    batch.move_to(Batch.Status.CANCELLED, scrap_quantity=scrap, finished_at=at)
    for inspection in Inspection.objects.open().filter(lot=batch.lot_id).order_by("pk"):
        quality.cancel_inspection(inspection, f"Batch {batch} is cancelled", by=by, at=at)
    if batch.lot is not None and batch.lot.may_move_to(Lot.Status.REJECTED):
        inventory.reject_lot(batch.lot, f"Cancelled: {reason}"[:300], by=by, at=at)
