"""What the scheduler is asked: machines with calendars, jobs of tasks in a precedence graph, set-ups, due dates.

All times are whole seconds from an epoch the caller chooses; all durations are whole seconds of working time.
A problem is checked when it is built: one that could not be planned is refused with every offending row named
(`InvalidProblem`). `salvage` instead plans what can be planned and lists the rest.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from production.scheduling.calendar import Calendar
from production.scheduling.validation import Fault, find_faults

if TYPE_CHECKING:
    from collections.abc import Iterable

TaskKey = tuple[str, str]  # (job, task): unique in a problem


class InvalidProblem(ValueError):
    """The problem cannot be planned as stated; `faults` names each offending row and its remedy."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


@dataclass(frozen=True, slots=True)
class Reserve:
    """A share of a machine's working time that is kept for the jobs of one group.

    In each of the problem's `buckets` the jobs of all other groups together may take at most 1 − `share` of the
    machine's working time there; a slot counts whole in the bucket in which it starts. A task too long for that is let
    in alone.
    """

    group: str
    share: float


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine works on one task at a time; an unlimited one (a supplier, an oven farm) on any number.

    `calendar` None means always open. `family` is the set-up family it stands ready for at the beginning.
    `batch_limit` is the largest `Task.quantity` it holds.
    """

    id: str
    calendar: Calendar | None = None
    is_unlimited: bool = False
    family: str | None = None
    batch_limit: float | None = None
    reserves: tuple[Reserve, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """What a task needs besides its machine: a tool, a fixture, people with a skill.

    Up to `capacity` of it are in use at once, each from the start of a slot (set-up included) to its end.
    `calendar` None means always there; otherwise a task that needs it works only while both it and the machine are.
    """

    id: str
    capacity: int = 1
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """So many of a resource that a task holds from the start of its slot to its end."""

    resource: str
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to run a task: on this machine, for so many working seconds, set-up excluded."""

    machine: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Link:
    """A predecessor of a task, in the same job unless `job` is given.

    `wait_seconds` must pass (on the wall clock) between its end and the successor's run: cooling, transport.
    `transfer_share` below 1 overlaps the two: the successor may run once that share of the predecessor's run is done,
    and ends no sooner than that share of its own run after the predecessor's end (transfer batch ÷ batch).
    """

    task: str
    job: str | None = None
    wait_seconds: int = 0
    transfer_share: float = 1.0


@dataclass(frozen=True, slots=True)
class Pin:
    """A planner's decision: this machine, and this start of the slot (set-up included). Start None: any time."""

    machine: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """Work in progress: on this machine since `started`, with so many working seconds left from `Problem.now`."""

    machine: str
    started: int
    remaining_seconds: int


@dataclass(frozen=True, slots=True)
class Task:
    """One operation of a job.

    `after` holds predecessors: a task id of the same job, or a `Link`. `after_jobs` holds jobs that must be complete
    before this task runs (sub-assemblies). `setup_seconds` is its own set-up, before what the sequence of families
    adds. `may_pause` False: the run must fit into one window of the machine. `release`: not before (material).
    `quantity` is held against the machines' `batch_limit`.
    """

    id: str
    job: str
    modes: tuple[Mode, ...]
    after: tuple[str | Link, ...] = ()
    family: str | None = None
    may_pause: bool = True
    release: int = 0
    setup_seconds: int = 0
    pin: Pin | None = None
    running: Running | None = None
    after_jobs: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    quantity: float | None = None

    @property
    def key(self) -> TaskKey:
        """Job and task."""
        return self.job, self.id

    @property
    def links(self) -> tuple[Link, ...]:
        """Its predecessors as links with the job filled in."""
        named = (Link(item) if isinstance(item, str) else item for item in self.after)
        return tuple(replace(link, job=self.job) if link.job is None else link for link in named)


@dataclass(frozen=True, slots=True)
class Job:
    """An order: released, due, weighted, made of tasks; `after_jobs` must be complete before any of them runs.

    `group` says for whom machines may reserve a share of their time (to order, to stock).
    """

    id: str
    tasks: tuple[Task, ...]
    release: int = 0
    due: int | None = None
    weight: float = 1
    after_jobs: tuple[str, ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """Set-up seconds from one family to the next on any machine: `seconds[from][to]`, in the order of `families`.

    Between tasks of which one has no family nothing is added. `ahead`: a machine may be set up before the task's
    predecessors are done, so that only the run waits for them; otherwise the set-up waits too.
    """

    families: tuple[str, ...] = ()
    seconds: tuple[tuple[int, ...], ...] = ()
    ahead: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """A plant and what it is asked to make.

    Nothing starts before `now`. Slots of the present plan that start before `fence` are frozen, and nothing else is
    put before it; without a present plan the fence has no effect. `buckets` are the ascending moments between which
    reserves are counted; before the first and after the last of them reserves do not bind.

    :raises InvalidProblem: naming every offending row.
    """

    machines: tuple[Machine, ...]
    jobs: tuple[Job, ...]
    setup: Setup = Setup()
    now: int = 0
    fence: int = 0
    resources: tuple[Resource, ...] = ()
    buckets: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if faults := find_faults(self):
            raise InvalidProblem(tuple(faults))

    @property
    def tasks(self) -> tuple[Task, ...]:
        """Every task, job by job."""
        return tuple(task for job in self.jobs for task in job.tasks)

    @property
    def is_due(self) -> bool:
        """Whether any job has a due date: then tardiness is minimised, else makespan."""
        return any(job.due is not None for job in self.jobs)


def salvage(
    machines: tuple[Machine, ...],
    jobs: tuple[Job, ...],
    setup: Setup = Setup(),
    now: int = 0,
    fence: int = 0,
    resources: tuple[Resource, ...] = (),
    buckets: tuple[int, ...] = (),
) -> tuple[Problem, tuple[Fault, ...]]:
    """Build the problem from the rows that can be planned and return the faults of the others.

    A job with a fault is left out whole, and so is every job that waits for it.

    :raises InvalidProblem: when the fault lies in the machines or set-ups, which all jobs share.
    """
    left_out: list[Fault] = []
    while True:
        try:
            return Problem(machines, jobs, setup, now, fence, resources, buckets), tuple(left_out)
        except InvalidProblem as refusal:
            bad = {fault.job for fault in refusal.faults if fault.job is not None}
            if not bad & {job.id for job in jobs} or any(fault.job is None for fault in refusal.faults):
                raise
            left_out.extend(refusal.faults)
            jobs = _without(jobs, bad, left_out)


def _without(jobs: tuple[Job, ...], bad: set[str], left_out: list[Fault]) -> tuple[Job, ...]:
    kept = tuple(job for job in jobs if job.id not in bad)
    while waiting := [job for job in kept if prerequisites(job) & bad]:
        for job in waiting:
            names = ", ".join(sorted(prerequisites(job) & bad))
            left_out.append(Fault(f"it waits for job {names}, which cannot be planned", job=job.id))
        bad |= {job.id for job in waiting}
        kept = tuple(job for job in kept if job.id not in bad)
    return kept


def prerequisites(job: Job) -> set[str]:
    """The other jobs that a job waits for."""
    wanted: set[str] = set(job.after_jobs)
    for task in job.tasks:
        wanted.update(task.after_jobs)
        wanted.update(_jobs_of(task.links))
    return wanted - {job.id}


def _jobs_of(links: "Iterable[Link]") -> set[str]:
    return {link.job for link in links if link.job is not None}
