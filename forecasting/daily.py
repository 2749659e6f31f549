"""Demand of items day by day, as it stands: imports before shipments, less what came back, with the days out of stock.

A day that is stated by an import stands for the whole day; shipments count where there is none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db.models import Max

from forecasting.explained import day_number
from forecasting.history import DAYS_BACK, less_returns
from forecasting.methods.series import FloatArray
from forecasting.models import DemandEvent, DemandHistory
from inventory.models import Item

_YEARS_BACK: Final = 5
_SPAN: Final = 1_000_000  # more days than any history has: item and day as one number

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Daily:
    """What was asked of one item by day, less what came back, and the days on which it was out of stock."""

    first: int
    sums: FloatArray  # demand up to each day, cumulated; one more than days
    starved: BoolArray

    def total(self, first: date, after: date) -> float:
        """Demand from `first` to the day before `after`."""
        a, b = (min(max(day_number(day) - self.first, 0), len(self.starved)) for day in (first, after))
        return float(self.sums[b] - self.sums[a])

    def is_starved(self, first: date, after: date) -> bool:
        a, b = (max(day_number(day) - self.first, 0) for day in (first, after))
        return bool(self.starved[a:b].any())


@dataclass(frozen=True, eq=False)
class Points:
    """Demand of one item on the days that have any, in time order."""

    days: npt.NDArray[np.int64]  # since 1970-01-01
    amounts: FloatArray  # less what came back
    censored: BoolArray
    returned: float = 0.0
    unexplained: float = 0.0  # what came back beyond all demand it could be put down to


def points_of(items: Sequence[int], as_of: date, first: date | None = None) -> dict[int, Points]:
    """Demand by day before `as_of`, from `first` on; by default of the five years before the newest day known."""
    rows = DemandHistory.objects.standing().filter(item__in=items, date__lt=as_of)
    if first is None:
        newest = rows.aggregate(newest=Max("date"))["newest"]
        if newest is None:
            return {}
        first = newest - timedelta(days=366 * _YEARS_BACK)
    table: list[tuple[int, date, Any, bool, str, bool]] = list(
        rows.between(first, as_of - timedelta(days=1))
        .order_by()
        .values_list("item", "date", "quantity", "is_censored", "source", "is_return")
    )
    count = len(table)
    if not count:
        return {}
    keys = np.fromiter((row[0] for row in table), dtype=np.int64, count=count)
    days = np.array([row[1] for row in table], dtype="datetime64[D]").astype(np.int64)
    amounts = np.fromiter((row[2] for row in table), dtype=np.float64, count=count)
    censored = np.fromiter((row[3] for row in table), dtype=np.bool_, count=count)
    stated = np.fromiter(
        (row[4] == DemandHistory.Source.IMPORT for row in table), dtype=np.bool_, count=count
    )
    back = np.fromiter((row[5] for row in table), dtype=np.bool_, count=count)
    pairs, where = np.unique(keys * _SPAN + days, return_inverse=True)
    asked = _by_day(where, amounts, stated, ~back, len(pairs))
    returned = _by_day(where, amounts, stated, back, len(pairs))
    is_censored = np.bincount(where, weights=censored, minlength=len(pairs)) > 0
    of_item, of_day = pairs // _SPAN, pairs % _SPAN
    found, starts = np.unique(of_item, return_index=True)
    stops = [*starts[1:], len(pairs)]
    return {
        int(key): _netted(of_day[a:b], asked[a:b], returned[a:b], is_censored[a:b])
        for key, a, b in zip(found, starts, stops, strict=True)
    }


def _by_day(
    where: npt.NDArray[np.int64], amounts: FloatArray, stated: BoolArray, which: BoolArray, count: int
) -> FloatArray:
    """Totals by item and day: of what was imported where anything was, else of shipments."""
    imported = which & stated
    by_import = np.bincount(where, weights=amounts * imported, minlength=count)
    by_shipment = np.bincount(where, weights=amounts * (which & ~stated), minlength=count)
    has_import = np.bincount(where, weights=imported, minlength=count) > 0
    return np.where(has_import, by_import, by_shipment)


def _netted(
    days: npt.NDArray[np.int64], asked: FloatArray, returned: FloatArray, censored: BoolArray
) -> Points:
    if not returned.any():
        return Points(days, asked, censored)
    net = less_returns(days, asked, returned)
    return Points(days, net.amounts, censored, float(returned.sum()), net.left)


def newest_by_site(items: Iterable[Item], before: date) -> dict[int, date]:
    """The newest day before `before` of which demand is known, by site."""
    sites = {item.site_id for item in items}
    rows = DemandHistory.objects.standing().filter(item__site__in=sites, date__lt=before)
    return dict(rows.order_by().values_list("item__site").annotate(newest=Max("date")))


def daily_of(items: Sequence[int], before: date) -> dict[int, Daily]:
    """Daily demand of each item that has any before `before`, with the days out of stock; in three queries."""
    starved: dict[int, list[tuple[int, int]]] = defaultdict(list)
    outs = DemandEvent.objects.confirmed().filter(kind=DemandEvent.Kind.STOCK_OUT, item__in=items)
    for item, first, last in outs.values_list("item", "first_date", "last_date"):
        starved[item].append((day_number(first), day_number(last or first)))
    found = {}
    for key, points in points_of(items, before).items():
        begin, length = int(points.days[0]), day_number(before) - int(points.days[0])
        dense, out = np.zeros(length), np.zeros(length, dtype=np.bool_)
        dense[points.days - begin] = points.amounts
        out[points.days[points.censored] - begin] = True
        for a, b in starved.get(key, ()):
            out[max(a - begin, 0) : max(b - begin + 1, 0)] = True
        found[key] = Daily(begin, np.concatenate([[0.0], np.cumsum(dense)]), out)
    return found


def daily_totals(item: Item, first: date, last: date) -> Mapping[date, float]:
    """Demand by day for a chart, less what came back, as forecasts take it; days without demand are left out."""
    # From a quarter earlier on, so that what came back is taken off as it is for the forecast.
    points = points_of([item.pk], last + timedelta(days=1), first - timedelta(days=DAYS_BACK)).get(item.pk)
    if points is None:
        return {}
    epoch = date(1970, 1, 1)
    begin = (first - epoch).days
    return {
        epoch + timedelta(days=int(day)): float(amount)
        for day, amount in zip(points.days, points.amounts, strict=True)
        if day >= begin
    }
