"""From a plan in numbers to the answer in names."""

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
        bound=min(bound, value),
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


def objective_value(plant: Plant, plan: Plan) -> int:
    """Weighted tardiness in weighted seconds, or the makespan where no job has a due date."""
    if not plant.is_due:
        return max((end for i, end in enumerate(plan.end) if i not in plan.unplaced), default=0)
    ends = plant.ends(plan)
    return round(
        sum(
            plant.weight[j] * max(0, end - due)
            for j, end in ends.items()
            if (due := plant.due[j]) is not None
        )
    )


def _assignments(plant: Plant, plan: Plan) -> tuple[Assignment, ...]:
    machines = plant.problem.machines
    slots = [
        Assignment(*plant.keys[i], machines[plan.machine[i]].id, plan.start[i], plan.run[i], plan.end[i])
        for i in range(plant.size)
        if i not in plan.unplaced
    ]
    return tuple(sorted(slots, key=lambda slot: (slot.start, slot.end, slot.machine, slot.key)))


def _utilisation(plant: Plant, plan: Plan) -> dict[str, float]:
    now = plant.problem.now
    end = max([now, *plan.end])
    busy = [0] * len(plant.calendars)
    for i, m in enumerate(plan.machine):
        if m >= 0:
            busy[m] += _work(plant, m, max(plan.start[i], now), plan.end[i])
    shares = {}
    for m, machine in enumerate(plant.problem.machines):
        open_seconds = _work(plant, m, now, end)
        shares[machine.id] = round(busy[m] / open_seconds, 4) if open_seconds else 0.0
    return shares


def _work(plant: Plant, machine: int, start: int, end: int) -> int:
    calendar = plant.calendars[machine]
    return end - start if calendar is None else calendar.worked_between(start, end)


def _remarks(plant: Plant, reasons: dict[int, str]) -> tuple[Remark, ...]:
    named: list[tuple[TaskKey, str]] = sorted((plant.keys[i], reason) for i, reason in reasons.items())
    return tuple(Remark(*key, reason) for key, reason in named)
