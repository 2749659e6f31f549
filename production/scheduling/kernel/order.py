"""The one order of all tasks, kept in step with a plan's arcs, and sets of places in it that are cheap to go through.

When a new arc points backwards, a task and the few that hang on it go to the other side of its end; to make room for each, one
task moves to where the first that waits for it stands, that one likewise, and so on up to the place that got free. Where many
hang on it, all between the arc's ends that hang on either of them change places among each other (dynamic topological order:
Pearce & Kelly 2006). Sets are bits, 64 places to a word, so that what is far apart is found as quickly as what is near.
"""

import numpy as np
from numba.cpython.unsafe.numbers import leading_zeros, trailing_zeros

from production.scheduling.kernel.compiled import compiled, inlined

PLACE = 32  # bits of a task in an entry of the log, below its place
TASK = (1 << PLACE) - 1
FEW = 8  # tasks that are moved one by one; thousands may hang on what makes room for them


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
def bring_forward(a, graph, i, ahead_of):
    """Put a task before another, which is before it now, with all it waits for in between.

    False where it waits for that one. What was where is in `stretch`, as `change.low` to `change.high` tell.
    """
    low, high = graph.node[ahead_of].place, graph.node[i].place
    graph.change[0].low, graph.change[0].high = 0, -1
    back = _waited_for(a, graph, low, high, 0)
    if back < 0:
        return False
    if back > FEW:
        fore = _waiting(a, graph, low, high, back)
        _merge(graph, 0, back, back, fore)
        return True
    for x in range(back - 1, -1, -1):
        _take_place_before(a, graph, graph.scratch[x], graph.node[ahead_of].place, back > 1)
    if back > 1:
        _unmark_noted(graph)
    return True


@compiled
def push_back(a, graph, i, behind):
    """Put a task behind another, which is behind it now, with all that waits for it in between; as `bring_forward` says it."""
    low, high = graph.node[i].place, graph.node[behind].place
    graph.change[0].low, graph.change[0].high = 0, -1
    fore = _waiting(a, graph, low, high, 0)
    if fore < 0:
        return False
    if fore > FEW:
        back = _waited_for(a, graph, low, high, fore)
        _merge(graph, fore, back, 0, fore)
        return True
    for x in range(fore - 1, -1, -1):
        _take_place_behind(a, graph, graph.scratch[x], graph.node[behind].place, fore > 1)
    if fore > 1:
        _unmark_noted(graph)
    return True


@compiled
def _take_place_before(a, graph, p, q, is_one_of_many):
    """Give the task at `p` the place `q` before it.

    Whoever had that takes the place of the first that waits for it directly, and so on; the last one gets `p`.
    """
    node, order = graph.node, graph.order
    taker = order[p]
    _note(graph, p, is_one_of_many)
    while q < p:
        i = order[q]
        _note(graph, q, is_one_of_many)
        order[q] = taker
        node[taker].place = q
        n = node[i]
        at, q = q, p
        if n.after >= 0:
            q = _nearest_behind(node[n.after].place, at, q)
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            q = _nearest_behind(node[a.succ[e].task].place, at, q)
        for e in range(n.heir_at, n.heir_end):
            q = _nearest_behind(node[graph.held_after[e]].place, at, q)
        taker = i
    order[p] = taker
    node[taker].place = p


@compiled
def _take_place_behind(a, graph, p, q, is_one_of_many):
    """Give the task at `p` the place `q` behind it; whoever had that takes the place of the last it waits for directly, and so on."""
    node, order = graph.node, graph.order
    taker = order[p]
    _note(graph, p, is_one_of_many)
    while q > p:
        i = order[q]
        _note(graph, q, is_one_of_many)
        order[q] = taker
        node[taker].place = q
        n = node[i]
        at, q = q, p
        if n.before >= 0:
            q = _nearest_before(node[n.before].place, at, q)
        for e in range(a.task[i].pred_at, a.task[i].pred_end):
            q = _nearest_before(node[a.pred[e].task].place, at, q)
        for e in range(n.arc_at, n.arc_end):
            q = _nearest_before(node[graph.held_before[e]].place, at, q)
        taker = i
    order[p] = taker
    node[taker].place = p


@inlined
def _nearest_behind(p, at, nearest):
    return p if at < p < nearest else nearest


@inlined
def _nearest_before(p, at, nearest):
    return p if nearest < p < at else nearest


@inlined
def _note(graph, p, is_one_of_many):
    """Note what is at a place, once in a change: places noted are marked where several tasks move."""
    if is_one_of_many:
        if graph.places[p >> 6] >> (p & 63) & 1:
            return
        add(graph.places, p)
    graph.change[0].high += 1
    graph.stretch[graph.change[0].high] = (p << PLACE) | graph.order[p]


@inlined
def _unmark_noted(graph):
    for x in range(graph.change[0].high + 1):
        graph.places[graph.stretch[x] >> (PLACE + 6)] = 0


@compiled
def _merge(graph, back_at, back, fore_at, fore):
    """Put the tasks at listed places one after the other, in the places they have together.

    :param back_at, back: the row and number of those that go first, listed last place first. :param fore_at, fore: of the others.
    """
    scratch, stretch = graph.scratch, graph.stretch
    for x in range(back):
        p = scratch[back_at + back - 1 - x]
        stretch[x] = (p << PLACE) | graph.order[p]
    for x in range(fore):
        p = scratch[fore_at + x]
        stretch[back + x] = (p << PLACE) | graph.order[p]
    graph.change[0].high = back + fore - 1
    one, other = back_at + back - 1, fore_at
    for x in range(back + fore):
        if one >= back_at and (other == fore_at + fore or scratch[one] < scratch[other]):
            p = scratch[one]
            one -= 1
        else:
            p = scratch[other]
            other += 1
        i = stretch[x] & TASK
        graph.order[p] = i
        graph.node[i].place = p


@inlined
def put_back(graph, entry):
    """Give a task the place that an entry of the log says."""
    i, p = entry & TASK, entry >> PLACE
    graph.order[p] = i
    graph.node[i].place = p


@compiled
def _waited_for(a, graph, low, high, at):
    """List, from row `at` on, last first, the places from `low` on that the task at `high` waits for, its own included.

    How many there are; −1 if `low` itself is one of them.
    """
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
        graph.scratch[at + count] = p
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
    """List, from row `at` on, first first, the places up to `high` of tasks that wait for the one at `low`, its own included.

    How many there are; −1 if `high` itself is one of them.
    """
    node, places = graph.node, graph.places
    count = 0
    add(places, low)
    w = low >> 6
    while w <= high >> 6:
        if places[w] == 0:
            w += 1
            continue
        p = take_first(places, w)
        if p == high:
            return -1
        graph.scratch[at + count] = p
        count += 1
        i = graph.order[p]
        n = node[i]
        if n.after >= 0:
            _add_between(places, node[n.after].place, p + 1, high + 1)
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            _add_between(places, node[a.succ[e].task].place, p + 1, high + 1)
        for e in range(n.heir_at, n.heir_end):
            _add_between(places, node[graph.held_after[e]].place, p + 1, high + 1)
    return count


@inlined
def _add_between(places, p, low, high):
    if low <= p < high:
        add(places, p)
