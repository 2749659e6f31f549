"""Simulated annealing on the graph of a plan: put a task that waits for its machine before those it waits for, or elsewhere.

Moves are aimed: a late job is drawn, its critical path followed back from its end, and a task on it that waits for its
machine chosen; now and then any task, so that everything can move. (Critical-path neighbourhoods for job shops: van Laarhoven,
Aarts & Lenstra 1992; for tardiness: Mati, Dauzère-Pérès & Lahlou 2011.)
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from production.scheduling.kernel.arrays import FREE, Ints
from production.scheduling.kernel.change import let_go, put, take_back
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.estimate import guess
from production.scheduling.kernel.slots import ready_at
from production.scheduling.kernel.window import look_away, look_through, reprice

FRESH = 10  # moves kept before prices are worked out again, and more where more is late
GUESS = 12  # what proposing and guessing a move takes, in tasks timed
REACH = 6  # places that a task jumps at most in its line-up
STAGES = 8  # of cooling in a window
AIMED = 0.9  # of the moves, where any job is late


class Room(NamedTuple):
    """The dice, and what the search works in: tasks worth moving, and the move in hand."""

    dice: npt.NDArray[np.uint64]
    tempting: Ints
    move: Ints


@compiled
def draw(random):
    """The next number between 0 and 1 (xorshift64*, Vigna 2016)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return ((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _below(random, bound):
    return min(np.int64(draw(random) * bound), bound - 1)


@compiled
def anneal(a, graph, best, room, heat, steps):
    """So many moves at one temperature; the best plan met is kept in `best`.

    :param best: records of (mode, place in the order, hold), and last the cost. :param heat: the temperature, in cost.
    :returns: moves tried, moves kept, work done (in tasks timed).
    """
    random, move = room.dice, room.move
    tried, kept, work = 0, 0, np.int64(0)
    cheapest = best[-1]
    is_new = False
    count, fresh = 0, 0
    for _ in range(steps):
        if fresh == 0:
            reprice(a, graph)
            count = _tempting(a, graph, room.tempting)
            work += len(graph.order)
            fresh = FRESH + count // 8
        i = _choose(graph, random, room.tempting, count)
        if i < 0:
            continue
        tried += 1
        work += GUESS
        if not _propose(a, graph, random, i, move):
            continue
        limit = -heat * np.log(draw(random) + 1e-300)
        if move[1] >= 0 and guess(a, graph, move[0], move[1], move[2]) > limit:
            continue
        before = graph.total[0]
        done = put(a, graph, move[0], move[1], move[2]) if move[1] >= 0 else let_go(a, graph, move[0])
        work += graph.change[0].entries + 1
        if not done or graph.total[0] - before > limit:
            take_back(a, graph)
            continue
        kept += 1
        fresh -= 1
        if graph.total[0] < cheapest - 1e-9:
            is_new = True
            cheapest = graph.total[0]
        elif is_new and graph.total[0] > cheapest + 1e-9:
            # The step before this one was the best plan so far: go back to it, keep it, and take this step again another time.
            take_back(a, graph)
            keep(graph, best)
            is_new = False
    if is_new:
        keep(graph, best)
    return tried, kept, work


@compiled
def keep(graph, best):
    """Remember the plan: modes, order, and the starts not to undercut."""
    for i in range(len(graph.node)):
        best[3 * i] = graph.node[i].mode
        best[3 * i + 1] = graph.node[i].place
        best[3 * i + 2] = graph.node[i].hold
    best[-1] = graph.total[0]


@compiled
def _tempting(a, graph, tempting):
    """Tasks of the window that cost something and could do better: they wait for a machine, or have others to go to."""
    node = graph.node
    count = 0
    for p in range(graph.clock[2], graph.clock[3] + 1):
        i = graph.order[p]
        n = node[i]
        if n.price <= 0 or n.fixed != FREE:
            continue
        ready = ready_at(a, i, n.mode, node)
        waits = n.before >= 0 and node[n.before].end > ready
        if waits or n.hold > ready or a.task[i].mode_end - a.task[i].mode_at > 1:
            tempting[count] = i
            count += 1
    return count


@compiled
def _choose(graph, random, tempting, count):
    """A tempting task, the dearer of two; now and then any of the window. −1 for none."""
    if count > 0 and draw(random) < AIMED:
        i = tempting[_below(random, count)]
        other = tempting[_below(random, count)]
        return other if graph.node[other].price > graph.node[i].price else i
    low, high = graph.clock[2], graph.clock[3]
    i = graph.order[low + _below(random, high - low + 1)]
    return i if graph.node[i].fixed == FREE else -1


@compiled
def _propose(a, graph, random, i, move):
    """Draw a move: which task goes, in which mode (−1: it is only let go), behind whom. False when there is nothing to do."""
    node = graph.node
    n = node[i]
    move[0], move[1] = i, -1
    if n.hold > 0 and draw(random) < 0.3:
        return True
    modes = a.task[i].mode_end - a.task[i].mode_at
    if modes > 1 and draw(random) < 0.4:
        k = a.task[i].mode_at + _below(random, modes)
        move[1], move[2] = k, _place_by_time(a, graph, random, i, k)
        return k != n.mode
    if n.before < 0:
        return False
    reach = 1 if draw(random) < 0.5 else 1 + _below(random, REACH)
    if draw(random) < 0.75:
        behind = n.before
        for _ in range(reach):
            if behind < 0 or node[behind].fixed != FREE:
                break
            behind = node[behind].before
        move[1], move[2] = n.mode, behind
        return behind != n.before
    # Its neighbour goes behind it instead, and perhaps further.
    other = n.before
    behind = i
    for _ in range(reach - 1):
        after = node[behind].after
        if after < 0 or node[after].fixed != FREE:
            break
        behind = after
    move[0], move[1], move[2] = other, node[other].mode, behind
    return node[other].fixed == FREE


@compiled
def _place_by_time(a, graph, random, i, k):
    """Behind whom to put a task on another machine: around where its predecessors are done, or where it stands now."""
    node = graph.node
    m = a.mode[k].machine
    if a.machine[m].unlimited:
        return -1
    at = ready_at(a, i, k, node) if draw(random) < 0.5 else node[i].start
    behind = _last_before(a, graph, m, at)
    back = _below(random, 3)
    while back > 0 and behind >= 0 and node[behind].fixed == FREE:
        behind = node[behind].before
        back -= 1
    return behind


@compiled
def _last_before(a, graph, m, at):
    """The last task of a machine that starts before a moment or is fixed; −1 for none. Looked for from where one was last found."""
    node = graph.node
    behind = graph.near[m]
    if behind < 0 or node[behind].mode < 0 or a.mode[node[behind].mode].machine != m:
        behind = graph.head[m]
    if behind < 0:
        return behind
    while behind >= 0 and node[behind].start >= at and node[behind].fixed == FREE:
        behind = node[behind].before
    following = node[behind].after if behind >= 0 else graph.head[m]
    while following >= 0 and (node[following].start < at or node[following].fixed != FREE):
        behind = following
        following = node[following].after
    graph.near[m] = behind if behind >= 0 else following
    return behind


@compiled
def anneal_window(a, graph, best, room, low, high, heat, steps):
    """Anneal a stretch of the order, cooling to nothing, what lies beyond being priced; then time all of it exactly.

    :param best: of length 1; no plan is kept, as the last one is as good as frozen.
    :returns: moves tried, and whether the plan can be timed at all.
    """
    look_through(a, graph, low, high)
    best[-1] = -np.inf
    tried = 0
    for stage in range(STAGES):
        warmth = heat * (1.0 - stage / (STAGES - 1.0)) ** 2
        tried += anneal(a, graph, best, room, warmth, steps // STAGES)[0]
    return tried, look_away(a, graph)
