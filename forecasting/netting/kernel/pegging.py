"""What of one item uses what: its supplies and proposals, and who asks for them."""

from typing import Any

import numpy as np

from forecasting.netting.kernel.compiled import allocating, compiled, inlined
from forecasting.netting.kernel.tables import FORECAST, NOTHING, SAFETY, Unpegged


@allocating
def unpegged(i: Any, e: Any, drafts: Any, d_first: Any, d_stop: Any) -> Any:
    s_first, s_stop = e.supply_first[i], e.supply_first[i + 1]
    known = s_stop - s_first
    left = np.empty(known + d_stop - d_first)
    left[:known] = e.supply_quantity[s_first:s_stop]
    left[known:] = drafts.quantity[d_first:d_stop]
    rest = e.demand_quantity[e.demand_first[i] : e.demand_first[i + 1]].copy()
    latest = np.full(len(left), -1, dtype=np.int64)
    return Unpegged(left, rest, latest, known, s_first, d_first, e.demand_first[i])


@compiled
def peg(loose: Any, e: Any, by_day: Any, drafts: Any, pegs: Any, n: Any) -> Any:
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


@compiled
def _keep(loose: Any, drafts: Any, pegs: Any, n: Any) -> Any:
    """What nobody uses of the proposals is for safety. Returns as `peg` does."""
    for s in range(loose.known, len(loose.left)):
        draft = loose.d_first + s - loose.known
        if loose.left[s] > NOTHING and n >= 0:
            n = _write_peg(-1 - draft, SAFETY, loose.left[s], drafts.due[draft], pegs, n)
    return n


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
