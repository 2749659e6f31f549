"""Quantiles of a forecast, from the errors it made when it could not know better.

Each series gives its own error scale, and how its errors grow with the horizon is known from how it is smoothed; what that
leaves to be said of growth, and the shape of the distribution, are pooled over all series of a run, because twenty
back-tests of one series say little about its 99th percentile and a thousand of its neighbours say a lot. The same is done
for errors of *sums* over the first buckets: demand over a lead time is not the sum of quantiles, since errors partly cancel
and partly repeat.

A run of one series leans on a prior worth a few series: errors grow as smoothing says, normal shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray

LEVELS: Final = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99)

_PRIOR_SERIES: Final = 4.0
_FADING: Final = 0.6  # the further ahead in buckets known, the less a short history says
_PRIOR_POINTS: Final = 60


@dataclass(frozen=True, eq=False, slots=True)
class Tested:
    """What the back-tests of a series say of the errors of its forecast.

    :param errors: [origin, ahead], NaN where the future was not known yet; divided by the seasonal pattern.
    :param base: standard error one bucket ahead within the history, in the unit of the series.
    :param growth: by what the errors of such a series grow, [ahead]; ``sum_growth`` for sums over the first 1, 2, … buckets.
    :param pattern: what errors are multiplied by again, [ahead].
    :param buckets: that the level was learnt from.
    """

    errors: FloatArray
    base: float
    growth: FloatArray
    sum_growth: FloatArray
    pattern: FloatArray
    buckets: int

    @property
    def standard(self) -> FloatArray:
        return np.asarray(self.errors / self.growth)

    @property
    def standard_sums(self) -> FloatArray:
        return np.asarray(np.cumsum(self.errors, axis=1) / self.sum_growth)


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """What a run of series has taught about errors ahead: growth beyond each series's own, and standardised quantiles."""

    growth: FloatArray  # [h]
    shape: FloatArray  # [levels, h]
    ratio: float  # usual error scale of a series over how much it changes by itself


def calibrate(errors: Sequence[FloatArray], bases: Sequence[float], horizon: int) -> Calibration:
    """Pool the back-test errors of many series.

    :param errors: for each series, rows of origins in time order, columns of buckets ahead, NaN where the future was
        not known yet; in any unit, since each series is measured by its own scale.
    :param bases: for each series, its standard error one bucket ahead within the history, in the same unit.
    """
    growth = _growth(errors, horizon)
    ratios = np.array([_own_scale(own, growth) / base for own, base in zip(errors, bases, strict=True)])
    telling = ratios[ratios > 0]
    ratio = float(np.median(telling)) if telling.size else 1.0
    return Calibration(growth, _shape(errors, bases, growth, ratio), ratio)


def around(
    mean: FloatArray, known: Tested, points: Calibration, sums: Calibration
) -> tuple[FloatArray, FloatArray]:
    """Quantiles of each bucket ahead and of sums over the first 1, 2, … of them: [level, ahead] both."""
    steps = np.arange(1, len(mean) + 1)
    far = np.sqrt(1 + _FADING * steps / known.buckets)
    own = scale(known.standard, known.base, points)
    wide = own * points.growth * known.growth * known.pattern * far
    own = scale(known.standard_sums, known.base, sums)
    wide_sums = own * sums.growth * known.sum_growth * np.cumsum(known.pattern) / steps * far
    return _at_least_zero(mean + wide * points.shape), _at_least_zero(
        np.cumsum(mean) + wide_sums * sums.shape
    )


def _at_least_zero(quantiles: FloatArray) -> FloatArray:
    return np.maximum(np.maximum.accumulate(quantiles, axis=0), 0.0)


def scale(errors: FloatArray, base: float, calibration: Calibration) -> float:
    """Error scale of one series: its back-test errors, each divided by what its horizon usually adds, and what series
    that change as much as it does usually err by, in equal parts.

    A few overlapping back-tests of one method, chosen because it did well in them, promise too much; on the M3 series
    the blend covers better and has the lower pinball loss.
    """
    own = _own_scale(errors, calibration.growth)
    usual = calibration.ratio * base
    return float(np.sqrt((own**2 + usual**2) / 2))


def _own_scale(errors: FloatArray, growth: FloatArray) -> float:
    standard = errors / growth
    known = np.isfinite(standard)
    if not known.any():
        return 0.0
    return float(np.sqrt(np.mean(np.square(standard[known]))))


def _growth(errors: Sequence[FloatArray], horizon: int) -> FloatArray:
    """Mean absolute error by bucket ahead, over series that are each measured by their own mean."""
    total, weight = np.full(horizon, _PRIOR_SERIES), np.full(horizon, _PRIOR_SERIES)
    for own in errors:
        known = np.isfinite(own)
        seen = known.any(axis=0)
        sizes = np.abs(np.where(known, own, 0.0)).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        base = float(sizes[seen].mean()) if seen.any() else 0.0
        if base > 0:
            total += np.where(seen, sizes / base, 0.0)
            weight += seen
    return np.asarray(total / weight)


def _shape(
    errors: Sequence[FloatArray], bases: Sequence[float], growth: FloatArray, ratio: float
) -> FloatArray:
    """Quantiles of errors measured without their own help, so that not knowing a scale widens the tails."""
    horizon = len(growth)
    bands = np.array_split(np.arange(horizon), min(3, horizon))
    pooled: list[list[FloatArray]] = [[] for _ in bands]
    for own, base in zip(errors, bases, strict=True):
        standard = own / growth / (ratio * base)
        for places, pool in zip(bands, pooled, strict=True):
            part = standard[:, places]
            pool.append(part[np.isfinite(part)])
    shape = np.empty((len(LEVELS), horizon))
    prior = np.array([NormalDist().inv_cdf((i + 0.5) / _PRIOR_POINTS) for i in range(_PRIOR_POINTS)])
    for places, pool in zip(bands, pooled, strict=True):
        shape[:, places] = np.quantile(np.concatenate([*pool, prior]), LEVELS)[:, None]
    return shape
