"""Passes over the precedence graph, compiled: backward what is urgent, forward how soon anything can be done."""

import numpy as np

from production.scheduling.kernel.arrays import RUNNING
from production.scheduling.kernel.clock import NEVER, add_work, clock_of, take_work
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


@allocating
def last_calls(a, by_rank, run, waits, horizon):
    """By mode, the latest start that lets the jobs behind a task be in time, on the clock of the mode's machine.

    Unlike the latest starts of `look_back` these know when machines are closed: what is due on Sunday has to be done on Friday.

    :param run: working seconds of each task. :param waits: working seconds for which each is expected to queue.
    """
    size = len(run)
    latest = np.empty(size, np.int64)
    calls = np.empty(len(a.mode), np.float64)
    for position in range(size - 1, -1, -1):
        i = by_rank[position]
        c = a.mode[a.task[i].mode_at].calendar
        end = min(a.job[a.task[i].job].due, horizon)
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            s = a.succ[e].task
            overlap = np.int64((1 - a.succ[e].share) * min(run[i], run[s]))
            queued = take_work(a, a.mode[a.task[s].mode_at].calendar, latest[s], waits[s])
            end = min(end, queued + overlap - a.succ[e].wait)
        latest[i] = take_work(a, c, end, run[i])
        for k in range(a.task[i].mode_at, a.task[i].mode_end):
            calls[k] = clock_of(a, a.machine[a.mode[k].machine].calendar, latest[i])
    return calls


@allocating
def soonest_ends(a):
    """The end of every task if it had every machine to itself and needed no set-up beyond what it must."""
    size = len(a.task)
    by_rank, ends = np.empty(size, np.int64), np.zeros(size, np.int64)
    for i in range(size):
        by_rank[a.task[i].rank] = i
    for i in by_rank:
        task = a.task[i]
        ready = task.release
        for e in range(task.pred_at, task.pred_end):
            arc = a.pred[e]
            # With overlap all that is certain is that the successor does not end before the predecessor.
            begun = a.now if a.task[arc.task].kind == RUNNING else a.task[arc.task].release
            before = ends[arc.task] + arc.wait if arc.share == 1.0 else begun
            ready = max(ready, before)
        soonest = NEVER
        for k in range(task.mode_at, task.mode_end):
            begun = a.now if task.kind == RUNNING else ready
            soonest = min(soonest, add_work(a, a.mode[k].calendar, begun, a.mode[k].seconds))
        ends[i] = soonest
    return ends
