"""The risk that stock runs out before a batch comes. Pure: stock and demand by day in, chances and quantities out.

Demand up to a day is a distribution. Its mean is the forecast's; its spread is that of demand over the lead time, as the
back-test found it, relative to the mean and with the square root of the days. Running out by a day means that demand up to it
exceeds what has come by then, so the worst of the days before the batch comes tells the chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from forecasting.policy import Demand, QuantileDemand


@dataclass(frozen=True)
class Spread:
    """Quantiles of demand over so many days, and its mean."""

    days: int
    mean: float
    levels: Sequence[float]
    values: Sequence[float]


def demand_by_day(means: Sequence[float], spread: Spread) -> list[QuantileDemand]:
    """For each day, demand from the first day up to and with it.

    :param means: forecast demand of each day.
    """
    return [demand_until(days, mean, spread) for days, mean in enumerate(accumulate(means), start=1)]


def demand_until(days: int, mean: float, spread: Spread) -> QuantileDemand:
    """Demand over the first so many days, of which the mean is known."""
    levels = np.array(spread.levels)
    around = np.array(spread.values) / spread.mean - 1 if spread.mean > 0 else np.zeros(len(levels))
    return QuantileDemand(levels, np.maximum(mean * (1 + around * (max(spread.days, 1) / days) ** 0.5), 0.0))


@dataclass(frozen=True)
class Exposure:
    """What may happen before a batch comes: the chance that stock runs out, what cannot be sold, days without stock."""

    probability: float
    units_short: float
    days_short: float

    def beyond(self, other: "Exposure") -> "Exposure":
        """How much more may happen than in the other case."""
        return Exposure(
            max(self.probability - other.probability, 0.0),
            max(self.units_short - other.units_short, 0.0),
            max(self.days_short - other.days_short, 0.0),
        )


def exposure(stock: Sequence[float], demand: Sequence[Demand]) -> Exposure:
    """What may happen on the days that both sequences tell of.

    :param stock: by day, all that is there or has come by then, less what is asked for by name; below zero, that is lacking.
    :param demand: by day, forecast demand up to and with that day.
    """
    pairs = list(zip(stock, demand, strict=True))
    chances = [exceeds(known, there) for there, known in pairs]
    short = [known.shortage(there) if there >= 0 else known.mean - there for there, known in pairs]
    return Exposure(max(chances, default=0.0), max(short, default=0.0), sum(chances))


def with_arrival(stock: Sequence[float], quantity: float, day: int) -> list[float]:
    """Stock by day when so much more comes on that day."""
    return [there + (quantity if number >= day else 0.0) for number, there in enumerate(stock)]


def exceeds(demand: Demand, stock: float) -> float:
    """Chance that demand is more than the stock; what is owed already is lacking for sure."""
    if stock < 0:
        return 1.0
    return demand.exceeds(stock) if demand.mean > 0 else 0.0
