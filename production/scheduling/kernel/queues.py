"""Queues in front of machines: the most pressing tasks of each stand in front, and only those are compared at every decision.

The rest is looked at again now and then, so that long queues cost no more than short ones.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from production.scheduling.kernel.arrays import Floats, Ints
from production.scheduling.kernel.clock import clock_of
from production.scheduling.kernel.compiled import allocating, inlined

HOT = 256  # tasks of a queue that are compared at every decision
RERANK = 32  # decisions after which the rest of the queue is looked at again


class Rule(NamedTuple):
    """value − max(0, latest start − now) × impatience − set-up × set-up impatience: the greatest goes first."""

    value: Floats  # by task
    latest: Floats  # by mode, on the clock of its machine
    impatience: float
    setup_impatience: float


STEP = np.dtype(
    [
        ("waits", np.int64),
        ("started", np.int64),
        ("machines", np.int64),  # limited ones, over which its seconds of backlog are shared out
    ],
    align=True,
)
QUEUE = np.dtype(
    [
        ("queue_at", np.int64),
        ("size", np.int64),
        ("hot", np.int64),
        ("picks", np.int64),
        ("backlog", np.float64),  # seconds waiting, shared out over eligible machines
        ("woken", np.int64),
    ],
    align=True,
)


class Floor(NamedTuple):
    """The walk's state beside lines and plan: open predecessors (STEP), queues by machine (QUEUE), the modes in them."""

    step: npt.NDArray[np.void]
    at: npt.NDArray[np.void]
    queue: Ints


@allocating
def empty_floor(a):
    """Nobody has started, every queue has room for all who may ever stand in it."""
    step = np.zeros(len(a.task), STEP)
    for i in range(len(a.task)):
        step[i].waits = a.task[i].pred_end - a.task[i].pred_at
    queues = np.zeros(len(a.machine), QUEUE)
    for k in range(len(a.mode)):
        queues[a.mode[k].machine].size += 1
        if not a.machine[a.mode[k].machine].unlimited:
            step[a.mode[k].task].machines += 1
    filled = 0
    for m in range(len(a.machine)):
        queues[m].queue_at, queues[m].woken = filled, -1
        filled += queues[m].size
        queues[m].size = 0
    return Floor(step, queues, np.empty(len(a.mode), np.int64))


@allocating
def enqueue(floor, m, k):
    """Put a mode among the hot ones of a queue."""
    at, hot, size = floor.at[m].queue_at, floor.at[m].hot, floor.at[m].size
    if hot < size:
        floor.queue[at + size] = floor.queue[at + hot]
    floor.queue[at + hot] = k
    floor.at[m].hot += 1
    floor.at[m].size += 1


@inlined
def press(i, k, clock, rule):
    """How much a task presses in a mode, set-up aside, when its machine's clock says so."""
    return rule.value[i] - max(0.0, rule.latest[k] - clock) * rule.impatience


@allocating
def tidy(a, m, now, rule, floor):
    """Drop started tasks from the front of a queue, and bring the most pressing of the rest there when it is time."""
    at = floor.at[m].queue_at
    q = 0
    while q < floor.at[m].hot:
        if floor.step[a.mode[floor.queue[at + q]].task].started:
            floor.at[m].hot -= 1
            floor.at[m].size -= 1
            floor.queue[at + q] = floor.queue[at + floor.at[m].hot]
            floor.queue[at + floor.at[m].hot] = floor.queue[at + floor.at[m].size]
        else:
            q += 1
    floor.at[m].picks += 1
    cold = floor.at[m].size - floor.at[m].hot
    if floor.at[m].hot > 2 * HOT or (cold > 0 and (floor.at[m].picks > RERANK or floor.at[m].hot < HOT // 4)):
        _rerank(a, m, now, rule, floor)


@allocating
def _rerank(a, m, now, rule, floor):
    at = floor.at[m].queue_at
    waiting = np.empty(floor.at[m].size, np.int64)
    count = 0
    for q in range(floor.at[m].size):
        k = floor.queue[at + q]
        if not floor.step[a.mode[k].task].started:
            waiting[count] = k
            count += 1
    floor.at[m].picks, floor.at[m].size = 0, count
    value = np.empty(count, np.float64)
    clock = clock_of(a, a.machine[m].calendar, now)
    for q in range(count):
        value[q] = press(a.mode[waiting[q]].task, waiting[q], clock, rule)
    least = np.partition(value, count - HOT)[count - HOT] if count > HOT else -np.inf
    front, back = 0, count
    for q in range(count):
        if value[q] >= least and front < HOT:
            floor.queue[at + front] = waiting[q]
            front += 1
        else:
            back -= 1
            floor.queue[at + back] = waiting[q]
    floor.at[m].hot = front
