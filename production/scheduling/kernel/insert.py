"""Where in a plan that stands a task goes best, on the plan's graph.

Every place from the moment the task is ready is tried on each of its machines, up to the first gap that holds it without anybody
giving way: what is behind it moves right as far as it must, gaps absorbing that, and all of it is priced. A task that was where it
stands in the present plan may be put back there.
"""

from typing import NamedTuple

import numpy as np

from production.scheduling.kernel.arrays import FLOW, MOVE, RUNNING, TARDINESS, Floats, Ints, Table
from production.scheduling.kernel.change import put_held, take_back
from production.scheduling.kernel.clock import end_after
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.graph import family_before
from production.scheduling.kernel.slots import bucket_of, offer, ready_at, setup_seconds

RETRIES = 12  # how often a place is asked again later, tools, people or a share being taken
WORTH_IT = 1.0  # weighted seconds: less is no gain


class Aims(NamedTuple):
    """What is wanted of tasks, where those of the present plan are at home, and who uses what besides machines."""

    latest: Floats  # the end by which the jobs behind it can be in time
    due: Floats  # the same where nothing queues on its way
    weight: Floats  # the heaviest job behind it
    home: Ints  # what to hold it at to be where it stands in the present plan; −1 for none
    member_at: Ints  # by job, rows of the next: its tasks that may move, predecessors first
    member: Ints
    row: Ints  # of each task in it, −1 for those that may not move
    user_at: Ints  # by resource, rows of the next two: tasks that use it, and how much of it
    user: Ints
    amount: Ints
    ousted: Ints  # room to work in
    shortlist: Table


@compiled
def best_place(a, graph, aims, i, reach, limit):
    """The cheapest place of a lifted task: a gap, its home, or where others give way.

    Gaps first: what they cost bounds how far it pays to look how others would have to give way.

    :param reach: places to try on each machine that are no gap. :param limit: what the plan may cost.
    :returns: cost, mode (−1: none), behind whom, held at; tasks timed on the way.
    """
    best, mode, place, hold, work = best_gap(a, graph, aims, i, limit)
    cost, k, behind, held, timed = best_push(a, graph, aims, i, reach, best)
    if k >= 0:
        best, mode, place, hold = cost, k, behind, held
    return best, mode, place, hold, work + timed


@compiled
def best_gap(a, graph, aims, i, limit):
    """The cheapest gap of a lifted task, or its home; as `best_place` says it."""
    return _best_of(a, graph, aims, i, 0, limit, True)


@compiled
def best_push(a, graph, aims, i, reach, limit):
    """The cheapest place of a lifted task where others give way; as `best_place` says it."""
    return _best_of(a, graph, aims, i, reach, limit, False)


@compiled
def _best_of(a, graph, aims, i, reach, limit, gaps):
    best, mode, place, hold = limit, np.int64(-1), np.int64(-1), np.int64(0)
    work = np.int64(0)
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        cost, behind, held, timed = _best_on(a, graph, aims, i, k, best, reach, gaps)
        work += timed
        if cost < best:
            best, mode, place, hold = cost, np.int64(k), behind, held
    return best, mode, place, hold, work


@compiled
def _best_on(a, graph, aims, i, k, best, reach, gaps):
    """The cheapest place on one machine: of gaps and home, or of the others; cost (`best` for none), behind whom, held at."""
    node = graph.node
    m = a.mode[k].machine
    ready = max(ready_at(a, i, k, node), a.task[i].floor)
    home = aims.home[i] if m == a.task[i].present_machine else np.int64(-1)
    behind, after = np.int64(-1), np.int64(-1)
    place, hold, work = np.int64(-1), np.int64(0), np.int64(0)
    if not a.machine[m].unlimited:
        after = graph.head[m]
        while after >= 0 and (node[after].fixed == RUNNING or node[after].end <= ready):
            behind, after = after, node[after].after
    tried = 0
    while True:
        free = ready
        if behind >= 0:
            free = max(free, node[behind].end)
        if graph.total[0] + at_least(a, graph, aims, i, free + a.mode[k].seconds) >= best:
            break
        is_gap = after < 0 or _holds(a, graph, i, k, ready, behind, after)
        if gaps and home >= free and (after < 0 or node[after].end > home):
            cost, kept, timed, _ = _tried(a, graph, aims, i, k, behind, after, home, best)
            work += timed
            if cost < best:
                best, place, hold = cost, behind, kept
        if is_gap == gaps:
            tried += 1
            cost, kept, timed, is_quiet = _tried(a, graph, aims, i, k, behind, after, np.int64(0), best)
            work += timed
            if cost < best:
                best, place, hold = cost, behind, kept
            if gaps and is_quiet and home < free:
                break
        # Whoever waits for the task keeps others waiting: behind those it cannot go either.
        is_too_late = tried > 0 and graph.change[0].is_too_late
        if after < 0 or is_too_late or (not gaps and tried >= reach):
            break
        behind, after = after, node[after].after
    return best, place, hold, work


@compiled
def _holds(a, graph, i, k, ready, behind, after):
    """Whether a task fits between two others without the second one having to give way."""
    node = graph.node
    m = a.mode[k].machine
    free = max(a.now, a.task[i].floor)
    family = a.machine[m].stands_ready
    if behind >= 0:
        free, family = max(free, node[behind].end), a.task[behind].family
    if node[after].start - max(free, ready) < a.mode[k].seconds:
        return False
    _, _, end = offer(a, i, k, free, family, ready)
    if end > node[after].start:
        return False
    more = setup_seconds(a, after, m, a.task[i].family) - setup_seconds(a, after, m, family)
    return more <= 0 or end_after(a, a.mode[k].calendar, end, more) <= node[after].start


@compiled
def estimate(a, graph, aims, i, end):
    """What a task costs that ends then while tasks behind it are lifted: those are late by as much at least."""
    is_open = False
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        is_open |= graph.node[a.succ[e].task].mode < 0
    if not is_open:
        return 0.0
    cost = a.cost[FLOW] * (end - a.job[a.task[i].job].release)
    if end > aims.latest[i]:
        cost += a.cost[TARDINESS] * aims.weight[i] * (end - aims.latest[i])
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        arc = a.succ[e]
        if graph.node[arc.task].mode < 0 and arc.share == 1.0 and 0 <= aims.home[arc.task] < end + arc.wait:
            cost += a.cost[MOVE]
    return cost


@compiled
def at_least(a, graph, aims, i, end):
    """What a lifted task costs at least that ends then or later."""
    cost = estimate(a, graph, aims, i, end)
    j = a.task[i].job
    if a.task[i].is_last and end > a.job[j].due and graph.tally[j].end < end:
        cost = max(cost, a.cost[TARDINESS] * a.job[j].weight * (end - max(a.job[j].due, graph.tally[j].end)))
    return cost


@compiled
def _tried(a, graph, aims, i, k, behind, after, hold, limit):
    """What a place costs, what the task is held at there, tasks timed, and whether whoever comes after it keeps its end."""
    node = graph.node
    until = node[after].end if after >= 0 else np.int64(0)
    work = np.int64(0)
    for _ in range(RETRIES):
        fits = put_held(a, graph, i, k, behind, hold, limit + WORTH_IT)
        work += graph.change[0].entries + 1
        if not fits:
            take_back(a, graph)
            break
        start, run, end = node[i].start, node[i].run, node[i].end
        later = _look_again(a, graph, aims, i, start, end)
        cost = graph.total[0] + estimate(a, graph, aims, i, end)
        is_quiet = after < 0 or node[after].end <= until
        take_back(a, graph)
        if later <= start:
            return cost, hold, work, is_quiet
        hold = later + run - start if a.ahead else later
        if after >= 0 and hold >= until:
            break
    return np.inf, hold, work, False


@compiled
def _look_again(a, graph, aims, i, start, end):
    """When to look again where tools, people or a machine's share are taken between two moments; `start` where they are not."""
    later = start
    for x in range(a.task[i].need_at, a.task[i].need_end):
        later = max(later, _units_taken(a, graph, aims, i, a.need[x].resource, a.need[x].amount, start, end))
    m = a.mode[graph.node[i].mode].machine
    if a.machine[m].reserve_at < a.machine[m].reserve_end:
        later = max(later, _share_taken(a, graph, i, m, start))
    return later


@compiled
def _units_taken(a, graph, aims, i, resource, amount, start, end):
    """When so many units may be free of those who use too many of them between two moments; `start` where enough are free."""
    node = graph.node
    capacity = a.unit_at[resource + 1] - a.unit_at[resource]
    for u in range(aims.user_at[resource], aims.user_at[resource + 1]):
        n = node[aims.user[u]]
        if aims.user[u] == i or n.mode < 0 or n.start >= end or n.end <= start:
            continue
        moment, taken, soonest = max(start, n.start), np.int64(0), n.end
        for v in range(aims.user_at[resource], aims.user_at[resource + 1]):
            other = node[aims.user[v]]
            if aims.user[v] != i and other.mode >= 0 and other.start <= moment and other.end > moment:
                taken += aims.amount[v]
                soonest = min(soonest, other.end)
        if taken + amount > capacity:
            return soonest
    return start


@compiled
def _share_taken(a, graph, i, m, start):
    """The next bucket's beginning where others' reserves leave a task no room in that of its start; else the start."""
    b = bucket_of(a, start)
    if b < 0:
        return start
    own = a.mode[graph.node[i].mode].seconds + setup_seconds(
        a, i, m, family_before(a, graph, graph.node[i], m)
    )
    for r in range(a.machine[m].reserve_at, a.machine[m].reserve_end):
        if a.reserve[r].group == a.job[a.task[i].job].group:
            continue
        used = np.int64(0)
        other = graph.head[m]
        while other >= 0:
            n = graph.node[other]
            is_counted = other != i and a.job[a.task[other].job].group != a.reserve[r].group
            if is_counted and bucket_of(a, n.start) == b:
                used += a.mode[n.mode].seconds + setup_seconds(a, other, m, family_before(a, graph, n, m))
            other = n.after
        if used > 0 and used + own > a.room[r, b]:
            return a.bucket[b + 1]
    return start
