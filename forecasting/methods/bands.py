"""Quantiles of a forecast, from the errors it made when it could not know better.

Each series gives its own error scale; how errors grow with the horizon, and the shape of their distribution, are
pooled over all series of a run, because twenty back-tests of one series say little about its 99th percentile and a
thousand of its neighbours say a lot. The same is done for errors of *sums* over the first buckets: demand over a lead
time is not the sum of quantiles, since errors partly cancel and partly repeat.

A run of one series leans on a prior worth a few series: growth between independent and repeated errors, normal shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray

LEVELS: Final = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99)

_PRIOR_SERIES: Final = 4.0
_PRIOR_POINTS: Final = 60
_POINT_GROWTH: Final = 0.25  # prior: errors of one bucket grow with horizon ** 0.25
_SUM_GROWTH: Final = 0.75  # and of sums ** 0.75, half way from independent (0.5) to repeated (1)


@dataclass(frozen=True, eq=False, slots=True)
class Calibration:
    """What a run of series has taught about errors ahead: growth by horizon and standardised quantiles by horizon."""

    growth: FloatArray  # [h]
    shape: FloatArray  # [levels, h]
    ratio: float  # usual error scale of a series over how much it changes by itself


def calibrate(
    errors: Sequence[FloatArray], bases: Sequence[float], horizon: int, *, sums: bool
) -> Calibration:
    """Pool the back-test errors of many series.

    :param errors: for each series, rows of origins in time order, columns of buckets ahead, NaN where the future was
        not known yet; in any unit, since each series is measured by its own scale.
    :param bases: for each series, how much it changes by itself (mean absolute seasonal difference), in its unit.
    :param sums: whether the errors are of sums over the first buckets.
    """
    growth = _growth(errors, horizon, _SUM_GROWTH if sums else _POINT_GROWTH)
    ratios = np.array([_own_scale(own, growth) / base for own, base in zip(errors, bases, strict=True)])
    telling = ratios[ratios > 0]
    ratio = float(np.median(telling)) if telling.size else 1.0
    return Calibration(growth, _shape(errors, bases, growth, ratio), ratio)


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


def _growth(errors: Sequence[FloatArray], horizon: int, prior: float) -> FloatArray:
    guess = np.arange(1, horizon + 1) ** prior
    total, weight = _PRIOR_SERIES * guess**2, np.full(horizon, _PRIOR_SERIES)
    for own in errors:
        known = np.isfinite(own)
        counts = known.sum(axis=0)
        seen = counts > 0
        squares = np.where(known, np.square(np.where(known, own, 0.0)), 0.0).sum(axis=0) / np.maximum(
            counts, 1
        )
        base = float((squares[seen] / guess[seen] ** 2).mean()) if seen.any() else 0.0
        if base > 0:
            # One wild series must not set the growth for all.
            total += np.where(seen, np.minimum(squares / base, 9 * guess**2), 0.0)
            weight += seen
    return np.maximum.accumulate(np.sqrt(total / weight))


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
