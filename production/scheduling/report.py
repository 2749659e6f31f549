"""From a plan in numbers to the answer in names."""

import numpy as np

from production.scheduling.kernel.arrays import Arrays, Ints
from production.scheduling.plant import Plan, Plant
from production.scheduling.result import Assignment, Remark, Result, Status
from production.scheduling.rows import TaskKey


def report(
    plant: Plant,
    plan: Plan,
    *,
    bound: int,
    seconds: float,
    first_seconds: float,
    rule: str,
    figures: dict[str, float],
) -> Result:
    """The result of a plan, figures included."""
    jobs = plant.problem.jobs
    ends = plant.ends(plan)
    value = objective_value(plant, plan)
    status = Status.OPTIMAL if value <= bound else Status.FEASIBLE
    return Result(
        status=Status.PARTIAL if plan.unplaced else status,
        objective="weighted tardiness" if plant.is_due else "makespan",
        value=value,
        bound=min(bound, int(value)),
        cost=plan.cost,
        seconds=seconds,
        first_seconds=first_seconds,
        assignments=_assignments(plant, plan),
        lateness={jobs[j].id: end - due for j, end in ends.items() if (due := jobs[j].due) is not None},
        ends={jobs[j].id: end for j, end in ends.items()},
        setup_seconds=plan.setup_seconds,
        flow_seconds=sum(end - plant.job_release[j] for j, end in ends.items()),
        utilisation=_utilisation(plant, plan),
        moved=tuple(sorted(plant.keys[i] for i in plant.moved(plan))),
        unplanned=_remarks(plant, plan.unplaced),
        broken_pins=_remarks(plant, {i: why for i, why in plan.broken.items() if i not in plan.unplaced}),
        rule=rule,
        figures=figures,
    )


def objective_value(plant: Plant, plan: Plan) -> float:
    """Weighted tardiness in weighted seconds, or the makespan where no job has a due date; whole where weights are."""
    if not plant.is_due:
        return max((end for i, end in enumerate(plan.end) if i not in plan.unplaced), default=0)
    ends = plant.ends(plan)
    value = sum(
        plant.weight[j] * max(0, end - due) for j, end in ends.items() if (due := plant.due[j]) is not None
    )
    return int(value) if value == int(value) else value


def _assignments(plant: Plant, plan: Plan) -> tuple[Assignment, ...]:
    names = [machine.id for machine in plant.problem.machines]
    keys, machine, start, end = plant.keys, plan.machine, plan.start, plan.end
    placed = [i for i in range(plant.size) if i not in plan.unplaced]
    placed.sort(key=lambda i: (start[i], end[i], names[machine[i]], keys[i]))
    return tuple([Assignment(*keys[i], names[machine[i]], start[i], plan.run[i], end[i]) for i in placed])


def _utilisation(plant: Plant, plan: Plan) -> dict[str, float]:
    a, now = plant.arrays, plant.problem.now
    last = max([now, *plan.end])
    machine = np.array(plan.machine, np.int64)
    placed = np.flatnonzero(machine >= 0)
    start, end = np.maximum(plan.slots["start"], now), plan.slots["end"]
    shares = np.zeros(len(a.machine))
    for c in np.unique(a.machine["calendar"]):
        own = np.flatnonzero(a.machine["calendar"] == c)
        there = placed[a.machine["calendar"][machine[placed]] == c]
        worked = _worked(a, c, end[there]) - _worked(a, c, start[there])
        busy = np.bincount(machine[there], worked, minlength=len(a.machine))
        [open_seconds] = _worked(a, c, np.array([last])) - _worked(a, c, np.array([now]))
        shares[own] = busy[own] / open_seconds if open_seconds else 0.0
    return {
        row.id: round(share, 4) for row, share in zip(plant.problem.machines, shares.tolist(), strict=True)
    }


def _worked(a: Arrays, c: int, at: Ints) -> Ints:
    """Worked seconds of a calendar up to some moments; −1 is always open."""
    if c < 0:
        return at
    windows = a.window[a.calendar[c]["first"] : a.calendar[c]["end"]]
    if not len(windows):
        return np.zeros_like(at)
    opened = np.searchsorted(windows["opens"], at, side="right") - 1
    last = windows[np.maximum(opened, 0)]
    worked: Ints = np.where(opened < 0, 0, last["before"] + np.minimum(at, last["closes"]) - last["opens"])
    return worked


def _remarks(plant: Plant, reasons: dict[int, str]) -> tuple[Remark, ...]:
    named: list[tuple[TaskKey, str]] = sorted((plant.keys[i], reason) for i, reason in reasons.items())
    return tuple(Remark(*key, reason) for key, reason in named)
