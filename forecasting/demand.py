"""Demand history as stored, with all that is known of it, laid out as the weekly series that are forecast.

Weeks are counted back from the day of the forecast, so the newest is whole; methods are chosen and bands calibrated on
weeks, and a day's forecast is its weekday's share of the week. A day that is stated by an import stands for the whole
day; shipments count where there is none; what came back is taken off. Events say which days were not ordinary, and what
days to come will not be (see `forecasting.history`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
from django.db.models import Max, Q, QuerySet

from forecasting.daily import BoolArray, Points, points_of
from forecasting.explained import NOTHING, Explained, day_number, explained
from forecasting.history import (
    WEEKS_TO_COMPARE,
    Known,
    Laid,
    Stretch,
    joined,
    lay_out,
)
from forecasting.methods import Bucket, Series, SeriesForecast, weekday_profile
from forecasting.methods.series import FloatArray
from forecasting.models import DemandHistory
from forecasting.wording import amount
from inventory.models import Item

STALE_DAYS: Final = 28
WEEKS_AHEAD: Final = 13
_WEEK: Final = 7


@dataclass(frozen=True, eq=False)
class History:
    """Demand of one item.

    :param series: by week, up to the day before the forecast begins, with what is known of the weeks.
    :param weekdays: share of a week by weekday, Monday first.
    :param daily_noise: how far a day strays from its share of its week, as a fraction of the mean day; by weekday.
    :param remark: what the reader must know of the history; empty as a rule.
    :param notes: sentences on the events that the forecast goes by.
    :param day_factors: what each day ahead is multiplied by; None where no event is known.
    :param alive: share of each week ahead in which it is sold; None where it is sold throughout.
    :param likes: histories of the items that a new one is forecast from, at its own level where somebody said it; empty for all others.
    """

    item: Item
    series: Series
    weekdays: FloatArray
    daily_noise: FloatArray
    remark: str = ""
    notes: tuple[str, ...] = ()
    day_factors: FloatArray | None = None
    alive: FloatArray | None = None
    likes: tuple[Series, ...] = ()

    def shares(self, as_of: date, days: int) -> FloatArray:
        """Share of its week that falls on each of `days` days from `as_of` on; weeks are counted from there."""
        weeks = -(-days // _WEEK)
        plain = self.weekdays[(as_of.weekday() + np.arange(weeks * _WEEK)) % _WEEK]
        if self.day_factors is None:
            return np.asarray(plain[:days])
        factors = np.ones(weeks * _WEEK)
        known = self.day_factors[: weeks * _WEEK]
        factors[: len(known)] = known
        by_week = (plain * factors).reshape(weeks, _WEEK)
        whole = by_week.sum(axis=1, keepdims=True)
        shares = np.divide(by_week, whole, out=np.zeros_like(by_week), where=whole > 0)
        return np.asarray(shares.reshape(-1)[:days])

    def living(self, weekly: SeriesForecast) -> SeriesForecast:
        """The forecast with nothing before the item is sold and nothing after it is sold no more."""
        if self.alive is None or (self.alive >= 1).all():
            return weekly
        alive = np.ones(len(weekly.mean))
        alive[: len(self.alive)] = self.alive[: len(alive)]
        late = int(np.argmax(alive > 0)) if alive.any() else 0
        means, quantiles = np.roll(weekly.mean, late) * alive, np.roll(weekly.quantiles, late, axis=1) * alive
        steps = np.diff(weekly.sums, axis=1, prepend=0.0)
        sums = np.maximum.accumulate(np.cumsum(np.roll(steps, late, axis=1) * alive, axis=1), axis=0)
        return replace(weekly, mean=means, quantiles=quantiles, sums=sums)


def forecastable() -> QuerySet[Item]:
    """Items that are forecast, in the order of their keys: made or bought for stock, and whatever else has a history of demand."""
    known = DemandHistory.objects.standing().order_by().values("item").distinct()
    sold = Q(strategy=Item.Strategy.TO_STOCK, kind=Item.Kind.FINISHED)
    return (
        Item.objects.filter(sold | Q(pk__in=known), is_active=True)
        .exclude(strategy=Item.Strategy.TO_ORDER, kind=Item.Kind.FINISHED)
        .order_by("pk")
    )


def histories(
    items: Sequence[Item],
    as_of: date,
    weeks_ahead: int = WEEKS_AHEAD,
    *,
    ends: Mapping[int, date] | None = None,
) -> list[History]:
    """The demand history of each item, as known on the morning of `as_of`; in six queries whatever their number.

    A plant whose newest demand is more than four weeks old (a sample from the past, an import that stopped) is forecast
    as if its history went on until `as_of`; the history says so in `remark`.

    :param weeks_ahead: how far ahead events to come are laid out.
    :param ends: the newest demand of each site, where the items are not all of those that are forecast.
    """
    told = explained(items, as_of)
    lent = _lent(items, told)
    everybody = [*items, *lent]
    ends = ends_by_site([item.pk for item in everybody], as_of) if ends is None else ends
    points = points_of([item.pk for item in everybody], as_of)
    made: dict[int, History] = {}
    for item in everybody:
        shift, remark = _shift(ends.get(item.site_id), as_of)
        of_item = told.get(item.pk, NOTHING)
        made[item.pk] = _history(item, points.get(item.pk), of_item, as_of, shift, remark, weeks_ahead)
    return [_with_likes(made[item.pk], told.get(item.pk, NOTHING), made) for item in items]


def _lent(items: Sequence[Item], told: Mapping[int, Explained]) -> list[Item]:
    """Items that are not forecast themselves but whose history another borrows."""
    wanted = {like for one in told.values() for like in one.like_items} - {item.pk for item in items}
    return list(Item.objects.filter(pk__in=wanted).select_related("site").order_by("pk")) if wanted else []


def _with_likes(own: History, told: Explained, made: Mapping[int, History]) -> History:
    """A launch with the items it is like: to be forecast from, while its own weeks do not tell its level; then with their history before its own."""
    likes = [made[key] for key in told.like_items if key in made]
    if not likes:
        return own
    series = own.series
    if len(series.values) < WEEKS_TO_COMPARE:
        return _new(own, likes, told.like_factor)
    values, factor = joined(series.values, [like.series.values for like in likes], told.like_factor)
    added = len(values) - len(series.values)
    if not added:
        return own
    names = ", ".join(str(like.item) for like in likes)
    note = (
        f"Has {len(series.values)} weeks of its own; before them it is taken to have sold {factor:.2g} times what "
        f"{names} {'sold' if len(likes) == 1 else 'sold on average'}."
    )
    longer = Series(
        series.id,
        series.end - timedelta(weeks=len(values)),
        values,
        series.bucket,
        skip=_longer(series.skip, added),
        lift=None if series.lift is None else np.concatenate([np.ones(added), series.lift]),
        events={name: np.concatenate([np.zeros(added, np.bool_), f]) for name, f in series.events.items()},
    )
    own_days = len(series.values) >= 4
    return replace(
        own,
        series=longer,
        weekdays=own.weekdays if own_days else np.mean([like.weekdays for like in likes], axis=0),
        daily_noise=own.daily_noise if own_days else np.mean([like.daily_noise for like in likes], axis=0),
        notes=(*own.notes, note),
    )


def _new(own: History, likes: Sequence[History], factor: float | None) -> History:
    """A new item, to be forecast from those it is like; without any that has demand, as it stands."""
    sold = [like for like in likes if like.series.values.any()]
    if not sold:
        return own
    names = ", ".join(str(like.item) for like in sold)
    weeks = f"{len(own.series.values)} week{'' if len(own.series.values) == 1 else 's'}"
    level = "" if factor is None else f", at {factor:.2g} times what {names} sold"
    return replace(
        own,
        weekdays=np.mean([like.weekdays for like in sold], axis=0),
        daily_noise=np.mean([like.daily_noise for like in sold], axis=0),
        notes=(*own.notes, f"Has {weeks} of its own and is forecast from {names}{level}."),
        likes=tuple(replace(like.series, values=like.series.values * (factor or 1.0)) for like in sold),
    )


def _longer(skip: BoolArray | None, added: int) -> BoolArray | None:
    return None if skip is None else np.concatenate([np.zeros(added, np.bool_), skip])


def ends_by_site(items: Collection[int], as_of: date) -> dict[int, date]:
    """The day of the newest demand before `as_of` of these items, given by their keys, by site."""
    rows = DemandHistory.objects.standing().filter(item__in=items, date__lt=as_of)
    return dict(rows.order_by().values_list("item__site").annotate(newest=Max("date")))


def _shift(newest: date | None, as_of: date) -> tuple[int, str]:
    if newest is None or (as_of - newest).days <= STALE_DAYS:
        return 0, ""
    days = (as_of - newest - timedelta(days=1)).days
    return days, f"History ends on {newest}; it is taken as if it had gone on until now."


def _history(
    item: Item,
    points: Points | None,
    told: Explained,
    as_of: date,
    shift: int,
    remark: str,
    weeks_ahead: int,
) -> History:
    until = day_number(as_of)
    even = np.full(_WEEK, 1 / _WEEK)
    known = _shifted(told.known, shift, until) if shift else told.known
    if points is None:
        empty = np.array([until], dtype=np.int64)
        points = Points(empty[:0], np.zeros(0), np.zeros(0, np.bool_))
        laid = lay_out(empty, np.zeros(1), np.zeros(1, np.bool_), known, until=until, weeks_ahead=weeks_ahead, profile=lambda *_: even)  # fmt: skip
    else:
        # A shifted history keeps its own weekdays: the shop that was closed on Saturdays still is.
        laid = lay_out(
            points.days + shift,
            points.amounts,
            points.censored,
            known,
            until=until,
            weeks_ahead=weeks_ahead,
            profile=lambda days, amounts: _profile(days - shift, amounts),
        )
    is_plain = told is NOTHING
    weekdays = _profile(laid.days - shift, laid.amounts) if points.days.size else even
    noise = _daily_noise(laid.days - shift, laid.amounts, weekdays) if points.days.size else even * 0
    return History(
        item,
        _series(item, laid, as_of, is_plain=is_plain, begins=known.begins),
        weekdays,
        noise,
        remark,
        (*told.notes, *_told_of_returns(points)),
        None if is_plain else laid.day_factors,
        None if is_plain else laid.alive,
    )


def _profile(days: npt.NDArray[np.int64], amounts: FloatArray) -> FloatArray:
    sold = amounts > 0
    return weekday_profile(days[sold].astype("datetime64[D]"), amounts[sold])


def _series(item: Item, laid: Laid, as_of: date, *, is_plain: bool, begins: int | None) -> Series:
    """From the first week with demand on, or from the launch."""
    values = laid.values
    if begins is None or begins >= day_number(as_of):
        cut = int(np.argmax(values > 0)) if values.any() else len(values)
    else:
        cut = 0
    kept = values[cut:]
    return Series(
        str(item.pk),
        as_of - timedelta(weeks=len(kept)),
        kept,
        Bucket.WEEK,
        skip=laid.skip[cut:] if laid.skip[cut:].any() else None,
        lift=None if is_plain else laid.lift[cut:],
        events={name: flags[cut:] for name, flags in laid.flags.items()},
    )


def _shifted(known: Known, shift: int, until: int) -> Known:
    """What is known of a history that was moved: its past moves with it, what is to come stays."""

    def moved(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
        return tuple(
            replace(each, first=each.first + shift, last=min(each.last + shift, 10**8))
            if each.last < until
            else each
            for each in stretches
        )

    return replace(
        known,
        hidden=moved(known.hidden),
        starved=moved(known.starved),
        lifts=moved(known.lifts),
        recurring={name: moved(stretches) for name, stretches in known.recurring.items()},
    )


def _told_of_returns(points: Points) -> list[str]:
    if not points.returned:
        return []
    told = [f"{amount(points.returned)} came back and were taken off demand."]
    if points.unexplained:
        told.append(f"{amount(points.unexplained)} of them are more than was asked for; they were left out.")
    return told


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
