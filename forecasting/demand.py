"""Demand history as stored, laid out as the weekly series that are forecast.

Weeks are counted back from the day of the forecast, so the newest is whole; methods are chosen and bands calibrated on
weeks, and a day's forecast is its weekday's share of the week. A day that is stated by an import stands for the whole
day; shipments count where there is none. On days without stock more may have been wanted: they count as an ordinary
day of that weekday.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db.models import F, Max, Q

from forecasting.methods import Bucket, Remark, Series, gather, weekday_profile
from forecasting.methods.series import FloatArray
from forecasting.models import DemandHistory
from inventory.models import Item

STALE_DAYS: Final = 28
_YEARS_BACK: Final = 5
_AROUND: Final = 28


@dataclass(frozen=True, eq=False)
class History:
    """Demand of one item.

    :param series: by week, up to the day before the forecast begins.
    :param weekdays: share of a week by weekday, Monday first.
    :param daily_noise: how far a day strays from its share of its week, as a fraction of the mean day; by weekday.
    :param remark: what the reader must know of the history; empty as a rule.
    """

    item: Item
    series: Series
    weekdays: FloatArray
    daily_noise: FloatArray
    remark: str = ""


@dataclass(frozen=True, eq=False)
class _Points:
    days: npt.NDArray[np.int64]  # since 1970-01-01
    amounts: FloatArray
    censored: npt.NDArray[np.bool_]


def forecastable() -> list[Item]:
    """Items that are forecast: made or bought for stock, and whatever else has a history of demand."""
    known = DemandHistory.objects.order_by().values("item").distinct()
    sold = Q(strategy=Item.Strategy.TO_STOCK, kind=Item.Kind.FINISHED)
    return list(
        Item.objects.filter(sold | Q(pk__in=known), is_active=True)
        .exclude(strategy=Item.Strategy.TO_ORDER, kind=Item.Kind.FINISHED)
        .select_related("site")
        .order_by("pk")
    )


def histories(items: Sequence[Item], as_of: date, *, ends: Mapping[int, date] | None = None) -> list[History]:
    """The demand history of each item, as known on the morning of `as_of`; in three queries whatever their number.

    A plant whose newest demand is more than four weeks old (a sample from the past, an import that stopped) is forecast
    as if its history went on until `as_of`; the history says so in `remark`.

    :param ends: the newest demand of each site, where the items are not all of those that are forecast.
    """
    ends = ends_by_site(items, as_of) if ends is None else ends
    points = _points([item.pk for item in items], as_of)
    result = []
    for item in items:
        shift, remark = _shift(ends.get(item.site_id), as_of)
        result.append(_history(item, points.get(item.pk), as_of, shift, remark))
    return result


def ends_by_site(items: Iterable[Item], as_of: date) -> dict[int, date]:
    """The day of the newest demand before `as_of` of these items, by site."""
    rows = DemandHistory.objects.filter(item__in=[item.pk for item in items], date__lt=as_of)
    return dict(rows.order_by().values_list("item__site").annotate(newest=Max("date")))


def _shift(newest: date | None, as_of: date) -> tuple[int, str]:
    if newest is None or (as_of - newest).days <= STALE_DAYS:
        return 0, ""
    days = (as_of - newest - timedelta(days=1)).days
    return days, f"History ends on {newest}; it is taken as if it had gone on until now."


def _points(items: Sequence[int], as_of: date) -> dict[int, _Points]:
    newest = DemandHistory.objects.filter(item__in=items, date__lt=as_of).aggregate(newest=Max("date"))[
        "newest"
    ]
    if newest is None:
        return {}
    first = newest - timedelta(days=366 * _YEARS_BACK)
    rows = (
        DemandHistory.objects.filter(item__in=items)
        .between(first, as_of - timedelta(days=1))
        # "import" sorts before "shipment": of two rows for one day the first, the import, stands.
        .order_by("item", "date", "source")
        .values_list("item", "date", F("quantity"), "is_censored")
    )
    table: list[tuple[int, date, Any, bool]] = list(rows)
    keys = np.fromiter((row[0] for row in table), dtype=np.int64, count=len(table))
    days = np.array([row[1] for row in table], dtype="datetime64[D]").astype(np.int64)
    amounts = np.fromiter((row[2] for row in table), dtype=np.float64, count=len(table))
    censored = np.fromiter((row[3] for row in table), dtype=np.bool_, count=len(table))
    again = np.zeros(len(table), dtype=np.bool_)
    again[1:] = (keys[1:] == keys[:-1]) & (days[1:] == days[:-1])
    keys, days, amounts, censored = keys[~again], days[~again], amounts[~again], censored[~again]
    found, starts = np.unique(keys, return_index=True)
    stops = [*starts[1:], len(keys)]
    return {
        int(key): _Points(days[a:b], amounts[a:b], censored[a:b])
        for key, a, b in zip(found, starts, stops, strict=True)
    }


def _history(item: Item, points: _Points | None, as_of: date, shift: int, remark: str) -> History:
    even = np.full(7, 1 / 7)
    if points is None:
        return History(item, Series(str(item.pk), as_of, np.zeros(0), Bucket.WEEK), even, even * 0, remark)
    amounts = _uncensored(points)
    days = (points.days + shift).astype("datetime64[D]")
    series, _ = gather([str(item.pk)] * len(days), days, amounts, bucket=Bucket.WEEK, until=as_of)
    # A shifted history keeps its own weekdays: the shop that was closed on Saturdays still is.
    profile = weekday_profile(days if not shift else points.days.astype("datetime64[D]"), amounts)
    return History(item, series[0], profile, _daily_noise(points.days, amounts, profile), remark)


def _uncensored(points: _Points) -> FloatArray:
    """Demand with days out of stock raised to an ordinary day: the mean of the same weekday in the weeks around."""
    if not points.censored.any():
        return points.amounts
    amounts = points.amounts.copy()
    for place in np.flatnonzero(points.censored):
        near = ~points.censored & (np.abs(points.days - points.days[place]) <= _AROUND)
        alike = near & ((points.days - points.days[place]) % 7 == 0)
        if alike.any():
            amounts[place] = max(amounts[place], float(points.amounts[alike].mean()))
    return amounts


def _daily_noise(days: npt.NDArray[np.int64], amounts: FloatArray, profile: FloatArray) -> FloatArray:
    """Standard deviation, by weekday, of what a day brings beyond its share of its own week, over the mean day."""
    if days.size < 28:
        return np.full(7, 1.0)
    grid = np.zeros(int((days[-1] - days[0]) // 7 + 2) * 7)
    monday = days[0] - (days[0] + 3) % 7
    grid[days - monday] = amounts
    weeks = grid.reshape(-1, 7)
    strayed = weeks - weeks.sum(axis=1, keepdims=True) * profile
    mean = float(weeks.mean()) or 1.0
    return np.asarray(strayed.std(axis=0) / mean)


def remarks_of(found: Iterable[History]) -> list[Remark]:
    """What must be known of these histories, each text once with the number of items it is about."""
    counts: dict[str, int] = {}
    for history in found:
        if history.remark:
            counts[history.remark] = counts.get(history.remark, 0) + 1
    return [Remark(f"{count} items", text) for text, count in counts.items()]


def daily_totals(item: Item, first: date, last: date) -> Mapping[date, float]:
    """Demand by day for a chart; days without demand are left out."""
    rows = DemandHistory.objects.filter(item=item).between(first, last).order_by("date", "-source")
    return {day: float(quantity) for day, quantity in rows.values_list("date", "quantity")}
