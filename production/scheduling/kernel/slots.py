"""One task on one machine: its set-up, its earliest slot, its slot at a pinned start, and what else it has to wait for.

A slot is (start of set-up, start of run, end), all `NEVER` where there is none.
"""

import numpy as np

from production.scheduling.kernel.clock import (
    NEVER,
    add_work,
    clock_of,
    end_after,
    fit,
    next_open,
    not_closed,
    opening,
    worked,
)
from production.scheduling.kernel.compiled import allocating, compiled, inlined


@inlined
def setup_seconds(a, i, m, family):
    """Set-up of a task after one of that family."""
    seconds = a.task[i].own_setup
    own = a.task[i].family
    if own >= 0 and family >= 0 and not a.machine[m].unlimited:
        seconds += a.setup[family, own]
    return seconds


@inlined
def offer(a, i, k, free, family, ready):
    """The earliest slot in mode k: nothing before `free`, no run before `ready`."""
    c = a.mode[k].calendar
    seconds = a.mode[k].seconds
    setup = setup_seconds(a, i, a.mode[k].machine, family)
    if c < 0:
        run = max(free + setup, ready) if a.ahead else max(free, ready) + setup
        return run - setup, run, run + seconds
    if not (a.ahead and setup):
        # Nearly always all of it fits into one window, which is found by one search instead of four.
        at = max(free, ready)
        w = not_closed(a, c, at)
        if w < a.calendar[c].end:
            start = max(at, a.window[w].opens)
            run = start + setup
            if run + seconds <= a.window[w].closes and run < a.window[w].closes:
                return start, run, run + seconds
    if a.ahead:
        before = max(worked(a, c, free) + setup, worked(a, c, ready))
    else:
        before = worked(a, c, max(free, ready)) + setup
    run = opening(a, c, before)
    if run < NEVER and not a.task[i].may_pause:
        run = fit(a, c, run, seconds)
    if run >= NEVER:
        return NEVER, NEVER, NEVER
    end = end_after(a, c, run, seconds)
    start = opening(a, c, worked(a, c, run) - setup) if setup else run
    if end >= NEVER or start >= NEVER:
        return NEVER, NEVER, NEVER
    return start, run, end


@compiled
def held(a, i, k, free, family):
    """The slot of a pinned task at its pinned start; none when its machine is taken or closed then."""
    start = a.task[i].moment
    if start < free:
        return NEVER, NEVER, NEVER
    c = a.mode[k].calendar
    seconds = a.mode[k].seconds
    setup = setup_seconds(a, i, a.mode[k].machine, family)
    if c < 0:
        return start, start + setup, start + setup + seconds
    if next_open(a, c, start) != start:
        return NEVER, NEVER, NEVER
    run = opening(a, c, worked(a, c, start) + setup)
    if run >= NEVER or (not a.task[i].may_pause and fit(a, c, run, seconds) != run):
        return NEVER, NEVER, NEVER
    end = end_after(a, c, run, seconds)
    if end >= NEVER:
        return NEVER, NEVER, NEVER
    return start, run, end


@inlined
def ready_at(a, i, k, plan):
    """When task i may begin its run in mode k, its predecessors having their slots."""
    task = a.task[i]
    at = task.release
    if task.plain:
        for e in range(task.pred_at, task.pred_end):
            at = max(at, plan[a.pred[e].task].end)
        return at
    for e in range(task.pred_at, task.pred_end):
        arc = a.pred[e]
        if arc.share == 1.0:
            at = max(at, plan[arc.task].end + arc.wait)
        else:
            at = max(at, _overlap(a, arc, k, plan[arc.task]))
    return at


@compiled
def _overlap(a, arc, k, slot):
    """Start after the first transfer batch, and so late that the last one does not make the machine wait."""
    before, own = a.mode[slot.mode], a.mode[k]
    if arc.first >= 0:
        first = arc.wait + add_work(a, before.calendar, a.now, arc.first)
    else:
        first = arc.wait + add_work(
            a, before.calendar, slot.run, np.int64(np.ceil(arc.share * before.seconds))
        )
    hold_back = own.seconds - np.int64(np.ceil(arc.share * own.seconds))
    end = slot.end + arc.wait
    if own.calendar < 0:
        return max(first, end - hold_back)
    last = opening(a, own.calendar, max(worked(a, own.calendar, end) - hold_back, 0))
    return max(first, end if last >= NEVER else last)


@allocating
def units_free(a, i, unit_free):
    """When enough units of everything a task needs are free."""
    at = np.int64(0)
    for x in range(a.task[i].need_at, a.task[i].need_end):
        units = unit_free[a.unit_at[a.need[x].resource] : a.unit_at[a.need[x].resource + 1]]
        at = max(at, np.sort(units)[a.need[x].amount - 1])
    return at


@compiled
def hold_units(a, i, start, end, unit_free):
    """Take the units a task needs until its end: of those free at its start, the ones freed last. False if too few are."""
    enough = True
    for x in range(a.task[i].need_at, a.task[i].need_end):
        resource = a.need[x].resource
        for _ in range(a.need[x].amount):
            chosen = -1
            for u in range(a.unit_at[resource], a.unit_at[resource + 1]):
                if unit_free[u] <= start and (chosen < 0 or unit_free[u] > unit_free[chosen]):
                    chosen = u
            if (
                chosen < 0
            ):  # what runs may use more than there is: then nobody gets it before all of that is done
                enough = False
                chosen = a.unit_at[resource]
                for u in range(a.unit_at[resource], a.unit_at[resource + 1]):
                    if unit_free[u] < unit_free[chosen]:
                        chosen = u
                if a.unit_at[resource] == a.unit_at[resource + 1]:
                    continue
            unit_free[chosen] = max(end, start + 1, unit_free[chosen])
    return enough


@allocating
def bucket_of(a, start):
    """The bucket of a start, −1 outside all of them."""
    size = len(a.bucket)
    if size < 2 or start < a.bucket[0] or start >= a.bucket[size - 1]:
        return -1
    return np.searchsorted(a.bucket, start, side="right") - 1


@compiled
def let_in(a, i, m, start, work, used):
    """The start itself if others' reserves leave room for so much work then, else the next bucket's beginning."""
    b = bucket_of(a, start)
    if b < 0:
        return start
    for r in range(a.machine[m].reserve_at, a.machine[m].reserve_end):
        if (
            a.reserve[r].group != a.job[a.task[i].job].group
            and used[r, b] > 0
            and used[r, b] + work > a.room[r, b]
        ):
            return a.bucket[b + 1]
    return start


@compiled
def charge(a, i, m, start, work, used):
    """Count a slot's work against what other groups' reserves leave."""
    b = bucket_of(a, start)
    if b < 0:
        return
    for r in range(a.machine[m].reserve_at, a.machine[m].reserve_end):
        if a.reserve[r].group != a.job[a.task[i].job].group:
            used[r, b] += work


@allocating
def queueing(a, plan):
    """How long each task waited, while its machine was open, between being ready and its run; 0 for those without a place."""
    waits = np.zeros(len(a.task), np.float64)
    for i in range(len(a.task)):
        if plan[i].mode >= 0 and not plan[i].unplaced:
            c = a.mode[plan[i].mode].calendar
            ready = ready_at(a, i, plan[i].mode, plan)
            waits[i] = max(0, clock_of(a, c, plan[i].run) - clock_of(a, c, ready))
    return waits
