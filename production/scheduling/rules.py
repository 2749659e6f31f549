"""What presses most: the rules by which a free machine chooses among the tasks that wait for it.

All rules share one form, cheap to evaluate in a queue (the logarithm of the apparent tardiness cost index with
set-ups, Lee, Bhaskaran & Pinedo 1997):

    value(task) − max(0, latest start − now) / patience − set-up / set-up patience

Latest starts come from a backward pass over what is left of the job, bare or with a multiple of each task's own length for
the queue it is expected to stand in (lead times, Vepsalainen & Morton 1988). They are kept on each machine's own clock,
which stands still while it is closed: what is due on Sunday has to be done on Friday.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from production.scheduling.kernel.arrays import Floats, Ints
from production.scheduling.kernel.queues import Rule as Key
from production.scheduling.kernel.urgency import last_calls, look_back
from production.scheduling.plant import Plant


@dataclass(frozen=True, slots=True)
class Urgency:
    """What the backward pass knows of each task, in seconds."""

    tail: Floats  # from its start to the end of all that waits for it, unhindered
    latest: Floats  # latest start by which the jobs behind it can be in time
    weight: Floats  # the heaviest job behind it
    run: Floats  # its own mean duration, closed hours spread over it
    work: Floats  # the same in working time
    calls: Floats  # by mode: its latest start as the calendars have it, on the clock of the mode's machine


def urgency(plant: Plant) -> Urgency:
    """Tails, latest starts and weights."""
    a = plant.arrays
    stretch = np.array([_stretch(plant, m) for m in range(len(plant.calendars))])
    modes = a.task["mode_end"] - a.task["mode_at"]
    lengths = np.bincount(
        a.mode["task"], a.mode["seconds"] * stretch[a.mode["machine"]], minlength=plant.size
    )
    run = lengths / modes + a.task["own_setup"]
    work = np.bincount(a.mode["task"], a.mode["seconds"], minlength=plant.size) / modes + a.task["own_setup"]
    queues = np.zeros(plant.size)
    horizon = _horizon(plant, run)
    has_due = np.array([due is not None for due in plant.due], np.bool_)
    pressing = np.where(has_due | (not plant.is_due), a.job["weight"], 0.01)
    by_rank = np.array(plant.topological, np.int64)
    tail, latest, heaviest = look_back(a, by_rank, run, queues, pressing, float(horizon))
    for i, start in plant.pinned.items():
        latest[i] = min(latest[i], start)
    calls = last_calls(a, by_rank, *_whole(work, queues), horizon)
    return Urgency(tail, latest, heaviest, run, work, calls)


def _horizon(plant: Plant, run: Floats) -> int:
    """When all is done for certain that has no due date."""
    return int(max([plant.problem.now, *(due for due in plant.due if due is not None)]) + run.sum())


def _whole(*seconds: Floats) -> list[Ints]:
    return [values.astype(np.int64) for values in seconds]


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
        return Key(value, seen.calls, 1 / (patience * _mean(seen.work)), _setup_patience(plant))

    return Rule(f"ATC{'+job' if whole_job else ''} {patience:g}", key)


@dataclass(frozen=True, slots=True)
class Manner:
    """What a tuned rule makes of the same figures (bottleneck dynamics, Morton & Pentico 1993).

    A second of a machine that much waits for is dearer than one of a machine that nobody waits for.
    """

    patience: float = 3.0  # mean durations of slack in which urgency falls to a third
    lead: float = 0.0  # how long a task is expected to queue, in times its own duration
    dearness: float = 1.0  # exponent of what waits for a machine, in the price of its time
    own: float = (
        0.5  # share of the task's own work in what it is worth, the rest being priced work left in its job
    )
    heed: float = 1.0  # exponent of weights


def tuned(manner: Manner, queued: Floats, machine: Ints) -> Rule:
    """The rule of a manner.

    :param queued: by machine, seconds that tasks wait for each second it works. :param machine: of each task, where it will go.
    """

    def key(plant: Plant, seen: Urgency) -> Key:
        a = plant.arrays
        price = (0.1 + queued) ** manner.dearness
        by_rank = np.array(plant.topological, np.int64)
        zero, far = np.zeros(plant.size), 1e18
        left, _, _ = look_back(a, by_rank, seen.work * price[machine], zero, seen.weight, far)
        calls = last_calls(a, by_rank, *_whole(seen.work, manner.lead * seen.work), _horizon(plant, seen.run))
        worth = manner.heed * np.log(np.maximum(seen.weight, 1e-6))
        worth -= manner.own * np.log(np.maximum(seen.work, 1.0))
        worth -= (1 - manner.own) * np.log(np.maximum(left, 1e-3))
        return Key(worth, calls, 1 / (manner.patience * _mean(seen.work)), _setup_patience(plant))

    told = f"patience {manner.patience:.3g}, lead {manner.lead:.3g}, dearness {manner.dearness:.3g}"
    return Rule(f"ATC of priced work: {told}, own {manner.own:.3g}, heed {manner.heed:.3g}", key)


def _static(name: str, value: Callable[[Urgency], Floats]) -> Rule:
    def key(plant: Plant, seen: Urgency) -> Key:
        return Key(value(seen), seen.calls, 0.0, _mean(seen.run) * _setup_patience(plant))

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
