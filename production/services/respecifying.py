"""What a customer asks, stated anew for orders that are being made: handed down again, with stock and open inspections following."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.models import Item, Reservation
from mes.core.facts import record
from mes.core.models import User
from production.bills import carries, recipes_for
from production.facts import OrderRespecified
from production.models import (
    Batch,
    Component,
    MaterialClaim,
    ProcessPlan,
    ProductionOrder,
    Specification,
    Step,
)
from production.services.claims import attributes_asked, claim_for_waiting_batches
from production.services.gates import tightened_for
from production.services.holding import tree_of
from production.services.trees import SpecificationOutOfReach, hand_down
from quality import services as quality
from quality.models import Inspection, Measurement


@transaction.atomic
def respecify_order(
    order: ProductionOrder, source: str, specifications: Sequence[Specification], *, by: User, at: datetime
) -> list[Measurement]:
    """Put these specifications in the place of those that came from `source`, on an order and all that is made for it.

    Stock that was kept for it and does not carry what is asked now is given back, and other stock kept where there is some. Inspections that are
    open are narrowed to the new limits, those of finished batches too; final inspections to come are opened with them.

    :param source: number of the customer's line that they come from.
    :param specifications: unsaved rows, as `plan_production` takes them.
    :return: results recorded in open inspections that the new limits do not allow.
    :raises SpecificationOutOfReach: when the plan it is made by has no such component or step.
    """
    tree = [each for each in tree_of(order) if each.status != ProductionOrder.Status.CANCELLED]
    if not tree:
        return []
    keys = [each.pk for each in tree]
    list(Batch.objects.select_for_update(no_key=True).filter(order__in=keys).order_by("pk"))
    Specification.objects.filter(order__in=keys, source=source).delete()
    rows = hand_down(specifications, tree, recipes_for(order.item))
    _move_to_own_plan(rows)
    record(OrderRespecified(order=order.pk, source=source, by=by.pk))
    _let_stock_follow(keys, by=by, at=at)
    return _narrow_inspections(keys, at=at)


def _move_to_own_plan(rows: Sequence[Specification]) -> None:
    """A batch keeps the plan it was planned under: what binds a step or component of the plan in force binds the same one there."""
    for row in rows:
        own = ProcessPlan.objects.filter(batches__order=row.order_id).order_by("pk").first()
        named: Step | Component | None = row.step or row.component
        if own is None or named is None or named.plan_id == own.pk:
            continue
        if row.component is not None:
            row.component = own.components.filter(item=row.component.item_id).order_by("pk").first()
        if row.step is not None:
            row.step = own.steps.filter(sequence=row.step.sequence).first()
        if row.component is None and row.step is None:
            raise SpecificationOutOfReach(
                f"“{row.text}” binds {named}, which {own} does not have, and {row.order} is made by that plan.",
                remedy="Cancel that order and plan it anew by the plan in force, or ask for something else.",
            )
        row.save(update_fields=["component", "step"])


def _let_stock_follow(orders: Collection[int], *, by: User, at: datetime) -> None:
    """Give back what was kept and does not carry what is asked, then keep what does."""
    asked = attributes_asked(orders)
    claims = MaterialClaim.objects.filter(
        batch__order__in=orders, reservation__status=Reservation.Status.OPEN
    ).select_related("batch", "component__item", "reservation__lot")
    items: dict[int, Item] = {}
    for claim in claims.order_by("pk"):
        wanted = asked.get((claim.batch.order_id, claim.component_id), {})
        if not carries(claim.reservation.lot.attributes, wanted):
            inventory.release_reservation(claim.reservation, by=by, at=at)
            items[claim.component.item_id] = claim.component.item
    for _, item in sorted(items.items()):
        claim_for_waiting_batches(item, by=by, at=at)


def _narrow_inspections(orders: Collection[int], *, at: datetime) -> list[Measurement]:
    batches = Batch.objects.filter(order__in=orders, lot__isnull=False).values_list("number", "order", "lot")
    beyond: list[Measurement] = []
    for number, order, lot in batches.order_by("pk"):
        waiting = Inspection.objects.open().filter(lot=lot, reference=number).select_related("plan")
        for inspection in waiting.order_by("pk"):
            beyond += quality.narrow_inspection(inspection, tightened_for(inspection.plan, order), at=at)
    return beyond
