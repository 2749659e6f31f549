"""Problems from text: our own JSON, JSPLIB's job shop format and Brandimarte's flexible job shop format.

Our JSON (`seconds` are whole; everything marked optional may be missing):

    {"machines": [{"id": "M1", "calendar": [[0, 28800], …]}],
     "setup": {"families": ["A", "B"], "seconds": [[0, 600], [900, 0]]},
     "jobs": [{"id": "J1", "release": 0, "due": 86400, "weight": 1,
               "tasks": [{"id": "10", "family": "A", "after": [], "modes": [{"machine": "M1", "seconds": 3600}]}]}]}

Optional: `calendar` (default: always open), `setup`, `family`, `after` (default: the task before it in the list),
`release`, `due`, `weight`; and beyond the benchmark's needs, with the meaning of the dataclasses' fields: on the
problem `now`, `fence`; on machines `is_unlimited`, `family`; on set-ups `ahead`; on jobs `after_jobs`; on tasks
`may_pause`, `release`, `setup_seconds`, `after_jobs`, `pin`, `running`, and in `after` a link
`{"task": "10", "job": "J2", "wait_seconds": 0, "transfer_share": 1, "first_seconds": null}` instead of a task's name.
Every row may have a `name` and a `comment`, which are for people. Other names are refused, with what they were probably to be.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from production.scheduling.calendar import Calendar
from production.scheduling.problem import InvalidProblem, Problem, salvage
from production.scheduling.rows import Job, Link, Machine, Mode, Pin, Running, Setup, Task
from production.scheduling.shop_text import from_fjs, from_jsplib, stated_in_fjs, stated_in_jsplib
from production.scheduling.stated import (
    Json,
    Stated,
    field_of,
    flag,
    given,
    label,
    listed,
    name_of,
    number_of,
    row_of,
    whole,
)
from production.scheduling.validation import Fault

__all__ = ["from_fjs", "from_json", "from_jsplib", "read_problem", "read_what_can_be", "to_json"]

UNREADABLE = (AttributeError, RecursionError, TypeError, ValueError)


def read_problem(path: Path) -> Problem:
    """Read a problem file: `.json`, `.fjs`, or else JSPLIB text.

    :raises InvalidProblem: when its content is not a problem in that format, or one that cannot be planned.
    """
    return Problem(*_read(path))


def read_what_can_be(path: Path) -> tuple[Problem, tuple[Fault, ...]]:
    """The same without the jobs that cannot be planned, and the faults of these.

    :raises InvalidProblem: when its content is not a problem in that format, or its machines or set-ups are at fault.
    """
    return salvage(*_read(path))


def _read(path: Path) -> Stated:
    try:
        # With or without the mark that Windows begins a file with.
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
            return stated_in_json(json.loads(text))
        return stated_in_fjs(text) if path.suffix.lower() == ".fjs" else stated_in_jsplib(text)
    except UNREADABLE as error:
        raise InvalidProblem((Fault(f"{path.name} is not readable as a problem: {_told(error)}"),)) from error


def _told(error: Exception) -> str:
    """What is wrong with a file, for whoever wrote it."""
    match error:
        case UnicodeDecodeError():
            return "it is no text in UTF-8"
        case json.JSONDecodeError():
            return f"it is no JSON; from line {error.lineno}, column {error.colno} on it cannot be understood ({error.msg})"
        case RecursionError():
            return "it holds brackets too deep"
        case TypeError() | AttributeError():
            return f"something is of another kind than the format has there ({error})"
        case _:
            return str(error)


def from_json(data: Json) -> Problem:
    """Build a problem from the JSON documented above.

    :raises ValueError, TypeError: naming what is otherwise.
    """
    return Problem(*stated_in_json(data))


def stated_in_json(data: Json) -> Stated:
    """What the JSON documented above states.

    :raises ValueError, TypeError: naming what is otherwise.
    """
    where = "the problem"
    row_of(data, where, ("machines", "jobs", "setup", "now", "fence"))
    machines = listed(given(data, "machines", where), "machines")
    jobs = listed(given(data, "jobs", where), "jobs")
    return Stated(
        machines=tuple(_machine(row, number) for number, row in enumerate(machines, 1)),
        jobs=tuple(_job(row, number) for number, row in enumerate(jobs, 1)),
        setup=_setup(data.get("setup")),
        now=whole(data.get("now") or 0, "now"),
        fence=whole(data.get("fence") or 0, "fence"),
    )


def _machine(row: Json, number: int) -> Machine:
    name = name_of(row, f"machine number {number}")
    row_of(row, f"machine {name}", ("id", "calendar", "is_unlimited", "family"))
    windows = row.get("calendar")
    calendar = None if windows is None else _calendar(windows, name)
    return Machine(name, calendar, flag(row, "is_unlimited", False), _text(row, "family", f"machine {name}"))


def _calendar(windows: Any, machine: str) -> Calendar:
    what = f"the calendar of machine {machine}"
    return Calendar(tuple(_window(window, f"a time in {what}") for window in listed(windows, what)))


def _window(window: Any, what: str) -> tuple[int, int]:
    both = listed(window, what)
    if len(both) != 2:
        raise ValueError(f"{what} is {window!r:.40}; give the seconds at which it begins and ends")
    start, end = (whole(moment, what) for moment in both)
    if end < start:
        raise ValueError(f"{what} is {window!r:.40}, which ends before it begins")
    return start, end


def _setup(row: Json | None) -> Setup:
    if not row:
        return Setup()
    row_of(row, "setup", ("families", "seconds", "ahead"))
    families = listed(given(row, "families", "setup"), "families of setup")
    lines = listed(given(row, "seconds", "setup"), "seconds of setup")
    seconds = tuple(
        tuple(whole(value, "a set-up time") for value in listed(line, "a line of seconds of setup"))
        for line in lines
    )
    names = tuple(label(family, "a family of setup") for family in families)
    return Setup(names, seconds, flag(row, "ahead", True))


def _job(row: Json, number: int) -> Job:
    name = name_of(row, f"job number {number}")
    where = f"job {name}"
    row_of(row, where, ("id", "release", "due", "weight", "tasks", "after_jobs"))
    tasks: list[Task] = []
    for place, task in enumerate(listed(given(row, "tasks", where), f"tasks of {where}"), 1):
        tasks.append(_task(name, task, place, tasks[-1].id if tasks else None))
    due, weight = row.get("due"), row.get("weight")
    return Job(
        id=name,
        tasks=tuple(tasks),
        release=whole(row.get("release") or 0, f"release of {where}"),
        due=None if due is None else whole(due, f"due of {where}"),
        weight=1 if weight is None else number_of(weight, f"weight of {where}"),
        after_jobs=_texts(row, "after_jobs", where),
    )


TASK = (
    "id",
    "modes",
    "after",
    "family",
    "may_pause",
    "release",
    "setup_seconds",
    "pin",
    "running",
    "after_jobs",
)


def _task(job: str, row: Json, place: int, before: str | None) -> Task:
    name = name_of(row, f"task number {place} of job {job}")
    where = f"task {name} of job {job}"
    row_of(row, where, TASK)
    after = row.get("after")
    if after is None:
        after = [] if before is None else [before]
    modes = listed(given(row, "modes", where), f"modes of {where}")
    return Task(
        id=name,
        job=job,
        modes=tuple(_mode(mode, where) for mode in modes),
        after=tuple(_before(item, where) for item in listed(after, f"after of {where}")),
        family=_text(row, "family", where),
        may_pause=flag(row, "may_pause", True),
        release=whole(row.get("release") or 0, f"release of {where}"),
        setup_seconds=whole(row.get("setup_seconds") or 0, f"setup_seconds of {where}"),
        pin=_pin(row["pin"], where) if row.get("pin") else None,
        running=_running(row["running"], where) if row.get("running") else None,
        after_jobs=_texts(row, "after_jobs", where),
    )


def _mode(row: Json, where: str) -> Mode:
    what = f"a mode of {where}"
    row_of(row, what, ("machine", "seconds"))
    seconds = whole(given(row, "seconds", what), f"seconds of {where}")
    return Mode(field_of(row, "machine", what), seconds)


def _before(item: Any, where: str) -> Link | str:
    return _link(item, where) if isinstance(item, Mapping) else label(item, f"what comes before {where}")


def _link(row: Json, where: str) -> Link:
    what = f"what comes before {where}"
    row_of(row, what, ("task", "job", "wait_seconds", "transfer_share", "first_seconds"))
    first = row.get("first_seconds")
    return Link(
        field_of(row, "task", what),
        _text(row, "job", what),
        whole(row.get("wait_seconds", 0), f"wait_seconds before {where}"),
        number_of(row.get("transfer_share", 1), f"transfer_share before {where}"),
        None if first is None else whole(first, f"first_seconds before {where}"),
    )


def _pin(row: Json, where: str) -> Pin:
    what = f"the pin of {where}"
    row_of(row, what, ("machine", "start"))
    start = row.get("start")
    return Pin(field_of(row, "machine", what), None if start is None else whole(start, f"start of {what}"))


def _running(row: Json, where: str) -> Running:
    what = f"what runs of {where}"
    row_of(row, what, ("machine", "started", "remaining_seconds"))
    return Running(
        field_of(row, "machine", what),
        whole(given(row, "started", what), f"started of {where}"),
        whole(given(row, "remaining_seconds", what), f"remaining_seconds of {where}"),
    )


def _text(row: Json, name: str, where: str) -> str | None:
    return None if row.get(name) is None else field_of(row, name, where)


def _texts(row: Json, name: str, where: str) -> tuple[str, ...]:
    values = row.get(name)
    what = f"{name} of {where}"
    return () if values is None else tuple(label(value, what) for value in listed(values, what))


def to_json(problem: Problem) -> dict[str, Any]:
    """Write a problem as the JSON documented above; `from_json` reads back an equal one."""
    data: dict[str, Any] = {
        "machines": [_machine_row(machine) for machine in problem.machines],
        "jobs": [_job_row(job) for job in problem.jobs],
        **_given(now=problem.now, fence=problem.fence),
    }
    if problem.setup.families:
        seconds = [list(row) for row in problem.setup.seconds]
        data["setup"] = {
            "families": list(problem.setup.families),
            "seconds": seconds,
            "ahead": problem.setup.ahead,
        }
    elif not problem.setup.ahead:
        data["setup"] = {"families": [], "seconds": [], "ahead": False}
    return data


def _given(**fields: object) -> dict[str, object]:
    """The fields that say more than their default."""
    return {name: value for name, value in fields.items() if value not in (None, 0, (), [])}


def _machine_row(machine: Machine) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": machine.id,
        **_given(is_unlimited=machine.is_unlimited, family=machine.family),
    }
    if machine.calendar is not None:
        row["calendar"] = [list(window) for window in machine.calendar.windows]
    return row


def _job_row(job: Job) -> dict[str, Any]:
    row: dict[str, Any] = {"id": job.id, "release": job.release, "weight": job.weight}
    if job.due is not None:
        row["due"] = job.due
    return {
        **row,
        **_given(after_jobs=list(job.after_jobs)),
        "tasks": [_task_row(task) for task in job.tasks],
    }


def _task_row(task: Task) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": task.id,
        "after": [item if isinstance(item, str) else _fields(item) for item in task.after],
        "modes": [_fields(mode) for mode in task.modes],
        **_given(
            family=task.family,
            release=task.release,
            setup_seconds=task.setup_seconds,
            after_jobs=list(task.after_jobs),
            pin=task.pin and _fields(task.pin),
            running=task.running and _fields(task.running),
        ),
    }
    return row if task.may_pause else {**row, "may_pause": False}


def _fields(row: Mode | Link | Pin | Running) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}
