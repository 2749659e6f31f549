"""What presses most: the rules by which a free machine chooses among the tasks that wait for it.

All rules share one form, cheap to evaluate in a queue (the logarithm of the apparent tardiness cost index with
set-ups, Lee, Bhaskaran & Pinedo 1997):

    value(task) − max(0, latest start − now) / patience − set-up / set-up patience

Latest starts come from a backward pass over what is left of the job, either bare or with the queueing times seen in
an earlier plan (lead-time iteration, Vepsalainen & Morton 1988).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log

from production.scheduling.plant import Plant

Key = tuple[list[float], list[float], float, float]  # values, latest starts, 1/patience, 1/set-up patience


@dataclass(frozen=True, slots=True)
class Urgency:
    """What the backward pass knows of each task, in seconds."""

    tail: list[float]  # from its start to the end of all that waits for it, unhindered
    latest: list[float]  # latest start by which the jobs behind it can be in time
    weight: list[float]  # the heaviest job behind it
    run: list[float]  # its own mean duration, closed hours spread over it


def urgency(plant: Plant, waits: Sequence[float] | None = None) -> Urgency:
    """Tails, latest starts and weights; with `waits`, tasks are expected to queue that long before they start."""
    stretch = [_stretch(plant, m) for m in range(len(plant.calendars))]
    run = [
        sum(seconds * stretch[m] for m, seconds in modes) / len(modes) + plant.own_setup[i]
        for i, modes in enumerate(plant.modes)
    ]
    horizon = float(max([due for due in plant.due if due is not None], default=0) + sum(run))
    tail = [0.0] * plant.size
    latest = [0.0] * plant.size
    weight = [0.0] * plant.size
    for i in reversed(plant.topological):
        j = plant.job[i]
        due = plant.due[j]
        length, heaviest = 0.0, plant.weight[j] if due is not None or not plant.is_due else 0.01
        end = horizon if due is None else float(due)
        for s, wait, share in plant.succs[i]:
            gap = wait + (waits[s] if waits is not None else 0.0) - (1 - share) * min(run[i], run[s])
            length = max(length, tail[s] + gap)
            end = min(end, latest[s] - gap)
            heaviest = max(heaviest, weight[s])
        tail[i], latest[i], weight[i] = length + run[i], end - run[i], heaviest
    for i, start in plant.pinned.items():
        latest[i] = min(latest[i], start)
    return Urgency(tail, latest, weight, run)


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


def _mean(values: Sequence[float]) -> float:
    return max(sum(values) / max(len(values), 1), 1e-9)


def _setup_patience(plant: Plant) -> float:
    largest = [seconds for row in plant.setup for seconds in row if seconds]
    return 1 / (0.35 * _mean(largest)) if largest else 0.0


def apparent_tardiness_cost(patience: float, *, whole_job: bool = False) -> Rule:
    """Weight over work, discounted by slack in units of `patience` mean durations.

    `whole_job` counts the work left in the job instead of the task's own.
    """

    def key(plant: Plant, seen: Urgency) -> Key:
        work = seen.tail if whole_job else seen.run
        value = [log(max(w, 1e-6) / max(p, 1.0)) for w, p in zip(seen.weight, work, strict=True)]
        return value, seen.latest, 1 / (patience * _mean(seen.run)), _setup_patience(plant)

    return Rule(f"ATC{'+job' if whole_job else ''} {patience:g}", key)


def _static(name: str, value: Callable[[Urgency], list[float]]) -> Rule:
    def key(plant: Plant, seen: Urgency) -> Key:
        values = value(seen)
        spread = _mean(seen.run)
        return values, seen.latest, 0.0, spread * _setup_patience(plant)

    return Rule(name, key)


EARLIEST_DUE = _static("earliest due date", lambda seen: [-latest for latest in seen.latest])
SHORTEST = _static("shortest task", lambda seen: [-run for run in seen.run])
MOST_WORK_LEFT = _static("most work left", lambda seen: list(seen.tail))
LEAST_WORK_LEFT = _static("least work left", lambda seen: [-tail for tail in seen.tail])
HEAVIEST = _static(
    "weight first, then due date",
    lambda seen: [1e9 * w - latest for w, latest in zip(seen.weight, seen.latest, strict=True)],
)
CRITICAL = _static(
    "critical ratio",
    lambda seen: [
        -(latest + tail) / max(tail, 1.0) for latest, tail in zip(seen.latest, seen.tail, strict=True)
    ],
)

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
