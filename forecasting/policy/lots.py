"""Lots and stock in closed form: economic lots, and the newsvendor."""

import math

from forecasting.policy.distributions import Demand


def economic_lot(fixed_cost: float, holding_cost: float, rate: float) -> float:
    """Lot with the least cost of ordering and holding (Harris 1913; Snyder and Shen eq. 3.4).

    :param fixed_cost: of one order or set-up, :param holding_cost: of one unit over one period,
    :param rate: demand a period.
    """
    return math.sqrt(2 * fixed_cost * rate / holding_cost)


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
