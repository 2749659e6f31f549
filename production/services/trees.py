"""What a demand needs down the bill of material: worked out, written as orders and batches, claimed for, and asked of by its customer."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from decimal import Decimal

from inventory.numbering import numbered
from inventory.quantities import plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production import explosion
from production.bills import Recipes, quantum
from production.facts import OrderPlanned
from production.models import (
    Batch,
    Operation,
    ProductionOrder,
    Specification,
)
from production.services.claims import claim_material
from production.services.plans import CircularBill

Attributes = Mapping[int, Mapping[str, str]]


class SpecificationOutOfReach(DomainError):
    code = "production.specification_out_of_reach"
    title = "Nothing that is made here could meet this requirement"


class NoBatchFits(DomainError):
    code = "production.no_batch_fits"
    title = "No batch may hold even one"


class TooManyBatches(DomainError):
    code = "production.too_many_batches"
    title = "It is too much for one order"


def exploded(demand: explosion.Demand, recipes: Recipes, free: Mapping[int, Decimal]) -> explosion.Explosion:
    """What is to be made, taken and bought for a demand, by the plans in force.

    :raises CircularBill: when something would be made from itself.
    :raises NoBatchFits: when the batch maximum or the machines of something in the tree hold less than one of it.
    :raises TooManyBatches: when something in the tree would be made in more batches than one order takes.
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
    except explosion.TooManyBatches as fault:
        item, most = recipes.plans[fault.item].item, recipes.bills[fault.item].batch_maximum
        raise TooManyBatches(
            f"{plain(fault.quantity)} {item.unit} of {item} take {fault.count} batches of at most "
            f"{plain(most or Decimal(0))}; one order is made in {explosion.MOST_BATCHES} at most.",
            remedy="Look at the quantity again; if it is meant so, state it as several orders.",
        ) from fault


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


def attributes_of(specifications: Sequence[Specification]) -> dict[int, dict[str, str]]:
    """What lots of a component must carry, by component."""
    asked: dict[int, dict[str, str]] = {}
    for specification in specifications:
        if specification.component_id is not None and specification.attribute:
            asked.setdefault(specification.component_id, {})[specification.attribute] = specification.expected
    return asked


def attributes_by_item(recipes: Recipes, asked: Attributes) -> dict[int, dict[str, str]]:
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
