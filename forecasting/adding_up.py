"""Forecasts of items added up to those of families and plants, quantiles included.

Means add. Quantiles do not: the sum of the items' 0.95 quantiles is exceeded far less than once in twenty, unless all
items rise and fall as one; and taking each item by itself is too narrow where they do rise together. So the sum is drawn:
past weeks say how the items moved together. For each past week every item takes the quantile at the rank that its own
deviation of that week had among all its deviations; these add up to one possible total, and the totals of all those weeks
are the distribution of the sum. The margins are the items' own forecasts, the dependence is that of history: the Schaake
shuffle (Clark and others, 2004, J. Hydrometeorology 5), as Ben Taieb, Taylor and Hyndman use it for sums of demand
(2017, ICML, Coherent Probabilistic Forecasts for Hierarchical Time Series). What is so made adds up by construction: a
family's possible totals are sums of its items', a plant's sums of its families'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

WEEKS_OF_DEPENDENCE: Final = 104
_SMOOTHED_OVER: Final = 5
_LEAST_WEEKS: Final = 26


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One item: its history by week (the newest last), and its forecast.

    :ivar levels: probabilities, rising. ``quantiles`` has a row for each and a column for each week ahead.
    """

    key: int
    history: FloatArray
    mean: FloatArray
    quantiles: FloatArray
    levels: Sequence[float]


@dataclass(eq=False, slots=True)
class Sum:
    """A sum being added up; :meth:`add` takes items or other sums."""

    horizon: int
    items: int = 0
    mean: FloatArray = field(init=False)
    totals: FloatArray = field(init=False)  # [past week drawn from, week ahead]
    apart: float = 0.0
    together: float = 0.0

    def __post_init__(self) -> None:
        self.mean = np.zeros(self.horizon)
        self.totals = np.zeros((WEEKS_OF_DEPENDENCE, self.horizon))

    def add(self, part: Part) -> None:
        drawn = drawn_like_history(part)
        self.items += 1
        self.mean += part.mean
        self.totals += drawn
        spread = float(drawn.sum(axis=1).std())
        self.apart += spread**2
        self.together += spread

    def add_sum(self, other: "Sum") -> None:
        self.items += other.items
        self.mean += other.mean
        self.totals += other.totals
        self.apart += other.apart
        self.together += other.together

    def quantiles(self, levels: Sequence[float]) -> FloatArray:
        """[level, week ahead]; the means of the totals drawn are moved to the exact sum of means."""
        moved = self.totals - self.totals.mean(axis=0) + self.mean
        return np.asarray(np.maximum(np.quantile(moved, levels, axis=0), 0.0))

    @property
    def correlation(self) -> float:
        """How far the items move as one: 0 each by itself, 1 all together; their mean correlation, weighted by spread."""
        room = self.together**2 - self.apart
        if self.items < 2 or room <= 0:
            return 0.0
        spread = float(self.totals.sum(axis=1).std())
        return float(np.clip((spread**2 - self.apart) / room, -1.0, 1.0))


def drawn_like_history(part: Part) -> FloatArray:
    """Possible demand of each week ahead, one row for each past week, at the rank that week had."""
    ranks = _ranks(part)
    levels = np.asarray(part.levels, dtype=np.float64)
    drawn = np.empty((WEEKS_OF_DEPENDENCE, len(part.mean)))
    for week in range(len(part.mean)):
        drawn[:, week] = np.interp(ranks, levels, part.quantiles[:, week])
    return drawn


def _ranks(part: Part) -> FloatArray:
    """The place of each past week among all of them, in 0…1, by its deviation from the weeks around it.

    The level and the season move slowly and are in the items' own forecasts; what is left is what moves them together by
    the week. An item too young to say gets ranks of its own, drawn by its key: it moves by itself. Ties share no rank, so
    that weeks without demand do not all lie at the same end.
    """
    generator = np.random.default_rng(part.key)
    weeks = part.history[-WEEKS_OF_DEPENDENCE:]
    places = np.arange(WEEKS_OF_DEPENDENCE)
    if len(weeks) < _LEAST_WEEKS:
        order = generator.permutation(places)
    else:
        around = np.convolve(np.pad(weeks, _SMOOTHED_OVER // 2, mode="edge"), np.full(_SMOOTHED_OVER, 1 / _SMOOTHED_OVER), "valid")  # fmt: skip
        deviation = np.full(WEEKS_OF_DEPENDENCE, np.nan)
        deviation[-len(weeks) :] = weeks - around
        missing = np.isnan(deviation)
        deviation[missing] = generator.choice(deviation[~missing], int(missing.sum()))
        order = np.lexsort((generator.random(WEEKS_OF_DEPENDENCE), deviation))
    ranks = np.empty(WEEKS_OF_DEPENDENCE)
    ranks[order] = (places + 0.5) / WEEKS_OF_DEPENDENCE
    return ranks


def shared_out(total: Decimal, weights: Sequence[float], step: Decimal) -> list[Decimal]:
    """A total in parts as the weights say, evenly where all are 0; each a multiple of ``step``, and all of them the total exactly.

    What rounding leaves goes to those that it took the most of (the method of largest remainders).

    :param total: a multiple of ``step``, not below 0.
    """
    steps = int(total / step)
    shares = [Decimal(weight) for weight in weights]
    whole = sum(shares)
    exact = [steps * share / whole if whole else Decimal(steps) / len(shares) for share in shares]
    parts = [int(part) for part in exact]
    by_remainder = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_remainder[: steps - sum(parts)]:
        parts[place] += 1
    return [part * step for part in parts]
