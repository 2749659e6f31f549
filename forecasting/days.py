"""The days of a week that was forecast. Plain numbers in, plain numbers out."""

from collections.abc import Mapping
from math import copysign, hypot
from statistics import NormalDist
from typing import Final

_DAYS: Final = 7
_STANDARD: Final = NormalDist()


def quantiles_of_day(
    mean: float, week_mean: float, week_quantiles: Mapping[str, float], noise: float
) -> dict[str, float]:
    """Quantiles of a day by probability (as text), rising and not below zero.

    A day is unsure because its week is, and because its share of the week is; the two are independent, so their variances add.

    :param mean: of the day, :param week_mean: of its week, :param week_quantiles: of its week by probability.
    :param noise: how far a day strays from its share of its week, as a fraction of the mean day.
    """
    share = mean / week_mean if week_mean > 0 else 1 / _DAYS
    stray = noise * week_mean / _DAYS if share > 0 else 0.0
    found, floor = {}, 0.0
    for level, value in sorted(week_quantiles.items(), key=lambda entry: float(entry[0])):
        from_week = (value - week_mean) * share
        from_day = _STANDARD.inv_cdf(float(level)) * stray
        floor = max(floor, mean + copysign(hypot(from_week, from_day), from_week) if from_week else mean)
        found[level] = round(floor, 3)
    return found
