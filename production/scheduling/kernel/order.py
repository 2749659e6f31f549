"""The one order of all tasks, kept in step with a plan's arcs, and sets of places in it that are cheap to go through.

When a new arc points backwards, only tasks between its ends that hang on either of them change places, among each other
(dynamic topological order: Pearce & Kelly 2006). Sets are bits, 64 places to a word, so that what is far apart is found as
quickly as what is near.
"""

import numpy as np
from numba.cpython.unsafe.numbers import leading_zeros, trailing_zeros

from production.scheduling.kernel.compiled import compiled, inlined

PLACE = 32  # bits of a task in an entry of the log, below its place
TASK = (1 << PLACE) - 1


@inlined
def add(places, p):
    """Add a place to a set."""
    places[p >> 6] |= np.int64(1) << (p & 63)


@inlined
def take_first(places, w):
    """Remove the first place from a word that is not empty; which one that was."""
    word = places[w]
    places[w] = word & (word - 1)
    return (w << 6) + trailing_zeros(word)


@inlined
def take_last(places, w):
    """Remove the last place from a word that is not empty; which one that was."""
    word = places[w]
    b = np.int64(63) - leading_zeros(word)
    places[w] = word & ~(np.int64(1) << b)
    return (w << 6) + b


@compiled
def precede(a, graph, first, second):
    """Put one task before another, which is before it now, with all it waits for in between.

    False where it waits for that one. What was where is in `stretch`, as `change.low` to `change.high` tell.
    """
    node, order, change = graph.node, graph.order, graph.change[0]
    low, high = node[second].place, node[first].place
    back = _waited_for(a, graph, low, high)
    if back < 0:
        return False
    fore = _waiting(a, graph, low, high, back)
    change.low, change.high = 0, back + fore - 1
    # Those in front are listed last place first, those behind first place first; together they take the places they have.
    one, other = back - 1, back
    for x in range(back):
        p = graph.scratch[back - 1 - x]
        graph.stretch[x] = (p << PLACE) | order[p]
    for x in range(back, back + fore):
        p = graph.scratch[x]
        graph.stretch[x] = (p << PLACE) | order[p]
    for x in range(back + fore):
        if one >= 0 and (other == back + fore or graph.scratch[one] < graph.scratch[other]):
            p = graph.scratch[one]
            one -= 1
        else:
            p = graph.scratch[other]
            other += 1
        i = graph.stretch[x] & TASK
        order[p] = i
        node[i].place = p
    return True


@inlined
def put_back(graph, entry):
    """Give a task the place that an entry of the log says."""
    i, p = entry & TASK, entry >> PLACE
    graph.order[p] = i
    graph.node[i].place = p


@compiled
def _waited_for(a, graph, low, high):
    """List, last first, the places from `low` on that the task at `high` waits for, its own included; −1 if `low` is one."""
    node, places = graph.node, graph.places
    count = 0
    add(places, high)
    w = high >> 6
    while w >= low >> 6:
        if places[w] == 0:
            w -= 1
            continue
        p = take_last(places, w)
        if p == low:
            return -1
        graph.scratch[count] = p
        count += 1
        i = graph.order[p]
        n = node[i]
        if n.before >= 0:
            _add_between(places, node[n.before].place, low, p)
        for e in range(a.task[i].pred_at, a.task[i].pred_end):
            _add_between(places, node[a.pred[e].task].place, low, p)
        for e in range(n.arc_at, n.arc_end):
            _add_between(places, node[graph.held_before[e]].place, low, p)
    return count


@compiled
def _waiting(a, graph, low, high, at):
    """List, from row `at` on, the places before `high` of tasks that wait for the one at `low`, its own included."""
    node, places = graph.node, graph.places
    count = 0
    add(places, low)
    w = low >> 6
    while w <= high >> 6:
        if places[w] == 0:
            w += 1
            continue
        p = take_first(places, w)
        graph.scratch[at + count] = p
        count += 1
        i = graph.order[p]
        n = node[i]
        if n.after >= 0:
            _add_between(places, node[n.after].place, p + 1, high)
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            _add_between(places, node[a.succ[e].task].place, p + 1, high)
        for e in range(n.heir_at, n.heir_end):
            _add_between(places, node[graph.held_after[e]].place, p + 1, high)
    return count


@inlined
def _add_between(places, p, low, high):
    if low <= p < high:
        add(places, p)
