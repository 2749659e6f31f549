"""Quantiles of a forecast, from the errors it made when it could not know better.

Each series gives its own error scale, and how its errors grow with the horizon is known from how it is smoothed; what that
leaves to be said of growth, and the shape of the distribution, are pooled over all series of a run, because twenty
back-tests of one series say little about its 99th percentile and a thousand of its neighbours say a lot. The same is done
for errors of *sums* over the first buckets: demand over a lead time is not the sum of quantiles, since errors partly cancel
and partly repeat.

A run of one series leans on a prior worth a few series: errors grow as smoothing says, normal shape.

Errors of a sum are wider than back-tests show where the history is short: what level, trend and season lack is the same in all of its
buckets and does not cancel, and the few back-tests that see a whole sum overlap. Their variance grows as parameters over the
observations that are left, which short quarterly histories need and long monthly ones hardly notice.

Where demand has a season, errors are measured by it: a bucket that sells twice as much errs by twice as much. An error in a bucket
that hardly sells, measured so, is as large as one likes and says next to nothing of the buckets that do sell. So each counts
by the square of what it was divided by, which is what the error variance of a weighted mean asks for (Aitken 1935), and a back-test
that fell into a dead season counts for little against the error within the history.
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
_LEARNT: Final = 3.0  # what level, trend and season lack repeats in every bucket of a sum …
_REPEATS: Final = 4  # … beyond the first, until chance has added up alike
_SPENT: Final = 20  # buckets that tell how demand moves before they tell how surely
_PRIOR_POINTS: Final = 60
_TELLING: Final = 0.25  # mean squared weight of back-tests below which they say nothing of other series


@dataclass(frozen=True, eq=False, slots=True)
class Tested:
    """What the back-tests of a series say of the errors of its forecast.

    :param errors: [origin, ahead], NaN where the future was not known yet.
    :param weights: [origin, ahead], what the seasonal pattern multiplies errors by there; above 0, 1 in a usual bucket.
    :param base: standard error one bucket ahead within the history, in the unit of the series.
    :param growth: by what the errors of such a series grow, [ahead]; ``sum_growth`` for sums over the first 1, 2, … buckets.
    :param pattern: what errors are multiplied by again, [ahead].
    :param buckets: that the level was learnt from.
    """

    errors: FloatArray
    weights: FloatArray
    base: float
    growth: FloatArray
    sum_growth: FloatArray
    pattern: FloatArray
    buckets: int

    @property
    def points(self) -> "Measured":
        """Errors of single buckets, without season and growth."""
        return Measured(self.errors / (self.growth * self.weights), self.weights, self.base)

    @property
    def totals(self) -> "Measured":
        """Errors of sums over the first 1, 2, … buckets, likewise; a sum's weight is the mean of its buckets'."""
        weights = np.cumsum(self.weights, axis=1) / np.arange(1, self.weights.shape[1] + 1)
        return Measured(np.cumsum(self.errors, axis=1) / (self.sum_growth * weights), weights, self.base)


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """Errors of a series that may be compared with each other, and how much each counts.

    :param errors: [origin, ahead], NaN where not known; each was divided by its weight.
    :param weights: alike; ``base`` is the standard error within the history.
    """

    errors: FloatArray
    weights: FloatArray
    base: float

    @property
    def counts(self) -> FloatArray:
        """What each error counts: the square of its weight, nothing where it is not known."""
        return np.where(np.isfinite(self.errors), np.square(self.weights), 0.0)

    @property
    def telling(self) -> float:
        """Mean squared weight of the errors known, at most 1; 0 where none is known."""
        known = np.isfinite(self.errors)
        return min(float(np.square(self.weights[known]).mean()), 1.0) if known.any() else 0.0

    def scale(self, growth: FloatArray) -> float:
        """Root of the mean square of its errors, each divided by what its horizon usually adds; 0 where none is known."""
        counts = self.counts
        if not counts.any():
            return 0.0
        squares = np.square(np.where(counts > 0, self.errors / growth, 0.0))
        return float(np.sqrt((counts * squares).sum() / counts.sum()))


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """What a run of series has taught about errors ahead: growth beyond each series's own, and standardised quantiles."""

    growth: FloatArray  # [h]
    shape: FloatArray  # [levels, h]
    ratio: float  # usual error scale of a series over how much it changes by itself


def calibrate(series: Sequence[Measured], horizon: int) -> Calibration:
    """Pool the back-test errors of many series, in any unit, since each is measured by its own scale.

    Rows of errors are origins in time order, columns buckets ahead.
    """
    growth = _growth(series, horizon)
    ratios = np.array([one.scale(growth) / one.base for one in series if one.telling >= _TELLING])
    telling = ratios[ratios > 0]
    ratio = float(np.median(telling)) if telling.size else 1.0
    return Calibration(growth, _shape(series, growth, ratio), ratio)


def around(
    mean: FloatArray, known: Tested, points: Calibration, sums: Calibration
) -> tuple[FloatArray, FloatArray]:
    """Quantiles of each bucket ahead and of sums over the first 1, 2, … of them: [level, ahead] both."""
    steps = np.arange(1, len(mean) + 1)
    far = np.sqrt(1 + _FADING * steps / known.buckets)
    own = scale(known.points, points)
    wide = own * points.growth * known.growth * known.pattern * far
    own = scale(known.totals, sums)
    spare = max(known.buckets - _SPENT, known.buckets / 3)
    far = np.sqrt(np.square(far) + _LEARNT * np.minimum(steps - 1, _REPEATS) / spare)
    wide_sums = own * sums.growth * known.sum_growth * np.cumsum(known.pattern) / steps * far
    return _at_least_zero(mean + wide * points.shape), _at_least_zero(
        np.cumsum(mean) + wide_sums * sums.shape
    )


def _at_least_zero(quantiles: FloatArray) -> FloatArray:
    return np.maximum(np.maximum.accumulate(quantiles, axis=0), 0.0)


def scale(own: Measured, calibration: Calibration) -> float:
    """Error scale of one series: its back-test errors, each divided by what its horizon usually adds, and what series
    that change as much as it does usually err by, in equal parts where the back-tests saw its season.

    A few overlapping back-tests of one method, chosen because it did well in them, promise too much; on the M3 series
    the blend covers better and has the lower pinball loss.
    """
    share = own.telling / 2
    usual = calibration.ratio * own.base
    return float(np.sqrt(share * own.scale(calibration.growth) ** 2 + (1 - share) * usual**2))


def _growth(series: Sequence[Measured], horizon: int) -> FloatArray:
    """Mean absolute error by bucket ahead, over series that are each measured by their own mean.

    How far errors grow that no back-test has seen is what the last that was seen says.
    """
    total, weight = np.zeros(horizon), np.zeros(horizon)
    for one in series:
        counts = one.counts
        each = counts.sum(axis=0)
        seen = each > 0
        sizes = (counts * np.abs(np.where(counts > 0, one.errors, 0.0))).sum(axis=0) / np.where(
            seen, each, 1.0
        )
        base = float(sizes[seen].mean()) if seen.any() else 0.0
        if base > 0:
            told = np.minimum(each / np.maximum((counts > 0).sum(axis=0), 1), 1.0)
            total += told * sizes / base
            weight += told
    growth, before = np.empty(horizon), 1.0
    for ahead in range(horizon):
        before = (_PRIOR_SERIES * before + total[ahead]) / (_PRIOR_SERIES + weight[ahead])
        growth[ahead] = before
    return growth


def _shape(series: Sequence[Measured], growth: FloatArray, ratio: float) -> FloatArray:
    """Quantiles of errors measured without their own help, so that not knowing a scale widens the tails."""
    horizon = len(growth)
    prior = np.array([NormalDist().inv_cdf((i + 0.5) / _PRIOR_POINTS) for i in range(_PRIOR_POINTS)])
    shape = np.empty((len(LEVELS), horizon))
    bases = np.concatenate([np.zeros(0), *(np.full(len(one.errors), one.base) for one in series)])
    errors = np.concatenate([np.zeros((0, horizon)), *(one.errors for one in series)])
    counts = np.concatenate([np.zeros((0, horizon)), *(one.counts for one in series)])
    sizes = errors / (growth * ratio * bases[:, None])
    for places in np.array_split(np.arange(horizon), min(3, horizon)):
        part = counts[:, places]
        known = part > 0
        pool = np.concatenate([prior, sizes[:, places][known]])
        shape[:, places] = _quantiles(pool, np.concatenate([np.ones(_PRIOR_POINTS), part[known]]))[:, None]
    return shape


def _quantiles(values: FloatArray, counts: FloatArray) -> FloatArray:
    """Quantiles at ``LEVELS`` of values that count for more or less; those of NumPy where all count alike."""
    order = np.argsort(values)
    values, counts = values[order], counts[order]
    passed = np.cumsum(counts) - counts / 2
    first, last = passed[0], passed[-1]
    return np.interp(LEVELS, (passed - first) / (last - first), values)
