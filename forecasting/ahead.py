"""The stock of many items over the days to come, all at once: what is there, what comes, what is asked for, the chance to run out.

The same walk and the same chances as of one item (`projection`, `risk`), as arrays of item by day. Days are counted from the day it is at the plant
of each item.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from forecasting.lot_rules import Planned
from forecasting.models import ForecastRun, ItemForecast, Replenishment
from forecasting.netting import Demand, Supply
from forecasting.projection import spread_in, walk
from forecasting.proposals import IN_QUARANTINE, entries_of_all
from forecasting.risk import Spread, demand_until, exceeds
from forecasting.stored import means_from
from forecasting.today import Today
from inventory.models import Item, Lot

HORIZON_DAYS, LEAST_DAYS = 91, 7
MONTH_DAYS = 30.4

PROPOSAL = "proposal"

E = TypeVar("E", Supply, Demand)
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ahead:
    """The days from `first` of each item on; every array is [item, day] in the order of `items`, in each item's unit.

    `without` and `with_proposals` are the stock at the end of each day without and with what is proposed; `asked` is all demand,
    forecast and ordered; `chance_out` [item] is the chance that stock runs out within lead time and review if nothing is done, nan
    where nothing is forecast; `judged` [item] is what waits for its verdict now and counts as stock some days later.
    """

    today: Today
    first: Mapping[int, date]
    items: Mapping[int, int]
    without: FloatArray
    with_proposals: FloatArray
    asked: FloatArray
    chance_out: FloatArray
    judged: FloatArray

    def demand_within(self, item: int, days: float) -> float:
        """What will be asked of an item over so many days; beyond the horizon it goes on as in its last four weeks."""
        row = self.asked[self.items[item]]
        known = float(row[: int(days)].sum())
        return known + max(days - len(row), 0.0) * float(row[-28:].mean())


def look_ahead(
    run: ForecastRun, items: Sequence[Item], *, keys: QuerySet[Any, Any], at: datetime, today: Today
) -> Ahead:
    """Walk through the horizon with every item; the number of queries does not depend on theirs.

    :param keys: the query that finds their keys, joined to where the database can do so instead of being told all of them.
    """
    first = {item.pk: today.of(item) for item in items}
    means = means_from(run, keys, run.as_of)
    planned = [
        Planned(item, means.get(item.pk, [])[max((first[item.pk] - run.as_of).days, 0) :], 0.0, 0.0, 1)
        for item in items
    ]
    supplies, demands = entries_of_all(planned, at=at, today=today, horizon_days=HORIZON_DAYS)
    place = {item.pk: number for number, item in enumerate(items)}
    days = _days(run, max(first.values(), default=today.latest))
    coming = _laid_out(supplies, place, days)
    more = _proposed(keys, first)
    proposed = _laid_out(more, place, days)
    firm = _laid_out((one for one in demands if not one.is_forecast), place, days)
    forecast = _laid_out((one for one in demands if one.is_forecast), place, days)
    without, both = _walk(coming, firm, forecast), _walk(coming + proposed, firm, forecast)
    there = np.cumsum(coming - firm, axis=1)
    # Few items have lots that get too old in these days: they are walked through one by one.
    old = {one.item for one in supplies if one.last_day < days and one.item.isdigit()}
    own, wanted = _by_item([*supplies, *more], old), _by_item(demands, old)
    for key in old & {str(item) for item in place}:
        row = place[int(key)]
        alone = walk([one for one in own[key] if one.what != PROPOSAL], wanted[key], days)
        without[row], there[row] = alone.stock, alone.there
        both[row] = walk(own[key], wanted[key], days).stock
    return Ahead(
        today=today,
        first=first,
        items=place,
        without=without,
        with_proposals=both,
        asked=firm + forecast,
        judged=_laid_out((one for one in supplies if one.what == IN_QUARANTINE), place, days).sum(axis=1),
        chance_out=_chances(run, keys, place, there, np.cumsum(forecast, axis=1)),
    )


def expiring(ahead: Ahead, lots: Iterable[Lot]) -> dict[int, float]:
    """What will be too old before it is used, by item, when the first to expire goes first.

    :param lots: those on hand, `with_on_hand()`, in the order in which they expire.
    """
    served: dict[int, float] = defaultdict(float)
    lost: dict[int, float] = defaultdict(float)
    for lot in lots:
        known: Any = lot
        if lot.item_id not in ahead.items or lot.expires_on is None:
            continue
        days = max((lot.expires_on - ahead.first[lot.item_id]).days, 0)
        sold = min(
            float(known.on_hand), max(ahead.demand_within(lot.item_id, days) - served[lot.item_id], 0.0)
        )
        served[lot.item_id] += sold
        if float(known.on_hand) - sold > 0.5:
            lost[lot.item_id] += float(known.on_hand) - sold
    return dict(lost)


def _proposed(keys: QuerySet[Any, Any], first: Mapping[int, date]) -> list[Supply]:
    rows = Replenishment.objects.proposed().filter(item__in=keys).order_by("pk")
    return [
        Supply(str(item), (due - first[item]).days, float(quantity), PROPOSAL)
        for item, due, quantity in rows.values_list("item", "due_date", "quantity")
        if item in first
    ]


def _days(run: ForecastRun, today: date) -> int:
    """As far as the run's forecasts reach from the latest day that it is at a plant, and no further."""
    left = (run.as_of - today).days + run.horizon_days
    return min(max(left, LEAST_DAYS), HORIZON_DAYS)


def _laid_out(entries: Iterable[Supply | Demand], place: Mapping[int, int], days: int) -> FloatArray:
    """Quantities by item and day; what lies before the first day counts as of the first, what lies beyond is left out."""
    found = np.zeros((len(place), days))
    for entry in entries:
        row = place.get(int(entry.item))
        if row is not None and entry.day < days:
            found[row, max(entry.day, 0)] += entry.quantity
    return found


def _walk(coming: FloatArray, firm: FloatArray, forecast: FloatArray) -> FloatArray:
    """What is forecast and finds no stock is lost, what is ordered waits."""
    ends = np.zeros_like(coming)
    stock = np.zeros(len(coming))
    for day in range(coming.shape[1]):
        left = stock + coming[:, day] - firm[:, day]
        stock = left - np.minimum(forecast[:, day], np.maximum(left, 0.0))
        ends[:, day] = stock
    return ends


def _by_item(entries: Iterable[E], items: Container[str]) -> dict[str, list[E]]:
    found: dict[str, list[E]] = defaultdict(list)
    for entry in entries:
        if entry.item in items:
            found[entry.item].append(entry)
    return found


def _chances(
    run: ForecastRun,
    keys: QuerySet[Any, Any],
    place: Mapping[int, int],
    there: FloatArray,
    forecast: FloatArray,
) -> FloatArray:
    """The worst chance of the days within lead time and review, by item."""
    found = np.full(len(place), np.nan)
    rows = ItemForecast.objects.filter(run=run, item__in=keys)
    for row in rows.only("run", "item", "lead_time_days", "lead_time_quantiles"):
        spread = spread_in(row)
        if spread is not None and row.item_id in place:
            number = place[row.item_id]
            until = max(row.lead_time_days, 1)
            found[number] = _worst(there[number, :until], forecast[number, :until], spread)
    return found


def _worst(there: FloatArray, forecast: FloatArray, spread: Spread) -> float:
    """Demand up to a day only grows, so the chance is worst on the last day and before anything comes."""
    before = [day for day in range(len(there) - 1) if there[day + 1] > there[day]]
    return max(
        exceeds(demand_until(day + 1, float(forecast[day]), spread), float(there[day]))
        for day in (*before, len(there) - 1)
    )
