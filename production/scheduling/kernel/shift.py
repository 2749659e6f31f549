"""A plan held where it is: every task at the start it has, or as soon after it as what it waits for and its machine allow.

Whatever can begin first is placed first. What is late by less than what makes a whole move pushes on those that come after it.
What is later than that, for it waits for material, for a predecessor or for a window that is long enough, holds up none of them:
it goes to the first gap they leave.
"""

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from production.scheduling.kernel.arrays import PINNED, RUNNING, WHOLE_MOVE, Ints
from production.scheduling.kernel.clock import NEVER
from production.scheduling.kernel.compiled import allocating
from production.scheduling.kernel.slots import offer, ready_at, units_free
from production.scheduling.kernel.timing import (
    FINE,
    book_fixed,
    empty_lines,
    empty_plan,
    place,
    placed_as_pinned,
)

SHIFT = 23  # bits of a queue entry below its moment: the task's turn among those that can begin then


@allocating
def time_held(a, wanted, hold, broken):
    """Place tasks in the order in which they can begin.

    :param wanted: the machine of each task. :param hold: a start of its run not to undercut.
    :param broken: pins not to be tried (their reason, 0 for those to be tried).
    """
    size = len(a.task)
    plan = empty_plan(broken)
    lines = empty_lines(a, broken)
    book_fixed(a, lines, plan)
    by_turn = _turns(a, hold)
    turn, waits = np.empty(size, np.int64), np.empty(size, np.int64)
    for t in range(size):
        turn[by_turn[t]] = t
    homes = _homes(a, wanted, by_turn)
    queue = [np.int64(0)]
    queue.pop()
    for i in range(size):
        waits[i] = a.task[i].pred_end - a.task[i].pred_at
        if waits[i] == 0:
            _line_up(queue, _from(a, i, wanted, hold, plan), turn[i])
    mask = (np.int64(1) << SHIFT) - 1
    while len(queue) > 0:
        entry = heappop(queue)
        i = by_turn[entry & mask]
        is_pin = a.task[i].kind == PINNED and plan[i].broken == FINE
        if a.task[i].kind != RUNNING and not (is_pin and placed_as_pinned(a, i, lines, plan)):
            at = entry >> SHIFT
            begins, ends = _begins(a, i, wanted[i], hold[i], lines, plan)
            if begins > at and begins < NEVER:
                _line_up(queue, begins, turn[i])
                continue
            if at >= hold[i] + a.cost[WHOLE_MOVE]:
                homes.is_away[i] = True
                other = _next_at_home(a, i, wanted[i], at, homes, hold)
                if other >= 0 and ends > hold[other] and ends < NEVER:
                    _line_up(queue, max(hold[other], at) + 1, turn[i])
                    continue
            place(a, i, wanted[i], hold[i], lines, plan)
        homes.is_away[i] = True
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            s = a.succ[e].task
            waits[s] -= 1
            if waits[s] == 0:
                _line_up(queue, _from(a, s, wanted, hold, plan), turn[s])
    return plan


@allocating
def _turns(a, hold):
    """Tasks by the start they are held at, predecessors before their successors."""
    by_rank = np.empty(len(hold), np.int64)
    for i in range(len(hold)):
        by_rank[a.task[i].rank] = i
    return by_rank[np.argsort(hold[by_rank], kind="mergesort")]


class Homes(NamedTuple):
    """Tasks by the machine they are wanted on and their turn; those placed, or late already, are away from home."""

    at: Ints
    task: Ints
    is_away: npt.NDArray[np.bool_]


@allocating
def _homes(a, wanted, by_turn):
    at = np.zeros(len(a.machine) + 1, np.int64)
    for i in by_turn:
        at[wanted[i] + 1] += 1
    at = np.cumsum(at)
    place, task = at.copy(), np.empty(len(by_turn), np.int64)
    for i in by_turn:
        task[place[wanted[i]]] = i
        place[wanted[i]] += 1
    return Homes(at, task, np.zeros(len(by_turn), np.bool_))


@allocating
def _next_at_home(a, i, machine, at, homes, hold):
    """Whose turn comes next on a machine, of those that are to begin at a moment or later; −1 for none."""
    if a.machine[machine].unlimited:
        return -1
    for x in range(homes.at[machine], homes.at[machine + 1]):
        other = homes.task[x]
        if other != i and not homes.is_away[other] and hold[other] >= at:
            return other
    return -1


@allocating
def _line_up(queue, at, turn):
    heappush(queue, (np.int64(at) << SHIFT) | np.int64(turn))


@allocating
def _mode_on(a, i, machine):
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        if a.mode[k].machine == machine:
            return k
    return a.task[i].mode_at


@allocating
def _waits_for_nothing(a, i, plan):
    """Whether all that a task waits for has its place."""
    for e in range(a.task[i].pred_at, a.task[i].pred_end):
        if plan[a.pred[e].task].unplaced:
            return False
    return True


@allocating
def _from(a, i, wanted, hold, plan):
    """The moment from which a task could run if its machine were free."""
    if a.task[i].kind == RUNNING:
        return a.task[i].moment
    if a.task[i].kind == PINNED and plan[i].broken == FINE:
        return a.task[i].moment
    if not _waits_for_nothing(a, i, plan):
        return hold[i]
    return max(hold[i], ready_at(a, i, _mode_on(a, i, wanted[i]), plan))


@allocating
def _begins(a, i, machine, hold, lines, plan):
    """When a task can begin as its machine is booked by now (its run, or its set-up where that waits with the run), and its end."""
    if not _waits_for_nothing(a, i, plan):
        return np.int64(0), NEVER
    k = _mode_on(a, i, machine)
    m = a.mode[k].machine
    free = max(a.now if a.machine[m].unlimited else lines.at[m].free, a.task[i].floor)
    if a.task[i].need_at < a.task[i].need_end:
        free = max(free, units_free(a, i, lines.unit_free))
    start, run, end = offer(a, i, k, free, lines.at[m].family, max(ready_at(a, i, k, plan), hold))
    if start >= NEVER:
        return NEVER, NEVER
    if lines.at[m].next_pin < lines.at[m].pins_end:
        pinned = a.task[lines.pins[lines.at[m].next_pin]].moment
        if end > pinned:
            return pinned, end
    return (run if a.ahead else start), end
