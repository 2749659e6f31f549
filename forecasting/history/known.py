"""A daily history with what is known of its days, laid out by week.

Weeks are counted back from ``until``, the first day that is forecast, so that the newest is whole.

1. A past change of price moves the days before it to the present level; a launch drops the days before it.
2. What known events multiplied demand by is divided out.
3. Days that say nothing of ordinary demand take the mean of the same weekday in the four weeks on either side; a day out
   of stock keeps what was sold if that was more. A week of which most days were put in so is marked: nothing is learnt
   from it.

What events are yet to come stays beside the values, by week and by day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

WEEK: Final = 7
_WEEKS_AROUND: Final = 4
_HARDLY_ANY: Final = 0.05  # below it a factor says that the shop was closed, and dividing by it says nothing
_MOST_OF_A_WEEK: Final = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days from ``first`` to ``last``, and what they multiply demand by where that matters."""

    first: int
    last: int
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an item's days.

    :ivar hidden: not learnt from; demand of these days was something else.
    :ivar starved: out of stock; at least as much was wanted as was sold.
    :ivar lifts: events with a known effect, past and to come.
    :ivar recurring: by name, events whose effect is to be learnt, past and to come.
    :ivar prices: a lasting change from ``first`` on.
    :ivar begins: first day of sale; nothing before it counts.
    :ivar ends: first day without demand.
    """

    hidden: tuple[Stretch, ...] = ()
    starved: tuple[Stretch, ...] = ()
    lifts: tuple[Stretch, ...] = ()
    recurring: Mapping[str, tuple[Stretch, ...]] = field(default_factory=dict)
    prices: tuple[Stretch, ...] = ()
    begins: int | None = None
    ends: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Laid:
    """A history by week. ``values`` end the day before ``until``; the rest goes on into the weeks ahead.

    :ivar days: day numbers of the cleaned history, every day of it, with ``amounts``.
    :ivar skip: weeks not learnt from.
    :ivar lift: what each week ahead is multiplied by; the past is ordinary already, so 1 there.
    :ivar flags: by name, the weeks, past and ahead, in which an event recurs.
    :ivar day_factors: what each day ahead is multiplied by, 0 where it is not sold.
    :ivar alive: share of each week ahead in which it is sold.
    :ivar hidden_days: how many past days were put in.
    """

    days: IntArray
    amounts: FloatArray
    values: FloatArray
    skip: BoolArray
    lift: FloatArray
    flags: dict[str, BoolArray]
    day_factors: FloatArray
    alive: FloatArray
    hidden_days: int


Profile = Callable[[IntArray, FloatArray], FloatArray]
"""The share of each weekday, Monday first, in a history of days and amounts."""


def lay_out(
    days: IntArray,
    amounts: FloatArray,
    censored: BoolArray,
    known: Known,
    *,
    until: int,
    weeks_ahead: int,
    profile: Profile,
) -> Laid:
    """Lay a history out by week.

    :param days: rising day numbers, all before ``until``; days left out were without demand.
    :param censored: which of them were out of stock.
    """
    first = int(days[0]) if known.begins is None else max(int(days[0]), min(known.begins, until))
    length = max(until - first, 0)
    dense = np.zeros(length)
    starved = np.zeros(length, dtype=np.bool_)
    inside = (days >= first) & (days < until)
    dense[days[inside] - first] = amounts[inside]
    starved[days[inside & censored] - first] = True
    _mark(starved, known.starved, first)
    hidden = np.zeros(length, dtype=np.bool_)
    _mark(hidden, known.hidden, first)
    for price in known.prices:
        if price.first < until:
            dense[: max(price.first - first, 0)] *= price.factor
    lifts = _lifts(known.lifts, first, length + weeks_ahead * WEEK)
    past = lifts[:length]
    hidden |= past < _HARDLY_ANY
    dense = dense / np.where(past < _HARDLY_ANY, 1.0, past)
    lacking = _put_in(dense, hidden, starved)
    shares = profile(np.arange(first, until), dense)
    ahead = lifts[length:].copy()
    for price in known.prices:
        if price.first >= until:
            ahead[price.first - until :] *= price.factor
    sold = _sold(known, until, weeks_ahead)
    weekday = (until + np.arange(weeks_ahead * WEEK) + 3) % WEEK  # day 0, 1970-01-01, was a Thursday
    by_week = shares[weekday].reshape(weeks_ahead, WEEK)
    whole = np.maximum(by_week.sum(axis=1), 1e-12)
    alive = (by_week * sold.reshape(weeks_ahead, WEEK)).sum(axis=1) / whole
    lifted = (by_week * (ahead * sold).reshape(weeks_ahead, WEEK)).sum(axis=1)
    lift_ahead = np.where(alive > 0, lifted / np.maximum(whole * alive, 1e-12), 1.0)
    count = -(-length // WEEK)
    return Laid(
        days=np.arange(first, until),
        amounts=dense,
        values=_by_week(dense, count),
        skip=(_by_week((hidden | starved).astype(np.float64), count) >= _MOST_OF_A_WEEK)
        | (_by_week(lacking.astype(np.float64), count) > 0),
        lift=np.concatenate([np.ones(count), lift_ahead]),
        flags={
            name: _flags(stretches, until, count, weeks_ahead) for name, stretches in known.recurring.items()
        },
        day_factors=ahead * sold,
        alive=alive,
        hidden_days=int((hidden | starved).sum()),
    )


def _mark(days: BoolArray, stretches: tuple[Stretch, ...], first: int) -> None:
    for stretch in stretches:
        days[max(stretch.first - first, 0) : max(stretch.last - first + 1, 0)] = True


def _lifts(stretches: tuple[Stretch, ...], first: int, length: int) -> FloatArray:
    factors = np.ones(length)
    for stretch in stretches:
        factors[max(stretch.first - first, 0) : max(stretch.last - first + 1, 0)] *= stretch.factor
    return factors


def _put_in(dense: FloatArray, hidden: BoolArray, starved: BoolArray) -> BoolArray:
    """Ordinary demand where a day says nothing of it; the days for which no day alike is known come back."""
    unknown = hidden | starved
    lacking = np.zeros(len(dense), dtype=np.bool_)
    for place in np.flatnonzero(unknown):
        around = place + WEEK * np.arange(-_WEEKS_AROUND, _WEEKS_AROUND + 1)
        around = around[(around >= 0) & (around < len(dense))]
        alike = around[~unknown[around]]
        if not alike.size:
            lacking[place] = True
        elif hidden[place]:
            dense[place] = dense[alike].mean()
        else:
            dense[place] = max(dense[place], float(dense[alike].mean()))
    return lacking


def _sold(known: Known, until: int, weeks: int) -> FloatArray:
    """1 for each day ahead on which it is sold, else 0."""
    sold = np.ones(weeks * WEEK)
    if known.begins is not None and known.begins > until:
        sold[: known.begins - until] = 0.0
    if known.ends is not None:
        sold[max(known.ends - until, 0) :] = 0.0
    return sold


def _by_week(daily: FloatArray, count: int) -> FloatArray:
    whole = np.zeros(count * WEEK)
    whole[len(whole) - len(daily) :] = daily
    return np.asarray(whole.reshape(count, WEEK).sum(axis=1))


def _flags(stretches: tuple[Stretch, ...], until: int, count: int, weeks_ahead: int) -> BoolArray:
    flags = np.zeros(count + weeks_ahead, dtype=np.bool_)
    for stretch in stretches:
        begin = (stretch.first - until) // WEEK + count
        end = (stretch.last - until) // WEEK + count
        flags[max(begin, 0) : max(end + 1, 0)] = True
    return flags
