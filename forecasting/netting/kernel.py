"""The inner loops of netting, compiled to machine code by Numba: one item after another, day by day, on flat tables.

All loops stand in this one file, so that Numba sees when any has changed and compiles anew; what they read and write is in `tables`. They hold no Python objects
and release the interpreter lock.
"""

import os
from collections.abc import Callable
from math import ceil, floor
from typing import Any

import numpy as np
from numba import config, njit

from forecasting.netting.tables import FIXED, FORECAST, JOINT, LEAST_COST, NOTHING, SAFETY, ByDay, Unpegged

# Beside the sources, or where Numba itself is told to; not where another package last sent it.
setattr(config, "CACHE_DIR", os.environ.get("NUMBA_CACHE_DIR", ""))  # noqa: B010 - unknown to type checkers

# Numba counts references to every array that a function is given, with atomic instructions, which in these loops costs ten times the
# work itself. Functions that make no arrays do without (`_nrt=False`): their callers hold what they use.
_njit: Any = njit  # its type does not know the option
_Compiler = Callable[[Callable[..., Any]], Callable[..., Any]]
allocating: _Compiler = _njit(cache=True, nogil=True)
compiled: _Compiler = _njit(cache=True, nogil=True, _nrt=False)
inlined: _Compiler = _njit(cache=True, nogil=True, _nrt=False, forceinline=True)

MOST_BATCHES_A_DAY = 500


@allocating
def _room(days: Any) -> Any:
    none = np.zeros(days)
    return ByDay(
        none, none.copy(), none.copy(), none.copy(), np.zeros(days, np.int64), np.zeros(days, np.bool_)
    )


@allocating
def _load(i: Any, e: Any, by_day: Any) -> None:
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
def _spoil(i: Any, e: Any, by_day: Any) -> None:
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
def _needs(lead: Any, safety: Any, by_day: Any, needs: Any) -> None:
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
    by_day = _room(days)
    costs, holdings = np.zeros(len(members)), np.zeros(len(members))
    for place, i in enumerate(members):
        _load(i, e, by_day)
        _spoil(i, e, by_day)
        _needs(rules.lead[i], rules.safety[i], by_day, needs[place])
        costs[place] = rules.order_cost[i]
        holdings[place] = rules.holding[i]
    return joint_spans(needs, costs, holdings, family_cost)


@compiled
def _whole(quantity: Any, multiple: Any) -> Any:
    return ceil(quantity / multiple - NOTHING) * multiple if multiple > 0 else quantity


@compiled
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


@allocating
def _spans(i: Any, rules: Any, e: Any, by_day: Any) -> None:
    """Up to which day a replenishment on each day covers, and on which days the family's set-up asks for one."""
    until, days = by_day.until, len(by_day.until)
    by_day.ordered[:] = False
    sizing = rules.sizing[i]
    if sizing == LEAST_COST:
        needs = np.zeros(days)
        _needs(rules.lead[i], rules.safety[i], by_day, needs)
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
def _runs_out(day: Any, stock: Any, by_day: Any) -> Any:
    coming, firm, forecast, _, _, _ = by_day
    for later in range(day + 1, len(coming)):
        stock += coming[later] - firm[later] - forecast[later]
        if stock < -NOTHING:
            return later
    return -1


@compiled
def _wanted(i: Any, day: Any, left: Any, rules: Any, by_day: Any) -> Any:
    """How much to replenish, and what is asked for beyond what comes until the end of what that covers."""
    coming, firm, forecast, _, until, _ = by_day
    need = rules.safety[i] - left
    ahead, worst = 0.0, 0.0
    for later in range(day + 1, until[day]):
        ahead += forecast[later] + firm[later] - coming[later]
        worst = max(worst, ahead)
    if rules.sizing[i] == FIXED and rules.fixed[i] > 0:
        return _whole(need, rules.fixed[i]), ahead
    wanted = need + worst
    if rules.most[i] > 0 and left + wanted > rules.most[i]:
        wanted = max(rules.most[i] - left, need)
    return wanted, ahead


@inlined
def _since(holds: Any, before: Any, day: Any) -> Any:
    """The first of the days in a row, up to this one, on which something holds; -1 where it does not hold."""
    if not holds:
        return -1
    return before if before >= 0 else day


@compiled
def _propose(i: Any, rules: Any, by_day: Any, sizes: Any, drafts: Any, n: Any, stock_out: Any) -> Any:
    """Write the proposals of an item, day by day, what is lost on each day and what is in stock at its end.

    Returns how many drafts there are now, or -1 where the table is full.
    """
    coming, firm, forecast, lost, until, ordered = by_day
    lead, safety = rules.lead[i], rules.safety[i]
    stock, out, short = 0.0, -1, -1
    for day in range(len(stock_out)):
        left = stock + coming[day] - firm[day] - forecast[day]
        lacks = left < safety - NOTHING
        out, short = _since(left < -NOTHING, out, day), _since(lacks, short, day)
        wanted, ahead = 0.0, 0.0
        if day >= lead and (lacks or ordered[day]):
            wanted, ahead = _wanted(i, day, left, rules, by_day)
        if wanted > NOTHING:
            count = batches(wanted, rules.minimum[i], rules.multiple[i], rules.vessel[i], sizes)
            if n + count > len(drafts.item):
                return -1
            drafts.needed[n : n + count] = short if short >= 0 else day
            drafts.out[n : n + count] = out if out >= 0 else _runs_out(day, left, by_day)
            drafts.covers[n : n + count] = until[day] - day
            left += _draft(i, day, left, ahead, sizes[:count], drafts, n)
            n += count
        # What was forecast and not there is not asked for again; what was ordered still is.
        lost[day] = min(forecast[day], -left) if left < 0 else 0.0
        stock = left + lost[day]
        stock_out[day] = stock
    return n


@compiled
def _draft(i: Any, day: Any, left: Any, ahead: Any, sizes: Any, drafts: Any, n: Any) -> Any:
    """A row for each of these sizes, from row `n` on, but for its days; returns what they bring together."""
    brought = 0.0
    for row, size in enumerate(sizes, n):
        drafts.item[row] = i
        drafts.quantity[row] = size
        drafts.due[row] = day
        drafts.left[row] = left
        drafts.before[row] = brought
        drafts.ahead[row] = ahead
        drafts.waiting[row] = 0.0
        drafts.waiting_cost[row] = 0.0
        brought += size
    return brought


@allocating
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
    by_day = _room(days)
    sizes = np.zeros(MOST_BATCHES_A_DAY + 1)
    n_drafts, n_pegs = 0, 0
    for i in range(start, stop):
        _load(i, e, by_day)
        asked_out[i] = by_day.firm + by_day.forecast
        _spoil(i, e, by_day)
        _spans(i, rules, e, by_day)
        drafted = _propose(i, rules, by_day, sizes, drafts, n_drafts, stock_out[i])
        if drafted < 0:
            return i, n_drafts, n_pegs
        loose = _unpegged(i, e, drafts, n_drafts, drafted)
        pegged = _peg(loose, e, by_day, drafts, pegs, n_pegs)
        if pegged < 0:
            return i, n_drafts, n_pegs
        n_drafts, n_pegs = drafted, pegged
    return stop, n_drafts, n_pegs


@inlined
def _write_peg(supply: Any, demand: Any, quantity: Any, first: Any, pegs: Any, n: Any) -> Any:
    """Returns how many pegs there are now, or -1 where the table is full."""
    if n >= len(pegs.supply):
        return -1
    pegs.supply[n] = supply
    pegs.demand[n] = demand
    pegs.quantity[n] = quantity
    pegs.first[n] = first
    pegs.last[n] = first
    return n + 1


@allocating
def _unpegged(i: Any, e: Any, drafts: Any, d_first: Any, d_stop: Any) -> Any:
    s_first, s_stop = e.supply_first[i], e.supply_first[i + 1]
    known = s_stop - s_first
    left = np.empty(known + d_stop - d_first)
    left[:known] = e.supply_quantity[s_first:s_stop]
    left[known:] = drafts.quantity[d_first:d_stop]
    rest = e.demand_quantity[e.demand_first[i] : e.demand_first[i + 1]].copy()
    latest = np.full(len(left), -1, dtype=np.int64)
    return Unpegged(left, rest, latest, known, s_first, d_first, e.demand_first[i])


@inlined
def _note(
    s: Any, demand: Any, taken: Any, day: Any, loose: Any, e: Any, drafts: Any, pegs: Any, n: Any
) -> Any:
    """Write what was taken for a demand: a peg each by name, and one for all days of the forecast."""
    draft = loose.d_first + s - loose.known
    supply = -1 - draft if s >= loose.known else loose.s_first + s
    if demand == FORECAST:
        latest = loose.latest[s]
        if latest < 0:
            loose.latest[s] = n
            return _write_peg(supply, demand, taken, day, pegs, n)
        pegs.quantity[latest] += taken
        pegs.last[latest] = day
        return n
    if s >= loose.known and e.demand_late[demand] > 0:
        waited = max(drafts.due[draft] + drafts.covers[draft] - e.demand_day[demand], 1)
        drafts.waiting[draft] += taken
        drafts.waiting_cost[draft] += taken * e.demand_late[demand] * waited
    return _write_peg(supply, demand, taken, e.demand_day[demand], pegs, n)


@inlined
def _serve(
    demand: Any,
    wanted: Any,
    day: Any,
    head: Any,
    tail: Any,
    loose: Any,
    e: Any,
    drafts: Any,
    pegs: Any,
    n: Any,
) -> Any:
    """Take what is wanted from the sources from `head` to before `tail`. Returns what stays open, and how many pegs there are now."""
    left = loose.left
    for s in range(head, tail):
        if wanted <= NOTHING or n < 0:
            break
        row = loose.s_first + s
        is_there = s >= loose.known or e.supply_day[row] <= day <= e.supply_last[row]
        if left[s] <= NOTHING or not is_there:
            continue
        taken = min(left[s], wanted)
        left[s] -= taken
        wanted -= taken
        n = _note(s, demand, taken, day, loose, e, drafts, pegs, n)
    return wanted, n


@compiled
def _peg(loose: Any, e: Any, by_day: Any, drafts: Any, pegs: Any, n: Any) -> Any:
    """What uses what: on each day those who wait, then who asks by name, then the forecast; first expired is used first.

    Returns how many pegs there are now, or -1 where the table is full.
    """
    left, rest, base = loose.left, loose.rest, loose.a_first
    waits, comes, end = base, base, base + len(rest)
    head, tail, count = 0, loose.known, len(left)
    for day in range(len(by_day.lost)):
        while head < count and left[head] <= NOTHING:
            head += 1
        while tail < count and drafts.due[loose.d_first + tail - loose.known] <= day:
            tail += 1
        while comes < end and e.demand_day[comes] <= day:
            comes += 1
        while waits < comes and rest[waits - base] <= NOTHING:
            waits += 1
        for d in range(waits, comes):
            rest[d - base], n = _serve(d, rest[d - base], day, head, tail, loose, e, drafts, pegs, n)
            if n < 0:
                return -1
        own = by_day.forecast[day] - by_day.lost[day]
        _, n = _serve(FORECAST, own, day, head, tail, loose, e, drafts, pegs, n)
        if n < 0:
            return -1
    return _keep(loose, drafts, pegs, n)


@compiled
def _keep(loose: Any, drafts: Any, pegs: Any, n: Any) -> Any:
    """What nobody uses of the proposals is for safety. Returns as `_peg` does."""
    for s in range(loose.known, len(loose.left)):
        draft = loose.d_first + s - loose.known
        if loose.left[s] > NOTHING and n >= 0:
            n = _write_peg(-1 - draft, SAFETY, loose.left[s], drafts.due[draft], pegs, n)
    return n
