"""The plan that the search starts from: the best of several dispatching rules."""

from dataclasses import dataclass
from time import monotonic

import numpy as np

from production.scheduling.dispatch import dispatched
from production.scheduling.kernel.slots import queueing
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.rules import DUE_RULES, MAKESPAN_RULES, Rule, urgency

SHARE = 0.3  # of the time goes into dispatching at most


@dataclass(slots=True)
class First:
    """The best plan that dispatching found, the rule that made it and the seconds until the first plan was there."""

    plan: Plan
    rule: str
    seconds: float


def best_dispatch(plant: Plant, began: float, until: float) -> First:
    """Try rule after rule, first the most promising, then again with the queueing times seen; at least one.

    Most of the time is left to the search, which gains more from it.
    """
    until = began + (until - began) * SHARE
    seen = urgency(plant)
    rules = DUE_RULES if plant.is_due else MAKESPAN_RULES
    plan = dispatched(plant, seen, rules[0])
    best = First(plan, rules[0].name, monotonic() - began)
    until -= best.seconds  # the time that one more walk takes
    walks = [(rules[0], plan)]
    for rule in rules[1:]:
        if monotonic() > until:
            return best
        plan = dispatched(plant, seen, rule)
        walks.append((rule, plan))
        if is_better(plan, best.plan):
            best = First(plan, rule.name, best.seconds)
    if plant.is_due:
        _with_waits(plant, walks, best, until)
    return best


def _with_waits(plant: Plant, walks: list[tuple[Rule, Plan]], best: First, until: float) -> None:
    """Lead-time iteration from the three best rules: latest starts that reckon with the queues of the plan before."""
    walks.sort(key=lambda walk: walk[1].cost)
    for rule, start in walks[:3]:
        plan, waits = start, np.zeros(plant.size)
        for _ in range(6):
            if monotonic() > until:
                return
            waits = (waits + queueing(plant.arrays, plan.slots)) / 2
            plan = dispatched(plant, urgency(plant, waits), rule)
            if is_better(plan, best.plan):
                best.plan, best.rule = plan, f"{rule.name}, queues foreseen"
