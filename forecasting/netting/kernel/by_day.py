"""One item, day by day: what comes, what is asked for, and what lot for lot would bring."""

from typing import Any

import numpy as np

from forecasting.netting.kernel.compiled import allocating, compiled
from forecasting.netting.kernel.tables import NOTHING, ByDay


@allocating
def room(days: Any) -> Any:
    none = np.zeros(days)
    return ByDay(
        none, none.copy(), none.copy(), none.copy(), np.zeros(days, np.int64), np.zeros(days, np.bool_)
    )


@allocating
def load(i: Any, e: Any, by_day: Any) -> None:
    by_day.coming[:] = 0.0
    by_day.firm[:] = 0.0
    for s in range(e.supply_first[i], e.supply_first[i + 1]):
        by_day.coming[e.supply_day[s]] += e.supply_quantity[s]
    for d in range(e.demand_first[i], e.demand_first[i + 1]):
        by_day.firm[e.demand_day[d]] += e.demand_quantity[d]
    if e.row[i] >= 0:
        by_day.forecast[:] = e.forecast[e.row[i]]
    else:
        by_day.forecast[:] = 0.0


@allocating
def spoil(i: Any, e: Any, by_day: Any) -> None:
    """Take from what comes what will expire before anybody asks for it, on the day after its last."""
    firm, forecast, days = by_day.firm, by_day.forecast, len(by_day.firm)
    first, stop = e.supply_first[i], e.supply_first[i + 1]
    passing = False
    for s in range(first, stop):
        if e.supply_last[s] < days - 1:
            passing = True
    if not passing:
        return
    left = e.supply_quantity[first:stop].copy()
    backlog = 0.0
    for day in range(days):
        named = firm[day] + backlog
        open_part = named + forecast[day]
        for s in range(first, stop):
            if open_part <= NOTHING:
                break
            if e.supply_day[s] <= day <= e.supply_last[s]:
                taken = min(left[s - first], open_part)
                left[s - first] -= taken
                open_part -= taken
        backlog = min(max(open_part - forecast[day], 0.0), named)
    for s in range(first, stop):
        after = max(e.supply_last[s] + 1, e.supply_day[s])
        if after < days and left[s - first] > NOTHING:
            by_day.coming[after] -= left[s - first]


@compiled
def needs_of(lead: Any, safety: Any, by_day: Any, needs: Any) -> None:
    """What lot for lot would bring on each day."""
    coming, firm, forecast, _, _, _ = by_day
    stock = 0.0
    for day in range(len(needs)):
        left = stock + coming[day] - firm[day] - forecast[day]
        needs[day] = 0.0
        if left < safety - NOTHING and day >= lead:
            needs[day] = safety - left
            left = safety
        if left < 0:
            left += min(forecast[day], -left)
        stock = left
