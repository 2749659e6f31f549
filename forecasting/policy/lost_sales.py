"""What a level to order up to serves when demand that finds no stock goes elsewhere.

Where demand waits, shortage follows from the distribution of demand over lead time and review alone. Where it is lost, the
stock position falls by what was sold, not by what was asked: a peak that met an empty shelf takes nothing from the
deliveries after it, and the same level serves more. No closed form is known for it (Bijvank and Vis 2011, Eur. J. Oper.
Res. 215), so a few hundred futures are lived through, the same for every item and level.
"""

from collections import deque
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.distributions import Demand

_PATHS: Final = 512
_SHAPE_POINTS: Final = 101
_SETTLING: Final = 4
"""Reviews, beyond those a lead time spans, after which the start no longer shows."""
_MOST_REVIEWS: Final = 26
"""In a lead time; a longer one is told by as many longer steps."""


class Futures:
    """Demand, review by review, until the end of the review period that an order placed after settling is for.

    Demands of successive reviews are alike in shape, as correlated as the spread of demand over lead time and review beside
    that over the lead time alone tells, and add up to both.
    """

    def __init__(self, bridging: Demand, lead: Demand, *, lead_time: float, review: float) -> None:
        """
        :param bridging: demand over lead time and review, :param lead: over the lead time alone;
        :param lead_time: and :param review: in the same unit of time, both above zero.
        """
        self.lead_reviews = min(max(round(lead_time / review), 1), _MOST_REVIEWS)
        steps = self.lead_reviews + _SETTLING
        usual = lead.mean / self.lead_reviews
        self.last_mean = max(bridging.mean - lead.mean, 0.0)
        shape, deviation = _shape(bridging)
        growth = _growth(deviation, _shape(lead)[1], lead_time / (lead_time + review))
        reviews = self.lead_reviews + 1
        spread = deviation * reviews**-growth
        alike = min(max((reviews ** (2 * growth - 1) - 1) / self.lead_reviews, 0.0), 0.95)
        common, own = _draws(steps)
        scores = np.sqrt(alike) * common + np.sqrt(1 - alike) * own
        means = np.full((steps, 1), usual)
        means[-1] = self.last_mean
        noise = np.interp(scores, _scores(), shape)
        self.demand: FloatArray = np.maximum(means + spread * noise, 0.0)
        self.usual = usual

    def lost(self, levels: FloatArray) -> FloatArray:
        """Share of demand in the last review period that is lost when every review orders up to each of `levels`."""
        asked = float(self.demand[-1].mean())
        if asked <= 0:
            return np.zeros(levels.shape)
        stock = np.maximum(levels - self.lead_reviews * self.usual, 0.0)[:, None] + np.zeros(_PATHS)
        coming = deque([np.full(stock.shape, self.usual)] * (self.lead_reviews - 1))
        position = stock + (self.lead_reviews - 1) * self.usual
        level = levels[:, None]
        for demand in self.demand:
            ordered = np.maximum(level - position, 0.0)
            coming.append(ordered)
            sold = np.minimum(demand, stock)
            position += ordered - sold
            stock = stock - sold + coming.popleft()
        missed = demand - sold
        return np.asarray(missed.mean(axis=1) / asked)


def _shape(demand: Demand) -> tuple[FloatArray, float]:
    """Quantiles at even normal scores, standardised; and the standard deviation."""
    values = np.array([demand.quantile(chance) for chance in _chances()])
    weights = _weights()
    mean = float(values @ weights)
    deviation = float(np.sqrt(np.square(values - mean) @ weights))
    return (values - mean) / (deviation or 1.0), deviation


def _growth(whole: float, part: float, share: float) -> float:
    """Exponent by which spread grows with time: 0.5 where reviews are independent, 1 where they all err alike."""
    if whole <= 0 or part <= 0:
        return 0.5
    return float(np.clip(np.log(part / whole) / np.log(share), 0.5, 1.0))


@cache
def _scores() -> FloatArray:
    return np.linspace(-3.2, 3.2, _SHAPE_POINTS)


@cache
def _chances() -> tuple[float, ...]:
    return tuple(NormalDist().cdf(score) for score in _scores())


@cache
def _weights() -> FloatArray:
    density = np.exp(-np.square(_scores()) / 2)
    return np.asarray(density / density.sum())


@cache
def _draws(steps: int) -> tuple[FloatArray, FloatArray]:
    """Normal scores that all reviews share, and those of their own, spread evenly over all of them together.

    Points of an additive recurrence on the roots of x ** (d + 1) = x + 1 (Roberts 2018, "The unreasonable effectiveness of quasirandom sequences").
    """
    dimensions = steps + 1
    root = 2.0
    for _ in range(50):
        root = (1 + root) ** (1 / (dimensions + 1))
    strides = root ** -np.arange(1.0, dimensions + 1)[::-1]
    chances = (0.5 + strides[:, None] * np.arange(1, _PATHS + 1)) % 1
    scores = np.interp(chances, _chances(), _scores())
    return scores[:1], scores[1:]
