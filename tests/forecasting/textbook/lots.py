"""Lots and stock in closed form, as textbooks have them: what plans is held against them.

Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. 2019.
"""

import math
from collections.abc import Sequence

from forecasting.policy import Demand, economic_lot, family_cycle


def production_lot(fixed_cost: float, holding_cost: float, rate: float, production_rate: float) -> float:
    """Economic lot when it comes in at ``production_rate`` rather than at once (eq. 3.40)."""
    return economic_lot(fixed_cost, holding_cost * (1 - rate / production_rate), rate)


def backorder_lot(
    fixed_cost: float, holding_cost: float, stockout_cost: float, rate: float
) -> tuple[float, float]:
    """Economic lot when demand may wait at a cost, and the fraction of it that best does (eqs. 3.27 and 3.28)."""
    lot = economic_lot(fixed_cost, holding_cost, rate) * math.sqrt(
        (holding_cost + stockout_cost) / stockout_cost
    )
    return lot, holding_cost / (holding_cost + stockout_cost)


def newsvendor(demand: Demand, holding_cost: float, stockout_cost: float) -> float:
    """Stock with the least expected cost of too much and too little (eq. 4.17: the critical ratio's quantile)."""
    return demand.quantile(stockout_cost / (stockout_cost + holding_cost))


def newsvendor_cost(demand: Demand, holding_cost: float, stockout_cost: float, stock: float) -> float:
    """Expected cost of ``stock``: holding what is left, missing what is not there."""
    short = demand.shortage(stock)
    return holding_cost * (stock - demand.mean + short) + stockout_cost * short


def discounted_lot(
    fixed_cost: float,
    holding_rate: float,
    rate: float,
    price_breaks: Sequence[tuple[float, float]],
    *,
    all_units: bool,
) -> tuple[float, float]:
    """Economic lot at prices that fall with the quantity, and its cost a period, purchase included (section 3.4).

    :param holding_rate: of the value of a unit over one period, :param price_breaks: (from this quantity, unit price), rising,
        the first from 0; :param all_units: whether the lower price is for the whole lot, or for what is beyond the break.
    """
    best = (0.0, math.inf)
    paid = 0.0  # beyond the region's price, for what lies below it
    for place, (begin, price) in enumerate(price_breaks):
        if place and not all_units:
            paid += (price_breaks[place - 1][1] - price) * begin
        end = price_breaks[place + 1][0] if place + 1 < len(price_breaks) else math.inf
        lot = math.sqrt(2 * (fixed_cost + paid) * rate / (holding_rate * price))
        lot = max(lot, begin) if all_units else lot
        if not begin <= lot < end:
            continue
        cost = price * rate + (fixed_cost + paid) * rate / lot + holding_rate * (price * lot + paid) / 2
        best = min(best, (lot, cost), key=lambda one: one[1])
    return best


def joint_lots(
    shared_cost: float, fixed_costs: Sequence[float], holding_costs: Sequence[float], rates: Sequence[float]
) -> tuple[float, list[int]]:
    """Cycle of a family that is set up together, and every how many cycles each of its items is made (Silver 1976, Manag. Sci. 22).

    :param shared_cost: of setting up for the family, :param fixed_costs: for each item besides; :param holding_costs: of a unit over
        one period. A lot is the cycle times the item's multiple times its rate.
    """
    weights = [holding * rate for holding, rate in zip(holding_costs, rates, strict=True)]
    ratios = [fixed / weight for fixed, weight in zip(fixed_costs, weights, strict=True)]
    first = min(range(len(ratios)), key=lambda place: ratios[place])
    scale = weights[first] / (shared_cost + fixed_costs[first])
    multiples = [
        1 if place == first else max(1, round(math.sqrt(ratio * scale))) for place, ratio in enumerate(ratios)
    ]
    spread = [fixed / each for fixed, each in zip(fixed_costs, multiples, strict=True)]
    cycle = family_cycle(shared_cost, spread, weights, multiples)
    return cycle, multiples
