"""What the scheduler is asked, as one: rows that are checked when they are put together.

A problem that could not be planned is refused with every offending row named (`InvalidProblem`). `salvage` instead plans what can be
planned and lists the rest.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from production.scheduling.rows import NO_SETUP, Job, Link, Machine, Resource, Setup, Task
from production.scheduling.validation import Fault, Stated, find_faults


class InvalidProblem(ValueError):
    """The problem cannot be planned as stated; `faults` names each offending row and its remedy."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


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
    setup: Setup = NO_SETUP
    now: int = 0
    fence: int = 0
    resources: tuple[Resource, ...] = ()
    buckets: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if faults := find_faults(Stated(self.machines, self.jobs, self.setup, self.resources, self.buckets)):
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
    setup: Setup = NO_SETUP,
    now: int = 0,
    fence: int = 0,
    resources: tuple[Resource, ...] = (),
    buckets: tuple[int, ...] = (),
) -> tuple[Problem, tuple[Fault, ...]]:
    """Build the problem from the rows that can be planned and return the faults of the others.

    A job with a fault is left out, and so is every job that waits for it; but what of them is running stays, for its machine is
    not free.

    :raises InvalidProblem: when the fault lies in the machines or set-ups, which all jobs share.
    """
    left_out: list[Fault] = []
    cut: set[str] = set()  # jobs of which only what runs is left
    while True:
        try:
            return Problem(machines, jobs, setup, now, fence, resources, buckets), tuple(left_out)
        except InvalidProblem as refusal:
            bad = {fault.job for fault in refusal.faults if fault.job is not None}
            if not bad & {job.id for job in jobs} or any(fault.job is None for fault in refusal.faults):
                raise
            told = set(left_out)
            left_out.extend(fault for fault in refusal.faults if fault not in told)
            impossible = {(fault.job, fault.task) for fault in refusal.faults}
            jobs, out = _without(jobs, bad, left_out)
            jobs += tuple(
                kept for job in out if (kept := _cut(job, impossible, again=job.id in cut)) is not None
            )
            cut |= {job.id for job in out}


def under_way(job: Job) -> Job:
    """What of a job is running, due at no time and waiting for nothing."""
    running = [task for task in job.tasks if task.running is not None]
    tasks = tuple(replace(task, after=(), after_jobs=()) for task in running)
    return replace(job, tasks=tasks, due=None, after_jobs=())


def _cut(job: Job, impossible: Collection[tuple[str | None, str | None]], *, again: bool) -> Job | None:
    """What may stay of a job with a fault: what of it is running; where even that has one, no more than the tasks without."""
    kept = under_way(job)
    if again:
        possible = tuple(task for task in kept.tasks if task.key not in impossible)
        kept = replace(kept, tasks=possible if len(possible) < len(job.tasks) else ())
    return kept if kept.tasks else None


def _without(
    jobs: tuple[Job, ...], bad: set[str], left_out: list[Fault]
) -> tuple[tuple[Job, ...], tuple[Job, ...]]:
    """The jobs that stay, and those that go: the bad ones and whoever waits for them."""
    kept = tuple(job for job in jobs if job.id not in bad)
    while waiting := [job for job in kept if prerequisites(job) & bad]:
        for job in waiting:
            names = ", ".join(sorted(prerequisites(job) & bad))
            left_out.append(Fault(f"it waits for job {names}, which cannot be planned", job=job.id))
        bad |= {job.id for job in waiting}
        kept = tuple(job for job in kept if job.id not in bad)
    return kept, tuple(job for job in jobs if job.id in bad)


def prerequisites(job: Job) -> set[str]:
    """The other jobs that a job waits for."""
    wanted: set[str] = set(job.after_jobs)
    for task in job.tasks:
        wanted.update(task.after_jobs)
        wanted.update(_jobs_of(task.links))
    return wanted - {job.id}


def _jobs_of(links: Iterable[Link]) -> set[str]:
    return {link.job for link in links if link.job is not None}
