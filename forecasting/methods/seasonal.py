"""Seasonal pattern: is there one, what is it, and the series without it.

Classical decomposition (Makridakis, Wheelwright, Hyndman 1998, ch. 3): centred moving average for the level, mean
ratio to it (or difference from it) for each phase of the season. Long seasons (weeks of the year) have too few
cycles for one free index per phase, so neighbouring phases are smoothed together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray

_SIGNIFICANT: Final = 1.645  # 90 % two-sided, as in the Theta method's seasonality test
_LONG_SEASON: Final = 24
_BUMP: Final = 5  # buckets
_SMALLEST_INDEX: Final = 0.05


@dataclass(frozen=True, eq=False, slots=True)
class Season:
    """A pattern of ``length`` phases; phase 0 is that of the first value of the series it was taken from."""

    length: int
    indices: FloatArray
    multiplies: bool

    def over(self, begin: int, count: int) -> FloatArray:
        """The pattern over ``count`` buckets from number ``begin`` of the series."""
        return np.asarray(self.indices[(begin + np.arange(count)) % self.length])

    def remove(self, values: FloatArray) -> FloatArray:
        pattern = self.over(0, len(values))
        return values / pattern if self.multiplies else values - pattern

    def put_back(self, forecasts: FloatArray, begin: int) -> FloatArray:
        """Season a forecast, or rows of them, whose first bucket is number ``begin`` of the series."""
        pattern = self.over(begin, forecasts.shape[-1])
        return forecasts * pattern if self.multiplies else forecasts + pattern


NONE: Final = Season(1, np.ones(1), multiplies=True)


def find(values: FloatArray, length: int) -> Season:
    """The seasonal pattern of a series, or ``NONE`` where two whole seasons do not show one clearly."""
    if length < 2 or len(values) < 2 * length or not is_seasonal(values, length):
        return NONE
    return decompose(values, length)


def is_seasonal(values: FloatArray, length: int) -> bool:
    """Test the autocorrelation at the seasonal lag (Assimakopoulos and Nikolopoulos 2000; Bartlett's variance)."""
    if length < 4:
        return True
    if length >= _LONG_SEASON:
        return _repeats(values, length, 1) or _repeats(values, length, _BUMP)
    centred = values - values.mean()
    variance = float(centred @ centred)
    if variance <= 0:
        return False
    correlations = np.array([centred[lag:] @ centred[:-lag] for lag in range(1, length + 1)]) / variance
    limit = _SIGNIFICANT * np.sqrt((1 + 2 * float(correlations[:-1] @ correlations[:-1])) / len(values))
    return bool(abs(correlations[-1]) > limit)


def _repeats(values: FloatArray, length: int, width: int) -> bool:
    """Whether means over ``width`` buckets resemble those one long season earlier.

    A trend makes every lag correlate, so it is taken out first. Means over some weeks show a broad bump that single weeks
    drown in noise; they leave fewer independent pairs to judge by.
    """
    means = np.convolve(values, np.full(width, 1 / width), mode="valid")
    time = np.arange(len(means)) - (len(means) - 1) / 2
    centred = means - means.mean()
    centred -= time * float(centred @ time) / float(time @ time)
    variance = float(centred @ centred)
    pairs = len(means) - length
    if variance <= 0 or pairs < 2 * width:
        return False
    correlation = float(centred[length:] @ centred[:-length]) / variance * len(means) / pairs
    return bool(correlation > _SIGNIFICANT / np.sqrt(pairs / width))


def decompose(values: FloatArray, length: int) -> Season:
    """Indices by phase: multiplying where the demand is positive enough for ratios, else adding."""
    level = _centred_average(values, length)
    half = length // 2
    inner = np.arange(half, half + len(level))
    if values.min() >= 0 and level.min() > 0:
        ratios = _by_phase(values[inner] / level, inner, length)
        ratios *= length / ratios.sum() if ratios.sum() > 0 else 1
        if ratios.min() > _SMALLEST_INDEX:
            return Season(length, ratios, multiplies=True)
    differences = _by_phase(values[inner] - level, inner, length)
    return Season(length, differences - differences.mean(), multiplies=False)


def _centred_average(values: FloatArray, length: int) -> FloatArray:
    weights = np.full(length if length % 2 else length + 1, 1.0 / length)
    if not length % 2:
        weights[[0, -1]] /= 2
    return np.convolve(values, weights, mode="valid")


def _by_phase(parts: FloatArray, places: np.ndarray, length: int) -> FloatArray:
    phases = places % length
    counts = np.bincount(phases, minlength=length)
    means = np.bincount(phases, weights=parts, minlength=length) / np.maximum(counts, 1)
    means[counts == 0] = parts.mean()
    if length < _LONG_SEASON:
        return means
    kernel = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9
    wrapped = np.concatenate([means[-2:], means, means[:2]])
    return np.convolve(wrapped, kernel, mode="valid")
