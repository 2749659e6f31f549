"""Lot sizing: the cheapest days of ordering, families that are set up together, and batches that fit the vessel."""

from math import ceil, floor
from typing import Any

import numpy as np

from forecasting.netting.kernel.by_day import load, needs_of, room, spoil
from forecasting.netting.kernel.compiled import allocating, compiled
from forecasting.netting.kernel.tables import JOINT, LEAST_COST, MOST_BATCHES_A_DAY, NOTHING


@allocating
def least_cost_days(needs: Any, order_costs: Any, holding: Any, largest: Any) -> Any:
    """Wagner and Whitin: whether to order in each period, and the least cost; each batch of `largest` is set up for (0: one takes all)."""
    periods = len(needs)
    best = np.full(periods + 1, np.inf)
    best[0] = 0.0
    came_from = np.zeros(periods + 1, dtype=np.int64)
    for begin in range(periods):
        if needs[begin] <= NOTHING and best[begin] < best[begin + 1]:
            best[begin + 1] = best[begin]
            came_from[begin + 1] = -1
        held, ordered = 0.0, 0.0
        for end in range(begin, periods):
            held += holding * (end - begin) * needs[end]
            ordered += needs[end]
            count = max(ceil(ordered / largest - NOTHING), 1) if largest > 0 else 1
            cost = best[begin] + count * order_costs[begin] + held
            if cost < best[end + 1]:
                best[end + 1] = cost
                came_from[end + 1] = begin
    orders = np.zeros(periods, dtype=np.bool_)
    at = periods
    while at > 0:
        begin = came_from[at]
        if begin < 0:
            at -= 1
            continue
        for period in range(begin, at):
            if needs[period] > NOTHING:
                orders[begin] = True
        at = begin
    return orders, best[periods]


@allocating
def joint_spans(needs: Any, order_costs: Any, holdings: Any, family_cost: Any) -> Any:
    """For each period in which the family is set up, the period up to which that covers it; else 0."""
    items, periods = needs.shape
    until = np.zeros(periods, dtype=np.int64)
    begin = 0
    while begin < periods:
        if needs[:, begin].max() <= NOTHING:
            begin += 1
            continue
        cost, lowest, best, stop = family_cost, np.inf, begin + 1, False
        counted = np.zeros(items, dtype=np.bool_)
        for end in range(begin, periods):
            for i in range(items):
                if needs[i, end] > NOTHING:
                    if not counted[i]:
                        counted[i] = True
                        cost += order_costs[i]
                    cost += holdings[i] * (end - begin) * needs[i, end]
            rate = cost / (end - begin + 1)
            if needs[:, end].max() <= NOTHING:
                continue
            if rate > lowest:
                stop = True
            if stop:
                break
            lowest, best = rate, end + 1
        until[begin] = best
        begin = best
    return until


@allocating
def family_spans(members: Any, rules: Any, e: Any, days: Any, family_cost: Any) -> Any:
    """`joint_spans` of these items, from what lot for lot would bring."""
    needs = np.zeros((len(members), days))
    by_day = room(days)
    costs, holdings = np.zeros(len(members)), np.zeros(len(members))
    for place, i in enumerate(members):
        load(i, e, by_day)
        spoil(i, e, by_day)
        needs_of(rules.lead[i], rules.safety[i], by_day, needs[place])
        costs[place] = rules.order_cost[i]
        holdings[place] = rules.holding[i]
    return joint_spans(needs, costs, holdings, family_cost)


@allocating
def spans(i: Any, rules: Any, e: Any, by_day: Any) -> None:
    """Up to which day a replenishment on each day covers, and on which days the family's set-up asks for one."""
    until, days = by_day.until, len(by_day.until)
    by_day.ordered[:] = False
    sizing = rules.sizing[i]
    if sizing == LEAST_COST:
        needs = np.zeros(days)
        needs_of(rules.lead[i], rules.safety[i], by_day, needs)
        costs = np.full(days, rules.order_cost[i])
        chosen, _ = least_cost_days(needs, costs, rules.holding[i], rules.vessel[i])
        following = days
        for day in range(days - 1, -1, -1):
            until[day] = following
            if chosen[day]:
                following = day
    elif sizing == JOINT and e.family_row[i] >= 0:
        spans = e.until[e.family_row[i]]
        end = 0
        for day in range(days):
            if spans[day] > 0:
                end = spans[day]
                by_day.ordered[day] = True
            until[day] = max(end, day + 1)
    else:
        for day in range(days):
            until[day] = min(day + max(rules.cover[i], 1), days)


@compiled
def whole(quantity: Any, multiple: Any) -> Any:
    return ceil(quantity / multiple - NOTHING) * multiple if multiple > 0 else quantity


@compiled
def batches(quantity: Any, minimum: Any, multiple: Any, vessel: Any, sizes: Any) -> Any:
    """Full vessels and a rest, into `sizes`; returns how many."""
    quantity = whole(max(quantity, minimum), multiple)
    largest = vessel
    if largest <= 0 or quantity <= largest + NOTHING:
        sizes[0] = quantity
        return 1
    if 0 < multiple <= largest:
        largest = floor(largest / multiple + NOTHING) * multiple
    full = floor((quantity + NOTHING) / largest)
    if full >= MOST_BATCHES_A_DAY:
        sizes[:MOST_BATCHES_A_DAY] = largest
        return MOST_BATCHES_A_DAY
    rest = quantity + NOTHING - full * largest
    count = int(full)
    sizes[:count] = largest
    if rest > 10 * NOTHING:
        sizes[count] = min(whole(max(rest - NOTHING, minimum), multiple), largest)
        count += 1
    return count
