"""The makespan of plain job shops: tabu search from a small population of plans that are crossed with each other.

Two plans are crossed by mixing their orders: what comes first in both comes first in the mixture, so that it is a plan again.
(After TS/PR: Peng, Lü & Cheng 2015, with that mixture in the place of path relinking.)
"""

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from random import Random

import numpy as np

from production.scheduling.effort import Budget
from production.scheduling.kernel.arrays import Ints
from production.scheduling.kernel.tabu import tabu_search
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.timing import timed

LARGEST = 4000  # tasks, for the square table of what is tabu
POPULATION = 10
PATIENCE = 12_000  # moves without a better plan
SEARCH = 6e-4  # seconds for each task, where a search is counted
Found = tuple[int, Ints]


def is_plain_shop(plant: Plant) -> bool:
    """Whether makespan is all that counts and nothing but machines and predecessors holds a task."""
    return (
        not plant.is_due
        and 1 < plant.size <= LARGEST
        and not plant.families
        and not plant.running
        and not plant.pinned
        and not plant.present
        and all(len(modes) == 1 for modes in plant.modes)
        and all(plant.plain)
        and not any(plant.unlimited)
        and not any(plant.own_setup)
        and not any(plant.needs)
        and not any(plant.reserves)
        and all(calendar is None for calendar in plant.calendars)
    )


def tabu_searched(plant: Plant, plan: Plan, budget: Budget, *, goal: int) -> Plan:
    """The best plan found until then, or until one at the `goal` was; no worse than the one given."""
    effort, until, workers = budget.effort, budget.until, budget.workers
    random = Random(budget.seed)
    population: list[Found] = []
    starts = _beginnings(plant, plan, random)
    best: Found | None = None
    stop = np.zeros(1, np.int64)
    with ThreadPoolExecutor(workers) as pool:
        running: set[Future[Found]] = set()
        while effort.now() < until and (best is None or best[0] > goal):
            while len(running) < workers:
                order = next(starts) if len(population) < POPULATION else _crossed(population, random)
                dice = np.array([random.getrandbits(62) | 1], np.uint64)
                running.add(pool.submit(tabu_search, plant.arrays, order, dice, PATIENCE, goal, stop))
            done, running = wait(running, timeout=effort.patience(until), return_when=FIRST_COMPLETED)
            for future in done:
                found = future.result()
                effort.spend(SEARCH * plant.size)
                _take_in(population, found)
                if best is None or found[0] < best[0]:
                    best = found
        stop[0] = 1  # no search ends by itself while it still finds better plans
        for found in (future.result() for future in running):
            if best is None or found[0] < best[0]:
                best = found
    if best is None:
        return plan
    key = np.empty(plant.size)
    key[best[1]] = np.arange(plant.size)
    found_plan = timed(plant, key, np.array([modes[0][0] for modes in plant.modes]))
    return found_plan if is_better(found_plan, plan) else plan


def _beginnings(plant: Plant, plan: Plan, random: Random) -> Iterator[Ints]:
    """The plan's own order, then ever more shuffled ones; predecessors first in all of them."""
    spread = max(plan.end, default=0) * 0.15
    yield _order(plant, plan.run)
    while True:
        yield _order(plant, [run + random.uniform(-spread, spread) for run in plan.run])


def _order(plant: Plant, key: list[int] | list[float]) -> Ints:
    from_predecessors = list(map(float, key))
    for i in plant.topological:
        for arc in plant.preds[i]:
            from_predecessors[i] = max(from_predecessors[i], from_predecessors[arc.task])
    rank = plant.rank
    order = sorted(range(plant.size), key=lambda i: (from_predecessors[i], rank[i]))
    return np.array(order, np.int64)


def _crossed(population: list[Found], random: Random) -> Ints:
    (_, one), (_, other) = random.sample(population, 2)
    share = random.uniform(0.35, 0.65)
    places = np.empty(len(one))
    places[one] = share * np.arange(len(one))
    places[other] += (1 - share) * np.arange(len(one))
    return np.argsort(places, kind="stable").astype(np.int64)


def _take_in(population: list[Found], found: Found) -> None:
    """Let a plan in unless one like it is there; the worst leaves."""
    if any(span == found[0] and np.array_equal(order, found[1]) for span, order in population):
        return
    population.append(found)
    if len(population) > POPULATION:
        worst = max(range(len(population)), key=lambda number: population[number][0])
        del population[worst]
