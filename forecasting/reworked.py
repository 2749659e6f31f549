"""Goods that are being reworked, as supply: all of a lot comes back at once, when the last of its rework ends.

Until then the lot waits in process, what was taken out of it and what was left of it alike: it is neither usable stock nor waiting for a
verdict. What is reserved of it is not free then either, and what a customer's order was made of counts for that order already.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from inventory.models import Lot
from orders.models import Peg
from production.models import Batch, Slot


@dataclass(frozen=True)
class Reworked:
    """What comes back of one lot by one batch of rework, in the item's unit.

    :ivar batch: its key; None for what was left of the lot and waits with it.
    :ivar order: key of the (last) order of rework.
    """

    item: int
    batch: int | None
    order: int
    what: str
    quantity: Decimal
    ends_at: datetime
    expires_on: date | None


def spoken_for() -> QuerySet[Any]:
    """Lots that were made for a customer's line, which counts on them until they are reserved or shipped."""
    pegged = Peg.objects.of_production().values("production_order")
    return Batch.objects.making().filter(order__in=pegged, lot__isnull=False).values("lot")


def reworked(items: Collection[int]) -> list[Reworked]:
    """What comes back from open rework and is nobody's yet; two queries, however much there is. Of a lot that is held nothing does."""
    ends = Slot.objects.published().filter(operation__batch=OuterRef("pk")).order_by("-ends_at")
    batches: Any = (
        Batch.objects.open()
        .reworking()
        .filter(order__item__in=items, lot__status=Lot.Status.IN_PROCESS)
        .exclude(lot__in=spoken_for())
        .annotate(ends=Coalesce(Subquery(ends.values("ends_at")[:1]), F("order__due_at")))
        .select_related("order")
        .order_by("ends", "pk")
    )
    by_lot: dict[int, list[Any]] = defaultdict(list)
    for batch in batches:
        by_lot[batch.lot_id].append(batch)
    if not by_lot:
        return []
    return [
        back
        for lot in Lot.objects.filter(pk__in=by_lot).with_on_hand().order_by("pk")
        for back in _of_lot(lot, by_lot[lot.pk])
    ]


def _of_lot(lot: Any, batches: Collection[Any]) -> list[Reworked]:
    *_, last = batches
    taken_out = sum((batch.quantity for batch in batches if batch.status == Batch.Status.RUNNING), Decimal(0))
    free = lot.on_hand + taken_out - lot.reserved
    found = []
    for batch in batches:
        quantity = min(batch.quantity, free)
        found.append((batch.pk, batch.order_id, f"{batch.order.number}, rework of lot {lot}", quantity))
        free -= quantity
    found.append((None, last.order_id, f"rest of lot {lot}, which waits for its rework", free))
    return [
        Reworked(lot.item_id, batch, order, what, quantity, last.ends, lot.expires_on)
        for batch, order, what, quantity in found
        if quantity > 0
    ]
