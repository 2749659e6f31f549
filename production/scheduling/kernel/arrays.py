"""The plant as flat tables, the only thing that compiled code sees.

Tables hold records of a fixed layout, ragged rows one after the other. Tasks, modes, machines, jobs, families, calendars,
resources and groups are numbers; −1 stands for none. All times are whole seconds.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Table = npt.NDArray[np.void]

FREE, RUNNING, PINNED = 0, 1, 2
TARDINESS, MAKESPAN, SETUP, FLOW, MOVE, WHOLE_MOVE, KEEN = 0, 1, 2, 3, 4, 5, 6  # places in `Arrays.cost`


TASK = np.dtype(
    [
        ("job", np.int64),
        ("own_setup", np.int64),
        ("family", np.int64),
        ("floor", np.int64),  # earliest start of its slot
        ("release", np.int64),  # earliest start of its run
        ("rank", np.int64),  # place in a topological order
        ("kind", np.int64),  # FREE, RUNNING or PINNED
        ("moment", np.int64),  # started (RUNNING) or start of its slot (PINNED)
        ("mode_at", np.int64),
        ("mode_end", np.int64),
        ("pred_at", np.int64),
        ("pred_end", np.int64),
        ("succ_at", np.int64),
        ("succ_end", np.int64),
        ("need_at", np.int64),
        ("need_end", np.int64),
        ("present_start", np.int64),
        ("present_machine", np.int64),
        ("may_pause", np.int64),
        ("plain", np.int64),  # its arcs have neither wait nor overlap
        ("is_last", np.int64),  # its end may be its job's end
    ],
    align=True,
)
MODE = np.dtype(
    [("task", np.int64), ("machine", np.int64), ("seconds", np.int64), ("calendar", np.int64)], align=True
)
ARC = np.dtype(
    [
        ("task", np.int64),
        ("wait", np.int64),
        ("share", np.float64),
        (
            "first",
            np.int64,
        ),  # work left of a running one until its first transfer batch; −1 where none is under way
    ],
    align=True,
)
NEED = np.dtype([("resource", np.int64), ("amount", np.int64)], align=True)
MACHINE = np.dtype(
    [
        ("calendar", np.int64),
        ("unlimited", np.int64),
        ("stands_ready", np.int64),
        ("reserve_at", np.int64),
        ("reserve_end", np.int64),
    ],
    align=True,
)
RESERVE = np.dtype([("group", np.int64)], align=True)
JOB = np.dtype(
    [
        ("due", np.int64),  # NEVER for none
        ("weight", np.float64),
        ("keen", np.int64),  # the first seconds of lateness, which cost `KEEN` times more
        ("release", np.int64),
        ("group", np.int64),
        ("last_at", np.int64),  # in `last`: the tasks that may end it
        ("last_end", np.int64),
    ],
    align=True,
)
CALENDAR = np.dtype([("first", np.int64), ("end", np.int64), ("total", np.int64)], align=True)
WINDOW = np.dtype([("opens", np.int64), ("closes", np.int64), ("before", np.int64)], align=True)


class Arrays(NamedTuple):
    """A plant as tables of records; `x_at` and `x_end` of a row are the rows of table x that belong to it."""

    now: int
    ahead: bool
    is_due: bool
    task: Table
    mode: Table
    pred: Table
    succ: Table
    need: Table
    unit_at: Ints  # by resource: its units, numbered through
    machine: Table
    reserve: Table
    room: Ints  # reserve × bucket: seconds open to all other groups
    bucket: Ints  # boundaries
    job: Table
    last: Ints
    calendar: Table
    window: Table
    setup: Ints  # family × family
    cost: Floats  # per second or, of MOVE, per task; WHOLE_MOVE are the seconds of shift that make one, KEEN a factor
