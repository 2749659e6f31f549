"""What presses most: the rules by which a free machine chooses among the tasks that wait for it.

All rules share one form, cheap to evaluate in a queue (the logarithm of the apparent tardiness cost index with
set-ups, Lee, Bhaskaran & Pinedo 1997):

    value(task) − max(0, latest start − now) / patience − set-up / set-up patience

Latest starts come from a backward pass over what is left of the job, either bare or with the queueing times seen in
an earlier plan (lead-time iteration, Vepsalainen & Morton 1988).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from production.scheduling.kernel.arrays import Floats
from production.scheduling.kernel.dispatch import Rule as Key
from production.scheduling.kernel.urgency import look_back
from production.scheduling.plant import Plant


@dataclass(frozen=True, slots=True)
class Urgency:
    """What the backward pass knows of each task, in seconds."""

    tail: Floats  # from its start to the end of all that waits for it, unhindered
    latest: Floats  # latest start by which the jobs behind it can be in time
    weight: Floats  # the heaviest job behind it
    run: Floats  # its own mean duration, closed hours spread over it


def urgency(plant: Plant, waits: Floats | None = None, weight: Floats | None = None) -> Urgency:
    """Tails, latest starts and weights.

    :param waits: how long each task is expected to queue before it starts. :param weight: of the jobs, if not their own.
    """
    a = plant.arrays
    stretch = np.array([_stretch(plant, m) for m in range(len(plant.calendars))])
    lengths = np.bincount(
        a.mode["task"], a.mode["seconds"] * stretch[a.mode["machine"]], minlength=plant.size
    )
    run = lengths / (a.task["mode_end"] - a.task["mode_at"]) + a.task["own_setup"]
    horizon = float(max([due for due in plant.due if due is not None], default=0) + run.sum())
    own = a.job["weight"] if weight is None else weight
    has_due = np.array([due is not None for due in plant.due], np.bool_)
    pressing = np.where(has_due | (not plant.is_due), own, 0.01)
    by_rank = np.array(plant.topological, np.int64)
    tail, latest, heaviest = look_back(
        a, by_rank, run, np.zeros(plant.size) if waits is None else waits, pressing, horizon
    )
    for i, start in plant.pinned.items():
        latest[i] = min(latest[i], start)
    return Urgency(tail, latest, heaviest, run)


def _stretch(plant: Plant, machine: int) -> float:
    """Wall-clock seconds per working second."""
    calendar = plant.calendars[machine]
    if calendar is None or not calendar.total:
        return 1.0
    return (calendar.end - calendar.windows[0][0]) / calendar.total


@dataclass(frozen=True, slots=True)
class Rule:
    """A named way to compare tasks in a queue."""

    name: str
    key: Callable[[Plant, Urgency], Key]


def _mean(values: Floats) -> float:
    return max(float(values.mean()) if values.size else 0.0, 1e-9)


def _setup_patience(plant: Plant) -> float:
    paid = [seconds for row in plant.setup for seconds in row if seconds]
    return 1 / (0.35 * _mean(np.array(paid, np.float64))) if paid else 0.0


def apparent_tardiness_cost(patience: float, *, whole_job: bool = False) -> Rule:
    """Weight over work, discounted by slack in units of `patience` mean durations.

    `whole_job` counts the work left in the job instead of the task's own.
    """

    def key(plant: Plant, seen: Urgency) -> Key:
        work = seen.tail if whole_job else seen.run
        value = np.log(np.maximum(seen.weight, 1e-6) / np.maximum(work, 1.0))
        return Key(value, seen.latest, 1 / (patience * _mean(seen.run)), _setup_patience(plant))

    return Rule(f"ATC{'+job' if whole_job else ''} {patience:g}", key)


def _static(name: str, value: Callable[[Urgency], Floats]) -> Rule:
    def key(plant: Plant, seen: Urgency) -> Key:
        return Key(value(seen), seen.latest, 0.0, _mean(seen.run) * _setup_patience(plant))

    return Rule(name, key)


EARLIEST_DUE = _static("earliest due date", lambda seen: -seen.latest)
SHORTEST = _static("shortest task", lambda seen: -seen.run)
MOST_WORK_LEFT = _static("most work left", lambda seen: seen.tail)
LEAST_WORK_LEFT = _static("least work left", lambda seen: -seen.tail)
HEAVIEST = _static("weight first, then due date", lambda seen: 1e9 * seen.weight - seen.latest)
CRITICAL = _static("critical ratio", lambda seen: -(seen.latest + seen.tail) / np.maximum(seen.tail, 1.0))

DUE_RULES = (
    apparent_tardiness_cost(3.0),
    apparent_tardiness_cost(3.0, whole_job=True),
    EARLIEST_DUE,
    apparent_tardiness_cost(1.0),
    HEAVIEST,
    apparent_tardiness_cost(10.0),
    CRITICAL,
    SHORTEST,
)
MAKESPAN_RULES = (MOST_WORK_LEFT, SHORTEST, LEAST_WORK_LEFT)
