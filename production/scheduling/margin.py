"""A little time left free before each break, so that a plan outlives small delays.

What must not pause and no longer fits before a break goes behind it, takes the place of the next, and so on to the end
of the plan: a minute's delay becomes a day's. A plan made for machines that close somewhat earlier takes such a delay
up by the next break. (Time reserves against disturbances: Leon, Wu and Storer, Robustness measures and robust
scheduling for job shops, IIE Transactions 26, 1994.)
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from production.scheduling.calendar import Calendar
from production.scheduling.problem import Problem
from production.scheduling.rows import Machine, Setup, Task


def with_margin(problem: Problem, seconds: int) -> Problem:
    """The same problem for machines that close ``seconds`` earlier before each break.

    A machine keeps its hours where the longest task that must not pause would not fit any more, and in windows that are
    open at the fence or that a task passes which somebody pinned: it would end later, and what is pinned behind it lose its place.
    So do all machines of what a pinned task waits for, until then.
    """
    users: dict[str, list[Task]] = defaultdict(list)
    for task in (task for job in problem.jobs for task in job.tasks):
        for mode in task.modes:
            users[mode.machine].append(task)
    awaited = _awaited(problem)
    machines = tuple(
        _closing_earlier(machine, users[machine.id], problem, seconds, awaited.get(machine.id, 0))
        for machine in problem.machines
    )
    return replace(problem, machines=machines)


def _awaited(problem: Problem) -> dict[str, int]:
    """Of each machine that may do what a pinned task waits for, the latest moment at which it must be done."""
    jobs = {job.id: job for job in problem.jobs}
    tasks = {task.key: task for job in problem.jobs for task in job.tasks}

    def before(task: Task) -> Iterator[Task]:
        yield from (tasks[link.job or task.job, link.task] for link in task.links)
        for job in (*task.after_jobs, *jobs[task.job].after_jobs):
            yield from jobs[job].tasks

    until: dict[str, int] = {}
    for pinned in tasks.values():
        moment = pinned.pin.start if pinned.pin is not None else None
        if moment is None:
            continue
        seen, waiting = {pinned.key}, list(before(pinned))
        while waiting:
            task = waiting.pop()
            if task.key in seen:
                continue
            seen.add(task.key)
            waiting.extend(before(task))
            for mode in task.modes if task.pin is None else ():
                until[mode.machine] = max(until.get(mode.machine, 0), moment)
    return until


def _closing_earlier(
    machine: Machine, tasks: Sequence[Task], problem: Problem, seconds: int, awaited: int
) -> Machine:
    calendar = machine.calendar
    if calendar is None:
        return machine
    if max(_longest(machine, tasks, problem.setup), 1) + seconds > calendar.longest:
        return machine
    pinned = list(_pinned(machine.id, calendar, tasks, _change(problem.setup)))
    known_until = max(problem.fence, problem.now, awaited - 1)
    windows = tuple(
        (start, end)
        if start <= known_until or any(start < until and since < end for since, until in pinned)
        else (start, max(end - seconds, start))
        for start, end in calendar.windows
    )
    return replace(machine, calendar=Calendar(windows))


def _pinned(
    machine: str, calendar: Calendar, tasks: Iterable[Task], change: int
) -> Iterator[tuple[int, int]]:
    """From when until when at most tasks that were pinned to a moment there take, pausing over breaks."""
    for task in tasks:
        pin = task.pin
        if pin is None or pin.machine != machine or pin.start is None:
            continue
        seconds = next(mode.seconds for mode in task.modes if mode.machine == machine)
        end = calendar.end_after(pin.start, task.setup_seconds + change + seconds)
        yield pin.start, max(calendar.end if end is None else end, pin.start + 1)


def _change(setup: Setup) -> int:
    """Set-up from the worst family to the worst."""
    return max((max(row) for row in setup.seconds), default=0)


def _longest(machine: Machine, tasks: Iterable[Task], setup: Setup) -> int:
    """The longest that a task which must not pause can take there, set-up from the worst family included."""
    change = _change(setup)
    return max(
        (
            mode.seconds + task.setup_seconds + change
            for task in tasks
            for mode in task.modes
            if mode.machine == machine.id and not task.may_pause
        ),
        default=0,
    )
