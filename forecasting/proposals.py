"""From stock, open orders, forecasts and bills of material to what netting reads.

What counts as supply: usable stock that nobody has reserved, until it expires; stock that still waits for its verdict; open
purchases, open production that is not for a customer's line, and goods that are being reworked, each from the day on which it has been
inspected. What counts as demand: the forecast (with people's overrides, and consumed by the orders that came), what open order lines still lack, and what
open batches still lack of components.

Made components are netted too, so that their stock counts and what they take is bought in time, but they are planned
together with the order that needs them: no proposals of their own are stored.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import F, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from forecasting import netting
from forecasting.consumption import Order, consume
from forecasting.lot_rules import VERDICT_DAYS, Planned, inspection_days, rules_of
from forecasting.models import NettingRules
from forecasting.netting import Demand, Part, Rule, Supply
from forecasting.netting.book import NEVER
from forecasting.numbers import counting, said_by_item
from forecasting.reworked import reworked, spoken_for
from forecasting.today import Today
from inventory.models import Balance, ExpectedReceipt, Item, Lot
from orders.models import OrderLine, Peg
from production.bills import free_by_expiry, free_lots
from production.models import Batch, Component, ProcessPlan, Slot
from production.services.claims import gaps

IN_QUARANTINE: Final = "stock in quarantine"
LOT: Final = "lot "
"""How the name of a supply begins that is one lot."""


@dataclass(frozen=True, eq=False)
class Book:
    """All that netting reads, with the items by their key as text; `own` are the keys of those that are kept in stock.

    Its days are counted from `today` at the plant of each item.
    """

    items: Mapping[str, Item]
    own: Collection[str]
    rules: Sequence[Rule]
    parts: Sequence[Part]
    supplies: Sequence[Supply]
    demands: Sequence[Demand]
    forecasts: Mapping[str, Sequence[float]]
    today: Today

    def day(self, key: str, number: int) -> date:
        """The date of a day of netting at the plant of an item; without an item, counted from the earliest that it is."""
        item = self.items.get(key)
        return self.today.earliest + timedelta(days=number) if item is None else self.today.day(item, number)


def book_of(
    stocked: Sequence[Planned],
    *,
    at: datetime,
    today: Today,
    horizon_days: int,
    among: Collection[int] | None = None,
    is_sensed: bool = True,
) -> Book:
    """All that netting reads, as it is now; the number of queries does not depend on the number of items.

    :param among: keys of the items to be netted, with all that they hang together with (`netted_together`); by default all.
    :param is_sensed: whether what was sensed since the run counts; a run that is not done yet has seen it.
    """
    parts = _parts(among)
    items = _items(stocked, parts, among)
    terms = NettingRules.objects.current()
    inspected = inspection_days([item.pk for item in items.values()], at)
    lines = _open_lines(items)
    return Book(
        items=items,
        own={str(one.item.pk) for one in stocked},
        rules=rules_of(items, stocked, inspected, terms),
        parts=parts,
        supplies=_supplies(items, today, inspected),
        demands=[*_ordered(items, stocked, lines, today, terms), *_lacking(items, today)],
        forecasts=_forecasts(stocked, lines, today, horizon_days, is_sensed=is_sensed),
        today=today,
    )


def plan_of(book: Book, *, horizon_days: int) -> netting.Plan:
    return netting.plan(
        book.rules,
        parts=book.parts,
        supplies=book.supplies,
        demands=book.demands,
        forecasts=book.forecasts,
        horizon=horizon_days,
        name_of_day=lambda key, day: f"{book.day(key, day):%a %d %b}",
    )


def entries_of(
    item: Item, means: Sequence[float], *, at: datetime, today: Today, horizon_days: int
) -> tuple[list[Supply], list[Demand]]:
    """What comes of one item and what is asked of it, as netting sees it, without what is only proposed.

    :param means: its forecast by day from today on; empty where it is not forecast.
    """
    one = Planned(item, means, safety_stock=0.0, order_up_to=0.0, cover_days=1)
    return entries_of_all([one], at=at, today=today, horizon_days=horizon_days)


def entries_of_all(
    planned: Sequence[Planned],
    *,
    at: datetime,
    today: Today,
    horizon_days: int,
    leaving_out: Collection[int] = (),
    by_lot: bool = False,
) -> tuple[list[Supply], list[Demand]]:
    """The same of several items at once; those without means are not forecast.

    :param leaving_out: batches that do not count as supply, :param by_lot: whether stock is told lot by lot.
    """
    items = {str(one.item.pk): one.item for one in planned}
    stocked = [one for one in planned if one.means]
    lines = _open_lines(items)
    forecast = [
        Demand(key, day, mean)
        for key, means in _forecasts(stocked, lines, today, horizon_days).items()
        for day, mean in enumerate(means)
        if mean > 0
    ]
    terms = NettingRules.objects.current()
    demands = [*forecast, *_ordered(items, stocked, lines, today, terms), *_lacking(items, today)]
    inspected = inspection_days([item.pk for item in items.values()], at)
    return _supplies(items, today, inspected, leaving_out, by_lot=by_lot), demands


def _parts(among: Collection[int] | None) -> list[Part]:
    rows = Component.objects.filter(plan__in=ProcessPlan.objects.effective()).order_by("pk")
    if among is not None:
        rows = rows.filter(plan__item__any_of=among)
    return [
        Part(str(made), str(item), float(quantity))
        for made, item, quantity in rows.values_list("plan__item", "item", "quantity_per")
    ]


def _items(
    stocked: Iterable[Planned], parts: Iterable[Part], among: Collection[int] | None
) -> dict[str, Item]:
    """Stocked items and, level by level, what they are made of; also what is bought for orders."""
    items = {str(one.item.pk): one.item for one in stocked}
    below = {int(part.component) for part in parts} | {int(part.product) for part in parts}
    wanted = below if among is None else set(among)
    missing = Item.objects.filter(pk__any_of=wanted - {int(key) for key in items}, is_active=True)
    items |= {str(item.pk): item for item in missing.select_related("site")}
    return items


# --- supply ---------------------------------------------------------------------------------------------------------


def _supplies(
    items: Mapping[str, Item],
    today: Today,
    inspected: Mapping[int, int],
    leaving_out: Collection[int] = (),
    *,
    by_lot: bool = False,
) -> list[Supply]:
    return [
        *(_lots(items, today) if by_lot else _stock(items, today)),
        *_unjudged(items, inspected),
        *_purchases(items, today, inspected),
        *_production(items, today, inspected, leaving_out),
        *_reworks(items, today, inspected, leaving_out),
    ]


def _stock(items: Mapping[str, Item], today: Today) -> Iterator[Supply]:
    """By item and last day of use; lots of one day are one supply."""
    for day, alike in today.alike(items.values()).items():
        for (pk, expires_on), quantity in free_by_expiry([item.pk for item in alike], day).items():
            if expires_on is None:
                yield Supply(str(pk), 0, float(quantity))
            else:
                what = f"stock until {expires_on:%d %b %Y}"
                yield Supply(str(pk), 0, float(quantity), what, last_day=(expires_on - day).days)


def _lots(items: Mapping[str, Item], today: Today) -> Iterator[Supply]:
    for day, alike in today.alike(items.values()).items():
        for lot in free_lots([item.pk for item in alike], day).order_by("pk"):
            last = NEVER if lot.expires_on is None else (lot.expires_on - day).days
            if lot.free > 0:
                yield Supply(str(lot.item_id), 0, float(lot.free), f"{LOT}{lot.number}", last_day=last)


def _unjudged(items: Mapping[str, Item], inspected: Mapping[int, int]) -> Iterator[Supply]:
    """Stock that waits for its inspection is counted on, a little later; that of customers' orders is spoken for."""
    waiting = Balance.objects.on_hand().filter(
        lot__status=Lot.Status.QUARANTINE, lot__item__in=[item.pk for item in items.values()]
    )
    totals = (
        waiting.exclude(lot__in=spoken_for()).order_by().values("lot__item").annotate(total=Sum("quantity"))
    )
    for row in totals:
        pk = row["lot__item"]
        yield Supply(str(pk), inspected.get(pk, VERDICT_DAYS), float(row["total"]), IN_QUARANTINE)


def _purchases(items: Mapping[str, Item], today: Today, inspected: Mapping[int, int]) -> Iterator[Supply]:
    owed = F("quantity") - F("received_quantity")
    receipts = ExpectedReceipt.objects.open().filter(item__in=[item.pk for item in items.values()])
    rows = receipts.annotate(owed=owed).values_list("pk", "item", "number", "due_date", "owed").order_by("pk")
    for key, pk, number, due, quantity in rows:
        day = max(today.number(items[str(pk)], due), 0) + inspected.get(pk, 0)
        yield Supply(str(pk), day, float(quantity), number, key=key)


def _production(
    items: Mapping[str, Item], today: Today, inspected: Mapping[int, int], leaving_out: Collection[int]
) -> Iterator[Supply]:
    """What open batches will yield, when the published schedule has them done, or else on the day due."""
    ends = Slot.objects.published().filter(operation__batch=OuterRef("pk")).order_by("-ends_at")
    batches = (
        Batch.objects.open()
        .making()
        .filter(order__item__in=[item.pk for item in items.values()])
        .exclude(order__in=Peg.objects.of_production().values("production_order"))
        .exclude(pk__in=leaving_out)
        .annotate(ends=Coalesce(Subquery(ends.values("ends_at")[:1]), F("order__due_at")))
        .values_list("order", "order__item", "order__number", "ends", "quantity")
        .order_by("pk")
    )
    for key, pk, number, ends_at, quantity in batches:
        ready = ends_at.astimezone(items[str(pk)].site.zone).date()
        day = max(today.number(items[str(pk)], ready), 0) + inspected.get(pk, 0)
        # Below zero, so that orders and purchases, which are numbered apart, keep keys of their own.
        yield Supply(str(pk), day, float(quantity), number, key=-key)


def _reworks(
    items: Mapping[str, Item], today: Today, inspected: Mapping[int, int], leaving_out: Collection[int]
) -> Iterator[Supply]:
    """What comes back from rework, once, on the day on which all of its lot may be used again. It only mends what is made already: nobody
    would have it reduced or cancelled.
    """
    for back in reworked([item.pk for item in items.values()]):
        item = items[str(back.item)]
        first = max(today.number(item, back.ends_at.astimezone(item.site.zone).date()), 0)
        last = NEVER if back.expires_on is None else today.number(item, back.expires_on)
        if back.batch not in leaving_out:
            day = first + inspected.get(back.item, 0)
            yield Supply(str(back.item), day, float(back.quantity), back.what, last, -back.order, stays=True)


# --- demand ---------------------------------------------------------------------------------------------------------


def _forecasts(
    stocked: Sequence[Planned],
    lines: Mapping[str, Sequence[Any]],
    today: Today,
    horizon_days: int,
    *,
    is_sensed: bool = True,
) -> dict[str, Sequence[float]]:
    """What is forecast of each item by day, with people's numbers, less the orders that have come of it."""
    said = said_by_item(today.earliest, items=[one.item.pk for one in stocked])
    found: dict[str, Sequence[float]] = {}
    for one in stocked:
        key, means = str(one.item.pk), one.means[:horizon_days]
        if (own := said.get(one.item.pk)) is not None:
            counted = own if is_sensed else [each for each in own if each.what != "sensed"]
            means = counting(means, today.of(one.item), counted)
        if (ordered := lines.get(key)) is not None:
            means = _consumed(means, ordered, today.of(one.item))
        found[key] = means
    return found


def _ordered(
    items: Mapping[str, Item],
    stocked: Iterable[Planned],
    lines: Mapping[str, Sequence[Any]],
    today: Today,
    terms: NettingRules,
) -> Iterator[Demand]:
    """What open orders still lack."""
    forecast = {str(one.item.pk) for one in stocked}
    for key, own in lines.items():
        for line in own:
            lack = float(line.uncovered_quantity)
            if lack > 0 and (key in forecast or items[key].supply == Item.Supply.BUY):
                late_cost = float(line.unit_price) * terms.late_share_a_day
                day = today.number(items[key], line.wanted_date)
                yield Demand(key, day, lack, str(line), is_forecast=False, late_cost=late_cost, key=line.pk)


def _open_lines(items: Mapping[str, Item]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    rows = OrderLine.objects.open().filter(item__in=[item.pk for item in items.values()])
    for line in rows.with_cover().select_related("order").order_by("pk"):
        found[str(line.item_id)].append(line)
    return found


def _consumed(means: Sequence[float], lines: Iterable[Any], first: date) -> Sequence[float]:
    """What is left of a forecast beside the orders that came of it."""
    orders = [
        Order((line.wanted_date - first).days, float(line.quantity - line.shipped_quantity)) for line in lines
    ]
    return consume(means, orders).left


def _lacking(items: Mapping[str, Item], today: Today) -> Iterator[Demand]:
    """Components that open batches neither have nor have claimed, on the day each batch is to start."""
    of_items = Q(item__any_of=[item.pk for item in items.values()])
    taking = Batch.objects.open().filter(plan__in=Component.objects.filter(of_items).values("plan"))
    found = gaps(taking.select_related("order__item__site").order_by("pk"), components=of_items)
    slots = Slot.objects.published().filter(operation__batch__any_of=[gap.batch.pk for gap in found])
    starts = dict(slots.order_by().values_list("operation__batch").annotate(first=Min("starts_at")))
    for gap in found:
        key = str(gap.component.item_id)
        product = gap.batch.order.item
        guess = gap.batch.order.due_at - timedelta(days=product.lead_time_days)
        needed = starts.get(gap.batch.pk, guess).astimezone(product.site.zone).date()
        number, quantity = today.number(items[key], needed), float(gap.quantity)
        # Below zero, as the order of a supply that is to be made is.
        yield Demand(key, number, quantity, str(gap.batch), is_forecast=False, key=-gap.batch.order_id)
