"""What it risks when a batch that is made to stock comes later than it was to: from the plant's rows to `risk`, and in words."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate

from forecasting.lot_rules import Planned
from forecasting.models import ForecastRun, ItemForecast
from forecasting.netting import Demand, Supply
from forecasting.projection import spread_in
from forecasting.proposals import entries_of_all
from forecasting.reworked import spoken_for
from forecasting.risk import Exposure, Spread, demand_by_day, exposure, with_arrival
from forecasting.stored import means_from
from forecasting.today import Today
from inventory.models import Item
from inventory.quantities import plain
from orders.models import Peg
from production.models import Batch, Operation, Schedule, Slot
from production.publishing import Place

NONE_TO_SPEAK_OF = 0.01
HORIZON_DAYS = 180


@dataclass(frozen=True)
class Delay:
    """A batch that was to be done at one moment and now is at a later one."""

    batch: int
    was: datetime
    now: datetime


@dataclass(frozen=True)
class Risk:
    """What the delay of a batch may do to its item's stock, before and now."""

    batch: Batch
    delay: Delay
    before: Exposure
    now: Exposure

    @property
    def bought(self) -> Exposure:
        """What the delay adds."""
        return self.now.beyond(self.before)

    @property
    def sentence(self) -> str:
        """Which batch, by how long, and what that risks, for a planner."""
        item, zone = self.batch.order.item, self.batch.order.item.site.zone
        was, now = self.delay.was.astimezone(zone), self.delay.now.astimezone(zone)
        late = (now.date() - was.date()).days
        told = (
            f"{self.batch} ({plain(self.batch.quantity)} {item.unit} of {item}) comes {late} "
            f"{'day' if late == 1 else 'days'} later, {now:%a %d %b} instead of {was:%a %d %b}"
        )
        if self.now.probability < NONE_TO_SPEAK_OF:
            return f"{told}; stock lasts until then."
        now_told, before_told = _percent(self.now.probability), _percent(self.before.probability)
        against = "either way" if now_told == before_told else f"instead of {before_told}"
        return f"{told}; by then stock has run out with a chance of {now_told} {against}{_lack(self.bought, item)}."


def risks_of(delays: Iterable[Delay], *, at: datetime) -> list[Risk]:
    """What delays risk of batches that are made to stock for nobody in particular; the dearest first.

    A delay within the day, and one of an item that is not forecast, risks nothing that could be told. The number of queries
    does not depend on the number of batches.
    """
    asked = {delay.batch: delay for delay in delays}
    run = ForecastRun.objects.latest_done()
    if run is None or not asked:
        return []
    batches = (
        Batch.objects.filter(pk__in=asked, order__strategy=Item.Strategy.TO_STOCK, order__parent__isnull=True)
        .exclude(order__in=Peg.objects.of_production().values("production_order"))
        .exclude(rework_of__isnull=False, lot__in=spoken_for())
        .select_related("order__item__site")
        .order_by("pk")
    )
    by_day: dict[date, list[Batch]] = defaultdict(list)
    for batch in batches:
        if _day(batch, asked[batch.pk].was) < _day(batch, asked[batch.pk].now):
            by_day[at.astimezone(batch.order.item.site.zone).date()].append(batch)
    found = [
        risk
        for today, some in by_day.items()
        for risk in _Stock(run, some, asked, at=at, today=today).risks()
    ]
    return sorted(found, key=lambda risk: (-risk.bought.probability, -risk.bought.units_short, risk.batch.pk))


def delays_in(schedule: Schedule) -> list[Delay]:
    """Batches whose end a version moved to a later moment."""
    moved = {row["operation"]: timedelta(seconds=row["delay_seconds"]) for row in schedule.moved}
    concerned = Operation.objects.filter(pk__in=moved).values("batch")
    slots = Slot.objects.of(schedule).filter(operation__batch__in=concerned)
    rows = slots.values_list("operation__batch", "operation", "ends_at")
    return _delays((batch, now - moved.get(operation, timedelta()), now) for batch, operation, now in rows)


def delays_against_published(places: Iterable[Place]) -> list[Delay]:
    """Batches made to stock whose end some places have later than the published plan."""
    ends: dict[int, datetime] = {}
    for place in places:
        ends[place.operation] = max(place.ends_at, ends.get(place.operation, place.ends_at))
    slots = Slot.objects.published().filter(
        operation__batch__order__strategy=Item.Strategy.TO_STOCK,
        operation__batch__order__parent__isnull=True,
    )
    rows = slots.values_list("operation__batch", "operation", "ends_at")
    return _delays((batch, was, ends.get(operation, was)) for batch, operation, was in rows)


def _delays(ends: Iterable[tuple[int, datetime, datetime]]) -> list[Delay]:
    """By batch the last end before and now, where it comes later; from a row for each operation."""
    last: dict[int, Delay] = {}
    for batch, was, now in ends:
        known = last.get(batch, Delay(batch, was, now))
        last[batch] = Delay(batch, max(known.was, was), max(known.now, now))
    return [delay for delay in last.values() if delay.now > delay.was]


class _Stock:
    """Stock and demand of the items of some delayed batches, at sites where it is the same day."""

    def __init__(
        self,
        run: ForecastRun,
        batches: Sequence[Batch],
        delays: Mapping[int, Delay],
        *,
        at: datetime,
        today: date,
    ) -> None:
        self.batches, self.delays, self.today = batches, delays, today
        items = {batch.order.item_id: batch.order.item for batch in batches}
        self.means = means_from(run, list(items), today)
        self.spreads = _spreads(run, items)
        supplies, demands = entries_of_all(
            [
                Planned(item, self.means.get(key, ()), safety_stock=0.0, order_up_to=0.0, cover_days=1)
                for key, item in items.items()
            ],
            at=at,
            today=Today.everywhere(today),
            horizon_days=HORIZON_DAYS,
            leaving_out=[batch.pk for batch in batches],
        )
        self.coming, self.named, self.forecast = _split(supplies, demands)

    def risks(self) -> Iterable[Risk]:
        for batch in self.batches:
            if batch.order.item_id in self.spreads:
                yield self._risk(batch)

    def _risk(self, batch: Batch) -> Risk:
        """Batches of one item that come later together lack together: before, all of them were in time."""
        key, delay = str(batch.order.item_id), self.delays[batch.pk]
        days = self._number(batch, delay.now)
        without = list(accumulate(self._net(key, day) for day in range(days)))
        before, now = without, without
        for other in self.batches:
            if other.order.item_id == batch.order.item_id:
                quantity, moved = float(other.quantity), self.delays[other.pk]
                before = with_arrival(before, quantity, self._number(other, moved.was))
                now = with_arrival(now, quantity, self._number(other, moved.now))
        demand = demand_by_day(
            [self.forecast[key].get(day, 0.0) for day in range(days)], self.spreads[batch.order.item_id]
        )
        return Risk(batch, delay, exposure(before, demand), exposure(now, demand))

    def _net(self, key: str, day: int) -> float:
        return self.coming[key].get(day, 0.0) - self.named[key].get(day, 0.0)

    def _number(self, batch: Batch, moment: datetime) -> int:
        """The day of a moment, counted from today."""
        return min(max((_day(batch, moment) - self.today).days, 0), HORIZON_DAYS)


ByDay = dict[str, dict[int, float]]


def _split(supplies: Iterable[Supply], demands: Iterable[Demand]) -> tuple[ByDay, ByDay, ByDay]:
    """What comes, what is asked for by name and what is forecast, by item and day; what lies before today counts as of today."""
    coming: ByDay = defaultdict(lambda: defaultdict(float))
    named: ByDay = defaultdict(lambda: defaultdict(float))
    forecast: ByDay = defaultdict(lambda: defaultdict(float))
    for supply in supplies:
        coming[supply.item][max(supply.day, 0)] += supply.quantity
    for demand in demands:
        (forecast if demand.is_forecast else named)[demand.item][max(demand.day, 0)] += demand.quantity
    return coming, named, forecast


def _spreads(run: ForecastRun, items: Iterable[int]) -> dict[int, Spread]:
    """How sure demand over the lead time is, by item."""
    rows = ItemForecast.objects.filter(run=run, item__in=list(items))
    return {row.item_id: spread for row in rows if (spread := spread_in(row)) is not None}


def _day(batch: Batch, moment: datetime) -> date:
    return moment.astimezone(batch.order.item.site.zone).date()


def _percent(share: float) -> str:
    if share < NONE_TO_SPEAK_OF:
        return "less than 1 %"
    return "more than 99 %" if share > 1 - NONE_TO_SPEAK_OF else f"{share:.0%}".replace("%", " %")


def _lack(bought: Exposure, item: Item) -> str:
    units = Decimal(round(bought.units_short))
    if units < 1:
        return ""
    return f", about {units:,} {item.unit} short over {bought.days_short:.1f} more days without stock"
