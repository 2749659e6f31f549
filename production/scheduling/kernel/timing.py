"""An order of tasks becomes a plan: each task, in turn, as early as its machine, its predecessors and its resources allow."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from production.scheduling.kernel.arrays import PINNED, RUNNING, Ints
from production.scheduling.kernel.clock import NEVER, add_work, clock_of, worked
from production.scheduling.kernel.compiled import allocating
from production.scheduling.kernel.slots import (
    charge,
    held,
    hold_units,
    let_in,
    offer,
    ready_at,
    setup_seconds,
    units_free,
)

# Why a task has no place, or its pin did not hold.
FINE, AFTER_UNPLACED, CALENDAR_ENDS = 0, 1, 2
NOT_FREE, OUTSIDE_HOURS, PREDECESSOR_UNPLACED, PREDECESSOR_LATE, NO_UNITS = 1, 2, 3, 4, 5


SLOT = np.dtype(
    [
        ("mode", np.int64),  # −1: none
        ("start", np.int64),
        ("run", np.int64),
        ("end", np.int64),
        ("because_of", np.int64),  # the predecessor without a place
        ("unplaced", np.int64),  # why there is no place
        ("broken", np.int64),  # why the pin does not hold
        ("is_set", np.int64),  # a pin that has its slot
    ],
    align=True,
)
LINE = np.dtype(
    [("free", np.int64), ("family", np.int64), ("next_pin", np.int64), ("pins_end", np.int64)], align=True
)


class Lines(NamedTuple):
    """How far each machine (LINE), unit and reserve is booked while tasks are placed in turn; pins by machine and start."""

    at: npt.NDArray[np.void]
    pins: Ints
    unit_free: Ints
    used: Ints


@allocating
def empty_plan(broken):
    """A plan (of SLOT records) without a slot; pins known to be broken are marked so."""
    plan = np.zeros(len(broken), SLOT)
    for i in range(len(broken)):
        plan[i].mode = -1
        plan[i].broken = broken[i]
    return plan


@allocating
def empty_lines(a, broken):
    """Nothing booked yet; pins not known to be broken lined up by machine and start."""
    lines = np.zeros(len(a.machine), LINE)
    for m in range(len(a.machine)):
        lines[m].free = a.now
        lines[m].family = a.machine[m].stands_ready
    pins = np.empty(len(a.task), np.int64)
    count = 0
    for i in range(len(a.task)):
        m = a.mode[a.task[i].mode_at].machine
        if a.task[i].kind == PINNED and broken[i] == FINE and not a.machine[m].unlimited:
            pins[count] = i
            lines[m].pins_end += 1
            count += 1
    for m in range(1, len(a.machine)):
        lines[m].next_pin = lines[m - 1].pins_end
        lines[m].pins_end += lines[m - 1].pins_end
    moments = np.empty(count, np.float64)
    for p in range(count):
        moments[p] = a.task[pins[p]].moment + a.task[pins[p]].rank / (len(a.task) + 1.0)
    lined_up = np.empty(count, np.int64)
    place = np.empty(len(a.machine), np.int64)
    for m in range(len(a.machine)):
        place[m] = lines[m].next_pin
    for p in np.argsort(moments, kind="mergesort"):
        m = a.mode[a.task[pins[p]].mode_at].machine
        lined_up[place[m]] = pins[p]
        place[m] += 1
    return Lines(
        lines,
        lined_up,
        np.zeros(a.unit_at[-1], np.int64),
        np.zeros((len(a.reserve), max(len(a.bucket) - 1, 0)), np.int64),
    )


@allocating
def book_fixed(a, lines, plan):
    """What is running has its slot; what is pinned counts against reserves from the beginning.

    What it will be set up from is not known then, so it counts with the longest set-up that may be.
    """
    for i in range(len(a.task)):
        k, moment = a.task[i].mode_at, a.task[i].moment
        m, c = a.mode[k].machine, a.mode[k].calendar
        if a.task[i].kind == PINNED and plan[i].broken == FINE:
            charge(a, i, m, moment, a.mode[k].seconds + _longest_setup(a, i, m), lines.used)
        elif a.task[i].kind == RUNNING:
            end = add_work(a, c, a.now, a.mode[k].seconds)
            charge(a, i, m, moment, clock_of(a, c, end) - clock_of(a, c, moment), lines.used)
            record(plan, i, k, moment, moment, end)
            hold_units(a, i, max(moment, 0), end, lines.unit_free)
            if not a.machine[m].unlimited:
                lines.at[m].free = max(lines.at[m].free, end)
                lines.at[m].family = a.task[i].family


@allocating
def _longest_setup(a, i, m):
    """Set-up of a task after whatever family makes it longest."""
    longest = a.task[i].own_setup
    for family in range(len(a.setup)):
        longest = max(longest, setup_seconds(a, i, m, family))
    return longest


@allocating
def record(plan, i, k, start, run, end):
    """Give a task its slot."""
    plan[i].mode = k
    plan[i].start, plan[i].run, plan[i].end = start, run, end


@allocating
def _pass_pin(a, lines, plan, m):
    """Nothing more comes before the next pinned task of a machine: give it its slot, if it can have it."""
    i = lines.pins[lines.at[m].next_pin]
    lines.at[m].next_pin += 1
    k = a.task[i].mode_at
    start, run, end = held(a, i, k, lines.at[m].free, lines.at[m].family)
    if start >= NEVER:
        plan[i].broken = NOT_FREE
        return
    if not hold_units(a, i, start, end, lines.unit_free):
        plan[i].broken = NO_UNITS
        return
    record(plan, i, k, start, run, end)
    plan[i].is_set = True
    lines.at[m].free = end
    lines.at[m].family = a.task[i].family


@allocating
def placed_as_pinned(a, i, lines, plan):
    k = a.task[i].mode_at
    m = a.mode[k].machine
    if a.machine[m].unlimited:
        start, run, end = held(a, i, k, a.now, lines.at[m].family)
        if start >= NEVER:
            plan[i].broken = OUTSIDE_HOURS
            return False
        if not hold_units(a, i, start, end, lines.unit_free):
            plan[i].broken = NO_UNITS
            return False
        record(plan, i, k, start, run, end)
        plan[i].is_set = True
    while not plan[i].is_set and plan[i].broken == FINE:
        _pass_pin(a, lines, plan, m)
    if plan[i].broken != FINE:
        return False
    for e in range(a.task[i].pred_at, a.task[i].pred_end):
        if plan[a.pred[e].task].unplaced:
            plan[i].broken = PREDECESSOR_UNPLACED
            return False
    ready = ready_at(a, i, k, plan)
    if ready > (plan[i].run if a.ahead else plan[i].start):
        plan[i].broken = PREDECESSOR_LATE
        return False
    return True


@allocating
def _pins_in_the_way(a, i, start, end, lines, plan):
    """When pinned work still to come leaves too few units during a slot: the first moment to try instead; else the start."""
    for x in range(a.task[i].need_at, a.task[i].need_end):
        resource = a.need[x].resource
        idle = 0
        for u in range(a.unit_at[resource], a.unit_at[resource + 1]):
            if lines.unit_free[u] <= start:
                idle += 1
        soonest = NEVER
        for other in lines.pins:
            if plan[other].is_set or a.task[other].moment >= end:
                continue
            k = a.task[other].mode_at
            until = add_work(
                a, a.mode[k].calendar, a.task[other].moment, a.mode[k].seconds + a.task[other].own_setup
            )
            if until <= start:
                continue
            for y in range(a.task[other].need_at, a.task[other].need_end):
                if a.need[y].resource == resource:
                    idle -= a.need[y].amount
                    soonest = min(soonest, until)
        if idle < a.need[x].amount and soonest < NEVER:
            return soonest
    return start


@allocating
def _placed_on(a, i, k, not_before, lines, plan):
    m = a.mode[k].machine
    ready = max(ready_at(a, i, k, plan), not_before)
    floor = a.task[i].floor
    has_needs = a.task[i].need_at < a.task[i].need_end
    while True:
        free = max(a.now if a.machine[m].unlimited else lines.at[m].free, floor)
        if has_needs:
            free = max(free, units_free(a, i, lines.unit_free))
        start, run, end = offer(a, i, k, free, lines.at[m].family, ready)
        if lines.at[m].next_pin < lines.at[m].pins_end and (
            start >= NEVER or end > a.task[lines.pins[lines.at[m].next_pin]].moment
        ):
            _pass_pin(a, lines, plan, m)
            continue
        if start >= NEVER:
            return False
        work = a.mode[k].seconds + setup_seconds(a, i, m, lines.at[m].family)
        later = let_in(a, i, m, start, work, lines.used)
        if has_needs and later == start:
            later = _pins_in_the_way(a, i, start, end, lines, plan)
        if later == start:
            break
        floor = later
    charge(a, i, m, start, work, lines.used)
    hold_units(a, i, start, end, lines.unit_free)
    if not a.machine[m].unlimited:
        lines.at[m].free = end
        lines.at[m].family = a.task[i].family
    record(plan, i, k, start, run, end)
    return True


@allocating
def place(a, i, wanted, not_before, lines, plan):
    for e in range(a.task[i].pred_at, a.task[i].pred_end):
        if plan[a.pred[e].task].unplaced:
            plan[i].unplaced = AFTER_UNPLACED
            plan[i].because_of = a.pred[e].task
            return
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        if a.mode[k].machine == wanted and _placed_on(a, i, k, not_before, lines, plan):
            return
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        if a.mode[k].machine != wanted and _placed_on(a, i, k, not_before, lines, plan):
            return
    plan[i].unplaced = CALENDAR_ENDS


@allocating
def time_order(a, order, wanted, hold, broken):
    """Time an order that lists predecessors first.

    :param wanted: the machine of each task. :param hold: a start of its run not to undercut.
    :param broken: pins not to be tried (their reason, 0 for those to be tried).
    """
    plan = empty_plan(broken)
    lines = empty_lines(a, broken)
    book_fixed(a, lines, plan)
    for i in order:
        if a.task[i].kind == RUNNING:
            continue
        if a.task[i].kind == PINNED and plan[i].broken == FINE and placed_as_pinned(a, i, lines, plan):
            continue
        place(a, i, wanted[i], hold[i], lines, plan)
    return plan


@allocating
def order_by(a, key):
    """Tasks by key, predecessors first whatever the keys say; `key` is a float per task."""
    size = len(a.task)
    order = np.empty(size, np.int64)
    by_rank = np.empty(size, np.int64)
    for i in range(size):
        by_rank[a.task[i].rank] = i
    order[:] = by_rank[np.argsort(key[by_rank], kind="mergesort")]
    place = np.empty(size, np.int64)
    for position in range(size):
        place[order[position]] = position
    for i in range(size):
        for e in range(a.task[i].pred_at, a.task[i].pred_end):
            if place[a.pred[e].task] > place[i]:
                return _order_by_heap(a, place)
    return order


@allocating
def _order_by_heap(a, place):
    """Of the tasks whose predecessors are listed, always the one that the keys put first."""
    size = len(place)
    at = np.empty(size, np.int64)
    for i in range(size):
        at[place[i]] = i
    waits = np.empty(size, np.int64)
    heap = np.empty(size, np.int64)
    count = 0
    for i in range(size):
        waits[i] = a.task[i].pred_end - a.task[i].pred_at
        if waits[i] == 0:
            count = _push(heap, count, place[i])
    order = np.empty(size, np.int64)
    for position in range(size):
        i = at[heap[0]]
        count = _pop(heap, count)
        order[position] = i
        for e in range(a.task[i].succ_at, a.task[i].succ_end):
            s = a.succ[e].task
            waits[s] -= 1
            if waits[s] == 0:
                count = _push(heap, count, place[s])
    return order


@allocating
def _push(heap, count, value):
    i = count
    while i > 0 and heap[(i - 1) >> 1] > value:
        heap[i] = heap[(i - 1) >> 1]
        i = (i - 1) >> 1
    heap[i] = value
    return count + 1


@allocating
def _pop(heap, count):
    count -= 1
    value = heap[count]
    i = 0
    while 2 * i + 1 < count:
        child = 2 * i + 1
        if child + 1 < count and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[i] = heap[child]
        i = child
    heap[i] = value
    return count


@allocating
def paid_setup(a, plan):
    """Working seconds of set-up in a plan."""
    total = np.int64(0)
    for i in range(len(a.task)):
        if plan[i].unplaced or plan[i].run == plan[i].start:
            continue
        c = a.mode[plan[i].mode].calendar
        if c < 0:
            total += plan[i].run - plan[i].start
        else:
            total += worked(a, c, plan[i].run) - worked(a, c, plan[i].start)
    return total
