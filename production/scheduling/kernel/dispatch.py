"""A walk through time: every machine that falls free takes the most pressing task that waits for it.

Events are (moment, task that is ready or machine to look at), in one heap.
"""

from heapq import heappop, heappush

import numpy as np

from production.scheduling.kernel.arrays import FREE, PINNED, RUNNING
from production.scheduling.kernel.clock import NEVER, clock_of, next_open
from production.scheduling.kernel.compiled import allocating
from production.scheduling.kernel.queues import empty_floor, enqueue, press, tidy
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
from production.scheduling.kernel.timing import (
    FINE,
    NO_UNITS,
    NOT_FREE,
    PREDECESSOR_LATE,
    book_fixed,
    empty_lines,
    empty_plan,
    record,
)

SHIFT = 23  # bits of an event's code below its moment


@allocating
def walk(a, rule, broken):
    """The plan of one rule. Tasks without a place are left without a mode."""
    size, machines = len(a.task), len(a.machine)
    plan = empty_plan(broken)
    lines = empty_lines(a, broken)
    floor = empty_floor(a)
    events = [np.int64(0)]
    events.pop()
    _begin(a, lines, plan, floor, events)
    is_touched = np.zeros(machines, np.bool_)
    touched = np.empty(machines, np.int64)
    mask = (np.int64(1) << SHIFT) - 1
    while len(events) > 0:
        now = events[0] >> SHIFT
        count = 0
        while len(events) > 0 and events[0] >> SHIFT == now:
            code = heappop(events) & mask
            m = code - size
            if m < 0:
                if not floor.step[code].started:
                    _join(a, code, now, lines, plan, floor, events, is_touched)
            else:
                is_touched[m] = True
        for m in range(machines):
            if is_touched[m]:
                touched[count] = m
                count += 1
                is_touched[m] = False
        # A machine that left a task to a quicker one looks again once that one has chosen another.
        while count > 0:
            idle = 0
            for t in range(count):
                if not _feed(a, touched[t], now, rule, lines, plan, floor, events):
                    touched[idle] = touched[t]
                    idle += 1
            count = idle if idle < count else 0
    return plan


@allocating
def _tell(events, moment, code):
    heappush(events, (np.int64(moment) << SHIFT) | np.int64(code))


@allocating
def _wake(m, at, a, floor, events):
    """Look at a machine again at a later moment."""
    if at < NEVER and floor.at[m].woken != at:
        floor.at[m].woken = at
        _tell(events, at, len(a.task) + m)


@allocating
def _begin(a, lines, plan, floor, events):
    size = len(a.task)
    for i in lines.pins:
        _tell(events, max(a.task[i].moment, a.now), size + a.mode[a.task[i].mode_at].machine)
    book_fixed(a, lines, plan)
    for i in range(size):
        if a.task[i].kind == RUNNING:
            floor.step[i].started = True
            m = a.mode[a.task[i].mode_at].machine
            if not a.machine[m].unlimited:
                _tell(events, plan[i].end, size + m)
            _release_successors(a, i, a.now, plan, floor, events)
    for i in range(size):
        if floor.step[i].waits == 0 and a.task[i].pred_at == a.task[i].pred_end:
            _announce(a, i, a.now, plan, floor, events)


@allocating
def _release_successors(a, i, now, plan, floor, events):
    for e in range(a.task[i].succ_at, a.task[i].succ_end):
        s = a.succ[e].task
        floor.step[s].waits -= 1
        if floor.step[s].waits == 0:
            _announce(a, s, now, plan, floor, events)


@allocating
def _announce(a, i, now, plan, floor, events):
    """Let a task whose predecessors all have slots join its queues when they are done."""
    k = a.task[i].mode_at
    is_outside = a.machine[a.mode[k].machine].unlimited
    is_pinned = a.task[i].kind == PINNED and plan[i].broken == FINE
    if floor.step[i].started or (is_pinned and not is_outside):
        return
    at = ready_at(a, i, k, plan)
    if is_pinned:
        at = max(at, a.task[i].moment)
    _tell(events, max(at, now), i)


@allocating
def _settle(a, i, k, start, run, end, lines, plan, floor, events):
    """Give a task its slot and announce its successors."""
    floor.step[i].started = True
    record(plan, i, k, start, run, end)
    m = a.mode[k].machine
    if a.task[i].need_at < a.task[i].need_end:
        hold_units(a, i, start, end, lines.unit_free)
    if not a.machine[m].unlimited:
        if a.task[i].kind == FREE and a.machine[m].reserve_at < a.machine[m].reserve_end:
            charge(a, i, m, start, a.mode[k].seconds + setup_seconds(a, i, m, lines.at[m].family), lines.used)
        lines.at[m].free = end
        lines.at[m].family = a.task[i].family
        _tell(events, end, len(a.task) + m)
    _release_successors(a, i, start, plan, floor, events)


@allocating
def _join(a, i, now, lines, plan, floor, events, is_touched):
    """A task is ready: queue it at its machines, or send it out at once where an unlimited one is quickest."""
    sent = -1
    start, run, end, quickest = NEVER, NEVER, NEVER, np.inf
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        m = a.mode[k].machine
        if a.machine[m].unlimited:
            s, r, e = offer(a, i, k, a.now, lines.at[m].family, now)
            if s < NEVER and (sent < 0 or e < end):
                sent, start, run, end = k, s, r, e
        else:
            quickest = min(quickest, max(lines.at[m].free, now) + floor.at[m].backlog + a.mode[k].seconds)
    if sent >= 0 and end <= quickest:
        _settle(a, i, sent, start, run, end, lines, plan, floor, events)
        return
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        m = a.mode[k].machine
        if a.machine[m].unlimited:
            continue
        enqueue(floor, m, k)
        floor.at[m].backlog += a.mode[k].seconds / floor.step[i].machines
        if lines.at[m].free <= now:
            is_touched[m] = True


@allocating
def _feed(a, m, now, rule, lines, plan, floor, events):
    """Start the most pressing task on a free machine; else see to it that it is looked at in time."""
    if lines.at[m].free > now or a.machine[m].unlimited:
        return False
    if lines.at[m].next_pin < lines.at[m].pins_end and a.task[lines.pins[lines.at[m].next_pin]].moment <= now:
        return _start_pin(a, m, now, lines, plan, floor, events)
    if floor.at[m].size == 0:
        return False
    opens = next_open(a, a.machine[m].calendar, now)
    if opens > now:
        _wake(m, opens, a, floor, events)
        return False
    return _start_best(a, m, now, rule, lines, plan, floor, events)


@allocating
def _start_pin(a, m, now, lines, plan, floor, events):
    i = lines.pins[lines.at[m].next_pin]
    lines.at[m].next_pin += 1
    k = a.task[i].mode_at
    start, run, end = held(a, i, k, lines.at[m].free, lines.at[m].family)
    if start >= NEVER:
        plan[i].broken = NOT_FREE
    elif floor.step[i].waits > 0 or ready_at(a, i, k, plan) > (run if a.ahead else start):
        plan[i].broken = PREDECESSOR_LATE
    elif units_free(a, i, lines.unit_free) > start:
        plan[i].broken = NO_UNITS
    else:
        _settle(a, i, k, start, run, end, lines, plan, floor, events)
        return True
    _tell(events, now, len(a.task) + m)
    if floor.step[i].waits == 0:
        _announce(a, i, now, plan, floor, events)
    return False


@allocating
def _start_best(a, m, now, rule, lines, plan, floor, events):
    tidy(a, m, now, rule, floor)
    at = floor.at[m].queue_at
    hot = floor.at[m].hot
    clock = clock_of(a, a.machine[m].calendar, now)
    is_tried = np.zeros(hot, np.bool_)
    for _ in range(hot):
        best, value = -1, -np.inf
        for q in range(hot):
            if is_tried[q]:
                continue
            i = a.mode[floor.queue[at + q]].task
            own = press(i, floor.queue[at + q], clock, rule)
            if rule.setup_impatience:
                own -= setup_seconds(a, i, m, lines.at[m].family) * rule.setup_impatience
            if own > value or (own == value and i < a.mode[floor.queue[at + best]].task):
                best, value = q, own
        if best < 0:
            return False
        is_tried[best] = True
        k = floor.queue[at + best]
        if _started(a, a.mode[k].task, k, m, now, lines, plan, floor, events):
            return True
    return False


@allocating
def _started(a, i, k, m, now, lines, plan, floor, events):
    """Start a task if it can be started now and nobody would be quicker; see to the next moment it could."""
    free = max(lines.at[m].free, a.task[i].floor)
    while True:
        start, run, end = offer(a, i, k, free, lines.at[m].family, now)
        if start >= NEVER:
            return False
        if start > now:  # too long for the rest of this shift, or what it needs is not there yet
            _wake(m, start, a, floor, events)
            return False
        work = a.mode[k].seconds + setup_seconds(a, i, m, lines.at[m].family)
        later = let_in(a, i, m, start, work, lines.used)
        if later == start:
            break
        free = later  # a set-up made ahead may start in a bucket that is full, but need not
    if lines.at[m].next_pin < lines.at[m].pins_end:
        if end > a.task[lines.pins[lines.at[m].next_pin]].moment:
            return False
    if a.task[i].need_at < a.task[i].need_end:
        units = units_free(a, i, lines.unit_free)
        if units > now:
            _wake(m, units, a, floor, events)
            return False
    if a.task[i].mode_end - a.task[i].mode_at > 1 and _is_quicker_elsewhere(
        a, i, m, end, now, lines, floor, events
    ):
        return False
    for other in range(a.task[i].mode_at, a.task[i].mode_end):
        if not a.machine[a.mode[other].machine].unlimited:
            floor.at[a.mode[other].machine].backlog -= a.mode[other].seconds / floor.step[i].machines
    _settle(a, i, k, start, run, end, lines, plan, floor, events)
    return True


@allocating
def _is_quicker_elsewhere(a, i, m, end, now, lines, floor, events):
    """Whether another machine, its backlog included, would be done with a task before `end`."""
    for k in range(a.task[i].mode_at, a.task[i].mode_end):
        other = a.mode[k].machine
        if other == m or a.machine[other].unlimited:
            continue
        start, _, done = offer(
            a, i, k, max(lines.at[other].free, a.task[i].floor), lines.at[other].family, now
        )
        if (
            start < NEVER
            and done + (floor.at[other].backlog - a.mode[k].seconds / floor.step[i].machines) / 2 < end
        ):
            if lines.at[other].free > now:
                _wake(m, lines.at[other].free, a, floor, events)
            return True
    return False
