"""All items that have a target, for the planner who looks for those that need somebody: what runs out, what lies too long, what is
forecast badly, what all of it ties up.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Min, Q, QuerySet

from forecasting.ahead import MONTH_DAYS, Ahead, expiring, look_ahead
from forecasting.models import ForecastAccuracy, ForecastRun, ItemForecast, Replenishment, StockTarget
from forecasting.today import Today, today_at
from inventory.models import Item, Lot

SOON: Final = timedelta(days=28)
LIKELY: Final = 0.2
MONTHS_OF_COVER: Final = 6
BANDS: Final = {"out": 0, "stockout": 1, "below": 2, "over": 3, "fine": 4}
WORDS: Final = {
    "out": ("late", "Out of stock"),
    "stockout": ("late", "Runs out"),
    "below": ("risk", "Below reorder point"),
    "over": ("held", "Above order-up-to"),
    "fine": ("done", "Within target"),
}


def band_of(
    free: Decimal,
    expected: Decimal,
    runs_out: date | None,
    *,
    reorder_point: Decimal | float,
    order_up_to: Decimal | float,
    today: date,
) -> str:
    """Where stock stands against its target: one of `BANDS`. What runs out soon does so whatever is on its way."""
    if free <= 0:
        return "out"
    if runs_out is not None and runs_out <= today + SOON:
        return "stockout"
    if free + expected < reorder_point:
        return "below"
    return "over" if free + expected > order_up_to else "fine"


@dataclass(frozen=True)
class Wanted:
    """Which items are asked for: by the code of their site, their family, a part of their number, name or family, and the class that the
    latest run put them in (``A``, ``BX``, ``Z``); empty = all.
    """

    site: str = ""
    family: str = ""
    term: str = ""
    standing: str = ""

    def of(self, items: Any) -> Any:
        """Those of the items that are wanted."""
        if self.site:
            items = items.filter(site__code=self.site)
        if self.family:
            items = items.filter(family=self.family)
        if self.term:
            known = Q(number__icontains=self.term) | Q(description__icontains=self.term)
            items = items.filter(known | Q(family__icontains=self.term))
        return items

    def items(self) -> Any:
        """The wanted items, whether they have a target or not; of a class those that the latest run put in it."""
        found = self.of(Item.objects.order_by())
        if not self.standing:
            return found
        run = ForecastRun.objects.latest_done()
        return found.filter(pk__in=self.targets(run).order_by().values("item")) if run else found.none()

    def targets(self, run: ForecastRun) -> Any:
        """A run's targets of what is wanted, without their curves; of the reasons behind them `lot` alone."""
        found = StockTarget.objects.filter(run=run, item__in=self.of(Item.objects.order_by()))
        found = found.defer("curve", "explanation").annotate(lot=F("explanation__lot"))
        by_value, by_error = (
            [each for each in self.standing if each in "ABC"],
            [each for each in self.standing if each in "XYZ"],
        )
        if by_value:
            found = found.filter(abc__in=by_value)
        return found.filter(xyz__in=by_error) if by_error else found


@dataclass(frozen=True)
class Holding:
    """One item's stock against its target; quantities in the item's unit, capital in money, volume in cubic metres.

    `error` is of the method in back-test, by `measure`, empty where nothing was tested;
    `chance_out` is that stock runs out within lead time and review if nothing is done, None where nothing is forecast; `beyond` is what
    is there beyond so many months of demand, `expires` what will be too old before it is used; `added` is what people's numbers took off the
    forecast error in the weeks that were compared, in parts of demand, below zero where they made it worse, and `bias` that of the
    numbers that counted; both None where nothing was compared; `later` is the stock expected at the
    end of the horizon if the proposals are taken; `bound` is what is there and nobody may have: reserved, held, expired.
    """

    item: Item
    free: Decimal
    expected: Decimal
    on_hand: Decimal
    target: StockTarget
    runs_out: date | None
    error: float | None
    measure: str
    method: str
    proposals: int
    today: date
    chance_out: float | None = None
    month: float = 0.0
    beyond: float = 0.0
    expires: float = 0.0
    added: float | None = None
    bias: float | None = None
    later: float = 0.0
    lot: float = 0.0
    bound: float = 0.0

    @property
    def position(self) -> Decimal:
        return self.free + self.expected

    @property
    def band(self) -> str:
        return band_of(
            self.free,
            self.expected,
            self.runs_out,
            reorder_point=self.target.reorder_point,
            order_up_to=self.target.order_up_to,
            today=self.today,
        )

    @property
    def state(self) -> tuple[str, str]:
        """Level and word."""
        return WORDS[self.band]

    @property
    def capital(self) -> Decimal:
        return self.on_hand * self.item.unit_cost

    @property
    def capital_later(self) -> float:
        """What is expected to be tied up at the end of the horizon; what is bound now is taken to stay."""
        return (max(self.later, 0.0) + self.bound) * float(self.item.unit_cost)

    @property
    def capital_at_target(self) -> float:
        """What the target ties up on average: safety stock and half a lot."""
        return (float(self.target.safety_stock) + self.lot / 2) * float(self.item.unit_cost)

    @property
    def volume_m3(self) -> Decimal:
        return self.on_hand * self.item.storage_volume_m3

    @property
    def fill(self) -> int:
        """Free stock in per cent of the order-up-to level."""
        top = self.target.order_up_to or 1
        return round(min(max(100 * self.free / top, Decimal(0)), Decimal(100)))

    @property
    def mark(self) -> int:
        """Where the reorder point stands on the same scale."""
        return round(100 * self.target.reorder_point / (self.target.order_up_to or 1))

    @property
    def months(self) -> float | None:
        """For how many months what is free lasts; None where nothing is asked for."""
        return float(self.free) / self.month if self.month > 0 else None

    @property
    def chance_percent(self) -> float | None:
        return None if self.chance_out is None else round(100 * self.chance_out, 1)

    @property
    def added_percent(self) -> float | None:
        return None if self.added is None else 100 * self.added

    @property
    def bias_percent(self) -> float | None:
        return None if self.bias is None else 100 * self.bias

    @property
    def at_stake(self) -> float:
        """Money in what lies too long or gets too old, whichever is more."""
        return max(self.beyond, self.expires) * float(self.item.unit_cost)

    @property
    def risk(self) -> tuple[Any, ...]:
        """The chance that stock runs out counts most, then the day, then how low it is."""
        return (
            BANDS[self.band] > BANDS["stockout"],
            -(self.chance_out or 0.0),
            self.runs_out or date.max,
            self.free / (self.target.order_up_to or 1),
            self.item.pk,
        )


@dataclass(frozen=True)
class Portfolio:
    """The wanted items, and how all of them go on; `ahead` is None before the first run."""

    holdings: Sequence[Holding]
    ahead: Ahead | None = None

    def in_order(self, order: str) -> list[Holding]:
        """By one of `ORDERS`."""
        key, largest_first = ORDERS.get(order, ORDERS["risk"])
        return sorted(self.holdings, key=lambda row: (key(row), row.item.pk), reverse=largest_first)


ORDERS: Final[dict[str, tuple[Callable[[Holding], Any], bool]]] = {
    "risk": (lambda row: row.risk, False),
    "item": (lambda row: str(row.item), False),
    "stock": (lambda row: row.fill, False),
    "chance": (lambda row: -1.0 if row.chance_out is None else row.chance_out, True),
    "runs_out": (lambda row: row.runs_out or date.max, False),
    "error": (lambda row: (row.measure == ItemForecast.Measure.MASE, row.error or 0.0), True),
    "added": (lambda row: float("inf") if row.added is None else row.added, False),
    "bias": (lambda row: abs(row.bias or 0.0), True),
    "months": (lambda row: float("inf") if row.months is None else row.months, True),
    "beyond": (lambda row: row.beyond * float(row.item.unit_cost), True),
    "expires": (lambda row: row.expires * float(row.item.unit_cost), True),
    "stake": (lambda row: row.at_stake, True),
    "capital": (lambda row: row.capital, True),
    "later": (lambda row: row.capital_later, True),
    "aim": (lambda row: row.capital_at_target, True),
    "volume": (lambda row: row.volume_m3, True),
}
"""Columns by which the table can be ordered: key, and whether the largest comes first. Errors are ordered by each measure for itself."""


def portfolio(wanted: Wanted, *, at: datetime, months: int = MONTHS_OF_COVER) -> Portfolio:
    """Every wanted item with a target in the latest run, as of the day it is at its plant; the number of queries does not depend on theirs.

    :param months: stock for longer than so many months of demand lies too long.
    """
    run = ForecastRun.objects.latest_done()
    if run is None:
        return Portfolio([])
    chosen = wanted.targets(run)
    keys = chosen.order_by().values("item")
    targets = {row.item_id: row for row in chosen}
    forecasts = ItemForecast.objects.filter(run=run, item__in=keys)
    known = {row.item_id: row for row in forecasts.only("run", "item", "method", "measure", "errors")}
    proposed, judged = _proposals(), _judged(keys)
    today = today_at(at)
    # Whoever is moved to another family meanwhile is left out by one question and found by the next.
    items = [item for item in _stocked(keys, today) if item.pk in targets]
    ahead = look_ahead(run, items, keys=keys, at=at, today=today)
    lots = Lot.objects.filter(item__in=keys, expires_on__isnull=False)
    lost = expiring(ahead, lots.in_stock().with_on_hand().first_expired_first())
    rows = []
    for item in items:
        count, runs_out = proposed.get(item.pk, (0, None))
        method, measure = (known[item.pk].method, known[item.pk].measure) if item.pk in known else ("", "")
        error = known[item.pk].errors.get(method) if method else None
        place = ahead.items[item.pk]
        rows.append(
            Holding(
                item=item,
                free=item.usable - item.reserved,
                expected=item.expected,
                on_hand=item.on_hand,
                target=targets[item.pk],
                runs_out=runs_out,
                error=float(error) if isinstance(error, int | float) else None,
                measure=measure,
                method=method,
                proposals=count,
                today=today.of(item),
                chance_out=_number(ahead.chance_out[place]),
                month=ahead.demand_within(item.pk, MONTH_DAYS),
                beyond=max(float(item.on_hand) - ahead.demand_within(item.pk, months * MONTH_DAYS), 0.0),
                expires=lost.get(item.pk, 0.0),
                added=judged[item.pk].added if item.pk in judged else None,
                bias=judged[item.pk].final_bias if item.pk in judged else None,
                later=float(ahead.with_proposals[place, -1]),
                lot=float(targets[item.pk].lot or 0),
                bound=max(
                    float(item.on_hand - item.usable + item.reserved - Decimal(ahead.judged[place])), 0.0
                ),
            )
        )
    return Portfolio(rows, ahead)


def _stocked(keys: QuerySet[Any, Any], today: Today) -> list[Any]:
    """Items with their stock as of the day it is at their plant: at any moment there are no more than three days in the world."""
    found: list[Any] = []
    for day, sites in today.sites().items():
        rows = Item.objects.filter(pk__in=keys, site__in=sites).with_stock(day)
        found += rows.select_related("site")
    return sorted(found, key=lambda item: item.pk)


def totals(rows: Iterable[Holding]) -> dict[str, Any]:
    """What all of them tie up, and how many need somebody."""
    rows = list(rows)
    return {
        "items": len(rows),
        "capital": sum((row.capital for row in rows), Decimal(0)),
        "capital_later": sum(row.capital_later for row in rows),
        "capital_at_target": sum(row.capital_at_target for row in rows),
        "volume_m3": sum((row.volume_m3 for row in rows), Decimal(0)),
        "out": sum(row.band == "out" for row in rows),
        "below": sum(row.band in {"stockout", "below"} for row in rows),
        "over": sum(row.band == "over" for row in rows),
        "likely_out": sum((row.chance_out or 0.0) >= LIKELY for row in rows),
        "at_stake": sum(row.at_stake for row in rows),
    }


def _proposals() -> dict[int, tuple[int, date | None]]:
    """How many open proposals an item has, and when it first runs out without them."""
    rows = Replenishment.objects.proposed().order_by().values_list("item")
    counted = rows.annotate(count=Count("pk"), first=Min("stockout_date"))
    return {item: (count, first) for item, count, first in counted}


def _judged(items: QuerySet[Any, Any]) -> dict[int, ForecastAccuracy]:
    """How good the numbers of each item were in the weeks right ahead."""
    rows = ForecastAccuracy.objects.of_items().filter(item__in=items)
    # The nearest horizon is written last, and stands.
    return {row.item_id: row for row in rows.order_by("-first_week", "pk")}


def _number(value: float) -> float | None:
    return None if value != value else float(value)  # nan is unlike itself
