"""Lots in closed form."""

import math
from collections.abc import Sequence


def economic_lot(fixed_cost: float, holding_cost: float, rate: float) -> float:
    """Lot with the least cost of ordering and holding (Harris 1913; Snyder and Shen eq. 3.4).

    :param fixed_cost: of one order or set-up, :param holding_cost: of one unit over one period,
    :param rate: demand a period.
    """
    return math.sqrt(2 * fixed_cost * rate / holding_cost)


def family_cycle(
    shared_cost: float, fixed_costs: Sequence[float], holding_costs: Sequence[float], rates: Sequence[float]
) -> float:
    """Periods from one set-up of a family to the next that cost the least when each set-up is for all its items.

    As netting plans a family, where each is made in every cycle (Silver, Pyke and Thomas 2017, section 10.3).
    """
    held = sum(holding * rate for holding, rate in zip(holding_costs, rates, strict=True))
    return math.sqrt(2 * (shared_cost + sum(fixed_costs)) / held)
