"""Policies with the least cost: (r, Q) where stock is watched at all times, (s, S) where it is reviewed once a period.

Exact for Poisson demand; for normal demand, the approximations that textbooks teach and the exact cost of whatever they give. Costs
are of ordering, of holding a unit over a period, and of a unit that waits for a period. Snyder and Shen, Fundamentals of Supply Chain
Theory, 2nd ed. 2019, sections 4.4 and 5.2 to 5.4.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from forecasting.policy import Demand, NormalDemand, PoissonDemand, economic_lot
from tests.forecasting.textbook.lots import backorder_lot, newsvendor, newsvendor_cost

_STANDARD: Final = NormalDist()
_CLOSE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Costs:
    """What orders, holding a unit over a period and a unit that waits for a period cost."""

    order: float
    holding: float
    waiting: float


# --- (r, Q): order a lot as soon as the position falls to r ---------------------------------------------------------


def reorder_point_poisson(costs: Costs, rate: float, lead_time: float) -> tuple[int, int, float]:
    """The best reorder point, its lot and their cost a period (Federgruen and Zheng 1992, Oper. Res. 40)."""
    demand = PoissonDemand(rate * lead_time)
    position = int(newsvendor(demand, costs.holding, costs.waiting))
    low = high = position
    total = costs.order * rate + _one_period(demand, costs, position)
    lot, best = 1, total
    while True:
        below, above = _one_period(demand, costs, low - 1), _one_period(demand, costs, high + 1)
        if min(below, above) >= best:
            return low - 1, lot, best
        if below <= above:
            low -= 1
        else:
            high += 1
        total += min(below, above)
        lot += 1
        best = total / lot


def reorder_point_cost(costs: Costs, demand: NormalDemand, rate: float, point: float, lot: float) -> float:
    """Exact cost a period of any reorder point and lot when demand over the lead time is normal (eq. 5.7)."""
    held = costs.holding * lot * (point + lot / 2 - demand.mean)
    short = (costs.holding + costs.waiting) * (
        _second_loss(demand, point) - _second_loss(demand, point + lot)
    )
    return (costs.order * rate + held + short) / lot


def expected_inventory_level(costs: Costs, demand: NormalDemand, rate: float) -> tuple[float, float]:
    """Reorder point and lot by the expected-inventory-level approximation (Whitin 1953; section 5.3.1)."""

    def improved(point: float, lot: float) -> tuple[float, float]:
        point = demand.quantile(1 - lot * costs.holding / (costs.waiting * rate))
        lot = math.sqrt(2 * rate * (costs.order + costs.waiting * demand.shortage(point)) / costs.holding)
        return point, lot

    return _settled(improved, economic_lot(costs.order, costs.holding, rate))


def lot_with_backorders(costs: Costs, demand: NormalDemand, rate: float) -> tuple[float, float]:
    """The economic lot with backorders, and the best reorder point for it (Zheng 1992; section 5.3.3)."""
    lot, _ = backorder_lot(costs.order, costs.holding, costs.waiting, rate)
    return best_point_for(costs, demand, lot), lot


def lot_and_safety_stock(costs: Costs, demand: NormalDemand, rate: float) -> tuple[float, float]:
    """The economic lot, and the newsvendor's stock as its reorder point (section 5.3.2)."""
    return newsvendor(demand, costs.holding, costs.waiting), economic_lot(costs.order, costs.holding, rate)


def loss_function(costs: Costs, demand: NormalDemand, rate: float) -> tuple[float, float]:
    """Reorder point and lot by the loss-function approximation (Hadley and Whitin 1963; section 5.3.4)."""

    def improved(point: float, lot: float) -> tuple[float, float]:
        wanted = costs.holding * lot / (costs.holding + costs.waiting)
        point = _root(lambda tried: demand.shortage(tried) - wanted, demand)
        second = (costs.holding + costs.waiting) * _second_loss(demand, point)
        return point, math.sqrt(2 * (costs.order * rate + second) / costs.holding)

    return _settled(improved, economic_lot(costs.order, costs.holding, rate))


def best_point_for(costs: Costs, demand: NormalDemand, lot: float) -> float:
    """The reorder point with the least cost for a given lot: as dear just before an order as just after (eq. 5.12)."""
    return _root(
        lambda tried: _one_period(demand, costs, tried) - _one_period(demand, costs, tried + lot), demand, lot
    )


# --- (s, S): at a review that finds less than or just s, order up to S ----------------------------------------------


def order_up_to_poisson(costs: Costs, rate: float) -> tuple[int, int, float]:
    """The best s, S and their cost a period, for an order that comes at once (Zheng and Federgruen 1991, Oper. Res. 39)."""
    demand = PoissonDemand(rate)
    renewals = [1 / (1 - math.exp(-rate))]
    chances = [math.exp(-rate)]

    def renewal(place: int) -> float:
        while len(renewals) <= place:
            chances.append(chances[-1] * rate / len(chances))
            count = len(renewals)
            renewals.append(
                renewals[0] * sum(chances[back] * renewals[count - back] for back in range(1, count + 1))
            )
        return renewals[place]

    def cost(low: int, high: int) -> float:
        steps = range(high - low)
        dear = sum(renewal(step) * _one_period(demand, costs, high - step) for step in steps)
        return (costs.order + dear) / sum(renewal(step) for step in steps)

    high = int(newsvendor(demand, costs.holding, costs.waiting))
    low = high - 1
    while cost(low, high) > _one_period(demand, costs, low):
        low -= 1
    best, tried = cost(low, high), high + 1
    while _one_period(demand, costs, tried) <= best:
        if cost(low, tried) < best:
            high = tried
            while cost(low, high) <= _one_period(demand, costs, low + 1):
                low += 1
            best = cost(low, high)
        tried += 1
    return low, high, best


def power_approximation(costs: Costs, demand: NormalDemand) -> tuple[float, float]:
    """s and S for normal demand, in closed form (Ehrhardt and Mosier 1984, Manag. Sci. 30; section 4.4.4)."""
    lot = (
        1.3
        * demand.mean**0.494
        * (costs.order / costs.holding) ** 0.506
        * (1 + (demand.deviation / demand.mean) ** 2) ** 0.116
    )
    z = math.sqrt(lot / demand.deviation * costs.holding / costs.waiting)
    low = 0.973 * demand.mean + demand.deviation * (0.183 / z + 1.063 - 2.192 * z)
    return low, low + lot


def _one_period(demand: Demand, costs: Costs, stock: float) -> float:
    return newsvendor_cost(demand, costs.holding, costs.waiting, stock)


def _second_loss(demand: NormalDemand, stock: float) -> float:
    """The shortages of all larger stocks, added up: half the mean square of what is lacking."""
    z = (stock - demand.mean) / demand.deviation
    return demand.deviation**2 / 2 * ((1 + z * z) * (1 - _STANDARD.cdf(z)) - z * _STANDARD.pdf(z))


def _settled(improved: Callable[[float, float], tuple[float, float]], lot: float) -> tuple[float, float]:
    """Reorder point and lot, each the best for the other; both approach it from one side."""
    point = math.inf
    while True:
        before = point, lot
        point, lot = improved(point, lot)
        if abs(point - before[0]) < _CLOSE and abs(lot - before[1]) < _CLOSE:
            return point, lot


def _root(falling: Callable[[float], float], demand: NormalDemand, lot: float = 0.0) -> float:
    low, high = demand.mean - 10 * demand.deviation - lot, demand.mean + 10 * demand.deviation
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
