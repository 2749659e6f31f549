"""Stages in series whose unmet demand waits at a cost, exactly (Clark and Scarf 1960, Manag. Sci. 6).

Guaranteed service (`forecasting.policy.echelons`), by which components are planned, is held against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray

_GRID: Final = 4_000
_WIDE: Final = 8.0


@dataclass(frozen=True, slots=True)
class SeriesStage:
    """One of several stages in series.

    :ivar periods: that a shipment to it takes, :ivar echelon_cost: of holding a unit over a period, above what it costs one stage earlier.
    """

    periods: int
    echelon_cost: float


def series(
    stages: Sequence[SeriesStage], *, mean: float, deviation: float, waiting_cost: float
) -> tuple[list[float], float]:
    """Echelon base stock of each stage, the one next to the customer first, and the cost a period, for normal demand a period.

    Demand is seen before orders are placed, so that a stage's stock covers its shipping time (Snyder and Shen 2019, section 6.2).
    """
    periods = sum(stage.periods for stage in stages) + 1
    spread = _WIDE * deviation * periods**0.5
    grid = np.linspace(-spread, mean * periods + spread, _GRID)
    dear = waiting_cost + sum(stage.echelon_cost for stage in stages)
    induced = dear * np.maximum(-grid, 0.0)
    levels: list[float] = []
    cost = 0.0
    for stage in stages:
        own = stage.echelon_cost * grid + induced
        expected = _after(own, grid, mean * stage.periods, deviation * stage.periods**0.5)
        least = int(np.argmin(expected))
        levels.append(float(grid[least]))
        cost = float(expected[least])
        induced = np.where(grid < grid[least], expected, cost)
    return levels, cost


def _after(cost: FloatArray, grid: FloatArray, mean: float, deviation: float) -> FloatArray:
    """Expected cost of the position that is left of each when normal demand has come."""
    scores = np.linspace(-_WIDE / 2, _WIDE / 2, 161)
    weights = np.exp(-np.square(scores) / 2)
    weights /= weights.sum()
    step = grid[1] - grid[0]
    slope = (cost[1] - cost[0]) / step
    result = np.zeros(len(grid))
    for score, weight in zip(scores, weights, strict=True):
        left = grid - (mean + deviation * score)
        beyond = cost[0] + slope * (left - grid[0])
        result += weight * np.where(left < grid[0], beyond, np.interp(left, grid, cost))
    return result
