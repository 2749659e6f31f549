"""Methods for demand that often stays away: how often it comes and how large it is are forecast apart.

Each returns the flat rate (demand a bucket) forecast after 0, 1, 2, … buckets are known; entry 0 is not used.

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

Rate = Callable[[FloatArray], FloatArray]


def croston(values: FloatArray, alpha: float = SMOOTHING) -> FloatArray:
    """Smoothed size over smoothed interval, both updated when a demand comes."""
    return np.asarray(rates.croston(values, alpha))


def syntetos_boylan(values: FloatArray, alpha: float = SMOOTHING) -> FloatArray:
    """Croston's rate without its upward bias: times (1 - alpha / 2)."""
    return croston(values, alpha) * (1 - alpha / 2)


def teunter(values: FloatArray, alpha: float = SMOOTHING, beta: float = SMOOTHING) -> FloatArray:
    """TSB: smoothed chance of a demand (updated in every bucket, ``beta``) times smoothed size (``alpha``)."""
    demands = values > 0
    if not demands.any():
        return np.zeros(len(values) + 1)
    return np.asarray(
        rates.teunter(values, alpha, beta, float(demands.mean()), float(values[demands].mean()))
    )


def quick_teunter(values: FloatArray) -> FloatArray:
    """TSB for an item whose demand is dying or just beginning: the chance follows three times as fast."""
    return teunter(values, SMOOTHING, 3 * SMOOTHING)


def moving_mean(values: FloatArray) -> FloatArray:
    """Mean of all buckets known."""
    return np.concatenate([[0.0], np.cumsum(values) / np.arange(1, len(values) + 1)])


def slow_smoothing(values: FloatArray) -> FloatArray:
    """Exponential smoothing of the buckets as they come, zeros and all."""
    return np.asarray(rates.smoothed(values, SMOOTHING, float(values[: min(len(values), 10)].mean())))


def aggregated(values: FloatArray) -> FloatArray:
    """IMAPA: the mean of smoothed rates of blocks of one, two, … buckets, up to the mean interval between demands."""
    interval = len(values) / max(int((values > 0).sum()), 1)
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
    geometric law with their mean, since the largest demand yet is not the largest there will be. Seeded by ``id_``.
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
    return futures
