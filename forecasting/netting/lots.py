"""Lot sizing: batches that fit the vessel, the cheapest days of ordering, and families that are set up together.

The inner loops are compiled, see ``kernel``; these are their faces for a reader, a notebook and the tests.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from forecasting.netting import kernel
from forecasting.netting.book import Rule
from forecasting.netting.kernel.tables import MOST_BATCHES_A_DAY


def batches(quantity: float, rule: Rule) -> list[float]:
    """Split a quantity into batches: full vessels and a rest, each raised to minimum and multiple."""
    sizes = np.empty(MOST_BATCHES_A_DAY)
    count = kernel.batches(quantity, rule.minimum, rule.multiple, rule.batch_maximum, sizes)
    return [float(size) for size in sizes[:count]]


def cheapest_orders(
    needs: Sequence[float], order_costs: Sequence[float] | float, holding_cost: float, *, largest: float = 0.0
) -> tuple[list[int], float]:
    """In which periods to order so that set-up and holding cost the least, and what they cost then.

    The dynamic programme of Wagner and Whitin (1958), Management Science 5(1): some plan of least cost orders only what
    whole periods ask for, and only when nothing is left. Exact for any set-up costs and a constant holding cost; with a largest batch,
    the cheapest of the plans that order for whole periods.

    :param needs: what must be there in each period, :param order_costs: of an order in each period, or in any.
    :param holding_cost: of one unit from one period to the next, :param largest: what one set-up can bring; 0 is no limit.
    """
    asked = np.asarray(needs, dtype=np.float64)
    costs = np.broadcast_to(np.asarray(order_costs, dtype=np.float64), asked.shape).copy()
    orders, cost = kernel.least_cost_days(asked, costs, holding_cost, float(largest))
    return [int(period) for period in np.flatnonzero(orders)], float(cost)


def joint_orders(
    needs: npt.ArrayLike, order_costs: Sequence[float], holding_costs: Sequence[float], family_cost: float
) -> list[tuple[int, int]]:
    """When a family is set up, and up to which period (not included) each time covers it.

    From the first period with a need on, the time covered is lengthened while the cost per period falls: the family's set-up, a
    set-up for each item that is needed in it, and holding what is made early. The criterion of Silver and Meal (1973), Production
    and Inventory Management 14(2), taken over the family as a whole; for joint replenishment see Silver, Pyke and Thomas,
    Inventory and Production Management in Supply Chains, 4th ed. 2017, chapter 10.

    :param needs: [item, period].
    """
    asked = np.asarray(needs, dtype=np.float64)
    until = kernel.joint_spans(
        asked,
        np.asarray(order_costs, dtype=np.float64),
        np.asarray(holding_costs, dtype=np.float64),
        float(family_cost),
    )
    return [(int(period), int(until[period])) for period in np.flatnonzero(until)]
