"""Production orders: planned down the bill of material, released, cancelled."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Item, Lot, Reservation
from inventory.numbering import numbered
from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production import explosion
from production.bills import Recipes, free_stock, quantum, recipes_for
from production.facts import OrderPlanned, OrderReleased, ProductionOrderCancelled
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
from production.services.claims import claim_material
from production.services.plans import CircularBill
from production.services.scrapping import bring_back, write_off_progress
from quality import services as quality
from quality.models import Inspection

Attributes = Mapping[int, Mapping[str, str]]


class NotMadeHere(DomainError):
    code = "production.not_made_here"
    title = "This item is bought"


class SpecificationOutOfReach(DomainError):
    code = "production.specification_out_of_reach"
    title = "Nothing that is made here could meet this requirement"


class NoBatchFits(DomainError):
    code = "production.no_batch_fits"
    title = "No batch may hold even one"


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
    :raises NoProcessPlan: when it or a made component has no approved process plan.
    :raises CircularBill: when it would be made from itself.
    :raises NoBatchFits: when the batch maximum or the machines of something in the tree hold less than one of it.
    :raises SpecificationOutOfReach: when nothing in the tree has the component, step or characteristic asked for.
    """
    quantity = check_quantity(item, quantity)
    if item.supply != Item.Supply.MAKE:
        raise NotMadeHere(f"{item} is bought, not made here.", remedy="Order it from its supplier.")
    wait_for_turn(Activity.PLANNING_ORDERS)
    recipes = recipes_for(item)
    asked = _attributes(specifications)
    parts = [line.item for bill in recipes.bills.values() for line in bill.lines]
    today = at.astimezone(item.site.zone).date()
    free = free_stock(parts, today, carrying=_by_item(recipes, asked), at=at)
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
    busy = Operation.objects.filter(
        batch__in=batches, status__in=[Operation.Status.RUNNING, Operation.Status.PAUSED]
    )
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


def exploded(demand: explosion.Demand, recipes: Recipes, free: Mapping[int, Decimal]) -> explosion.Explosion:
    """What is to be made, taken and bought for a demand, by the plans in force.

    :raises CircularBill: when something would be made from itself.
    :raises NoBatchFits: when the batch maximum or the machines of something in the tree hold less than one of it.
    """
    try:
        return explosion.explode([demand], bills=recipes.bills, free=free)
    except explosion.CyclicBill as circle:
        path = " → ".join(str(recipes.plans[key].item) for key in circle.path)
        raise CircularBill(
            f"{recipes.plans[circle.path[-1]].item} would be made from itself: {path}.",
            remedy="Revise one of their process plans.",
        ) from circle
    except explosion.BatchTooSmall as fault:
        item, most = recipes.plans[fault.item].item, recipes.bills[fault.item].batch_maximum
        raise NoBatchFits(
            f"A batch of {item} may hold at most {plain(most or Decimal(0))} {item.unit}, and that is too little for any.",
            remedy="Revise the batch maximum of its process plan, or what its machines hold.",
        ) from fault


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


def write_tree(
    tree: explosion.Explosion,
    recipes: Recipes,
    *,
    priority: int,
    strategy: str,
    reason: str,
    campaign: str = "",
    earliest_start_at: datetime | None = None,
    held_until: datetime | None = None,
) -> tuple[list[ProductionOrder], dict[int, list[Batch]]]:
    """The orders of an explosion, in its order, and their batches by its order number, with their operations.

    :param held_until: makes them tentative until then.
    """
    orders = _write_orders(
        tree,
        recipes,
        priority=priority,
        strategy=strategy,
        reason=reason,
        campaign=campaign,
        earliest_start_at=earliest_start_at,
        held_until=held_until,
    )
    return orders, _write_batches(tree, orders, recipes)


def tell_planned(orders: Sequence[ProductionOrder]) -> None:
    """Record that these orders are to be made."""
    record(
        *(
            OrderPlanned(
                order=order.pk,
                item=order.item_id,
                quantity=order.quantity,
                due_at=order.due_at,
                parent=order.parent_id,
                priority=order.priority,
            )
            for order in orders
        )
    )


def _write_orders(
    tree: explosion.Explosion,
    recipes: Recipes,
    *,
    priority: int,
    strategy: str,
    reason: str,
    campaign: str,
    earliest_start_at: datetime | None,
    held_until: datetime | None,
) -> list[ProductionOrder]:
    status = ProductionOrder.Status.TENTATIVE if held_until else ProductionOrder.Status.PLANNED
    orders: list[ProductionOrder] = []
    for planned in tree.orders:  # parents come first
        parent = None if planned.parent is None else orders[planned.parent]
        item = recipes.plans[planned.item].item
        orders.append(
            ProductionOrder.objects.create(
                **numbered(ProductionOrder, "P"),
                site_id=item.site_id,
                item=item,
                quantity=planned.quantity,
                due_at=planned.due,
                earliest_start_at=None if parent else earliest_start_at,
                priority=priority,
                strategy=strategy,
                status=status,
                held_until=held_until,
                parent=parent,
                campaign=campaign[:80] if parent is None else "",
                reason=reason[:200] if parent is None else f"Component of {parent} ({parent.item})"[:200],
            )
        )
    return orders


def _write_batches(
    tree: explosion.Explosion, orders: Sequence[ProductionOrder], recipes: Recipes
) -> dict[int, list[Batch]]:
    """Batches by the explosion's order number, and their operations."""
    batches: dict[int, list[Batch]] = {}
    for planned, order in zip(tree.orders, orders, strict=True):
        plan = recipes.plans[planned.item]
        batches[planned.number] = Batch.objects.bulk_create(
            Batch(
                order=order,
                number=f"{order.number}-{n:02d}",
                plan=plan,
                quantity=quantity,
                status=Batch.Status(order.status),
            )
            for n, quantity in enumerate(planned.batches, start=1)
        )
        Operation.objects.bulk_create(
            Operation(batch=batch, step=step, sequence=step.sequence)
            for batch in batches[planned.number]
            for step in plan.steps.all()
        )
    return batches


def claim_for_tree(
    tree: explosion.Explosion,
    batches: Mapping[int, Sequence[Batch]],
    recipes: Recipes,
    asked: Attributes,
    *,
    by: User,
    at: datetime,
) -> None:
    """Reserve, batch by batch, the stock that the explosion counted on."""
    components = {part.pk: part for plan in recipes.plans.values() for part in plan.components.all()}
    for need in tree.needs:
        part = components[need.line]
        left = need.stock
        for batch in batches[need.order]:
            share = explosion.round_up(batch.quantity * part.quantity_per, quantum(part.item))
            share = min(share, left)
            if share <= 0:
                break
            claim_material(batch, part, share, attributes=asked.get(part.pk), by=by, at=at)
            left -= share


def _attributes(specifications: Sequence[Specification]) -> dict[int, dict[str, str]]:
    """What lots of a component must carry, by component."""
    asked: dict[int, dict[str, str]] = {}
    for specification in specifications:
        if specification.component_id is not None and specification.attribute:
            asked.setdefault(specification.component_id, {})[specification.attribute] = specification.expected
    return asked


def _by_item(recipes: Recipes, asked: Attributes) -> dict[int, dict[str, str]]:
    """The same by item; stock of an item that must be special somewhere in the tree counts only where it is."""
    parts = [part for plan in recipes.plans.values() for part in plan.components.all()]
    wanted: dict[int, dict[str, str]] = {}
    for part in parts:
        if part.pk in asked:
            wanted.setdefault(part.item_id, {}).update(asked[part.pk])
    return wanted


def hand_down(
    specifications: Sequence[Specification], orders: Sequence[ProductionOrder], recipes: Recipes
) -> list[Specification]:
    """Give each specification to the orders of the tree in whose making it binds."""
    rows = []
    for specification in specifications:
        item = _bound_item(specification, recipes)
        takers = [order for order in orders if order.item_id == item]
        # What binds something bought, or something wholly taken from stock, stays with the topmost order.
        for order in takers or orders[:1]:
            row = copy(specification)
            row.order = order
            rows.append(row)
    return Specification.objects.bulk_create(rows)


def _bound_item(specification: Specification, recipes: Recipes) -> int | None:
    """The item in whose making a specification binds; None where it binds the order as a whole."""
    for item, plan in recipes.plans.items():
        parts = {part.pk for part in plan.components.all()}
        steps = {step.pk for step in plan.steps.all()}
        if specification.component_id in parts or specification.step_id in steps:
            return item
    characteristic = specification.characteristic
    reached = {line.item for bill in recipes.bills.values() for line in bill.lines} | recipes.plans.keys()
    if characteristic is not None and characteristic.plan.item_id in reached:
        return characteristic.plan.item_id
    if specification.component_id or specification.step_id or characteristic is not None:
        raise SpecificationOutOfReach(
            f"“{specification.text}” binds something that is not part of making this item.",
            remedy="State it for a component, step or characteristic of the item or of what it is made from.",
        )
    return None
