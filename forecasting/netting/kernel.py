"""The inner loops of netting, compiled to machine code by Numba: one item after another, day by day, on flat tables.

All loops stand in this one file, so that Numba sees when any has changed and compiles anew; what they read and write is in `tables`. They hold no Python objects
and release the interpreter lock.
"""

import os
from math import ceil, floor
from typing import Any

import numpy as np
from numba import config, njit

from forecasting.netting.tables import FIXED, FORECAST, JOINT, LEAST_COST, NOTHING, SAFETY

# Beside the sources, or where Numba itself is told to; not where another package last sent it.
setattr(config, "CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", ""))  # noqa: B010 - unknown to type checkers

MOST_BATCHES_A_DAY = 500


@njit(cache=True, nogil=True)
def _load(i: Any, e: Any, coming: Any, firm: Any, forecast: Any) -> None:
    coming[:] = 0.0
    firm[:] = 0.0
    for s in range(e.supply_first[i], e.supply_first[i + 1]):
        coming[e.supply_day[s]] += e.supply_quantity[s]
    for d in range(e.demand_first[i], e.demand_first[i + 1]):
        firm[e.demand_day[d]] += e.demand_quantity[d]
    if e.row[i] >= 0:
        forecast[:] = e.forecast[e.row[i]]
    else:
        forecast[:] = 0.0


@njit(cache=True, nogil=True)
def _spoil(i: Any, e: Any, days: Any, coming: Any, firm: Any, forecast: Any) -> None:
    """Take from what comes what will expire before anybody asks for it, on the day after its last."""
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
            coming[after] -= left[s - first]


@njit(cache=True, nogil=True)
def _needs(lead: Any, safety: Any, days: Any, coming: Any, firm: Any, forecast: Any, needs: Any) -> None:
    """What lot for lot would bring on each day."""
    stock = 0.0
    for day in range(days):
        left = stock + coming[day] - firm[day] - forecast[day]
        needs[day] = 0.0
        if left < safety - NOTHING and day >= lead:
            needs[day] = safety - left
            left = safety
        if left < 0:
            left += min(forecast[day], -left)
        stock = left


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def family_spans(members: Any, rules: Any, e: Any, days: Any, family_cost: Any) -> Any:
    """`joint_spans` of these items, from what lot for lot would bring."""
    needs = np.zeros((len(members), days))
    coming, firm, forecast = np.zeros(days), np.zeros(days), np.zeros(days)
    costs, holdings = np.zeros(len(members)), np.zeros(len(members))
    for place, i in enumerate(members):
        _load(i, e, coming, firm, forecast)
        _spoil(i, e, days, coming, firm, forecast)
        _needs(rules.lead[i], rules.safety[i], days, coming, firm, forecast, needs[place])
        costs[place] = rules.order_cost[i]
        holdings[place] = rules.holding[i]
    return joint_spans(needs, costs, holdings, family_cost)


@njit(cache=True, nogil=True)
def _whole(quantity: Any, multiple: Any) -> Any:
    return ceil(quantity / multiple - NOTHING) * multiple if multiple > 0 else quantity


@njit(cache=True, nogil=True)
def batches(quantity: Any, minimum: Any, multiple: Any, vessel: Any, sizes: Any) -> Any:
    """Full vessels and a rest, into `sizes`; returns how many."""
    quantity = _whole(max(quantity, minimum), multiple)
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
        sizes[count] = min(_whole(max(rest - NOTHING, minimum), multiple), largest)
        count += 1
    return count


@njit(cache=True, nogil=True)
def _spans(
    i: Any, rules: Any, e: Any, days: Any, coming: Any, firm: Any, forecast: Any, until: Any, ordered: Any
) -> None:
    """Up to which day a replenishment on each day covers, and on which days the family's set-up asks for one."""
    ordered[:] = False
    sizing = rules.sizing[i]
    if sizing == LEAST_COST:
        needs = np.zeros(days)
        _needs(rules.lead[i], rules.safety[i], days, coming, firm, forecast, needs)
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
                ordered[day] = True
            until[day] = max(end, day + 1)
    else:
        for day in range(days):
            until[day] = min(day + max(rules.cover[i], 1), days)


@njit(cache=True, nogil=True)
def _runs_out(day: Any, stock: Any, days: Any, coming: Any, firm: Any, forecast: Any) -> Any:
    for later in range(day + 1, days):
        stock += coming[later] - firm[later] - forecast[later]
        if stock < -NOTHING:
            return later
    return -1


@njit(cache=True, nogil=True)
def _wanted(
    i: Any, day: Any, left: Any, until: Any, rules: Any, coming: Any, firm: Any, forecast: Any
) -> Any:
    """How much to replenish, and what is asked for beyond what comes until the end of what that covers."""
    need = rules.safety[i] - left
    ahead, worst = 0.0, 0.0
    for later in range(day + 1, until):
        ahead += forecast[later] + firm[later] - coming[later]
        worst = max(worst, ahead)
    if rules.sizing[i] == FIXED and rules.fixed[i] > 0:
        return _whole(need, rules.fixed[i]), ahead
    wanted = need + worst
    if rules.most[i] > 0 and left + wanted > rules.most[i]:
        wanted = max(rules.most[i] - left, need)
    return wanted, ahead


@njit(cache=True, nogil=True)
def net_items(
    start: Any,
    stop: Any,
    rules: Any,
    e: Any,
    days: Any,
    drafts: Any,
    pegs: Any,
    stock_out: Any,
    asked_out: Any,
) -> Any:
    """Net items from `start` to before `stop`.

    Returns (the first item that is not done, drafts and pegs written): where the tables are full before the last item is done, the
    caller makes room and goes on from there. Rows of `stock_out` and `asked_out` are those of the items.
    """
    coming, firm, forecast = np.zeros(days), np.zeros(days), np.zeros(days)
    until, ordered = np.zeros(days, dtype=np.int64), np.zeros(days, dtype=np.bool_)
    lost = np.zeros(days)
    sizes = np.zeros(MOST_BATCHES_A_DAY + 1)
    n_drafts, n_pegs = 0, 0
    for i in range(start, stop):
        begun_drafts, begun_pegs = n_drafts, n_pegs
        _load(i, e, coming, firm, forecast)
        asked_out[i] = firm + forecast
        _spoil(i, e, days, coming, firm, forecast)
        _spans(i, rules, e, days, coming, firm, forecast, until, ordered)
        stock, out, short = 0.0, -1, -1
        for day in range(days):
            stock += coming[day]
            left = stock - firm[day] - forecast[day]
            if left >= -NOTHING:
                out = -1
            elif out < 0:
                out = day
            lacks = left < rules.safety[i] - NOTHING
            if not lacks:
                short = -1
            elif short < 0:
                short = day
            if day >= rules.lead[i] and (lacks or ordered[day]):
                wanted, ahead = _wanted(i, day, left, until[day], rules, coming, firm, forecast)
                if wanted > NOTHING:
                    count = batches(wanted, rules.minimum[i], rules.multiple[i], rules.vessel[i], sizes)
                    if n_drafts + count > len(drafts.item):
                        return i, begun_drafts, begun_pegs
                    runs_out = out if out >= 0 else _runs_out(day, left, days, coming, firm, forecast)
                    brought = 0.0
                    for b in range(count):
                        drafts.item[n_drafts] = i
                        drafts.quantity[n_drafts] = sizes[b]
                        drafts.due[n_drafts] = day
                        drafts.needed[n_drafts] = short if short >= 0 else day
                        drafts.out[n_drafts] = runs_out
                        drafts.left[n_drafts] = left
                        drafts.before[n_drafts] = brought
                        drafts.ahead[n_drafts] = ahead
                        drafts.covers[n_drafts] = until[day] - day
                        drafts.waiting[n_drafts] = 0.0
                        drafts.waiting_cost[n_drafts] = 0.0
                        brought += sizes[b]
                        n_drafts += 1
                    left += brought
            lost[day] = 0.0
            if left < 0:
                # What was forecast and not there is not asked for again; what was ordered still is.
                lost[day] = min(forecast[day], -left)
                left += lost[day]
            stock = left
            stock_out[i, day] = stock
        n_pegs = _peg(i, e, days, forecast, lost, drafts, begun_drafts, n_drafts, pegs, n_pegs)
        if n_pegs < 0:
            return i, begun_drafts, begun_pegs
    return stop, n_drafts, n_pegs


@njit(cache=True, nogil=True)
def _peg(
    i: Any,
    e: Any,
    days: Any,
    forecast: Any,
    lost: Any,
    drafts: Any,
    d_first: Any,
    d_stop: Any,
    pegs: Any,
    n: Any,
) -> Any:
    """What uses what: on each day those who wait, then who asks by name, then the forecast; first expired is used first.

    Returns how many pegs there are now, or -1 where the table is full.
    """
    s_first, s_stop = e.supply_first[i], e.supply_first[i + 1]
    known = s_stop - s_first
    count = known + d_stop - d_first
    left = np.zeros(count)
    latest = np.full(count, -1, dtype=np.int64)  # the peg of each supply that serves the forecast
    for s in range(known):
        left[s] = e.supply_quantity[s_first + s]
    for p in range(d_stop - d_first):
        left[known + p] = drafts.quantity[d_first + p]
    waits, comes = e.demand_first[i], e.demand_first[i]
    end = e.demand_first[i + 1]
    rest = np.zeros(end - waits + 1)
    for d in range(waits, end):
        rest[d - waits] = e.demand_quantity[d]
    base, head = waits, 0
    for day in range(days):
        while head < count and left[head] <= NOTHING:
            head += 1
        while comes < end and e.demand_day[comes] <= day:
            comes += 1
        own = forecast[day] - lost[day]
        if own <= NOTHING and waits == comes:
            continue
        d = waits
        blocked = False
        while d <= comes:
            named = d < comes
            open_part = rest[d - base] if named else own
            for s in range(head, count):
                if open_part <= NOTHING:
                    break
                if left[s] <= NOTHING:
                    continue
                if s < known:
                    if e.supply_day[s_first + s] > day or e.supply_last[s_first + s] < day:
                        continue
                elif drafts.due[d_first + s - known] > day:
                    break
                taken = min(left[s], open_part)
                left[s] -= taken
                open_part -= taken
                if named or latest[s] < 0:
                    if n >= len(pegs.supply):
                        return -1
                    pegs.supply[n] = s_first + s if s < known else -1 - (d_first + s - known)
                    pegs.demand[n] = d if named else FORECAST
                    pegs.quantity[n] = taken
                    pegs.first[n] = e.demand_day[d] if named else day
                    pegs.last[n] = pegs.first[n]
                    if not named:
                        latest[s] = n
                    n += 1
                else:
                    pegs.quantity[latest[s]] += taken
                    pegs.last[latest[s]] = day
                if named and s >= known and e.demand_late[d] > 0:
                    draft = d_first + s - known
                    waited = max(drafts.due[draft] + drafts.covers[draft] - e.demand_day[d], 1)
                    drafts.waiting[draft] += taken
                    drafts.waiting_cost[draft] += taken * e.demand_late[d] * waited
            if named:
                rest[d - base] = open_part
                if open_part > NOTHING:
                    blocked = True
                elif not blocked:
                    waits = d + 1
            d += 1
    for p in range(d_stop - d_first):
        if left[known + p] > NOTHING:
            if n >= len(pegs.supply):
                return -1
            pegs.supply[n] = -1 - (d_first + p)
            pegs.demand[n] = SAFETY
            pegs.quantity[n] = left[known + p]
            pegs.first[n] = drafts.due[d_first + p]
            pegs.last[n] = pegs.first[n]
            n += 1
    return n
