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
`{"task": "10", "job": "J2", "wait_seconds": 0, "transfer_share": 1}` instead of a task's name.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from production.scheduling.calendar import Calendar
from production.scheduling.problem import InvalidProblem, Problem
from production.scheduling.rows import Job, Link, Machine, Mode, Pin, Running, Setup, Task
from production.scheduling.validation import Fault

Json = Mapping[str, Any]
LARGEST = 10**12
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
        text = path.read_text(
            encoding="utf-8-sig"
        )  # with or without the mark that Windows begins a file with
        if path.suffix == ".json" or text.lstrip().startswith("{"):
            return from_json(json.loads(text))
        return from_fjs(text) if path.suffix == ".fjs" else from_jsplib(text)
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


def _seconds(value: Any) -> int:
    """A whole number of seconds, or of a machine; larger ones would not go through the scheduler's arithmetic."""
    number = int(value)
    if abs(number) > LARGEST:
        raise ValueError(f"{str(value)[:40]} is too large a number")
    return number


def _flag(row: Json, name: str, default: bool) -> bool:
    """True or false; the word "false" in quotes would otherwise count as true."""
    value = row.get(name, default)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not {str(value)[:40]!r}")
    return value


def _weight(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a weight is a number, not {str(value)[:40]!r}")
    return value


def from_json(data: Json) -> Problem:
    """Build a problem from the JSON documented above."""
    return Problem(
        machines=tuple(_machine(row) for row in data["machines"]),
        jobs=tuple(_job(row) for row in data["jobs"]),
        setup=_setup(data.get("setup")),
        now=_seconds(data.get("now", 0)),
        fence=_seconds(data.get("fence", 0)),
    )


def _machine(row: Json) -> Machine:
    windows = row.get("calendar")
    calendar = (
        None
        if windows is None
        else Calendar(tuple((_seconds(start), _seconds(end)) for start, end in windows))
    )
    return Machine(str(row["id"]), calendar, _flag(row, "is_unlimited", False), row.get("family"))


def _setup(row: Json | None) -> Setup:
    if not row:
        return Setup()
    seconds = tuple(tuple(_seconds(value) for value in line) for line in row["seconds"])
    return Setup(tuple(str(family) for family in row["families"]), seconds, _flag(row, "ahead", True))


def _job(row: Json) -> Job:
    tasks: list[Task] = []
    for task in row["tasks"]:
        tasks.append(_task(str(row["id"]), task, tasks[-1].id if tasks else None))
    due = row.get("due")
    return Job(
        id=str(row["id"]),
        tasks=tuple(tasks),
        release=_seconds(row.get("release") or 0),
        due=None if due is None else _seconds(due),
        weight=_weight(row.get("weight", 1)),
        after_jobs=tuple(row.get("after_jobs", ())),
    )


def _task(job: str, row: Json, before: str | None) -> Task:
    after = row.get("after")
    if after is None:
        after = [] if before is None else [before]
    family = row.get("family")
    return Task(
        id=str(row["id"]),
        job=job,
        modes=tuple(Mode(str(mode["machine"]), _seconds(mode["seconds"])) for mode in row["modes"]),
        after=tuple(Link(**item) if isinstance(item, Mapping) else str(item) for item in after),
        family=None if family is None else str(family),
        may_pause=_flag(row, "may_pause", True),
        release=_seconds(row.get("release") or 0),
        setup_seconds=_seconds(row.get("setup_seconds", 0)),
        pin=Pin(**row["pin"]) if row.get("pin") else None,
        running=Running(**row["running"]) if row.get("running") else None,
        after_jobs=tuple(row.get("after_jobs", ())),
    )


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


def from_jsplib(text: str) -> Problem:
    """Job shop text: a line `jobs machines`, then a line of `machine duration` pairs per job; # starts a comment.

    Machines are named M0, M1, …, jobs J0, J1, …, tasks 0, 1, ….
    """
    lines = [[_seconds(word) for word in line.split()] for line in _content(text)]
    jobs = []
    for number, line in enumerate(lines[1 : 1 + lines[0][0]]):
        steps = [[Mode(f"M{line[i]}", line[i + 1])] for i in range(0, len(line), 2)]
        jobs.append(_chain(number, steps))
    return _shop(lines[0], jobs)


def from_fjs(text: str) -> Problem:
    """Flexible job shop text: a line `jobs machines …`, then per job the number of operations and, per operation,
    the number of its machines followed by as many `machine duration` pairs; machines count from 1.

    Names are as in `from_jsplib`, so the file's machine 1 is M0.
    """
    lines = [[float(word) for word in line.split()] for line in _content(text)]
    jobs = []
    for number, line in enumerate(lines[1 : 1 + int(lines[0][0])]):
        numbers = iter(_seconds(value) for value in line)
        steps = [
            [Mode(f"M{next(numbers) - 1}", next(numbers)) for _ in range(next(numbers))]
            for _ in range(next(numbers))
        ]
        jobs.append(_chain(number, steps))
    return _shop([_seconds(value) for value in lines[0][:2]], jobs)


def _content(text: str) -> list[str]:
    stripped = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in stripped if line]


def _chain(number: int, steps: list[list[Mode]]) -> Job:
    name = f"J{number}"
    tasks = (
        Task(str(i), name, tuple(modes), after=(str(i - 1),) if i else ()) for i, modes in enumerate(steps)
    )
    return Job(name, tuple(tasks))


def _shop(header: list[int], jobs: list[Job]) -> Problem:
    if len(jobs) < header[0]:
        raise InvalidProblem((Fault(f"The first line promises {header[0]} jobs, but {len(jobs)} follow"),))
    return Problem(tuple(Machine(f"M{i}") for i in range(header[1])), tuple(jobs))
