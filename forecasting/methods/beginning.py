"""An item with no history to speak of, forecast from items like it.

Like items lend three things: the season (by calendar), the way demand grows after a launch (by age), and how unruly demand is.
What the new item adds is its level: its own few buckets, each against what season and age let expect, weigh as much as they
are; before there are any, the like items' own levels say it, with all their spread.

It serves an item until it has `NEW_BUCKETS` of its own. From then on, until it has a year, its own methods are chosen and tested as those of
any other, on a history that its like items lengthen (`forecasting.history.likes`).
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods import seasonal, words
from forecasting.methods.bands import LEVELS
from forecasting.methods.clearing import clear
from forecasting.methods.result import SeriesForecast
from forecasting.methods.series import MINIMUM_FOR_BACKTEST, Cycle, FloatArray, Series, Shape

NEW_BUCKETS: Final = MINIMUM_FOR_BACKTEST
"""An item with fewer known buckets is new."""

METHOD: Final = "like items"
_PATHS: Final = 800
_PRIOR_BUCKETS: Final = 2.0  # what the like items' levels weigh against the item's own buckets
_LEAST_SPREAD: Final = 0.3  # of levels among like items: two that sell alike by chance are no law
_SMOOTHED_AGES: Final = 5
_DOUBTED: Final = 2.0  # like items that speak for "no launch curve at all"
_LEAST_EXPECTED: Final = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class _Like:
    """A like item: its level, its demand by age over that level without season, and its season by the new item's buckets."""

    level: float
    course: FloatArray
    season: FloatArray


def forecast_new(
    series: Series, like: Sequence[Series], horizon: int, *, season: int | None = None
) -> SeriesForecast:
    """Forecast an item from its own few buckets, possibly none, and the histories of like items.

    :param like: histories with the same buckets, each from its launch on; those without demand are not looked at.
    :raises ValueError: where no like item has demand, or one has other buckets.
    """
    if any(one.bucket is not series.bucket for one in like):
        raise ValueError(f"{series.id}: like items have the same buckets.")
    cycles = series.bucket.cycles(season)
    own = clear(series, horizon, cycles)
    count = len(own.values) + horizon
    lenders = [made for made in (_like(one, series, count, cycles) for one in like) if made is not None]
    if not lenders:
        raise ValueError(f"{series.id}: no like item has any demand.")
    expected = np.maximum(
        _curve(lenders, count) * np.mean([one.season for one in lenders], axis=0), _LEAST_EXPECTED
    )
    expected[len(own.values) :] *= own.ahead
    told = own.values[own.known], expected[: len(own.values)][own.known]
    level, unsure = _level(lenders, *told)
    futures = level * expected[-horizon:] * _unruly(series.id, lenders, horizon, unsure)
    return SeriesForecast(
        id=series.id,
        start=series.end,
        bucket=series.bucket,
        shape=Shape.TINY,
        method=METHOD,
        why=_why(series, lenders, *told),
        mean=level * expected[-horizon:],
        quantiles=np.quantile(futures, LEVELS, axis=0),
        sums=np.quantile(np.cumsum(futures, axis=1), LEVELS, axis=0),
    )


def _like(one: Series, new: Series, count: int, cycles: Sequence[Cycle]) -> _Like | None:
    cleared = clear(one, 1, cycles)
    level = float(cleared.values.mean()) if len(cleared.values) else 0.0
    if level <= 0:
        return None
    pattern = seasonal.find(cleared.values, cycles)
    usual = np.arange(len(cleared.values))
    course = cleared.values / np.maximum(pattern.weight(usual, level), _LEAST_EXPECTED)
    shift = round((new.start - one.start).days / one.bucket.days)
    level = float(course.mean())
    return _Like(level, course / level, pattern.weight(shift + np.arange(count), level))


def _curve(lenders: Sequence[_Like], count: int) -> FloatArray:
    """Demand by age over the level that it comes to, of all like items together; 1 where none is so old."""
    total, seen = np.full(count, _DOUBTED), np.full(count, _DOUBTED)
    for one in lenders:
        ages = min(len(one.course), count)
        reach = min(_SMOOTHED_AGES, ages)
        padded = np.pad(one.course, reach // 2, mode="edge")
        smoothed = np.convolve(padded, np.full(reach, 1 / reach), mode="valid")
        total[:ages] += smoothed[:ages]
        seen[:ages] += 1
    return np.asarray(total / seen)


def _level(lenders: Sequence[_Like], came: FloatArray, expected: FloatArray) -> tuple[float, float]:
    """The level of the new item and its squared coefficient of variation."""
    levels = np.array([one.level for one in lenders])
    prior = float(np.exp(np.mean(np.log(levels))))
    spread = max(float(np.std(np.log(levels))), _LEAST_SPREAD) ** 2
    noise = float(np.mean([one.course.var() for one in lenders]))
    weight = float(expected.sum())
    level = (_PRIOR_BUCKETS * prior + float(came.sum())) / (_PRIOR_BUCKETS + weight)
    return level, 1 / (1 / spread + weight / max(noise, 0.05))


def _unruly(id_: str, lenders: Sequence[_Like], horizon: int, unsure: float) -> FloatArray:
    """Factors on the expected demand, by row of possible future: stretches of like items, about a level drawn once for each.

    Seeded by ``id_``. Their mean is 1.
    """
    generator = np.random.default_rng(zlib.crc32(id_.encode()))
    made = np.empty((_PATHS, horizon))
    for row, which in zip(made, generator.integers(0, len(lenders), _PATHS), strict=True):
        course = lenders[which].course
        begin = int(generator.integers(0, max(len(course) - horizon, 0) + 1))
        row[:] = (
            np.resize(course[begin:], horizon)
            if len(course) - begin < horizon
            else course[begin : begin + horizon]
        )
    made /= max(float(made.mean()), 1e-9)
    return np.asarray(made * generator.gamma(1 / unsure, unsure, size=(_PATHS, 1)))


def _why(series: Series, lenders: Sequence[_Like], came: FloatArray, expected: FloatArray) -> str:
    like = words.counted(len(lenders), "like item")
    if not came.size:
        return f"Nothing is known of it yet: the level, season and launch curve of {like}, with their spread."
    usual = float(np.exp(np.mean([np.log(one.level) for one in lenders])) * expected.sum())
    return (
        f"{words.counted(len(came), series.bucket.noun)} known: {float(came.sum()) / usual:.2f} times what {like} sold at the "
        "same age and season; their season and launch curve go on at a level between."
    )
