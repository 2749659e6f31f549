"""From a numbered problem to the flat tables that compiled code reads."""

from collections.abc import Sequence
from itertools import accumulate, chain
from math import ceil
from typing import Any

import numpy as np

from production.scheduling.calendar import Calendar
from production.scheduling.kernel.arrays import (
    ARC,
    CALENDAR,
    JOB,
    MACHINE,
    MODE,
    NEED,
    PINNED,
    RESERVE,
    RUNNING,
    TASK,
    WINDOW,
    Arrays,
    Floats,
    Ints,
    Table,
)
from production.scheduling.kernel.clock import NEVER
from production.scheduling.numbering import Arc, Numbering
from production.scheduling.result import Weights

SEARCHED_WHOLE = 3000  # tasks up to which the search moves all of a plant at once
# The share of a mean task's length in which a late job comes to cost all that being late at all costs.
STEEP = 60


def flatten(plant: Numbering) -> Arrays:
    """Flatten a plant."""
    calendars = _Calendars()
    problem = plant.problem
    machines, modes = _machines(plant, calendars), _modes(plant, calendars)
    reserve, room = _reserve(plant)
    return Arrays(
        now=problem.now,
        ahead=plant.ahead,
        is_due=plant.is_due,
        task=_tasks(plant),
        mode=modes,
        pred=_arcs(plant.preds),
        succ=_arcs(plant.succs),
        need=_pairs(NEED, plant.needs),
        unit_at=_ints([0, *accumulate(plant.capacity)]),
        machine=machines,
        reserve=reserve,
        room=room,
        bucket=_ints(problem.buckets),
        job=_jobs(plant, modes),
        last=_ints([i for row in plant.last for i in row]),
        calendar=calendars.table(),
        window=calendars.windows(),
        setup=np.array(plant.setup or ((0,),), np.int64),
        cost=_cost(plant.weights),
    )


def _machines(plant: Numbering, calendars: "_Calendars") -> Table:
    ends = _ends(plant.reserves)
    return _table(
        MACHINE,
        len(plant.calendars),
        calendar=[calendars.number(calendar) for calendar in plant.calendars],
        unlimited=plant.unlimited,
        stands_ready=plant.stands_ready,
        reserve_at=ends[:-1],
        reserve_end=ends[1:],
    )


def _reserve(plant: Numbering) -> tuple[Table, Ints]:
    """What machines keep for groups of jobs, a row each; and by row and bucket, the seconds that are open to all others."""
    reserves = list(chain.from_iterable(plant.reserves))
    groups = _table(RESERVE, len(reserves), group=[group for group, _ in reserves])
    buckets = max(len(plant.problem.buckets) - 1, 0)
    return groups, np.array([room for _, room in reserves], np.int64).reshape(len(reserves), buckets)


def _jobs(plant: Numbering, modes: Table) -> Table:
    ends = _ends(plant.last)
    return _table(
        JOB,
        len(plant.due),
        due=[NEVER if due is None else due for due in plant.due],
        weight=plant.weight,
        keen=_keen(plant, modes),
        release=plant.job_release,
        group=plant.group,
        last_at=ends[:-1],
        last_end=ends[1:],
    )


def _cost(weights: Weights) -> Floats:
    """In the order of the places that `kernel.arrays` names; what keen jobs cost is put in where that is searched by (`hasten`)."""
    return np.array(
        [
            weights.tardiness,
            weights.makespan,
            weights.setup,
            weights.flow,
            weights.move,
            weights.whole_move,
            0.0,
        ],
        np.float64,
    )


def _keen(plant: Numbering, modes: Table) -> Ints:
    """By job, the first seconds of lateness, of jobs that others should give way to.

    Where the whole plant is searched at once the least weighted tardiness comes out of itself, and is all that is asked for.
    """
    weight = np.array(plant.weight, np.float64)
    counts = weight[weight > 0]
    if not counts.size or plant.size <= SEARCHED_WHOLE:
        return np.zeros(weight.size, np.int64)
    return np.where(weight > counts.min(), ceil(float(modes["seconds"].mean()) / STEEP), 0)


def _tasks(plant: Numbering) -> Table:
    table = _table(
        TASK,
        plant.size,
        job=plant.job,
        own_setup=plant.own_setup,
        family=plant.family,
        floor=plant.floor,
        release=plant.release,
        rank=plant.rank,
        may_pause=plant.may_pause,
        plain=plant.plain,
        is_last=plant.is_last,
    )
    for name, rows in (
        ("mode", plant.modes),
        ("pred", plant.preds),
        ("succ", plant.succs),
        ("need", plant.needs),
    ):
        ends = _ends(rows)
        table[f"{name}_at"], table[f"{name}_end"] = ends[:-1], ends[1:]
    for i, start in plant.pinned.items():
        table["kind"][i], table["moment"][i] = PINNED, start
    for i, (_, started, _) in plant.running.items():
        table["kind"][i], table["moment"][i] = RUNNING, started
    table["present_start"] = table["present_machine"] = -1
    present = _ints(list(plant.present))
    table["present_start"][present] = [slot.start for slot in plant.present.values()]
    table["present_machine"][present] = [
        plant.machine_number[slot.machine] for slot in plant.present.values()
    ]
    return table


def _modes(plant: Numbering, calendars: "_Calendars") -> Table:
    ends = _ends(plant.modes)
    pairs = np.fromiter(chain.from_iterable(chain.from_iterable(plant.modes)), np.int64).reshape(-1, 2)
    own = _ints([calendars.number(calendar) for calendar in plant.calendars])
    table = _table(
        MODE,
        len(pairs),
        task=np.repeat(np.arange(plant.size), np.diff(ends)),
        machine=pairs[:, 0],
        seconds=pairs[:, 1],
        calendar=own[pairs[:, 0]],
    )
    for i, needs in enumerate(plant.needs):
        for k in range(ends[i], ends[i + 1]) if needs else ():
            table["calendar"][k] = calendars.number(plant.calendar_of(i, int(pairs[k, 0])))
    return table


def _arcs(rows: Sequence[Sequence[Arc]]) -> Table:
    return np.array([arc for row in rows for arc in row], ARC)


def _pairs(dtype: np.dtype[np.void], rows: Sequence[Sequence[tuple[int, int]]]) -> Table:
    return np.array([pair for row in rows for pair in row], dtype)


def _table(dtype: np.dtype[np.void], size: int, **columns: Sequence[Any] | Ints) -> Table:
    table = np.zeros(size, dtype)
    for name, values in columns.items():
        table[name] = values
    return table


class _Calendars:
    """Calendars in use, each once."""

    def __init__(self) -> None:
        self.known: list[Calendar] = []
        self.numbers: dict[int, int] = {}

    def number(self, calendar: Calendar | None) -> int:
        if calendar is None:
            return -1
        if id(calendar) not in self.numbers:
            self.numbers[id(calendar)] = len(self.known)
            self.known.append(calendar)
        return self.numbers[id(calendar)]

    def table(self) -> Table:
        ends = _ends([calendar.windows for calendar in self.known])
        totals = [calendar.total for calendar in self.known]
        return _table(CALENDAR, len(self.known), first=ends[:-1], end=ends[1:], total=totals)

    def windows(self) -> Table:
        rows = [
            (*window, before)
            for calendar in self.known
            for window, before in zip(calendar.windows, calendar.worked_before, strict=True)
        ]
        return np.array(rows, WINDOW)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64).reshape(-1)


def _ends(rows: Sequence[Sequence[Any]]) -> Ints:
    """Where each row ends when they are stored one after the other, after a leading 0."""
    return _ints([0, *accumulate(len(row) for row in rows)])
