"""When the material of waiting operations will be there, as far as anybody knows.

What a batch has not claimed is looked for, most urgent batch first, in this order: sub-orders made for it, free stock, lots that
wait for their inspection, open purchases by date; what none of them covers is a shortage, expected after the item's
lead time.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from django.db.models import DecimalField, OuterRef, Q, Subquery, Sum

from inventory.models import Balance, ExpectedReceipt, Item, Lot
from inventory.models.days import day_at
from inventory.models.lots import ZONE
from production.bills import free_stock
from production.models import Batch
from production.services.claims import Gap, gaps

ASSUMED_VERDICT = timedelta(hours=1)
"""How long an inspection takes from its opening to its verdict, in plans."""

ARRIVAL = time(12)
"""When a delivery is there on its day, in the site's time."""


@dataclass(frozen=True)
class Shortage:
    """Nothing on hand, on order or in the making covers this need."""

    batch: Batch
    item: Item
    quantity: Decimal
    expected_at: datetime


@dataclass(frozen=True)
class Awaited:
    """Material of an operation that is not there yet, and where it is to come from."""

    class Source(StrEnum):
        PURCHASE = "purchase"
        VERDICT = "verdict"
        NOBODY = "nobody"  # has, makes or ordered it

    source: Source
    item: Item
    quantity: Decimal
    until: datetime
    receipt: int | None = None
    number: str = ""  # of the purchase


@dataclass
class Availability:
    """What operations wait for: by (batch, step) the moment their material is there, item by item, and the batches that make it."""

    waits: dict[tuple[int, int], dict[int, datetime]] = field(default_factory=dict)
    after: dict[tuple[int, int], set[int]] = field(default_factory=dict)
    shortages: list[Shortage] = field(default_factory=list)
    awaited: dict[tuple[int, int], list[Awaited]] = field(default_factory=dict)

    @cached_property
    def release(self) -> dict[tuple[int, int], datetime]:
        """When everything that an operation waits for is there, by (batch, step)."""
        return {place: max(items.values()) for place, items in self.waits.items()}


@dataclass
class Supply:
    """So much of an item that is, or will be, there at a moment; without a `source` it is free stock."""

    at: datetime
    quantity: Decimal
    source: Awaited.Source | None = None
    receipt: int | None = None
    number: str = ""


def availability(
    batches: Sequence[Batch], *, at: datetime, items: Collection[int] | None = None
) -> Availability:
    """Look for what open batches (their `order` loaded) lack; in about ten queries whatever their number.

    :param items: look for these items only; then the batches need hold no more than those that take or make one of them.
    """
    open_gaps = gaps(batches, components=None if items is None else Q(item__in=items))
    open_gaps.sort(key=lambda gap: (gap.batch.order.priority, gap.batch.order.due_at, gap.batch.pk))
    items = {gap.component.item_id: gap.component.item for gap in open_gaps}
    supplies = _supplies(items, at)
    makers = _makers(batches)
    found = Availability()
    for gap in open_gaps:
        _cover(gap, found, makers, supplies.get(gap.component.item_id, []), at)
    return found


def uncommitted(items: dict[int, Item], *, at: datetime) -> dict[int, list[Supply]]:
    """What is there and what is coming of some items, by moment, less what open and held batches lack of them."""
    waiting = Batch.objects.binding(at).filter(plan__components__item__in=items)
    open_gaps = gaps(waiting.select_related("order").distinct(), components=Q(item__in=items))
    open_gaps.sort(key=lambda gap: (gap.batch.order.priority, gap.batch.order.due_at, gap.batch.pk))
    supplies = _supplies(items, at)
    for gap in open_gaps:
        _cover(gap, Availability(), {}, supplies[gap.component.item_id], at)
    return {key: [supply for supply in each if supply.quantity > 0] for key, each in supplies.items()}


def _cover(
    gap: Gap,
    found: Availability,
    makers: dict[tuple[int, int], list[tuple[int, Supply]]],
    supplies: list[Supply],
    at: datetime,
) -> None:
    item = gap.component.item
    place = (gap.batch.pk, gap.component.step_id)
    missing = gap.quantity
    for maker, supply in makers.get((gap.batch.order_id, item.pk), ()):
        taken = _take(supply, missing)
        if taken:
            found.after.setdefault(place, set()).add(maker)
            missing -= taken
    for supply in supplies:
        taken = _take(supply, missing)
        if taken and supply.at > at:
            _wait(found, place, item, supply.at)
            if supply.source is not None:
                awaited = Awaited(supply.source, item, taken, supply.at, supply.receipt, supply.number)
                found.awaited.setdefault(place, []).append(awaited)
        missing -= taken
    if missing:
        expected = at + timedelta(days=item.lead_time_days)
        _wait(found, place, item, expected)
        found.shortages.append(Shortage(gap.batch, item, missing, expected))
        nobody = Awaited(Awaited.Source.NOBODY, item, missing, expected)
        found.awaited.setdefault(place, []).append(nobody)


def _wait(found: Availability, place: tuple[int, int], item: Item, until: datetime) -> None:
    waits = found.waits.setdefault(place, {})
    waits[item.pk] = max(until, waits.get(item.pk, until))


def _take(supply: Supply, missing: Decimal) -> Decimal:
    taken = min(supply.quantity, missing)
    supply.quantity -= taken
    return taken


def _makers(batches: Iterable[Batch]) -> dict[tuple[int, int], list[tuple[int, Supply]]]:
    """Open batches of sub-orders with what they will make, by the order that waits and the item."""
    made: dict[tuple[int, int], list[tuple[int, Supply]]] = {}
    for batch in sorted(batches, key=lambda batch: batch.pk):
        order = batch.order
        if order.parent_id is not None:
            supply = Supply(order.due_at, batch.quantity)
            made.setdefault((order.parent_id, order.item_id), []).append((batch.pk, supply))
    return made


def _supplies(items: dict[int, Item], at: datetime) -> dict[int, list[Supply]]:
    """What is free now, what waits for a verdict and what is on order, by item and moment."""
    found: dict[int, list[Supply]] = {key: [] for key in items}
    for key, quantity in free_stock(items, day_at(at, ZONE), at=at).items():
        found[key].append(Supply(at, quantity))
    for key, quantity in _in_quarantine(items).items():
        found[key].append(Supply(at + ASSUMED_VERDICT, quantity, Awaited.Source.VERDICT))
    receipts = ExpectedReceipt.objects.open().filter(item__in=items).select_related("item__site")
    for receipt in receipts.order_by("due_date", "pk"):
        due = datetime.combine(receipt.due_date, ARRIVAL, tzinfo=receipt.item.site.zone)
        # What is overdue is hoped for tomorrow.
        arrives = due if due > at else at + timedelta(days=1)
        left = receipt.quantity - receipt.received_quantity
        supply = Supply(arrives, max(left, Decimal(0)), Awaited.Source.PURCHASE, receipt.pk, receipt.number)
        found[receipt.item_id].append(supply)
    for supplies in found.values():
        supplies.sort(key=lambda supply: supply.at)
    return found


def _in_quarantine(items: Iterable[int]) -> dict[int, Decimal]:
    on_hand = Balance.objects.on_hand().filter(lot=OuterRef("pk")).order_by().values("lot")
    lots = Lot.objects.filter(item__in=items, status=Lot.Status.QUARANTINE).annotate(
        on_hand=Subquery(
            on_hand.annotate(total=Sum("quantity")).values("total"),
            output_field=DecimalField(max_digits=18, decimal_places=4),
        )
    )
    totals: dict[int, Decimal] = {}
    for item, quantity in lots.filter(on_hand__gt=0).values_list("item", "on_hand"):
        totals[item] = totals.get(item, Decimal(0)) + quantity
    return totals
