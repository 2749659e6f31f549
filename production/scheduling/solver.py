"""The whole way from problem to result: dispatch under several rules, keep the best, improve it while time remains."""

from collections.abc import Iterable
from time import monotonic

from production.scheduling.bounds import lower_bound
from production.scheduling.effort import Effort
from production.scheduling.first import First, best_dispatch
from production.scheduling.improve import improve
from production.scheduling.margin import with_margin
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.problem import Problem
from production.scheduling.repair import SMALL, repaired
from production.scheduling.report import report
from production.scheduling.result import Assignment, Result, Weights
from production.scheduling.timing import timed, unplaced_last

NOTHING_FOUND = 2.0
"""Seconds; in less the search finds nothing in a large plan that was repaired, which then stands as it is."""

AFRESH = 0.5
"""A fresh plan moves nearly everything: where the repair of a large one costs less than this share of that, none is made."""


def solve(
    problem: Problem,
    *,
    seconds: float,
    seed: int = 0,
    workers: int = 1,
    weights: Weights = Weights(),  # noqa: B008 - frozen
    present: Iterable[Assignment] | None = None,
    margin: int = 0,
) -> Result:
    """Plan every task that can be planned, as well as the time allows.

    :param seconds: of wall clock. A first plan is made whatever it takes; 0 asks for that alone, and so does
        less than `NOTHING_FOUND` where the plan in force is large and could be repaired.
    :param seed: of the search. One worker goes by its work and not by the clock, so that a seed always ends at the same plan.
    :param workers: threads of the search.
    :param present: the plan in force. Its slots before `problem.fence` are kept, and leaving it costs `weights.move`
        for each task moved.
    :param margin: seconds to leave free before breaks, so that the plan outlives small delays; see `with_margin`.
    :returns: a result that `check` accepts; what has no place is in `Result.unplanned` with its reason.
    """
    began, effort = monotonic(), Effort(seconds, workers)
    until = effort.now() + seconds
    plant = Plant(with_margin(problem, margin) if margin else problem, weights, present)
    first, hold = _first(plant, effort, until, seed, workers)
    is_done = hold is not None and plant.size > SMALL and seconds < NOTHING_FOUND
    until = effort.now() if is_done else until
    found = improve(plant, first.plan, hold=hold, effort=effort, until=until, seed=seed, workers=workers)
    plan = found.plan
    bound = max(lower_bound(plant, plan), found.bound or 0)
    if margin:
        plant = Plant(problem, weights, plant.present.values())
        plan = _in_true_hours(plant, plan)
        if plan.unplaced:  # perhaps for want of the margins: what has a place goes before them
            left = max(began + seconds - monotonic(), 0)
            present = plant.present.values()
            return solve(problem, seconds=left, seed=seed, workers=workers, weights=weights, present=present)
        bound = lower_bound(plant, plan)
    return report(
        plant,
        plan,
        bound=bound,
        seconds=monotonic() - began,
        first_seconds=first.seconds,
        rule=first.rule,
        figures=found.figures,
    )


def _in_true_hours(plant: Plant, plan: Plan) -> Plan:
    """The same starts; what pauses over a break is done as much earlier as its margin was."""
    hold = plan.run if plant.ahead else plan.start
    return timed(plant, unplaced_last(plan, plan.start), plan.machine, hold)


def _first(
    plant: Plant, effort: Effort, until: float, seed: int, workers: int
) -> tuple[First, list[int] | None]:
    """The plan to improve: a repair of the present one, unless a fresh one is cheaper, all its moves counted."""
    if 2 * len(plant.present) < plant.size or not plant.weights.move:
        return best_dispatch(plant, effort, until, seed=seed, workers=workers), None
    began = monotonic()
    plan, hold, name = repaired(plant, workers)
    kept = First(plan, name, monotonic() - began)
    is_close = not plan.unplaced and plan.cost < AFRESH * plant.weights.move * len(plant.present)
    if plant.size > SMALL and is_close:
        return kept, hold
    afresh = best_dispatch(
        plant, effort, effort.now() + (until - effort.now()) * 0.4, seed=seed, workers=workers
    )
    if is_better(afresh.plan, plan):
        return First(afresh.plan, afresh.rule, kept.seconds), None
    return kept, hold
