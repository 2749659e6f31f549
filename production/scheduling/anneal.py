"""Local search by compiled annealing: small plants as a whole, large ones one stretch of time after another.

In a window only its own tasks move; what lies beyond is priced, not timed, so that a move costs the same in a plant of
fifty thousand tasks as in one of five hundred. Whatever comes out is timed exactly and kept only if it is better.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from time import monotonic

import numpy as np

from production.scheduling.kernel.anneal import Room, anneal, anneal_window, keep
from production.scheduling.kernel.arrays import Floats, Ints
from production.scheduling.kernel.graph import Graph, graph_of
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.timing import timed

WHOLE = 3000  # tasks up to which the plant is annealed as a whole
# Temperatures, as shares of what delaying a mean task by its length costs. Lateness has many ways to come down and wants them
# all tried; a makespan hangs on one path.
HOT, COLD = 1.5, 0.04
HOT_SPAN, COLD_SPAN = 0.06, 0.001
TEPID = 0.2  # at which a window begins
EXCHANGE = 0.1  # of the time between two exchanges of plans
REHEATED = 0.25  # of the heat, for a second cooling when a single worker has time left
WINDOW = (400, 1200)  # tasks
STEPS_PER_TASK = 100  # moves tried in a window
PACE = 12_000_000  # tasks timed again in a second, on which one worker's cooling reckons


@dataclass(slots=True)
class Annealed:
    """The best plan, the starts that its tasks are still held at, and how the search went."""

    plan: Plan
    hold: Ints
    tried: int = 0
    rounds: int = 0
    accepted: int = 0


@dataclass(slots=True)
class _Walker:
    """One thread's plan, the best it met and its dice."""

    graph: Graph
    best: Floats
    room: Room
    tried: int = 0
    work: int = 0

    def walk(self, plant: Plant, heat: float, steps: int) -> None:
        tried, _, work = anneal(plant.arrays, self.graph, self.best, self.room, heat, steps)
        self.tried += tried
        self.work += work


def annealed(
    plant: Plant, plan: Plan, hold: Sequence[int] | Ints, *, until: float, seed: int, workers: int
) -> Annealed:
    """Anneal the whole plan in as many threads as workers; no worse than it was.

    One worker cools by the work it did, so that a seed always walks the same way; several cool by the clock, and now and then
    the one that is worst off goes on from where the best one is.
    """
    began, held = monotonic(), np.array(hold, np.int64)
    walkers = [_walker(plant, plan, held, seed * 1_000_003 + number) for number in range(workers)]
    heats = (HOT, COLD) if plant.is_due else (HOT_SPAN, COLD_SPAN)
    hot, cold = (heat * _unit(plant) for heat in heats)
    steps, share, exchanged = 500, 0.0, 0.5
    with ThreadPoolExecutor(workers) as pool:
        while monotonic() < until:
            heat = hot * (cold / hot) ** share
            started = monotonic()
            list(pool.map(lambda walker: walker.walk(plant, heat, steps), walkers))  # noqa: B023 - used at once
            if workers == 1:
                share += walkers[0].work / (PACE * (until - began))
                walkers[0].work = 0
                if share >= 1:
                    hot, share = max(REHEATED * hot, cold), 0.0
                continue
            share = min((monotonic() - began) / (until - began), 1.0)
            steps = int(min(2 * steps, max(100, steps * 0.1 / max(monotonic() - started, 1e-4))))
            if share > exchanged:
                _follow_the_best(walkers)
                exchanged += EXCHANGE
    best = min(walkers, key=lambda walker: float(walker.best[-1]))
    found, freed = _timed(plant, best.best[:-1].reshape(-1, 3))
    result = Annealed(plan, held, sum(walker.tried for walker in walkers), rounds=1)
    if is_better(found, plan):
        result.plan, result.hold, result.accepted = found, freed, 1
    return result


def _follow_the_best(walkers: list["_Walker"]) -> None:
    """Let the walker whose plan costs most go on from the plan that costs least."""
    walkers = sorted(walkers, key=lambda walker: float(walker.graph.total[0]))
    for table, other in zip(walkers[-1].graph, walkers[0].graph, strict=True):
        table[...] = other


def windowed(
    plant: Plant, plan: Plan, hold: Sequence[int] | Ints, *, until: float, seed: int, workers: int
) -> Annealed:
    """Anneal stretches of the plan until the time is up, as many at once as there are workers; no worse than it was."""
    random = Random(seed)
    result = Annealed(plan, np.array(hold, np.int64))
    heat, longest = TEPID * _unit(plant), 0.0
    with ThreadPoolExecutor(workers) as pool:
        while monotonic() + longest < until:
            started = monotonic()
            stretches = _stretches(plant, workers, random)
            seeds = [random.getrandbits(62) | 1 for _ in stretches]
            given, held = result.plan, result.hold
            futures = [
                pool.submit(_one_window, plant, given, held, stretch, number, heat)
                for stretch, number in zip(stretches, seeds, strict=True)
            ]
            answers = [future.result() for future in futures]
            result.tried += sum(tried for _, tried in answers)
            result.rounds += 1
            found, freed = _timed(plant, _joined([records for records, _ in answers], stretches))
            if is_better(found, result.plan):
                result.plan, result.hold = found, freed
                result.accepted += 1
            longest = max(longest, monotonic() - started)
    return result


def _unit(plant: Plant) -> float:
    """What it costs to delay a mean task of a mean job by its own length."""
    a = plant.arrays
    seconds = max(float(a.mode["seconds"].mean()), 1.0)
    if not plant.is_due:
        return seconds * plant.weights.makespan
    weights = a.job["weight"][a.job["weight"] > 0]
    return seconds * plant.weights.tardiness * (float(weights.mean()) if weights.size else 1.0)


def _walker(plant: Plant, plan: Plan, held: Ints, seed: int) -> _Walker:
    graph = graph_of(plant.arrays, plan.slots, held)
    best = np.zeros(3 * plant.size + 1)
    keep(graph, best)
    dice = np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**63 | 1], np.uint64)
    return _Walker(graph, best, Room(dice, np.zeros(plant.size, np.int64), np.zeros(3, np.int64)))


def _stretches(plant: Plant, workers: int, random: Random) -> list[tuple[int, int]]:
    """One stretch of the order for each worker, none touching another."""
    share = plant.size // workers
    length = min(random.randint(*WINDOW), share)
    starts = [share * number + random.randint(0, share - length) for number in range(workers)]
    return [(start, min(start + length, plant.size) - 1) for start in starts]


def _one_window(
    plant: Plant, plan: Plan, held: Ints, stretch: tuple[int, int], seed: int, heat: float
) -> tuple[Floats, int]:
    walker = _walker(plant, plan, held, seed)
    low, high = stretch[0], min(stretch[1], len(walker.graph.order) - 1)
    if low >= high:
        return walker.best[:-1].reshape(-1, 3), 0
    tried, _, _ = anneal_window(
        plant.arrays,
        walker.graph,
        walker.best,
        walker.room,
        low,
        high,
        heat,
        STEPS_PER_TASK * (high - low + 1),
    )
    return walker.best[:-1].reshape(-1, 3), tried


def _joined(answers: list[Floats], stretches: list[tuple[int, int]]) -> Floats:
    """Modes and places as each stretch's own search left them."""
    joined = answers[0].copy()
    for records, (low, high) in zip(answers[1:], stretches[1:], strict=True):
        inside = (records[:, 1] >= low) & (records[:, 1] <= high)
        joined[inside] = records[inside]
    return joined


def _timed(plant: Plant, records: Floats) -> tuple[Plan, Ints]:
    """The plan of modes, places and holds; tasks that the search moved are no longer held at their present start."""
    a = plant.arrays
    mode, hold = records[:, 0].astype(np.int64), records[:, 2].astype(np.int64)
    machine = np.where(mode >= 0, a.mode["machine"][np.maximum(mode, 0)], -1)
    return timed(plant, records[:, 1], machine, hold), hold
