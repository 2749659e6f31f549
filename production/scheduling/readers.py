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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from production.scheduling.calendar import Calendar
from production.scheduling.problem import InvalidProblem, Problem
from production.scheduling.rows import Job, Link, Machine, Mode, Pin, Running, Setup, Task
from production.scheduling.shop_text import from_fjs, from_jsplib
from production.scheduling.stated import Json, flag, number, row_of, whole
from production.scheduling.validation import Fault

__all__ = ["from_fjs", "from_json", "from_jsplib", "read_problem", "to_json"]

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
)


def read_problem(path: Path) -> Problem:
    """Read a problem file: `.json`, `.fjs`, or else JSPLIB text.

    :raises InvalidProblem: when its content is not a problem in that format, or one that cannot be planned.
    """
    try:
        # With or without the mark that Windows begins a file with.
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
            return from_json(json.loads(text))
        return from_fjs(text) if path.suffix.lower() == ".fjs" else from_jsplib(text)
    except InvalidProblem:
        raise
    except UNREADABLE as error:
        raise InvalidProblem((Fault(f"{path.name} is not readable as a problem: {_told(error)}"),)) from error


def _told(error: Exception) -> str:
    """What is wrong with a file, for whoever wrote it."""
    match error:
        case UnicodeDecodeError():
            return "it is no text in UTF-8"
        case KeyError():
            return f"{error} is missing"
        case IndexError() | StopIteration():
            return "it has fewer numbers than it promises"
        case OverflowError() | RecursionError():
            return "it holds a number that is too large, or brackets too deep"
        case TypeError() | AttributeError():
            return f"something is of another kind than the format has there ({error})"
        case _:
            return str(error)


def from_json(data: Json) -> Problem:
    """Build a problem from the JSON documented above.

    :raises ValueError, TypeError, KeyError: naming what is otherwise.
    """
    row_of(data, "the problem", ("machines", "jobs", "setup", "now", "fence"))
    return Problem(
        machines=tuple(_machine(row) for row in data["machines"]),
        jobs=tuple(_job(row) for row in data["jobs"]),
        setup=_setup(data.get("setup")),
        now=whole(data.get("now", 0), "now"),
        fence=whole(data.get("fence", 0), "fence"),
    )


def _machine(row: Json) -> Machine:
    name = _name(row, "a machine")
    row_of(row, f"machine {name}", ("id", "calendar", "is_unlimited", "family"))
    windows = row.get("calendar")
    calendar = None if windows is None else Calendar(tuple(_window(window, name) for window in windows))
    return Machine(name, calendar, flag(row, "is_unlimited", False), _text(row.get("family")))


def _window(window: Any, machine: str) -> tuple[int, int]:
    start, end = window
    what = f"a time in the calendar of machine {machine}"
    return whole(start, what), whole(end, what)


def _setup(row: Json | None) -> Setup:
    if not row:
        return Setup()
    row_of(row, "setup", ("families", "seconds", "ahead"))
    seconds = tuple(tuple(whole(value, "a set-up time") for value in line) for line in row["seconds"])
    return Setup(tuple(str(family) for family in row["families"]), seconds, flag(row, "ahead", True))


def _job(row: Json) -> Job:
    name = _name(row, "a job")
    where = f"job {name}"
    row_of(row, where, ("id", "release", "due", "weight", "tasks", "after_jobs"))
    tasks: list[Task] = []
    for task in row["tasks"]:
        tasks.append(_task(name, task, tasks[-1].id if tasks else None))
    due = row.get("due")
    return Job(
        id=name,
        tasks=tuple(tasks),
        release=whole(row.get("release") or 0, f"release of {where}"),
        due=None if due is None else whole(due, f"due of {where}"),
        weight=number(row.get("weight", 1), f"weight of {where}"),
        after_jobs=_texts(row.get("after_jobs", ()), f"after_jobs of {where}"),
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


def _task(job: str, row: Json, before: str | None) -> Task:
    name = _name(row, f"a task of job {job}")
    where = f"task {name} of job {job}"
    row_of(row, where, TASK)
    after = row.get("after")
    if after is None:
        after = [] if before is None else [before]
    return Task(
        id=name,
        job=job,
        modes=tuple(_mode(mode, where) for mode in row["modes"]),
        after=tuple(_before(item, where) for item in _listed(after, f"after of {where}")),
        family=_text(row.get("family")),
        may_pause=flag(row, "may_pause", True),
        release=whole(row.get("release") or 0, f"release of {where}"),
        setup_seconds=whole(row.get("setup_seconds", 0), f"setup_seconds of {where}"),
        pin=_pin(row["pin"], where) if row.get("pin") else None,
        running=_running(row["running"], where) if row.get("running") else None,
        after_jobs=_texts(row.get("after_jobs", ()), f"after_jobs of {where}"),
    )


def _mode(row: Json, where: str) -> Mode:
    row_of(row, f"a mode of {where}", ("machine", "seconds"))
    return Mode(str(row["machine"]), whole(row["seconds"], f"seconds of {where}"))


def _before(item: Any, where: str) -> Link | str:
    return _link(item, where) if isinstance(item, Mapping) else str(item)


def _link(row: Json, where: str) -> Link:
    row_of(
        row, f"what comes before {where}", ("task", "job", "wait_seconds", "transfer_share", "first_seconds")
    )
    first = row.get("first_seconds")
    return Link(
        str(row["task"]),
        _text(row.get("job")),
        whole(row.get("wait_seconds", 0), f"wait_seconds before {where}"),
        number(row.get("transfer_share", 1), f"transfer_share before {where}"),
        None if first is None else whole(first, f"first_seconds before {where}"),
    )


def _pin(row: Json, where: str) -> Pin:
    row_of(row, f"the pin of {where}", ("machine", "start"))
    start = row.get("start")
    return Pin(str(row["machine"]), None if start is None else whole(start, f"start of the pin of {where}"))


def _running(row: Json, where: str) -> Running:
    row_of(row, f"what runs of {where}", ("machine", "started", "remaining_seconds"))
    return Running(
        str(row["machine"]),
        whole(row["started"], f"started of {where}"),
        whole(row["remaining_seconds"], f"remaining_seconds of {where}"),
    )


def _name(row: Any, what: str) -> str:
    """What a row is called; without a name nothing could be told of it."""
    if not isinstance(row, Mapping):
        raise TypeError(f"{what} is {str(row)[:40]!r}, not a row of names and values")
    return str(row["id"])


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _texts(values: Any, what: str) -> tuple[str, ...]:
    return tuple(str(value) for value in _listed(values, what))


def _listed(values: Any, what: str) -> Iterable[Any]:
    """What is listed; the letters of a single name would otherwise be taken for as many."""
    if isinstance(values, str | Mapping):
        raise TypeError(f"{what} is {str(values)[:40]!r}, not a list")
    return tuple(values)


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
