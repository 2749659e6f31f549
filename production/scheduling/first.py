"""The plan that the search starts from: the best of several dispatching rules, the last of which is tuned to the plant."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

import numpy as np

from production.scheduling.dispatch import timed_walk, walked
from production.scheduling.effort import Budget
from production.scheduling.kernel.arrays import Floats, Ints, Table
from production.scheduling.kernel.slots import queueing
from production.scheduling.kernel.timing import paid_setup
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.rules import (
    DUE_RULES,
    MAKESPAN_RULES,
    Manner,
    Rule,
    Urgency,
    tuned,
    urgency,
)

SHARE = 0.3  # of the time goes into dispatching at most
WALK = 1.5e-4, 3.2e-6  # seconds for a walk and for each task of it, where they are counted
MANNERS = (
    Manner(3.0, 0.0, 1.0, 0.5),
    Manner(6.0, 0.0, 1.0, 0.0),
    Manner(3.0, 1.0, 0.5, 1.0),
    Manner(8.0, 0.0, 1.0, 0.5),
    Manner(1.5, 1.0, 0.5, 0.5),
    Manner(3.0, 0.5, 0.0, 1.0, 1.3),
)
"""Where the tuning begins."""

STEPS: tuple[Callable[[Manner, float], Manner], ...] = (
    lambda manner, step: replace(manner, patience=manner.patience * 4**step),
    lambda manner, step: replace(manner, lead=max(manner.lead + 2 * step, 0.0)),
    lambda manner, step: replace(manner, dearness=max(manner.dearness + step, 0.0)),
    lambda manner, step: replace(manner, own=min(max(manner.own + step, 0.0), 1.0)),
    lambda manner, step: replace(manner, heed=max(manner.heed + step, 0.3)),
)
UNTIL_FINE = 24  # tries after which steps are half as long
Rank = tuple[int, int, float]


@dataclass(slots=True)
class Start:
    """A plan to search from, the rule that made it, the seconds until it was there, and the starts that its tasks are held at."""

    plan: Plan
    rule: str = ""
    seconds: float = 0.0
    hold: list[int] | None = None


@dataclass(slots=True)
class _Walk:
    """What a rule made, and what it costs."""

    rule: Rule
    slots: Table
    rank: Rank


def best_dispatch(plant: Plant, budget: Budget) -> Start:
    """Try rule after rule, first the most promising, then tune one to the plant; at least one.

    Most of the time is left to the search, which gains more from it. The seconds are those until the first plan was there.
    """
    effort, workers, on_the_wall = budget.effort, budget.workers, monotonic()
    until = budget.part(SHARE).until
    seen = urgency(plant)
    rules = DUE_RULES if plant.is_due else MAKESPAN_RULES
    best = _walk(plant, seen, rules[0])
    plan, seconds = timed_walk(plant, best.slots), monotonic() - on_the_wall
    walking = WALK[0] + WALK[1] * plant.size if effort.is_counted else seconds
    effort.spend(walking)
    first = best
    with ThreadPoolExecutor(workers) as pool:

        def tried(rules: list[Rule]) -> Iterator[_Walk]:
            """Walk as many at a time as there are workers, while there is time for that."""
            for at in range(0, len(rules), workers):
                if effort.now() + walking > until:
                    return
                effort.spend(walking)
                yield from pool.map(lambda rule: _walk(plant, seen, rule), rules[at : at + workers])

        for walk in tried(list(rules[1:])):
            if walk.rank < best.rank:
                best = walk
        if plant.is_due:
            best = _tuned(plant, seen, best, tried, Random(budget.seed), workers)
    if best is not first and not is_better(plan, tuned := timed_walk(plant, best.slots)):
        return Start(tuned, best.rule.name, seconds)
    return Start(plan, first.rule.name, seconds)


def _tuned(
    plant: Plant,
    seen: Urgency,
    best: _Walk,
    tried: Callable[[list[Rule]], Iterator[_Walk]],
    random: Random,
    workers: int,
) -> _Walk:
    """Descend from the best manner, a step in one direction at a time, while there is time."""
    queued, machine = _queues(plant, seen, best.slots)
    found: tuple[Rank, Manner] | None = None
    manners, count = list(MANNERS), 0
    while True:
        rules = [tuned(manner, queued, machine) for manner in manners]
        walks = list(tried(rules))
        for manner, walk in zip(manners, walks, strict=False):
            if found is None or walk.rank < found[0]:
                found = walk.rank, manner
            if walk.rank < best.rank:
                best = walk
        if found is None or len(walks) < len(rules):
            return best
        count += len(walks)
        width = 0.5 ** (1 + count // UNTIL_FINE)
        manners = [
            random.choice(STEPS)(found[1], random.choice((-1, 1)) * random.uniform(0.3, 1.0) * width)
            for _ in range(workers)
        ]


def _walk(plant: Plant, seen: Urgency, rule: Rule) -> _Walk:
    slots = walked(plant, seen, rule)
    lost, broken = int((slots["mode"] < 0).sum()), int((slots["broken"] != 0).sum())
    return _Walk(rule, slots, (lost, broken, plant.price_of(slots, int(paid_setup(plant.arrays, slots)))))


def _queues(plant: Plant, seen: Urgency, slots: Table) -> tuple[Floats, Ints]:
    """By machine, seconds that tasks waited for each that it worked; and each task's machine."""
    a, size = plant.arrays, len(plant.calendars)
    mode = np.where(slots["mode"] >= 0, slots["mode"], a.task["mode_at"])
    machine = a.mode["machine"][mode]
    waited = np.bincount(machine, queueing(a, slots), minlength=size)
    worked = np.bincount(machine, seen.work, minlength=size)
    return waited / np.maximum(worked, 1.0), machine
