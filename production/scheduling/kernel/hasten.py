"""What makes a late job wait gives way: every place a little further forward is tried, and everybody in front sent behind.

Annealing draws its moves; of the few late jobs that matter most it may miss the one move that helps. Here all are tried.
"""

import numpy as np

from production.scheduling.kernel.arrays import FREE
from production.scheduling.kernel.change import put_held, take_back
from production.scheduling.kernel.compiled import compiled
from production.scheduling.kernel.insert import WORTH_IT


@compiled
def hasten(a, graph, tasks, reach):
    """Make the best change around each task of a late job in turn, where the plan gets cheaper by it.

    :param reach: how many in front of a task are looked at on each of its machines.
    :returns: tasks timed on the way.
    """
    work = np.int64(0)
    for i in tasks:
        if graph.node[i].mode < 0 or graph.node[i].fixed != FREE:
            continue
        moved, mode, behind, timed = _best_change(a, graph, i, reach)
        work += timed
        if moved >= 0:
            put_held(a, graph, moved, mode, behind, 0, np.inf)
    return work


@compiled
def _best_change(a, graph, i, reach):
    """The cheapest change around a task: who goes (−1: nobody), in which mode, behind whom; tasks timed."""
    node = graph.node
    best = graph.total[0] - WORTH_IT
    # On the way a change may cost more by as much as there is to be gained: what the late job costs.
    limit = graph.total[0] + graph.tally[a.task[i].job].cost
    moved, mode, place = np.int64(-1), np.int64(-1), np.int64(-1)
    work = np.int64(0)
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        behind = _in_front(a, graph, i, np.int64(k))
        for _ in range(reach):
            if behind >= 0 and k == node[i].mode and node[behind].fixed == FREE:
                cost, timed = _tried(a, graph, behind, node[behind].mode, i, limit)
                work += timed
                if cost < best:
                    best, moved, mode, place = cost, behind, node[behind].mode, i
            if k != node[i].mode or behind != node[i].before:
                cost, timed = _tried(a, graph, i, np.int64(k), behind, limit)
                work += timed
                if cost < best:
                    best, moved, mode, place = cost, i, np.int64(k), behind
            if behind < 0 or node[behind].fixed != FREE:
                break
            behind = node[behind].before
    return moved, mode, place, work


@compiled
def _in_front(a, graph, i, k):
    """Who is in front of a task on the machine of a mode, or would be if it kept its start; −1 for nobody."""
    node = graph.node
    if k == node[i].mode:
        return node[i].before
    m = a.mode[k].machine
    behind = np.int64(-1)
    if a.machine[m].unlimited:
        return behind
    after = graph.head[m]
    while after >= 0 and (node[after].start < node[i].start or node[after].fixed != FREE):
        behind, after = after, node[after].after
    return behind


@compiled
def _tried(a, graph, i, k, behind, limit):
    """What the plan costs with a task in another place, and how many tasks that times again."""
    fits = put_held(a, graph, i, k, behind, 0, limit)
    cost = graph.total[0] if fits else np.inf
    work = graph.change[0].entries + 1
    take_back(a, graph)
    return cost, work
