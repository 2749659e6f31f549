"""Demand seen since a forecast was made, held against the band that it gave, and what that says of the days to come.

Over the days seen the forecast has a mean and a spread: the weekly band, scaled to those days as if days strayed
independently. Demand outside the band says that the level may have changed; how far the forecast is moved depends on how
much of the gap is level and how much chance (a normal level with a normal observation: Bayes' rule with the variance of the
level a stated part of the weekly variance). A level that changed this week need not stay: the change fades.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEVEL_PART: Final = 0.5
"""How much of a week's forecast variance is put down to the level rather than to chance."""
MOST_FACTOR: Final = 2.0
DAYS_ADJUSTED: Final = 28
Z: Final = 1.645  # of the 0.05 and 0.95 quantiles


@dataclass(frozen=True, slots=True)
class Sensed:
    """``seen`` was asked for where ``low`` to ``high`` was forecast, ``mean`` in the mean; ``factor`` is for the first day to come."""

    seen: float
    mean: float
    low: float
    high: float
    factor: float

    @property
    def is_outside(self) -> bool:
        return not self.low <= self.seen <= self.high


def sense(
    seen: Sequence[float], means: Sequence[float], week_mean: float, week_low: float, week_high: float
) -> Sensed | None:
    """Judge the whole days seen since the forecast was made.

    :param seen: demand of each of them.
    :param means: what was forecast for each of them.
    :param week_mean, week_low, week_high: mean, 0.05 and 0.95 quantile of the forecast's first week.
    :return: None where there is nothing to judge: no day, or nothing forecast.
    """
    mean = sum(means)
    if not seen or mean <= 0 or week_mean <= 0:
        return None
    share = mean / week_mean  # of a week's demand
    up, down = max(week_high - week_mean, 0.0), max(week_mean - week_low, 0.0)
    # What is asked for rarely comes in lumps: then a whole week's excess may fall on one day.
    part = math.sqrt(share) if week_low > 0 or share >= 1 else 1.0
    low, high = max(mean - down * math.sqrt(share), 0.0), mean + up * part
    total = float(sum(seen))
    side = up if total >= mean else down
    variance = (side / Z) ** 2
    level = LEVEL_PART * variance * share**2  # of the level, over the days seen
    chance = max(variance * share - level, 0.0) if share < 1 else (1 - LEVEL_PART) * variance * share
    weight = level / (level + chance) if level + chance > 0 else 0.0
    factor = 1 + weight * (total - mean) / mean
    return Sensed(total, mean, low, high, min(max(factor, 0.0), MOST_FACTOR))
