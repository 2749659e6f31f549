"""Seasonal pattern: is there one, what is it, and the series without it.

Ratios to a centred moving average (or differences from it), averaged by phase of the season (Makridakis, Wheelwright,
Hyndman 1998, ch. 3), with what forty years of forecasting from short series have added:

* newer seasons count for more, since seasons change;
* indices are shrunk towards "no season" by how much of their spread noise explains (Miller and Williams 2003, IJF 19), so
  a doubtful season need not be all or nothing;
* a second pass takes the level from the series without its first season, ends included;
* phases next to each other are blurred together in a year of days or weeks, which is seen too few times for one free
  index each.

A year has 52.18 weeks: phases of long seasons follow the calendar, not the count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods.series import Cycle, FloatArray, IntArray

_DOUBTFUL: Final = 1.0  # standard errors from which on a season is looked for; shrinkage does the rest
_CLEAR: Final = 1.645
_LONG: Final = 24
_BUMP: Final = 5  # buckets
_SMALLEST_INDEX: Final = 0.05
_LEAST_LEVEL: Final = 1e-3  # of the mean
_FADING: Final = 0.15  # of the weight of a season, with each season since


@dataclass(frozen=True, eq=False, slots=True)
class Season:
    """One pattern; phase 0 is that of the first value of the series it was taken from."""

    length: float
    indices: FloatArray
    multiplies: bool

    def at(self, places: IntArray) -> FloatArray:
        """The pattern at the buckets of these numbers of the series."""
        return np.asarray(self.indices[phases(places, self.length)])


@dataclass(frozen=True, eq=False, slots=True)
class Pattern:
    """All seasons of a series, each seen in what the ones before it leave."""

    seasons: tuple[Season, ...] = ()

    @property
    def multiplies(self) -> bool:
        return all(season.multiplies for season in self.seasons)

    def remove(self, values: FloatArray) -> FloatArray:
        return self.remove_at(values, np.arange(len(values)))

    def remove_at(self, values: FloatArray, places: IntArray) -> FloatArray:
        """The values of the buckets of these numbers without their season."""
        for season in self.seasons:
            values = values / season.at(places) if season.multiplies else values - season.at(places)
        return values

    def put_back(self, forecasts: FloatArray, begin: int) -> FloatArray:
        """Season a forecast, or rows of them, whose first bucket is number ``begin`` of the series."""
        return self.put_at(forecasts, begin + np.arange(forecasts.shape[-1]))

    def put_at(self, forecasts: FloatArray, places: IntArray) -> FloatArray:
        """Season forecasts of the buckets of these numbers."""
        for season in reversed(self.seasons):
            forecasts = forecasts * season.at(places) if season.multiplies else forecasts + season.at(places)
        return forecasts

    def weight(self, places: IntArray, usual: float) -> FloatArray:
        """How much larger demand, and with it its errors, is in these buckets than in a usual one.

        :param usual: mean of a series whose adding seasons take it to zero; 0 where these leave errors alike.
        """
        weight = np.ones(places.shape)
        for season in self.seasons:
            if season.multiplies:
                weight = weight * season.at(places)
            elif usual > 0:
                weight = weight * np.maximum(1 + season.at(places) / usual, _SMALLEST_INDEX)
        return weight


NONE: Final = Pattern()


def phases(places: IntArray, length: float) -> IntArray:
    """The phase of each bucket in a season of so many buckets, which need not be whole."""
    count = round(length)
    if count == length:
        return np.asarray(places % count)
    return np.minimum((places % length * (count / length)).astype(np.int64), count - 1)


def find(values: FloatArray, cycles: Sequence[Cycle]) -> Pattern:
    """The seasonal pattern of a series, or ``NONE`` where two whole seasons do not show one."""
    seasons: list[Season] = []
    for cycle in cycles:
        if cycle.length < 2 or len(values) < 2 * cycle.length or not is_seasonal(values, cycle):
            continue
        season = decompose(values, cycle)
        if season is not None:
            seasons.append(season)
            values = Pattern((season,)).remove(values)
    return Pattern(tuple(seasons)) if seasons else NONE


def is_seasonal(values: FloatArray, cycle: Cycle) -> bool:
    """Test the autocorrelation at the seasonal lag (Assimakopoulos and Nikolopoulos 2000; Bartlett's variance)."""
    length = round(cycle.length)
    if length < 4:
        return True
    if length >= _LONG:
        return _repeats(values, length, 1) or _repeats(values, length, max(2 * cycle.blur + 1, _BUMP))
    centred = values - values.mean()
    variance = float(centred @ centred)
    if variance <= 0:
        return False
    correlations = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, length + 1)]) / variance
    limit = _DOUBTFUL * np.sqrt((1 + 2 * float(correlations[:-1] @ correlations[:-1])) / len(values))
    return bool(abs(correlations[-1]) > limit)


def _repeats(values: FloatArray, length: int, width: int) -> bool:
    """Whether means over ``width`` buckets resemble those one long season earlier.

    A trend makes every lag correlate, so it is taken out first. Means over some weeks show a broad bump that single weeks
    drown in noise; they leave fewer independent pairs to judge by.
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means = (sums[width:] - sums[:-width]) / width
    time = np.arange(len(means)) - (len(means) - 1) / 2
    centred = means - means.mean()
    centred -= time * float(centred @ time) / float(time @ time)
    variance = float(centred @ centred)
    pairs = len(means) - length
    if variance <= 0 or pairs < 2 * width:
        return False
    correlation = float(centred[length:] @ centred[:-length]) / variance * len(means) / pairs
    return bool(correlation > _CLEAR / np.sqrt(pairs / width))


def decompose(values: FloatArray, cycle: Cycle) -> Season | None:
    """Indices by phase: multiplying where the demand is positive enough for ratios, else adding; none where noise is all.

    Call it with two whole seasons at least.
    """
    length = round(cycle.length)
    half = length // 2
    inner = np.arange(half, len(values) - half)
    level = _centred_average(values, length)
    if values.min() >= 0 and _tells(level, values):
        rough = 1 + _indices(values[inner] / level - 1, inner, cycle)
        if rough.min() > _SMALLEST_INDEX:
            return _refined(values, Season(cycle.length, rough, multiplies=True), cycle)
    rough = _indices(values[inner] - level, inner, cycle)
    return _refined(values, Season(cycle.length, rough, multiplies=False), cycle)


def _refined(values: FloatArray, rough: Season, cycle: Cycle) -> Season | None:
    """The same once more, with the level of the series without its first season, and its ends seen too."""
    length, places = round(cycle.length), np.arange(len(values))
    half = length // 2
    plain = np.pad(Pattern((rough,)).remove(values), half, mode="reflect", reflect_type="odd")
    level = _centred_average(plain, length)
    if not rough.multiplies:
        indices = _indices(values - level, places, cycle)
    elif not _tells(level, values):
        indices = rough.indices
    else:
        indices = np.maximum(1 + _indices(values / level - 1, places, cycle), _SMALLEST_INDEX)
    neutral = 1.0 if rough.multiplies else 0.0
    if not np.any(np.abs(indices - neutral) > 1e-9):
        return None
    return Season(cycle.length, indices, rough.multiplies)


def _tells(level: FloatArray, values: FloatArray) -> bool:
    """Whether values may be held against a level: one that sinks to nothing, or to what rounding leaves of it, makes ratios of any size."""
    return bool(level.min() > _LEAST_LEVEL * np.abs(values).mean())


def _centred_average(values: FloatArray, length: int) -> FloatArray:
    if length % 2:
        sums = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray((sums[length:] - sums[:-length]) / length)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    means = (sums[length:] - sums[:-length]) / length
    return np.asarray((means[1:] + means[:-1]) / 2)


def _indices(parts: FloatArray, places: IntArray, cycle: Cycle) -> FloatArray:
    """What each phase adds, centred on zero: a fading mean, blurred and shrunk."""
    count = round(cycle.length)
    phase = phases(places, cycle.length)
    weights = (1 - _FADING) ** ((places[-1] - places) // cycle.length)
    totals = np.bincount(phase, weights=weights, minlength=count)
    means = np.bincount(phase, weights=parts * weights, minlength=count) / np.maximum(totals, 1e-9)
    means -= means.mean()
    rest = parts - means[phase]
    noise = float(rest @ rest) / max(len(parts) - count, 1)
    noise *= float((weights @ weights) / weights.sum() ** 2) * count
    kernel = _kernel(cycle, len(parts) / cycle.length)
    if kernel.size > 1:
        reach = kernel.size // 2
        means = np.convolve(np.pad(means, reach, mode="wrap"), kernel, mode="valid")
        noise *= float(kernel @ kernel)
    spread = float(means @ means) / (count - 1)
    return np.asarray(means * (max(spread - noise, 0.0) / spread if spread > 0 else 0.0))


def _kernel(cycle: Cycle, seasons: float) -> FloatArray:
    """Triangular weights of neighbouring phases: the fewer seasons were seen, the wider."""
    reach = round(cycle.blur * min(1.0, 4 / seasons))
    if seasons > 12:
        reach = 0
    rising = np.arange(1, reach + 2, dtype=np.float64)
    kernel = np.concatenate([rising, rising[-2::-1]])
    return np.asarray(kernel / kernel.sum())
