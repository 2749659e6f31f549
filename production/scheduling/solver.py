"""The whole way from problem to result: dispatch under several rules, keep the best, improve it while time remains."""

from collections.abc import Iterable
from dataclasses import replace
from time import monotonic

from production.scheduling.bounds import lower_bound
from production.scheduling.effort import Budget, Effort
from production.scheduling.first import Start, best_dispatch
from production.scheduling.improve import improve
from production.scheduling.margin import with_margin
from production.scheduling.plant import Plan, Plant, rank_of
from production.scheduling.problem import Problem
from production.scheduling.repair import SMALL, firmly_repaired, is_firm, repaired
from production.scheduling.report import report
from production.scheduling.result import Assignment, Result, Weights
from production.scheduling.timing import in_turn, timed

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
    budget = Budget(effort, effort.now() + seconds, seed, workers)
    plant, starts, margin = _begun(problem, weights, present, margin, budget)
    is_done = starts[0].hold is not None and plant.size > SMALL and seconds < NOTHING_FOUND
    found = improve(plant, starts, budget.part(0) if is_done else budget)
    plan = found.plan
    bound = max(lower_bound(plant, plan), found.bound or 0)
    if margin:
        plant = Plant(problem, weights, plant.present.values())
        plan = _in_true_hours(plant, plan)
        if plan.unplaced:  # perhaps because of the margins: a place for all goes before them
            left = max(began + seconds - monotonic(), 0)
            present = plant.present.values()
            return solve(problem, seconds=left, seed=seed, workers=workers, weights=weights, present=present)
        bound = lower_bound(plant, plan)
    return report(
        plant,
        plan,
        bound=bound,
        seconds=monotonic() - began,
        first_seconds=starts[0].seconds,
        rule=starts[0].rule,
        figures=found.figures,
    )


def _begun(
    problem: Problem, weights: Weights, present: Iterable[Assignment] | None, margin: int, budget: Budget
) -> tuple[Plant, list[Start], int]:
    """The plant that is searched, plans to start from, and the margin: none where it would break pins that a repair can keep."""
    plant = Plant(with_margin(problem, margin) if margin else problem, weights, present)
    starts = _starts(plant, budget)
    broken = len(starts[0].plan.broken)
    if not margin or not broken:
        return plant, starts, margin
    true = Plant(problem, weights, plant.present.values())
    if len(repaired(true, budget.workers)[0].broken) >= broken:
        return plant, starts, margin
    return true, _starts(true, budget), 0


def _in_true_hours(plant: Plant, plan: Plan) -> Plan:
    """The same starts; what pauses over a break is done as much earlier as its margin was."""
    hold = plan.run if plant.ahead else plan.start
    return timed(plant, in_turn(plant, plan, plan.start, plan.machine), plan.machine, hold)


def _starts(plant: Plant, budget: Budget) -> list[Start]:
    """Plans to improve, the best first, all moves counted: repairs of the present one, and a fresh one unless a repair is close."""
    if 2 * len(plant.present) < plant.size or not plant.weights.move:
        return [best_dispatch(plant, budget)]
    began, workers = monotonic(), budget.workers
    plan, hold, name = repaired(plant, workers)
    seconds = monotonic() - began
    starts = [Start(plan, name, seconds, hold)]
    is_close = not plan.unplaced and plan.cost < AFRESH * plant.weights.move * len(plant.present)
    if plant.size > SMALL and is_close:
        return starts
    if plant.size <= SMALL and not is_firm(plant.weights):
        plan, hold, name = firmly_repaired(plant, workers)
        starts.append(Start(plan, name, seconds, hold))
    afresh = best_dispatch(plant, budget.part(0.4))
    starts.append(replace(afresh, seconds=seconds))
    return sorted(starts, key=lambda start: rank_of(start.plan))
