"""The plan that the search starts from: the best of several dispatching rules."""

from dataclasses import dataclass
from time import monotonic

from production.scheduling.dispatch import Dispatcher
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.rules import DUE_RULES, MAKESPAN_RULES, Rule, urgency

LARGE = 20_000  # tasks


@dataclass(slots=True)
class First:
    """The best plan that dispatching found, the rule that made it and the seconds until the first plan was there."""

    plan: Plan
    rule: str
    seconds: float


def best_dispatch(plant: Plant, began: float, until: float) -> First:
    """Try rule after rule, first the most promising, then again with the queueing times seen; at least one.

    Half of the time at most goes into this; in a plant so large that a neighbourhood is a drop in it, nearly all.
    """
    until = began + (until - began) * (0.9 if plant.size > LARGE else 0.5)
    seen = urgency(plant)
    rules = DUE_RULES if plant.is_due else MAKESPAN_RULES
    plan = Dispatcher(plant, seen, rules[0]).walk()
    best = First(plan, rules[0].name, monotonic() - began)
    until -= best.seconds  # the time that one more walk takes
    walks = [(rules[0], plan)]
    for rule in rules[1:]:
        if monotonic() > until:
            return best
        plan = Dispatcher(plant, seen, rule).walk()
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
        plan, waits = start, [0.0] * plant.size
        for _ in range(6):
            if monotonic() > until:
                return
            waits = [(old + new) / 2 for old, new in zip(waits, _queueing(plant, plan), strict=True)]
            plan = Dispatcher(plant, urgency(plant, waits), rule).walk()
            if is_better(plan, best.plan):
                best.plan, best.rule = plan, f"{rule.name}, queues foreseen"


def _queueing(plant: Plant, plan: Plan) -> list[float]:
    """How long each task waited between being ready and its run."""
    return [
        float(max(0, plan.run[i] - plant.ready(i, plan.machine[i], plan.seconds[i], plan)))
        if i not in plan.unplaced
        else 0.0
        for i in range(plant.size)
    ]
