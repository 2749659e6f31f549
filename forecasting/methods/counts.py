"""Quantiles of demand that comes in few pieces: negative binomial counts about a level that is itself uncertain.

A bucket brings a count whose variance is mean + spread · mean². The level that it has in the coming buckets is not
known either: its squared coefficient of variation, the drift, is common to all of them, so errors of a sum do not cancel.
Of the demand over n buckets the squared coefficient of variation beyond that of pure chance is

    drift + spread · (1 + drift) / n.

Each series has its own spread, drawn towards that of its neighbours. Its drift is what the estimate of the level lacks,
which is more the rarer and the wilder the demand, and beyond that the one that makes the back-tests of the whole run
likeliest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from forecasting.methods.bands import LEVELS
from forecasting.methods.kernel import negative_binomial
from forecasting.methods.series import FloatArray

_FEW: Final = 10.0  # pieces a bucket; more are as good as continuous
_TELLING: Final = 1_000.0  # pieces in all; fewer tell no trend from chance
_PRIOR_BUCKETS: Final = 4.0
_PRIOR_SPREADS: Final = (0.3, 0.3, 0.3)
_SMOOTHED: Final = 0.02
_DRIFTS: Final = np.array([0.005, 0.01, 0.02, 0.04, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8])
_USUAL_DRIFT: Final = 0.05
_PRIOR_SERIES: Final = 4.0
_ZEROS_ASTRAY: Final = 2.5  # standard errors


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """A series in pieces, and its back-tests.

    :param rate: pieces expected in a bucket ahead.
    :param spread: of the counts, as the history has it.
    :param buckets: how many the history has.
    :param unit: what a piece is in the unit of the demand.
    :param came: pieces that came over the buckets known after each origin, whose number is ``over``; ``expected`` of them.
    """

    rate: float
    spread: float
    buckets: int
    unit: float
    came: FloatArray
    over: FloatArray
    expected: FloatArray


@dataclass(frozen=True, slots=True)
class CountCalibration:
    """What a run has taught about counts: their usual spread, and how uncertain a level is."""

    spread: float
    drift: float


def piece(values: FloatArray) -> float | None:
    """What demand comes in whole multiples of, if it comes in few of them and as counts do; else nothing."""
    sizes = values[values > 0]
    if not sizes.size:
        return None
    unit = 1.0 if np.all(sizes == np.round(sizes)) else float(sizes.min())
    if unit == 1.0 and sizes.min() > 1 and np.all(np.fmod(sizes, sizes.min()) == 0):
        unit = float(sizes.min())
    counts = values / unit
    if np.any(np.abs(counts - np.round(counts)) > 1e-6) or counts.mean() > max(_FEW, _TELLING / len(counts)):
        return None
    return unit if _zeros_fit(counts) else None


def _zeros_fit(counts: FloatArray) -> bool:
    """Whether buckets without demand are as many as counts of such mean and spread have."""
    mean = float(counts.mean())
    size = 1 / max(spread_of(counts), 1e-3)
    expected = (size / (size + mean)) ** size
    error = np.sqrt(max(expected * (1 - expected), 0.01) / len(counts))
    return bool(abs(float((counts == 0).mean()) - expected) < _ZEROS_ASTRAY * error)


def spread_of(counts: FloatArray) -> float:
    """Squared coefficient of variation beyond that of pure chance; not below 0."""
    mean = float(counts.mean())
    if mean <= 0 or len(counts) < 2:
        return 0.0
    return max(float(counts.var(ddof=1)) - mean, 0.0) / mean**2


def calibrate(counted: Sequence[Counted]) -> CountCalibration:
    """Learn from the back-tests of all series of a run."""
    spread = float(np.median([*_PRIOR_SPREADS, *(one.spread for one in counted)]))
    likely = -_PRIOR_SERIES * np.square(np.log(_DRIFTS / _USUAL_DRIFT)) / 2
    for one in counted:
        own = _drawn(one, spread)
        told = one.expected > 0
        if told.any():
            drifts = _DRIFTS[:, None] + _unsure(one, own)
            likely += _log_chances(one.came[told], one.expected[told], one.over[told], own, drifts)
    return CountCalibration(spread, float(_DRIFTS[int(np.argmax(likely))]))


def _drawn(one: Counted, usual: float) -> float:
    """The spread of a series, drawn towards the usual one."""
    return (one.buckets * one.spread + _PRIOR_BUCKETS * usual) / (one.buckets + _PRIOR_BUCKETS)


def _unsure(one: Counted, spread: float) -> float:
    """Squared coefficient of variation of an estimated level: that of a bucket over the buckets that the estimate rests on.

    Rates smoothed by a tenth rest on about nineteen buckets, their average with the mean of all on more.
    """
    return (1 / max(one.rate, 0.02) + spread) * (_SMOOTHED + 1 / one.buckets)


def _log_chances(
    came: FloatArray, expected: FloatArray, over: FloatArray, spread: float, drifts: FloatArray
) -> FloatArray:
    """Log chance of what came, for each drift; the mean over origins, since their futures overlap."""
    size = 1 / np.maximum(drifts + spread * (1 + drifts) / over, 1e-4)
    chance = gammaln(came + size) - gammaln(size) - gammaln(came + 1)
    chance = chance - size * np.log1p(expected / size) + came * np.log(expected / (size + expected))
    return np.asarray(chance.mean(axis=1))


def bands(one: Counted, horizon: int, known: CountCalibration) -> tuple[FloatArray, FloatArray]:
    """Quantiles of each bucket ahead and of sums over the first 1, 2, … of them: [level, ahead] both."""
    own, steps = _drawn(one, known.spread), np.arange(1, horizon + 1)
    drift = known.drift + _unsure(one, own)
    spreads = drift + own * (1 + drift) / steps
    sums = one.unit * negative_binomial.quantiles(one.rate * steps, spreads, np.array(LEVELS))
    return np.repeat(sums[:, :1], horizon, axis=1), sums
