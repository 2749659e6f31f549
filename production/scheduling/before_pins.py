"""What pinned work waits for comes before it: where the present plan has it too late, it is held sooner.

Each task that comes too late goes to the last gap of its machine that is soon enough, or, where there is none, in front of what
stands there. Other work gives way as in any repair.
"""

from bisect import bisect_right
from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

import numpy as np

from production.scheduling.kernel.arrays import Ints
from production.scheduling.numbering import Arc
from production.scheduling.plant import Plan, Plant, add_work
from production.scheduling.timing import timed_held

TRIES = 4  # set-ups and breaks are others where a task goes, which shows only once it is timed there


class _Slot(NamedTuple):
    start: int
    end: int
    task: int


def held_before_pins(plant: Plant, machine: Ints, hold: Ints) -> Ints | None:
    """Starts to hold tasks at, on the machines given, with what pins wait for sooner; None where none comes too late, or may be moved.

    :param hold: starts at which the present plan is held.
    """
    held, is_sooner = hold.copy(), False
    for _ in range(TRIES if plant.pinned else 0):
        plan = timed_held(plant, machine, held)
        moved = _sooner(plant, plan, held)
        if not moved:
            break
        is_sooner = True
    return held if is_sooner else None


def _sooner(plant: Plant, plan: Plan, held: Ints) -> bool:
    """Hold what broken pins wait for early enough, from the pins back to the first of it; whether anything is held sooner than it was."""
    latest = {i: plant.pinned[i] for i in plan.broken if i in plant.pinned}
    if not latest:
        return False
    lines = _lines(plan)
    moved = False
    for i in reversed(plant.topological):
        if i not in latest:
            continue
        for arc in plant.preds[i]:
            if not _may_move(plant, plan, arc.task):
                continue
            last = _last_start(plant, plan, arc, latest[i] - arc.wait)
            if last >= plan.start[arc.task]:
                continue
            start = _place(plant, plan, arc.task, last, lines[plan.machine[arc.task]], held)
            latest[arc.task] = min(start, latest.get(arc.task, start))
            run = _after_setup(plant, plan, arc.task, start) if plant.ahead else start
            moved |= run < held[arc.task]
            held[arc.task] = min(run, held[arc.task])
    return moved


def _may_move(plant: Plant, plan: Plan, task: int) -> bool:
    is_fixed = task in plant.running or task in plant.pinned
    return task in plant.present and not is_fixed and task not in plan.unplaced


def _lines(plan: Plan) -> dict[int, list[_Slot]]:
    """What stands on each machine, by start."""
    lines: dict[int, list[_Slot]] = {}
    for i in np.argsort(plan.start, kind="stable").tolist():
        if i not in plan.unplaced:
            lines.setdefault(plan.machine[i], []).append(_Slot(plan.start[i], plan.end[i], i))
    return lines


def _setup(plant: Plant, plan: Plan, task: int) -> int:
    calendar = plant.calendar_of(task, plan.machine[task])
    start, run = plan.start[task], plan.run[task]
    return run - start if calendar is None else calendar.worked_between(start, run)


def _after_setup(plant: Plant, plan: Plan, task: int, start: int) -> int:
    return add_work(plant.calendar_of(task, plan.machine[task]), start, _setup(plant, plan, task))


def _last_start(plant: Plant, plan: Plan, arc: Arc, limit: int) -> int:
    """The last moment from which a task lets another begin at a limit."""
    seconds = plan.seconds[arc.task]
    until_then = seconds if arc.share == 1.0 else ceil(arc.share * seconds)
    return _back(plant, plan, arc.task, limit, _setup(plant, plan, arc.task) + until_then)


def _place(plant: Plant, plan: Plan, task: int, last: int, line: list[_Slot], held: Ints) -> int:
    """Where a task starts in the last gap that begins by a moment, or else in front of what stands there."""
    if plant.unlimited[plan.machine[task]]:
        return max(last, plant.problem.now)
    seconds = _setup(plant, plan, task) + plan.seconds[task]
    soonest = max([plant.problem.now, plant.release[task], *_ends_before(plant, plan, task)])
    for free, until in _gaps(line, task, last):
        start = min(last, _back(plant, plan, task, until, seconds))
        if start >= max(free, soonest):
            return start
    return _in_front(plant, plan, line, task, last, held)


def _ends_before(plant: Plant, plan: Plan, task: int) -> Iterator[int]:
    return (plan.end[arc.task] + arc.wait for arc in plant.preds[task] if arc.share == 1.0)


def _back(plant: Plant, plan: Plan, task: int, limit: int, seconds: int) -> int:
    """The last moment from which so many seconds are worked by a limit."""
    calendar = plant.calendar_of(task, plan.machine[task])
    if calendar is None:
        return limit - seconds
    start = calendar.opening(max(calendar.worked(limit) - seconds, 0))
    return limit - seconds if start is None else min(start, limit)


def _gaps(line: list[_Slot], task: int, last: int) -> Iterator[tuple[int, int]]:
    """From when to when nothing else stands on a machine, of what begins by a moment, the last first."""
    others = [slot for slot in line if slot.task != task]
    place = bisect_right(others, last, key=lambda slot: slot.start)
    for n in range(place, -1, -1):
        free = others[n - 1].end if n else 0
        until = others[n].start if n < len(others) else max(last, free) + 10**9
        if until > free:
            yield free, until


def _in_front(plant: Plant, plan: Plan, line: list[_Slot], task: int, last: int, held: Ints) -> int:
    """In front of what stands there at a moment, which is held behind it, where that may give way; else at that moment."""
    there = next((slot for slot in line if slot.start <= last < slot.end and slot.task != task), None)
    if there is None or not _may_move(plant, plan, there.task) or there.start < plant.problem.now:
        return max(last, plant.problem.now)
    seconds = _setup(plant, plan, task) + plan.seconds[task]
    behind = add_work(plant.calendar_of(task, plan.machine[task]), there.start, seconds)
    held[there.task] = max(behind, held[there.task])
    return there.start
