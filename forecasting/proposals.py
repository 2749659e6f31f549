"""From stock, open orders, forecasts and bills of material to replenishment proposals as rows.

What counts as supply: usable stock that nobody has reserved, stock that still waits for its verdict, open purchases, and
open production that is not for a customer's line. What counts as demand: the forecast (with people's overrides, and
consumed by the orders that came), what open order lines still lack, and what open batches still lack of components.

Made components are netted too, so that their stock counts and what they take is bought in time, but they are planned
together with the order that needs them: no proposals of their own are stored.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import DecimalField, F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from forecasting import netting
from forecasting.models import ForecastRun, Replenishment
from forecasting.netting import Demand, Part, Proposal, Rule, Supply
from forecasting.policy import USABLE_SHARE
from forecasting.targets import overridden, overrides_by_item
from inventory.models import Balance, ExpectedReceipt, Item, Lot
from orders.models import OrderLine, Peg
from production.bills import free_stock, quantum
from production.explosion import round_up
from production.models import Batch, Component, ProcessPlan, ProductionOrder, Slot
from production.services.claims import gaps

DEFAULT_COVER_DAYS: Final = 14
VERDICT_DAYS: Final = 2
_SAME_WITHIN_DAYS: Final = 7
_SAME_WITHIN: Final = Decimal("0.25")
_MOST_PEGS: Final = 12


@dataclass(frozen=True, eq=False)
class Planned:
    """An item that is kept in stock: its forecast by day from the day of planning on, and what its target asks for."""

    item: Item
    means: Sequence[float]
    safety_stock: float
    order_up_to: float
    cover_days: int


@dataclass(frozen=True, eq=False)
class Book:
    """All that netting reads, with the items by their key as text."""

    items: Mapping[str, Item]
    rules: Sequence[Rule]
    parts: Sequence[Part]
    supplies: Sequence[Supply]
    demands: Sequence[Demand]


def net(
    stocked: Sequence[Planned], *, at: datetime, as_of: date, horizon_days: int
) -> tuple[Book, netting.Plan]:
    """Net everything from `as_of` on; the number of queries does not depend on the number of items."""
    plans = list(ProcessPlan.objects.effective().select_related("item"))
    parts = _parts(plans)
    items = _items(stocked, parts)
    book = Book(
        items=items,
        rules=_rules(items, stocked, plans),
        parts=parts,
        supplies=_supplies(items, as_of),
        demands=[*_asked(items, stocked, as_of, at, horizon_days), *_lacking(items, as_of)],
    )
    plan = netting.plan(
        book.rules,
        parts=book.parts,
        supplies=book.supplies,
        demands=book.demands,
        horizon=horizon_days,
        name_of_day=lambda day: f"{as_of + timedelta(days=day):%a %d %b}",
    )
    return book, plan


def rows(
    run: ForecastRun, stocked: Sequence[Planned], book: Book, plan: netting.Plan, *, as_of: date
) -> list[Replenishment]:
    """Proposals as unsaved rows: of bought items and of those with demand of their own.

    A proposal like one that a planner dismissed (about the same quantity of the item for about the same day) is left out.
    """
    own = {str(one.item.pk) for one in stocked}
    dismissed = _dismissed(as_of)
    made = []
    for proposal in plan.proposals:
        item = book.items[proposal.item]
        if item.supply == Item.Supply.MAKE and proposal.item not in own:
            continue
        row = _row(run, item, proposal, as_of, book.items)
        if not any(_alike(row, other) for other in dismissed.get(item.pk, ())):
            made.append(row)
    return made


def entries_of(
    item: Item, means: Sequence[float], *, at: datetime, as_of: date, horizon_days: int
) -> tuple[list[Supply], list[Demand]]:
    """What comes of one item and what is asked of it, as netting sees it, without what is only proposed.

    :param means: its forecast by day from `as_of` on; empty where it is not forecast.
    """
    one = Planned(item, means, safety_stock=0.0, order_up_to=0.0, cover_days=1)
    return entries_of_all([one], at=at, as_of=as_of, horizon_days=horizon_days)


def entries_of_all(
    planned: Sequence[Planned],
    *,
    at: datetime,
    as_of: date,
    horizon_days: int,
    leaving_out: Collection[int] = (),
) -> tuple[list[Supply], list[Demand]]:
    """The same of several items at once; those without means are not forecast.

    :param leaving_out: batches that do not count as supply.
    """
    items = {str(one.item.pk): one.item for one in planned}
    stocked = [one for one in planned if one.means]
    demands = [*_asked(items, stocked, as_of, at, horizon_days), *_lacking(items, as_of)]
    return _supplies(items, as_of, leaving_out), demands


def _parts(plans: Sequence[ProcessPlan]) -> list[Part]:
    made = {plan.pk: str(plan.item_id) for plan in plans}
    rows = Component.objects.filter(plan__in=list(made)).values_list("plan", "item", "quantity_per")
    return [Part(made[plan], str(item), float(quantity)) for plan, item, quantity in rows]


def _items(stocked: Iterable[Planned], parts: Iterable[Part]) -> dict[str, Item]:
    """Stocked items and, level by level, what they are made of; also what is bought for orders."""
    items = {str(one.item.pk): one.item for one in stocked}
    below = {int(part.component) for part in parts} | {int(part.product) for part in parts}
    missing = Item.objects.filter(pk__in=below - {int(key) for key in items}, is_active=True)
    items |= {str(item.pk): item for item in missing.select_related("site")}
    return items


def _rules(items: Mapping[str, Item], stocked: Iterable[Planned], plans: Iterable[ProcessPlan]) -> list[Rule]:
    vessels = {str(plan.item_id): float(plan.batch_maximum or 0) for plan in plans}
    targets = {str(one.item.pk): one for one in stocked}
    rules = []
    for key, item in items.items():
        known = targets.get(key)
        to_order = known is None and item.supply == Item.Supply.MAKE
        rules.append(
            Rule(
                item=key,
                lead_days=item.lead_time_days,
                safety_stock=known.safety_stock if known else 0.0,
                cover_days=_cover(known, to_order),
                minimum=0.0 if to_order else float(item.order_minimum),
                multiple=0.0 if to_order else float(item.order_multiple),
                batch_maximum=0.0 if to_order else vessels.get(key, 0.0),
                most=_most(known),
            )
        )
    return rules


def _cover(known: Planned | None, to_order: bool) -> int:
    if known is not None:
        return known.cover_days
    return 1 if to_order else DEFAULT_COVER_DAYS


def _most(known: Planned | None) -> float:
    """What sells within the usable part of the shelf life; 0 where nothing gets too old."""
    if known is None or not known.item.shelf_life_days:
        return 0.0
    rate = sum(known.means) / max(len(known.means), 1)
    return max(rate * known.item.shelf_life_days * USABLE_SHARE, known.order_up_to)


# --- supply ---------------------------------------------------------------------------------------------------------


def _supplies(items: Mapping[str, Item], as_of: date, leaving_out: Collection[int] = ()) -> list[Supply]:
    return [
        *_stock(items, as_of),
        *_unjudged(items),
        *_purchases(items, as_of),
        *_production(items, as_of, leaving_out),
    ]


def _stock(items: Mapping[str, Item], as_of: date) -> Iterator[Supply]:
    for pk, quantity in free_stock([item.pk for item in items.values()], as_of).items():
        yield Supply(str(pk), 0, float(quantity))


def _unjudged(items: Mapping[str, Item]) -> Iterator[Supply]:
    """Stock that waits for its inspection is counted on, a little later; that of customers' orders is spoken for."""
    spoken_for = Batch.objects.filter(order__in=_pegged_orders(), lot__isnull=False).values("lot")
    waiting = Balance.objects.on_hand().filter(
        lot__status=Lot.Status.QUARANTINE, lot__item__in=[item.pk for item in items.values()]
    )
    totals = (
        waiting.exclude(lot__in=spoken_for).order_by().values("lot__item").annotate(total=Sum("quantity"))
    )
    for row in totals:
        yield Supply(str(row["lot__item"]), VERDICT_DAYS, float(row["total"]), "stock in quarantine")


def _purchases(items: Mapping[str, Item], as_of: date) -> Iterator[Supply]:
    owed = F("quantity") - F("received_quantity")
    receipts = ExpectedReceipt.objects.open().filter(item__in=[item.pk for item in items.values()])
    for pk, number, due, quantity in receipts.annotate(owed=owed).values_list(
        "item", "number", "due_date", "owed"
    ):
        yield Supply(str(pk), (due - as_of).days, float(quantity), number)


def _production(items: Mapping[str, Item], as_of: date, leaving_out: Collection[int]) -> Iterator[Supply]:
    """What open batches will yield, on the later of the day due and the day the published schedule has it done."""
    ends = Slot.objects.published().filter(operation__batch=OuterRef("pk")).order_by("-ends_at")
    batches = (
        Batch.objects.open()
        .filter(order__item__in=[item.pk for item in items.values()])
        .exclude(order__in=_pegged_orders())
        .exclude(pk__in=leaving_out)
        .annotate(ends=Coalesce(Subquery(ends.values("ends_at")[:1]), F("order__due_at")))
        .values_list("order__item", "order__number", "ends", "order__item__site__time_zone", "quantity")
    )
    for pk, number, ends_at, _, quantity in batches:
        zone = items[str(pk)].site.zone
        yield Supply(str(pk), (ends_at.astimezone(zone).date() - as_of).days, float(quantity), number)


def _pegged_orders() -> QuerySet[Any]:
    return Peg.objects.of_production().values("production_order")


# --- demand ---------------------------------------------------------------------------------------------------------


def _asked(
    items: Mapping[str, Item], stocked: Iterable[Planned], as_of: date, at: datetime, horizon_days: int
) -> Iterator[Demand]:
    """Forecasts less the orders that have come of them, and what those orders still lack."""
    lines = _open_lines(items, at)
    people = overrides_by_item(as_of)
    forecast = set()
    for one in stocked:
        key = str(one.item.pk)
        forecast.add(key)
        means = overridden(one.means[:horizon_days], as_of, people.get(one.item.pk, ()))
        yield from _consumed(key, means, lines.get(key, ()), as_of)
    for key, own in lines.items():
        for line in own:
            lack = float(line.uncovered_quantity)
            if lack > 0 and (key in forecast or items[key].supply == Item.Supply.BUY):
                yield Demand(key, (line.wanted_date - as_of).days, lack, str(line), is_forecast=False)


def _open_lines(items: Mapping[str, Item], at: datetime) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    rows = OrderLine.objects.open().filter(item__in=[item.pk for item in items.values()])
    for line in rows.with_progress(at).select_related("order"):
        found[str(line.item_id)].append(line)
    return found


def _consumed(key: str, means: list[float], lines: Iterable[Any], as_of: date) -> Iterator[Demand]:
    """An order is part of what was forecast: it takes its quantity from the week before its day, then from the week after."""
    for line in lines:
        day = (line.wanted_date - as_of).days
        left = float(line.quantity - line.shipped_quantity)
        for near in (*range(day, day - 7, -1), *range(day + 1, day + 7)):
            if left <= 0:
                break
            if 0 <= near < len(means):
                taken = min(left, means[near])
                means[near] -= taken
                left -= taken
    for day, mean in enumerate(means):
        if mean > 0:
            yield Demand(key, day, mean)


def _lacking(items: Mapping[str, Item], as_of: date) -> Iterator[Demand]:
    """Components that open batches neither have nor have claimed, on the day each batch is to start."""
    starts = dict(
        Slot.objects.published().order_by().values_list("operation__batch").annotate(first=Min("starts_at"))
    )
    for gap in gaps(Batch.objects.open().select_related("order__item__site")):
        key = str(gap.component.item_id)
        if key not in items:
            continue
        product = gap.batch.order.item
        guess = gap.batch.order.due_at - timedelta(days=product.lead_time_days)
        needed = starts.get(gap.batch.pk, guess).astimezone(product.site.zone).date()
        yield Demand(key, (needed - as_of).days, float(gap.quantity), str(gap.batch), is_forecast=False)


# --- rows -----------------------------------------------------------------------------------------------------------


def _row(
    run: ForecastRun, item: Item, proposal: Proposal, as_of: date, items: Mapping[str, Item]
) -> Replenishment:
    out = proposal.stockout_day
    pegs = [
        {
            "what": _named(peg.what, items),
            "first_date": _day(as_of, peg.first_day),
            "last_date": _day(as_of, peg.last_day),
            "quantity": round(peg.quantity, 3),
        }
        for peg in proposal.pegs[:_MOST_PEGS]
    ]
    return Replenishment(
        run=run,
        item=item,
        quantity=round_up(Decimal(str(round(proposal.quantity, 4))), quantum(item)),
        start_date=as_of + timedelta(days=proposal.start_day),
        due_date=as_of + timedelta(days=proposal.due_day),
        stockout_date=None if out is None else as_of + timedelta(days=out),
        why=proposal.why[:400],
        pegging=pegs,
    )


def _named(what: str, items: Mapping[str, Item]) -> str:
    """Netting knows items by key; people know them by number."""
    key, separator, rest = what.partition(" due day ")
    return f"{items[key]}, to be made" if separator and rest.isdigit() and key in items else what


def _day(as_of: date, number: int) -> str:
    return (as_of + timedelta(days=max(number, 0))).isoformat()


def _dismissed(as_of: date) -> dict[int, list[Replenishment]]:
    found: dict[int, list[Replenishment]] = defaultdict(list)
    rows = Replenishment.objects.filter(status=Replenishment.Status.DISMISSED, due_date__gte=as_of)
    for row in rows.order_by("pk"):
        found[row.item_id].append(row)
    return found


def _alike(row: Replenishment, other: Replenishment) -> bool:
    near = abs((row.due_date - other.due_date).days) <= _SAME_WITHIN_DAYS
    return near and row.quantity <= other.quantity * (1 + _SAME_WITHIN)


def open_supply_of(item: Item) -> tuple[Decimal, Decimal]:
    """Open purchases and open production of an item, in its unit."""
    quantity = DecimalField[Decimal, Decimal](max_digits=18, decimal_places=4)
    owed = (
        ExpectedReceipt.objects.open()
        .filter(item=item)
        .aggregate(
            total=Coalesce(Sum(F("quantity") - F("received_quantity")), Decimal(0), output_field=quantity)
        )
    )
    running = (
        Batch.objects.open()
        .filter(order__item=item, order__in=ProductionOrder.objects.open())
        .aggregate(total=Coalesce(Sum("quantity"), Decimal(0), output_field=quantity))
    )
    return owed["total"], running["total"]
