"""Local search by compiled annealing over the whole plan, for plants in which a move can be timed to its end."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from time import monotonic

import numpy as np

from production.scheduling.bounds import lower_bound
from production.scheduling.cooling import cooled, coolings
from production.scheduling.effort import Budget
from production.scheduling.first import Start
from production.scheduling.kernel.anneal import Room, anneal, keep
from production.scheduling.kernel.arrays import Floats, Ints
from production.scheduling.kernel.graph import Graph, graph_of
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.report import objective_value
from production.scheduling.shares import held_for_shares
from production.scheduling.timing import timed

# Temperatures, as shares of what delaying a mean task by its length costs. Lateness has many ways to come down and wants them
# all tried; a makespan hangs on one path.
HOT, COLD = 1.5, 0.04
HOT_SPAN, COLD_SPAN = 0.06, 0.001
PAUSE = 3.5e-4  # seconds for each task between two looks at the heat
EXCHANGE = 0.1  # of the time between two exchanges of plans
COOLER = 0.2  # as hot as elsewhere, where capacity is reserved: far from where it goes back to, the search reckons wrongly
JUDGING = 0.01  # of the time between two looks at what plans cost exactly
LEAST_PRICE = 1e-9  # of a second's delay; where being late costs nothing the search only descends
PACE = 24_000_000  # tasks timed again in a second, where the work is counted
JUDGED = 1e-5  # seconds for each task of a plan that is timed exactly, where that is counted


@dataclass(slots=True)
class Annealed:
    """The best plan, the starts that its tasks are still held at, and how the search went."""

    plan: Plan
    hold: Ints
    tried: int = 0
    rounds: int = 0
    accepted: int = 0


@dataclass(slots=True)
class Walker:
    """One thread's plan, the best it met and its dice.

    Where capacity is reserved: the best plan by what plans cost exactly, where its tasks are held, and what the best was reckoned
    to cost when it was last timed exactly.
    """

    graph: Graph
    best: Floats
    room: Room
    tried: int = 0
    work: int = 0
    exact: Start | None = None
    held: Ints | None = None
    judged: float = np.inf

    def walk(self, plant: Plant, heat: float, steps: int) -> None:
        tried, _, work = anneal(plant.arrays, self.graph, self.best, self.room, heat, steps)
        self.tried += tried
        self.work += work

    def look(self, plant: Plant) -> Start | None:
        """The best it met, timed exactly; None where that is known."""
        if self.best[-1] >= self.judged:
            return None
        self.judged = float(self.best[-1])
        plan, hold = timed_records(plant, self.best[:-1].reshape(-1, 3), self.held)
        return Start(plan, hold=hold.tolist())

    def go_back(self, plant: Plant) -> None:
        """Go on from the best plan by what it costs exactly, and reckon from there."""
        if self.exact is None:
            return
        self.held = held_at(plant, self.exact)
        self.graph = graph_of(
            plant.arrays, self.exact.plan.slots, held_for_shares(plant, self.exact.plan, self.held)
        )
        self.judged = np.inf
        keep(self.graph, self.best)


def annealed(plant: Plant, starts: Sequence[Start], budget: Budget) -> Annealed:
    """Anneal the whole plan in as many threads as workers; no worse than the first of the starts, which is the best.

    Threads begin at the starts in turn. Now and then the one that is worst off goes on from where the best one is. Where capacity
    is reserved, what they reckon is not what plans cost: what they meet is timed exactly too, and each goes back to the best of that.
    """
    return _Annealing(plant, starts, budget).run()


class _Annealing:
    """The walkers of one search, and the heat that they walk in: it falls as time goes by, in several cycles where there is much of it."""

    def __init__(self, plant: Plant, starts: Sequence[Start], budget: Budget) -> None:
        self.plant, self.budget, self.effort = plant, budget, budget.effort
        self.began, self.span = budget.effort.now(), budget.left
        self.walkers = [
            _walker_at(plant, start, budget.seed * 1_000_003 + number)
            for number, start in zip(range(budget.workers), cycle(starts), strict=False)
        ]
        self.is_reckoned = any(plant.reserves)
        heats = (HOT, COLD) if plant.is_due else (HOT_SPAN, COLD_SPAN)
        hot, self.cold = (heat * warmth(plant, starts[0].plan) for heat in heats)
        self.hot = COOLER * hot if self.is_reckoned else hot
        self.coolings = coolings(self.span, plant.size)
        self.pause = min(0.1, PAUSE * plant.size)
        self.result = Annealed(starts[0].plan, held_at(plant, starts[0]), rounds=1)
        self.steps, self.work, self.share = 500, 0, 0.0  # of the time that has gone by
        # Of the time that must have gone by before plans are next timed exactly, and before they are exchanged.
        self.judging = JUDGING
        self.exchanging = EXCHANGE if self.is_reckoned else 0.5

    def run(self) -> Annealed:
        with ThreadPoolExecutor(self.budget.workers) as pool:
            while self.budget.left > 0:
                self._walk(pool)
                if self.is_reckoned and self.share > self.judging:
                    self._judge()
                    self.effort.spend(JUDGED * self.plant.size * len(self.walkers))
                    self.judging = self.share + JUDGING
                if self.share > self.exchanging:
                    self._exchange()
                    self.exchanging += EXCHANGE
        self._judge()
        self.result.tried = sum(walker.tried for walker in self.walkers)
        return self.result

    def _walk(self, pool: ThreadPoolExecutor) -> None:
        """Let all walk for a while: as many steps as are counted, or about as many as the pause holds."""
        heat = self.hot * (self.cold / self.hot) ** cooled(self.coolings, self.share)
        started, former = monotonic(), self.work
        list(pool.map(lambda walker: walker.walk(self.plant, heat, self.steps), self.walkers))
        self.work = sum(walker.work for walker in self.walkers)
        self.effort.spend((self.work - former) / PACE)
        self.share = min((self.effort.now() - self.began) / self.span, 1.0)
        if not self.effort.is_counted:
            fitting = self.steps * self.pause / max(monotonic() - started, 1e-4)
            self.steps = int(min(2 * self.steps, max(100, fitting)))

    def _judge(self) -> None:
        """Time exactly what walkers met since they were last looked at, and keep what is better."""
        for walker in self.walkers:
            found = walker.look(self.plant)
            if found is None:
                continue
            if walker.exact is None or is_better(found.plan, walker.exact.plan):
                walker.exact = found
            if is_better(found.plan, self.result.plan):
                self.result.plan, self.result.hold = found.plan, held_at(self.plant, found)
                self.result.accepted = 1

    def _exchange(self) -> None:
        """Let walkers go back to what is best exactly; else the one whose plan costs most go on from the plan that costs least."""
        if self.is_reckoned:
            for walker in self.walkers:
                walker.go_back(self.plant)
        elif len(self.coolings) == 1:
            walkers = sorted(self.walkers, key=lambda walker: float(walker.graph.total[0]))
            pairs = list(zip(walkers[-1].graph, walkers[0].graph, strict=True))
            # Plans that begin with other tasks without a place, or other hands for their tools, have no room for each other's.
            if all(table.shape == other.shape for table, other in pairs):
                for table, other in pairs:
                    table[...] = other


def held_at(plant: Plant, start: Start) -> Ints:
    """The starts that tasks are held at, 0 where they are free."""
    return np.zeros(plant.size, np.int64) if start.hold is None else np.array(start.hold, np.int64)


def warmth(plant: Plant, plan: Plan) -> float:
    """What it costs to delay a mean task of a mean job by its own length, or that and its set-up where nothing is late.

    Lateness counts as far as it is at stake in the plan: where next to nothing is late that need not be, temperatures at which
    lateness melts would shuffle everything else, and time in the plant and set-ups would never freeze.
    """
    a = plant.arrays
    seconds = max(float(a.mode["seconds"].mean()), 1.0)
    if not plant.is_due:
        return seconds * max(plant.weights.makespan, LEAST_PRICE)
    weights = a.job["weight"][a.job["weight"] > 0]
    late = seconds * plant.weights.tardiness * (float(weights.mean()) if weights.size else 1.0)
    rest = seconds * plant.weights.flow + plant.weights.setup * plan.setup_seconds / plant.size
    rest, share = max(rest, seconds * LEAST_PRICE), _lateness_at_stake(plant, plan)
    return float(max(late, rest) ** share * rest ** (1 - share))


def _lateness_at_stake(plant: Plant, plan: Plan) -> float:
    """The share of lateness that can be avoided in what a plan costs but for its moves; 1 where it costs nothing."""
    weights, ends = plant.weights, plant.ends(plan)
    late = weights.tardiness * max(objective_value(plant, plan) - lower_bound(plant, plan), 0)
    rest = weights.flow * sum(end - plant.job_release[j] for j, end in ends.items())
    rest += weights.setup * plan.setup_seconds
    return float(late / (late + rest)) if late + rest > 0 else 1.0


def _walker_at(plant: Plant, start: Start, seed: int) -> Walker:
    walker = walker_of(plant, start.plan, held_at(plant, start), seed)
    if any(plant.reserves):
        walker.exact = start
        walker.go_back(plant)
    return walker


def walker_of(plant: Plant, plan: Plan, held: Ints, seed: int) -> Walker:
    """One that begins at a plan.

    :param held: by task, the start that it is held at, 0 where it is free.
    """
    graph = graph_of(plant.arrays, plan.slots, held)
    best = np.zeros(3 * plant.size + 1)
    keep(graph, best)
    dice = np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**63 | 1], np.uint64)
    return Walker(graph, best, Room(dice, np.zeros(plant.size, np.int64), np.zeros(3, np.int64)))


def timed_records(plant: Plant, records: Floats, held: Ints | None = None) -> tuple[Plan, Ints]:
    """The plan of modes, places and holds; tasks that the search moved are no longer held at their present start.

    :param held: what those that it did not move are really held at, where the holds of the records are not.
    """
    a = plant.arrays
    mode, hold = records[:, 0].astype(np.int64), records[:, 2].astype(np.int64)
    if held is not None:
        hold = np.where(hold > 0, held, 0)
    machine = np.where(mode >= 0, a.mode["machine"][np.maximum(mode, 0)], -1)
    place = np.where(mode >= 0, records[:, 1], np.inf)  # what has none comes last
    return timed(plant, place, machine, hold), hold
