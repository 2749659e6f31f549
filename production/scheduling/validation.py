"""The faults that make a problem impossible, each worded so that a planner knows what to mend."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from math import inf
from typing import NamedTuple

from production.scheduling.rows import Job, Machine, Mode, Resource, Setup, Task

MACHINES_NAMED = 2


class Stated(NamedTuple):
    """What is to be checked."""

    machines: tuple[Machine, ...]
    jobs: tuple[Job, ...]
    setup: Setup
    resources: tuple[Resource, ...]
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One offending row: the job, task or machine it is about, and what to do about it."""

    reason: str
    job: str | None = None
    task: str | None = None
    machine: str | None = None

    def __str__(self) -> str:
        if self.task is not None:
            return f"Task {self.task} of job {self.job}: {self.reason}."
        if self.job is not None:
            return f"Job {self.job}: {self.reason}."
        if self.machine is not None:
            return f"Machine {self.machine}: {self.reason}."
        return f"{self.reason}."


def find_faults(problem: Stated) -> list[Fault]:
    """Every reason why the problem cannot be planned; an empty list means that it can be tried."""
    machines = {machine.id: machine for machine in problem.machines}
    tasks = {task.key: task for job in problem.jobs for task in job.tasks}
    jobs = {job.id: job for job in problem.jobs}
    faults = [*_machine_faults(problem), *_setup_faults(problem)]
    faults += [*_resource_faults(problem), *_reserve_faults(problem)]
    families = set(problem.setup.families)
    resources = {resource.id: resource for resource in problem.resources}
    running: dict[str, Task] = {}
    has_limits = any(machine.batch_limit is not None for machine in problem.machines)
    for job in problem.jobs:
        faults += _job_faults(job, jobs)
        for task in job.tasks:
            faults += _task_faults(task, machines, families)
            if has_limits and task.quantity is not None and task.running is None:
                faults += _holding_faults(task, machines)
            if task.needs:
                faults += _need_faults(task, resources)
            if task.after or task.after_jobs:
                faults += _link_faults(task, tasks, jobs)
            if task.running is not None:
                faults += _running_faults(task, machines, running)
    if not faults:
        faults += _cycle_faults(problem)
    return faults


def _machine_faults(problem: Stated) -> Iterator[Fault]:
    for name, count in Counter(machine.id for machine in problem.machines).items():
        if count > 1:
            yield Fault(f"is listed {count} times; keep one row", machine=name)
    families = set(problem.setup.families)
    for machine in problem.machines:
        if machine.family is not None and machine.family not in families:
            yield Fault(f"stands ready for the unknown set-up family {machine.family}", machine=machine.id)
    for name, count in Counter(job.id for job in problem.jobs).items():
        if count > 1:
            yield Fault(f"is listed {count} times; give each job its own name", job=name)


def _setup_faults(problem: Stated) -> Iterator[Fault]:
    setup = problem.setup
    size = len(setup.families)
    if len(set(setup.families)) < size:
        yield Fault("A set-up family is listed twice; keep one")
    if len(setup.seconds) != size or any(len(row) != size for row in setup.seconds):
        yield Fault(f"The set-up matrix must have {size} rows and {size} columns, one for each family")
    if any(seconds < 0 for row in setup.seconds for seconds in row):
        yield Fault("A set-up time is negative; give seconds of 0 or more")


def _resource_faults(problem: Stated) -> Iterator[Fault]:
    for name, count in Counter(resource.id for resource in problem.resources).items():
        if count > 1:
            yield Fault(f"Resource {name} is listed {count} times; keep one row")
    for resource in problem.resources:
        if resource.capacity < 0:
            yield Fault(f"Resource {resource.id} has a negative capacity; give 0 or more")


def _reserve_faults(problem: Stated) -> Iterator[Fault]:
    if any(later <= sooner for sooner, later in pairwise(problem.buckets)):
        yield Fault("The buckets of reserved capacity must be in ascending order")
    for machine in problem.machines:
        shares = [reserve.share for reserve in machine.reserves]
        if any(not 0 <= share <= 1 for share in shares) or sum(shares) > 1:
            yield Fault(
                "its reserved shares must lie between 0 and 1 and make no more than 1 together",
                machine=machine.id,
            )


def _need_faults(task: Task, resources: dict[str, Resource]) -> Iterator[Fault]:
    for name, count in Counter(need.resource for need in task.needs).items():
        if count > 1:
            yield Fault(f"it needs {name} in {count} rows; give one with the whole amount", task.job, task.id)
    for need in task.needs:
        resource = resources.get(need.resource)
        if resource is None:
            yield Fault(f"it needs the unknown resource {need.resource}", task.job, task.id)
        elif need.amount < 1:
            yield Fault(f"it needs {need.amount} of {need.resource}; give 1 or more", task.job, task.id)
        elif need.amount > resource.capacity and task.running is None:
            yield Fault(
                f"it needs {need.amount} of {need.resource}, of which there are {resource.capacity}; provide more or ask less",
                task.job,
                task.id,
            )


def _job_faults(job: Job, jobs: dict[str, Job]) -> Iterator[Fault]:
    if not 0 <= job.weight < inf:
        yield Fault(f"its weight {job.weight} is negative or not finite; give 0 or more", job=job.id)
    if not job.tasks:
        yield Fault("it has no tasks; leave it out or give it one", job=job.id)
    if len({task.id for task in job.tasks}) < len(job.tasks):
        for name, count in Counter(task.id for task in job.tasks).items():
            if count > 1:
                yield Fault(f"is listed {count} times; give each task of a job its own name", job.id, name)
    for other in job.after_jobs:
        if other not in jobs:
            yield Fault(f"it waits for job {other}, which is not in the problem", job=job.id)
    for task in job.tasks:
        if task.job != job.id:
            yield Fault(f"names job {task.job} but is listed under job {job.id}", job=job.id, task=task.id)


def _task_faults(task: Task, machines: dict[str, Machine], families: set[str]) -> list[Fault]:
    """Of tens of thousands of tasks hardly one has any, so what it takes to find none is kept small."""
    reasons: list[str] = []
    names = [mode.machine for mode in task.modes]
    if not names and task.running is None:
        reasons.append("no machine can do it; name at least one")
    if task.setup_seconds < 0 or (names and min([mode.seconds for mode in task.modes]) < 0):
        reasons.append("a duration is negative; give seconds of 0 or more")
    if task.family is not None and task.family not in families:
        reasons.append(f"its set-up family {task.family} has no row in the set-up matrix")
    unknown = [name for name in names if name not in machines]
    reasons += [f"the machine {name} is unknown" for name in unknown]
    if len(names) > 1 and len(set(names)) < len(names):
        reasons.append("the same machine is listed twice; keep one row for each machine")
    if task.pin is not None and task.pin.machine not in names:
        reasons.append(f"it is pinned to {task.pin.machine}, which is not one of its machines")
    if names and not unknown and task.running is None:
        reasons += _fitting_faults(task, machines)
    return [Fault(reason, job=task.job, task=task.id) for reason in reasons]


def _holding_faults(task: Task, machines: dict[str, Machine]) -> Iterator[Fault]:
    """The reason why no machine holds the whole batch, if none does."""
    limits = [machines[mode.machine].batch_limit for mode in task.modes if mode.machine in machines]
    if not limits or len(limits) < len(task.modes) or task.quantity is None:
        return
    largest = max((limit for limit in limits if limit is not None), default=0)
    if not any(limit is None or limit >= task.quantity for limit in limits):
        reason = (
            f"its quantity {task.quantity:g} is more than any of its machines holds ({largest:g}); split it"
        )
        yield Fault(reason, job=task.job, task=task.id)


def _fitting_faults(task: Task, machines: dict[str, Machine]) -> Iterator[str]:
    """The reason why no machine of a task ever has the time for it (or its pinned one has not); one for all of them."""
    pinned = task.pin.machine if task.pin is not None else None
    modes = [mode for mode in task.modes if pinned is None or mode.machine == pinned]
    if not modes or any(_fits(task, mode.seconds, machines[mode.machine]) for mode in modes):
        return
    calendars = {mode.machine: machines[mode.machine].calendar for mode in modes}
    longest = {name: calendar.longest for name, calendar in calendars.items() if calendar is not None}
    closed = sorted(name for name, seconds in longest.items() if seconds == 0)
    if len(closed) == len(longest):
        have, them = ("has", "it") if len(closed) == 1 else ("have", "one of them")
        yield f"{_named(closed)} {have} no working time; give {them} shifts, or give the work another machine"
        return
    nearest = min(
        (mode for mode in modes if longest[mode.machine]),
        key=lambda mode: mode.seconds - longest[mode.machine],
    )
    others = [mode.machine for mode in modes if mode is not nearest and longest[mode.machine]]
    told = [_too_long(nearest, longest[nearest.machine], others)]
    told += ["or let it go from the machine that it is pinned to"] if pinned is not None else []
    told += [f"or give {_named(closed)} shifts"] if closed else []
    yield ", ".join(told)


def _fits(task: Task, seconds: int, machine: Machine) -> bool:
    calendar = machine.calendar
    if calendar is None:
        return True
    return calendar.total > 0 and (task.may_pause or seconds <= calendar.longest)


def _too_long(nearest: Mode, longest: int, others: list[str]) -> str:
    """Told of the machine that is nearest to having the time; the others are only named, and its hours rounded down."""
    rest = f" ({_named(others)} cannot do it in one go either)" if others else ""
    return (
        f"it must not pause and takes {span(nearest.seconds)} on {nearest.machine}, which never works longer than "
        f"{span(longest // 60 * 60)} on end{rest}; let it pause over a break, split the batch, lengthen a shift"
    )


def _named(names: list[str]) -> str:
    """“M1, M2 and 7 more”."""
    if len(names) > MACHINES_NAMED + 1:
        return f"{', '.join(names[:MACHINES_NAMED])} and {len(names) - MACHINES_NAMED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def span(seconds: int) -> str:
    """“9 h 20 min”; what is left of a minute counts as one."""
    hours, minutes = divmod(-(-seconds // 60), 60)
    told = [f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else ""]
    return " ".join(filter(None, told))


def _link_faults(task: Task, tasks: dict[tuple[str, str], Task], jobs: dict[str, Job]) -> Iterator[Fault]:
    for link in task.links:
        assert link.job is not None  # noqa: S101 - `links` fills it in
        if (link.job, link.task) not in tasks:
            where = "" if link.job == task.job else f" of job {link.job}"
            yield Fault(f"it waits for task {link.task}{where}, which does not exist", task.job, task.id)
        if link.wait_seconds < 0 or not 0 < link.transfer_share <= 1:
            yield Fault(
                f"its link to task {link.task} needs a wait of 0 s or more and a transfer share above 0 up to 1",
                task.job,
                task.id,
            )
        if link.first_seconds is not None and link.first_seconds < 0:
            yield Fault(
                f"the first transfer batch of task {link.task} is {-link.first_seconds} s overdue; give 0 if it is done",
                task.job,
                task.id,
            )
    for other in task.after_jobs:
        if other not in jobs:
            yield Fault(f"it waits for job {other}, which is not in the problem", task.job, task.id)


def _running_faults(task: Task, machines: dict[str, Machine], running: dict[str, Task]) -> Iterator[Fault]:
    if task.running is None:
        return
    name = task.running.machine
    if name not in machines:
        yield Fault(f"it is running on the unknown machine {name}", task.job, task.id)
        return
    if task.running.remaining_seconds < 0:
        yield Fault("its remaining time is negative; give 0 or more", task.job, task.id)
    if machines[name].is_unlimited:
        return
    if name in running:
        other = running[name]
        yield Fault(
            f"it is running on {name} while task {other.id} of job {other.job} is too; finish or interrupt one of them",
            task.job,
            task.id,
        )
    running[name] = task


def _cycle_faults(problem: Stated) -> Iterator[Fault]:
    """Name the tasks that wait for each other in a circle (Kahn's algorithm leaves exactly those and their heirs)."""
    if _runs_forward(problem):
        return
    waits = _waits(problem)
    heirs: dict[tuple[str, str], list[tuple[str, str]]] = {key: [] for key in waits}
    for key, others in waits.items():
        for other in others:
            heirs[other].append(key)
    open_waits = {key: len(others) for key, others in waits.items()}
    ready = [key for key, count in open_waits.items() if count == 0]
    while ready:
        for heir in heirs[ready.pop()]:
            open_waits[heir] -= 1
            if open_waits[heir] == 0:
                ready.append(heir)
    stuck = {key for key, count in open_waits.items() if count > 0}
    while stuck:
        circle = _circle(waits, stuck)
        names = " → ".join(f"{job}/{task}" for job, task in [*circle, circle[0]])
        for job, task in circle:
            yield Fault(f"it waits for itself in the circle {names}; remove one of these links", job, task)
        stuck = _not_behind(circle, heirs, stuck)


def _runs_forward(problem: Stated) -> bool:
    """Whether tasks wait only for those listed before them in their job, and jobs not for each other: then there is no circle.

    It is so nearly always, and told much sooner than by looking at the tasks of all jobs together.
    """
    waits: dict[str, set[str]] = {}
    for job in problem.jobs:
        before: set[str] = set()
        awaited = set(job.after_jobs)
        for task in job.tasks:
            for item in task.after:
                name, other = (item, None) if isinstance(item, str) else (item.task, item.job)
                if name not in before or (other is not None and other != job.id):
                    return False
            if task.after_jobs:
                awaited.update(task.after_jobs)
            before.add(task.id)
        if awaited:
            waits[job.id] = awaited
    try:
        TopologicalSorter(waits).prepare()
    except CycleError:
        return False
    return True


def _circle(
    waits: dict[tuple[str, str], set[tuple[str, str]]], stuck: set[tuple[str, str]]
) -> list[tuple[str, str]]:
    key = min(stuck)
    path: list[tuple[str, str]] = []
    seen: dict[tuple[str, str], int] = {}
    while key not in seen:
        seen[key] = len(path)
        path.append(key)
        key = min(other for other in waits[key] if other in stuck)
    circle = path[seen[key] :][::-1]
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def _not_behind(
    circle: list[tuple[str, str]],
    heirs: dict[tuple[str, str], list[tuple[str, str]]],
    stuck: set[tuple[str, str]],
) -> set[tuple[str, str]]:
    """What is stuck for another reason than this circle."""
    behind, todo = set(circle), list(circle)
    while todo:
        for heir in heirs[todo.pop()]:
            if heir not in behind:
                behind.add(heir)
                todo.append(heir)
    return stuck - behind


def _waits(problem: Stated) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """What every task waits for."""
    members = {job.id: [task.key for task in job.tasks] for job in problem.jobs}
    waits: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for job in problem.jobs:
        for task in job.tasks:
            own = {(link.job or job.id, link.task) for link in task.links} if task.after else set()
            for other in (*job.after_jobs, *task.after_jobs) if job.after_jobs or task.after_jobs else ():
                own.update(members[other])
            waits[task.key] = own
    return waits
