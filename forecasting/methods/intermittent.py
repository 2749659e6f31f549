"""Methods for demand that often stays away: how often it comes and how large it is are forecast apart.

Each returns the flat rate (demand a bucket) forecast after 0, 1, 2, … buckets are known; entry 0 is not used.

Croston 1972, Oper. Res. Q. 23; Syntetos and Boylan 2005, IJF 21 (the bias correction); Teunter, Syntetos and Babai
2011, EJOR 214 (TSB, which lets the rate fall while nothing is asked for).
"""

import zlib
from collections.abc import Callable
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray

SMOOTHING: Final = 0.1
PATHS: Final = 800

Rate = Callable[[FloatArray], FloatArray]


def croston(values: FloatArray, alpha: float = SMOOTHING) -> FloatArray:
    """Smoothed size over smoothed interval, both updated when a demand comes."""
    rates = np.zeros(len(values) + 1)
    size = interval = 0.0
    since = 0
    for place, value in enumerate(values.tolist(), start=1):
        since += 1
        if value > 0:
            size = value if not size else size + alpha * (value - size)
            interval = since if not interval else interval + alpha * (since - interval)
            since = 0
        rates[place] = size / interval if interval else 0.0
    return rates


def syntetos_boylan(values: FloatArray, alpha: float = SMOOTHING) -> FloatArray:
    """Croston's rate without its upward bias: times (1 - alpha / 2)."""
    return croston(values, alpha) * (1 - alpha / 2)


def teunter(values: FloatArray, alpha: float = SMOOTHING, beta: float = SMOOTHING) -> FloatArray:
    """TSB: smoothed chance of a demand (updated in every bucket, ``beta``) times smoothed size (``alpha``)."""
    rates = np.zeros(len(values) + 1)
    demands = values > 0
    if not demands.any():
        return rates
    chance = float(demands.mean())
    size = float(values[demands].mean())
    for place, value in enumerate(values.tolist(), start=1):
        chance += beta * ((value > 0) - chance)
        if value > 0:
            size += alpha * (value - size)
        rates[place] = chance * size
    return rates


def moving_mean(values: FloatArray) -> FloatArray:
    """Mean of all buckets known."""
    return np.concatenate([[0.0], np.cumsum(values) / np.arange(1, len(values) + 1)])


def slow_smoothing(values: FloatArray) -> FloatArray:
    """Exponential smoothing of the buckets as they come, zeros and all."""
    rates = np.zeros(len(values) + 1)
    level = float(values[: min(len(values), 10)].mean())
    for place, value in enumerate(values.tolist(), start=1):
        level += SMOOTHING * (value - level)
        rates[place] = level
    return rates


METHODS: Final[dict[str, Rate]] = {
    "Croston SBA": syntetos_boylan,
    "TSB": teunter,
    "smoothing": slow_smoothing,
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
