"""Changing a plan's graph a little: put a task elsewhere, time again what that concerns, and take it back if it does not pay.

Putting a task elsewhere changes few arcs; only tasks behind them, in the order, are timed again, and only as far as anything
changes. What a change overwrote is logged.
"""

import numpy as np

from production.scheduling.kernel.arrays import PINNED, RUNNING
from production.scheduling.kernel.clock import NEVER
from production.scheduling.kernel.compiled import compiled, inlined
from production.scheduling.kernel.graph import family_before, own_cost, span_up, tally_up
from production.scheduling.kernel.order import add, bring_forward, push_back, put_back, take_first
from production.scheduling.kernel.slots import held, offer, ready_at

# Prices are slopes, and the true cost bends upwards: a delay beyond the window also makes late what was just in time, an advance
# soon finds something else in its way. With these factors what a window promises is what the exact timing finds.
DELAYED, ADVANCED = 3.0, 0.3


@inlined
def slot_of(a, graph, i):
    """The slot of a task behind its neighbour and its predecessors; none when a pin does not hold."""
    n = graph.node[i]
    m = a.mode[n.mode].machine
    free = max(a.now, a.task[i].floor)
    for x in range(n.arc_at, n.arc_end):
        free = max(free, graph.node[graph.held_before[x]].end)
    if n.before >= 0:
        free = max(free, graph.node[n.before].end)
    family = family_before(a, graph, n, m)
    ready = ready_at(a, i, n.mode, graph.node)
    if n.fixed == PINNED:
        start, run, end = held(a, i, n.mode, free, family)
        if start >= NEVER or ready > (run if a.ahead else start):
            return NEVER, NEVER, NEVER
        return start, run, end
    return offer(a, i, n.mode, free, family, max(ready, n.hold))


@compiled
def put(a, graph, i, k, behind):
    """Put a task, in mode k, right behind another one of that machine (−1: in front of all). False: it cannot go there.

    Whether it went or not, `take_back` restores what was.
    """
    return put_held(a, graph, i, k, behind, 0, np.inf)


@compiled
def put_held(a, graph, i, k, behind, hold, limit):
    """`put`, not to run before `hold`, and given up (False) as soon as it makes the plan dearer than `limit`.

    A task that is lifted goes back into the plan.
    """
    node = graph.node
    n = node[i]
    change = graph.change[0]
    change.task, change.mode, change.before, change.hold = i, n.mode, n.before, n.hold
    change.low, change.high, change.entries = 0, -1, 0
    change.cost, change.makespan, change.is_too_late = graph.total[0], graph.clock[1], 0
    left = n.after
    if n.mode >= 0:
        unlink(a, graph, i)
    n.mode = k
    n.hold = hold
    link(a, graph, i, behind)
    if n.after >= 0 and (node[n.after].fixed == RUNNING or node[n.after].place < graph.clock[2]):
        return False
    if behind >= 0 and node[behind].place > graph.clock[3]:
        return False
    if n.after >= 0 and node[n.after].place < n.place:
        if not bring_forward(a, graph, i, n.after):
            return False
    elif behind >= 0 and node[behind].place > n.place:
        if not push_back(a, graph, i, behind):
            change.is_too_late = 1
            return False
    first = last = n.place
    add(graph.places, first)
    for x in (n.after, left):
        if x >= 0:
            add(graph.places, node[x].place)
            first, last = min(first, node[x].place), max(last, node[x].place)
    return _time_again(a, graph, first, last, limit)


@compiled
def lift(a, graph, i):
    """Take a task out of the plan, to be put elsewhere: nobody waits for it until then. This cannot be taken back."""
    n = graph.node[i]
    graph.change[0].entries = 0
    left = n.after
    unlink(a, graph, i)
    graph.total[0] -= n.cost
    n.mode, n.hold, n.start, n.run, n.end, n.cost = -1, 0, 0, 0, 0, 0.0
    tally_up(a, graph, a.task[i].job)
    first, last = n.place, _soil(a, graph, i, n.place)
    if left >= 0:
        add(graph.places, graph.node[left].place)
        first, last = min(first, graph.node[left].place), max(last, graph.node[left].place)
    return _time_again(a, graph, first, last, np.inf)


@compiled
def let_go(a, graph, i):
    """Release a task from the start it is held at, where it stands."""
    change = graph.change[0]
    n = graph.node[i]
    change.task, change.mode, change.before, change.hold = i, n.mode, n.before, n.hold
    change.low, change.high, change.entries = 0, -1, 0
    change.cost, change.makespan = graph.total[0], graph.clock[1]
    n.hold = 0
    add(graph.places, n.place)
    return _time_again(a, graph, n.place, n.place, np.inf)


@compiled
def unlink(a, graph, i):
    """Take a task out of its line-up."""
    n = graph.node[i]
    if n.before >= 0:
        graph.node[n.before].after = n.after
    elif not a.machine[a.mode[n.mode].machine].unlimited:
        graph.head[a.mode[n.mode].machine] = n.after
    if n.after >= 0:
        graph.node[n.after].before = n.before
    n.before = n.after = -1


@compiled
def link(a, graph, i, behind):
    """Put a task into the line-up of its mode's machine, behind another one (−1: in front of all)."""
    n = graph.node[i]
    m = a.mode[n.mode].machine
    if a.machine[m].unlimited:
        return
    n.before = behind
    if behind >= 0:
        n.after = graph.node[behind].after
        graph.node[behind].after = i
    else:
        n.after = graph.head[m]
        graph.head[m] = i
    if n.after >= 0:
        graph.node[n.after].before = i


@compiled
def _time_again(a, graph, first, last, limit):
    """Time the tasks at marked places in order, and what waits for them as far as anything changes.

    :param first, last: of the marked places; none is marked afterwards. False when a pin, a calendar or the limit forbids it.
    """
    node, places = graph.node, graph.places
    change = graph.change[0]
    w = first >> 6
    while w <= last >> 6:
        if places[w] == 0:
            w += 1
            continue
        if graph.total[0] > limit:
            _unmark(places, w, last)
            return False
        i = graph.order[take_first(places, w)]
        n = node[i]
        if n.fixed == RUNNING or n.mode < 0:
            continue
        start, run, end = slot_of(a, graph, i)
        if start >= NEVER:
            _unmark(places, w, last)
            return False
        entry = graph.log[change.entries]
        change.entries += 1
        entry.task, entry.start, entry.run, entry.end, entry.cost = i, n.start, n.run, n.end, n.cost
        is_moved = start != n.start or run != n.run or end != n.end
        n.start, n.run, n.end = start, run, end
        cost = own_cost(a, graph, i)
        is_beyond = n.place > graph.clock[3]
        if is_beyond:
            delay = start - n.base
            rate = DELAYED * n.price + graph.total[1] if delay > 0 else ADVANCED * n.price
            cost += rate * delay
        graph.total[0] += cost - n.cost
        n.cost = cost
        if is_beyond or (not is_moved and i != change.task):
            continue
        if a.task[i].is_last:
            tally_up(a, graph, a.task[i].job)
        last = _soil(a, graph, i, last)
    span_up(a, graph)
    return True


@inlined
def _unmark(places, w, last):
    while w <= last >> 6:
        places[w] = 0
        w += 1


@inlined
def _soil(a, graph, i, last):
    """Mark what directly waits for a task as to be timed again; the last place that is marked then."""
    node, places = graph.node, graph.places
    n = node[i]
    if n.after >= 0:
        last = _marked(places, node[n.after].place, n.place, last)
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        # What already runs may stand before something it was to wait for; it is not timed again.
        last = _marked(places, node[a.succ[e].task].place, n.place, last)
    for e in range(n.heir_at, n.heir_end):
        last = _marked(places, node[graph.held_after[e]].place, n.place, last)
    return last


@inlined
def _marked(places, p, behind, last):
    if p > behind:
        add(places, p)
        return max(last, p)
    return last


@compiled
def take_back(a, graph):
    """Undo the last change."""
    node, change = graph.node, graph.change[0]
    n = node[change.task]
    unlink(a, graph, change.task)
    n.mode, n.hold = change.mode, change.hold
    if n.mode >= 0:
        link(a, graph, change.task, change.before)
    for x in range(change.low, change.high + 1):
        put_back(graph, graph.stretch[x])
    for e in range(change.entries - 1, -1, -1):
        entry = graph.log[e]
        n = node[entry.task]
        n.start, n.run, n.end, n.cost = entry.start, entry.run, entry.end, entry.cost
    for e in range(change.entries):
        if a.task[graph.log[e].task].is_last:
            tally_up(a, graph, a.task[graph.log[e].task].job)
    graph.total[0] = change.cost
    graph.clock[1] = change.makespan
