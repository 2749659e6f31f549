"""Material kept for batches: what a batch needs, what is claimed for it, and claiming what arrives later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum

from inventory import services as inventory
from inventory.models import Item, Lot, Reservation
from mes.core.models import User
from production.bills import quantum
from production.explosion import round_up
from production.models import Batch, Component, MaterialClaim, Operation, Specification


@dataclass(frozen=True)
class Gap:
    """What a batch needs of a component and has neither consumed nor claimed."""

    batch: Batch
    component: Component
    quantity: Decimal
    attributes: Mapping[str, str]


@transaction.atomic
def claim_material(
    batch: Batch,
    component: Component,
    quantity: Decimal,
    *,
    attributes: Mapping[str, str] | None = None,
    by: User | None = None,
    at: datetime,
) -> list[MaterialClaim]:
    """Reserve up to `quantity` of a component for a batch, first expired first; less where free stock does not reach.

    What is reserved for a tentative batch is reserved as long as its order is held.
    """
    reservations = inventory.reserve_item(
        component.item,
        quantity,
        purpose=batch.number,
        attributes=attributes or {},
        expires_at=batch.order.held_until,
        by=by,
        at=at,
    )
    return MaterialClaim.objects.bulk_create(
        MaterialClaim(batch=batch, component=component, reservation=reservation)
        for reservation in reservations
    )


@transaction.atomic
def claim_for_waiting_batches(
    item: Item, *, lot: Lot | None = None, by: User | None = None, at: datetime
) -> list[MaterialClaim]:
    """Share out free stock of an item among the batches that lack it, most urgent first; safe to repeat.

    What a sub-order made goes first to the order that waits for it. What was made to order at the top of a tree was made for
    somebody above production, who reserves it.

    :param lot: the lot that has just become usable, when it is known: its parent order is served first.
    """
    wait_for_item(item)
    maker = (
        Batch.objects.making().filter(lot=lot).select_related("order").first() if lot is not None else None
    )
    parent = maker.order.parent_id if maker is not None else None
    if maker is not None and parent is None and item.strategy == Item.Strategy.TO_ORDER:
        return []
    gaps = gaps_of(item, at=at)
    gaps.sort(key=lambda gap: _urgency(gap, parent))
    made: list[MaterialClaim] = []
    for gap in gaps:
        claims = claim_material(
            gap.batch, gap.component, gap.quantity, attributes=gap.attributes, by=by, at=at
        )
        made += claims
        if not claims and not gap.attributes:
            break  # nothing is left for anybody
    return made


def wait_for_item(item: Item) -> None:
    """Share out one item one after the other, so that no gap is filled twice; taken before any of its lots is locked."""
    Item.objects.select_for_update(no_key=True).only("pk").get(pk=item.pk)


def gaps_of(item: Item, *, at: datetime) -> list[Gap]:
    """Every gap of this item among batches that bind material, in no particular order."""
    batches = Batch.objects.binding(at).filter(plan__components__item=item)
    return gaps(batches.select_related("order").distinct(), components=Q(item=item))


def gaps(batches: Iterable[Batch], *, components: Q | None = None) -> list[Gap]:
    """What open batches still lack of the components of steps that are not done, in six queries whatever their number."""
    found = {batch.pk: batch for batch in batches}
    rows = Component.objects.select_related("item").filter(components or Q())
    parts: dict[int, list[Component]] = {}
    for part in rows.order_by("pk").filter(plan__any_of={batch.plan_id for batch in found.values()}):
        parts.setdefault(part.plan_id, []).append(part)
    undone = Operation.objects.unfinished().filter(batch__any_of=found).values_list("batch", "step")
    open_steps = set(undone)
    claimed = _claimed(found)
    asked = attributes_asked({batch.order_id for batch in found.values()})
    result = []
    for batch in found.values():
        for part in parts.get(batch.plan_id, ()):
            if (batch.pk, part.step_id) not in open_steps:
                continue
            need = round_up(batch.quantity * part.quantity_per, quantum(part.item))
            lack = need - claimed.get((batch.pk, part.pk), Decimal(0))
            if lack > 0:
                result.append(Gap(batch, part, lack, asked.get((batch.order_id, part.pk), {})))
    return result


def attributes_asked(orders: Iterable[int]) -> dict[tuple[int, int], dict[str, str]]:
    """Attributes that lots of a component must carry, by (order, component); an empty value asks for any."""
    rows = Specification.objects.filter(order__any_of=orders, component__isnull=False).exclude(attribute="")
    asked: dict[tuple[int, int], dict[str, str]] = {}
    for order, component, attribute, expected in rows.values_list(
        "order", "component", "attribute", "expected"
    ):
        asked.setdefault((order, component), {})[attribute] = expected
    return asked


def _claimed(batches: Iterable[int]) -> dict[tuple[int, int], Decimal]:
    claims = MaterialClaim.objects.filter(batch__any_of=batches, reservation__status=Reservation.Status.OPEN)
    totals = claims.values("batch", "component").annotate(total=Sum("reservation__quantity"))
    return {(row["batch"], row["component"]): row["total"] for row in totals}


def _urgency(gap: Gap, parent: int | None) -> tuple[bool, int, datetime, int]:
    order = gap.batch.order
    return (order.pk != parent, order.priority, order.due_at, gap.batch.pk)
