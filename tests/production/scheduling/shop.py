"""Small plants, stated in as few words as a test needs."""

from collections.abc import Iterable

from production.scheduling import Calendar, Job, Machine, Mode, Problem, Setup, Task

HOUR = 3600
DAY = 24 * HOUR


def shift(days: int = 30, start: int = 8, end: int = 16, break_at: int | None = None) -> Calendar:
    """One shift a day, with an hour's break where wanted."""
    windows = []
    for day in range(days):
        spans = [(start, end)] if break_at is None else [(start, break_at), (break_at + 1, end)]
        windows += [(day * DAY + a * HOUR, day * DAY + b * HOUR) for a, b in spans]
    return Calendar(tuple(windows))


def chain(job: str, steps: Iterable[tuple[str, int]], **task_fields: object) -> tuple[Task, ...]:
    """Tasks 1, 2, … one after the other, each on one machine for so many seconds."""
    tasks: list[Task] = []
    for number, (machine, seconds) in enumerate(steps, 1):
        after = (tasks[-1].id,) if tasks else ()
        tasks.append(Task(str(number), job, (Mode(machine, seconds),), after=after, **task_fields))  # type: ignore[arg-type]
    return tuple(tasks)


def job(name: str, *steps: tuple[str, int], **fields: object) -> Job:
    """A job of steps one after the other; keywords are the job's fields, and the tasks' where they have that name."""
    task_fields = {key: fields.pop(key) for key in ("family", "may_pause", "setup_seconds") if key in fields}
    return Job(name, chain(name, steps, **task_fields), **fields)  # type: ignore[arg-type]


def plant(*jobs: Job, calendar: Calendar | None = None, setup: Setup | None = None, now: int = 0) -> Problem:
    """The jobs on the machines they name, all on one calendar."""
    names = sorted({mode.machine for one in jobs for task in one.tasks for mode in task.modes})
    machines = tuple(Machine(name, calendar) for name in names)
    return Problem(machines, jobs, setup or Setup(), now=now)
