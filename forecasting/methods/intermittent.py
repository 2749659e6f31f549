"""Methods for demand that often stays away: how often it comes and how large it is are forecast apart.

Each returns the flat rate (demand a bucket) forecast after 0, 1, 2, … buckets are known; entry 0 is not used. What a method
begins with is read off the first ``fitted_on`` buckets, so that a back-test from there on has not seen what it forecasts.

Croston 1972, Oper. Res. Q. 23; Syntetos and Boylan 2005, IJF 21 (the bias correction); Teunter, Syntetos and Babai
2011, EJOR 214 (TSB, which lets the rate fall while nothing is asked for); Petropoulos and Kourentzes 2015, J. Oper.
Res. Soc. 66 (IMAPA, several levels of aggregation).
"""

import zlib
from collections.abc import Callable
from typing import Final

import numpy as np

from forecasting.methods.kernel import rates
from forecasting.methods.series import FloatArray

SMOOTHING: Final = 0.1
PATHS: Final = 800
_DRIFT: Final = (
    0.1  # squared coefficient of variation of the sizes ahead; errors of a sum do not cancel in it
)

Rate = Callable[[FloatArray, int], FloatArray]
"""(values, how many of them may be fitted on) -> rates."""


def croston(values: FloatArray, fitted_on: int | None = None, alpha: float = SMOOTHING) -> FloatArray:
    """Smoothed size over smoothed interval, both updated when a demand comes; nothing is fitted beforehand."""
    return np.asarray(rates.croston(values, alpha))


def syntetos_boylan(values: FloatArray, fitted_on: int | None = None, alpha: float = SMOOTHING) -> FloatArray:
    """Croston's rate without its upward bias: times (1 - alpha / 2)."""
    return croston(values, fitted_on, alpha) * (1 - alpha / 2)


def teunter(
    values: FloatArray, fitted_on: int | None = None, alpha: float = SMOOTHING, beta: float = SMOOTHING
) -> FloatArray:
    """TSB: smoothed chance of a demand (updated in every bucket, ``beta``) times smoothed size (``alpha``).

    Chance and size begin with those of the buckets fitted on; where none of these has a demand, with the first that comes.
    """
    begun = values[:fitted_on]
    sizes = begun[begun > 0]
    chance, size = (sizes.size / begun.size, float(sizes.mean())) if sizes.size else (0.0, 0.0)
    return np.asarray(rates.teunter(values, alpha, beta, chance, size))


def quick_teunter(values: FloatArray, fitted_on: int | None = None) -> FloatArray:
    """TSB for an item whose demand is dying or just beginning: the chance follows three times as fast."""
    return teunter(values, fitted_on, SMOOTHING, 3 * SMOOTHING)


def moving_mean(values: FloatArray, fitted_on: int | None = None) -> FloatArray:
    """Mean of all buckets known; nothing is fitted beforehand."""
    return np.concatenate([[0.0], np.cumsum(values) / np.arange(1, len(values) + 1)])


def slow_smoothing(values: FloatArray, fitted_on: int | None = None) -> FloatArray:
    """Exponential smoothing of the buckets as they come, zeros and all; from the mean of the first ten fitted on."""
    return np.asarray(rates.smoothed(values, SMOOTHING, float(values[:fitted_on][:10].mean())))


def aggregated(values: FloatArray, fitted_on: int | None = None) -> FloatArray:
    """IMAPA: the mean of smoothed rates of blocks of one, two, … buckets, up to the mean interval between the demands fitted on."""
    begun = values[:fitted_on]
    interval = len(begun) / max(int((begun > 0).sum()), 1)
    return np.asarray(rates.aggregated(values, 2 * SMOOTHING, min(max(round(interval), 2), 12)))


METHODS: Final[dict[str, Rate]] = {
    "Croston SBA": syntetos_boylan,
    "TSB": teunter,
    "IMAPA": aggregated,
    "smoothing": slow_smoothing,
    "quick TSB": quick_teunter,
    "mean": moving_mean,
}


def paths(id_: str, values: FloatArray, rate: float, horizon: int) -> FloatArray:
    """Possible futures by row, from a Bayesian bootstrap of how often demand came and how large it was.

    The chance of a demand is drawn once for each path from its posterior (we do not know it, and a rate that is
    higher than thought is higher in every bucket), sizes from those seen or, once in ``seen + 1`` times, from a
    geometric law with their mean, since the largest demand yet is not the largest there will be. Sizes drift as levels do: by how much
    is drawn once for each path. Seeded by ``id_``.
    """
    generator = np.random.default_rng(zlib.crc32(id_.encode()))
    sizes = values[values > 0]
    if not sizes.size or rate <= 0:
        return np.zeros((PATHS, horizon))
    typical = float(sizes.mean())
    chance = min(max(rate / typical, 1e-4), 0.999)
    memory = min(float(len(values)), 2 / SMOOTHING)
    chances = generator.beta(chance * memory + 0.05, (1 - chance) * memory + 0.05, size=(PATHS, 1))
    comes = generator.random((PATHS, horizon)) < chances
    count = int(comes.sum())
    drawn = sizes[generator.integers(0, sizes.size, count)]
    unseen = generator.random(count) < 1 / (sizes.size + 1)
    unit = float(sizes.min())
    drawn[unseen] = unit * generator.geometric(min(unit / typical, 1.0), int(unseen.sum()))
    futures = np.zeros((PATHS, horizon))
    futures[comes] = drawn
    return futures * generator.gamma(1 / _DRIFT, _DRIFT, size=(PATHS, 1))
