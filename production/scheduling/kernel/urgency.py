"""The backward pass over the precedence graph, compiled."""

import numpy as np

from production.scheduling.kernel.compiled import allocating


@allocating
def look_back(a, by_rank, run, waits, weight, horizon):
    """Tail, latest start and weight of every task from those of its successors.

    :param by_rank: tasks in topological order. :param run: their mean duration. :param waits: the queue each is
        expected to stand in. :param weight: of jobs. :param horizon: the end of jobs that have no due date.
    """
    size = len(run)
    tail = np.zeros(size)
    latest = np.zeros(size)
    heaviest = np.zeros(size)
    for position in range(size - 1, -1, -1):
        i = by_rank[position]
        j = a.task[i].job
        length, most = 0.0, weight[j]
        end = horizon if a.job[j].due >= horizon else float(a.job[j].due)
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            s = a.succ[e].task
            gap = a.succ[e].wait + waits[s] - (1 - a.succ[e].share) * min(run[i], run[s])
            length = max(length, tail[s] + gap)
            end = min(end, latest[s] - gap)
            most = max(most, heaviest[s])
        tail[i], latest[i], heaviest[i] = length + run[i], end - run[i], most
    return tail, latest, heaviest
