"""Anytime improvement: local search, then free a part of the plan, let CP-SAT place it anew, keep what is exactly better.

Small plants are first solved whole, which may prove the plan optimal. Then compiled local search takes most of the time: tabu
search where nothing but machines binds, annealing elsewhere. What it leaves goes to the large-neighbourhood search here. A
neighbourhood is a stretch of time on all machines or on some, or some late jobs with what stands in their way. Sizes adapt
to what the solver manages within its (deterministic) effort; kinds are chosen by their success.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from math import ceil
from random import Random

from ortools.sat.python import cp_model

from production.scheduling.anneal import Annealed, annealed
from production.scheduling.bounds import lower_bound
from production.scheduling.constraints import SCALE, leaves_nothing_out, rules_nothing_out
from production.scheduling.effort import Budget
from production.scheduling.first import Start
from production.scheduling.flatten import SEARCHED_WHOLE
from production.scheduling.hasten import hastened
from production.scheduling.neighbourhoods import View, jobs, machines, targets, window
from production.scheduling.plant import Plan, Plant, is_better
from production.scheduling.report import objective_value
from production.scheduling.subproblem import Proposal, Subproblem
from production.scheduling.surroundings import Clock, survey
from production.scheduling.sweep import windowed
from production.scheduling.tabu import is_plain_shop, tabu_searched
from production.scheduling.timing import in_turn, timed

WHOLE = 2000  # tasks up to which a plant is worth solving whole
SMALL = 100  # tasks up to which all the time goes into one model; tardiness is proven for fewer
SMALL_DUE = 30
EFFORT = 0.15  # deterministic seconds for one neighbourhood
EFFORT_PACE = 0.2  # deterministic seconds of the solver in a second, where its work is counted
MODEL = 1e-4  # seconds for each task of a model, where it is counted
ANNEALING, SWEEPING = 0.9, 0.97  # of the time goes into local search, of small plants and of large ones
HASTENING = 0.02  # of the time goes, in large plants, into late jobs that others should give way to
SCOPE = 300  # tasks that may shift in one neighbourhood


@dataclass(slots=True)
class Kind:
    """A kind of neighbourhood with its current size (in free tasks) and its record."""

    name: str
    choose: Callable[[View, int], set[int]]
    size: float = 60.0
    tried: int = 0
    gained: float = 0.0
    score: float = 1.0


@dataclass(slots=True)
class Improved:
    """The best plan, a proven bound on the main criterion where there is one, and the search's counters."""

    plan: Plan
    bound: int | None = None
    figures: dict[str, float] = field(default_factory=dict)


class Improver:
    """The search of one plant."""

    def __init__(
        self,
        plant: Plant,
        starts: Sequence[Start],
        budget: Budget,
    ) -> None:
        self.plant = plant
        self.best, self.hold = starts[0].plan, starts[0].hold
        self.others = starts[1:]
        self.budget = budget
        self.effort, self.until = budget.effort, budget.until
        self.random = Random(budget.seed)
        self.seed, self.workers = budget.seed, budget.workers
        self.clock = Clock(plant)
        self.target = targets(plant)
        self.around = survey(plant, self.clock, self.best)
        self.bound: int | None = None
        self.is_small = plant.size <= (SMALL_DUE if plant.is_due else SMALL)
        self.floor = lower_bound(plant, self.best)
        self.pace = 0.0  # seconds that a round takes here
        self.rounds = 0
        self.accepted = 0
        self.annealing: Annealed | None = None
        kinds = [Kind("window", window), Kind("machines", machines)]
        if not plant.families:
            kinds.append(Kind("jobs", jobs))
        self.kinds = kinds

    def run(self) -> Improved:
        """Improve until the time is up or the plan is proven optimal."""
        if self._is_settled():
            return Improved(self.best)
        optimal = self.is_small and self._solve_whole(1.0)
        if not optimal and is_plain_shop(self.plant):
            self._search_shop()
        elif not optimal and self.plant.size > 1:
            self._anneal()
            optimal = self._is_worth_whole() and (self._solve_whole(0.3) or self._search_whole(0.5))
        if not optimal and self.plant.size > 1:
            if self.workers == 1:
                self._alone()
            else:
                self._together()
        figures: dict[str, float] = {"rounds": self.rounds, "accepted": self.accepted}
        if self.annealing is not None:
            figures |= {"moves tried": self.annealing.tried, "windows kept": self.annealing.accepted}
        figures.update({f"{kind.name} tried": kind.tried for kind in self.kinds})
        figures.update({f"{kind.name} gained": round(kind.gained) for kind in self.kinds})
        return Improved(self.best, self.bound, figures)

    def _is_settled(self) -> bool:
        """Whether the plan is at its lower bound already, with no set-up to save and nothing moved."""
        return (
            not self.plant.families
            and not self.best.unplaced
            and not self.plant.moved(self.best)
            and objective_value(self.plant, self.best) <= self.floor
        )

    def _search_shop(self) -> None:
        """A plain job shop has a search of its own, which finds what nothing else here does in the same time."""
        self.best = tabu_searched(self.plant, self.best, self.budget, goal=self.floor)
        self.around = survey(self.plant, self.clock, self.best)

    def _anneal(self) -> None:
        """Local search first: it moves far and cheaply, and what it leaves is for the solver."""
        if self.budget.left <= 0:
            return
        is_small = self.plant.size <= SEARCHED_WHOLE
        search, share = (annealed, ANNEALING) if is_small else (windowed, SWEEPING)
        starts = [Start(self.best, hold=self.hold), *self.others]
        found = search(self.plant, starts, self.budget.part(share))
        self.annealing = found
        self.best = found.plan
        if self.hold is not None:
            self.hold = found.hold.tolist()
        self.around = survey(self.plant, self.clock, self.best)

    def _is_worth_whole(self) -> bool:
        families = len(self.plant.families) > 0
        return (
            self.plant.size <= (60 * len(self.plant.calendars) if families else WHOLE)
            and self.plant.size <= WHOLE
        )

    def _solve_whole(self, share: float) -> bool:
        """One model of everything, with a share of the time; True when its answer is proven best."""
        proposal = self._whole(share, by_neighbourhoods=False)
        if proposal is None or not rules_nothing_out(self.plant, self.clock):
            return False
        weights = self.plant.weights
        weight = weights.tardiness if self.plant.is_due else weights.makespan
        if weight and not self.plant.families and not self.plant.present:  # else it bounds more than lateness
            bound = proposal.bound / (SCALE * weight) - 1e-6
            self.bound = ceil(bound) if self.plant.has_whole_weights else int(bound)
        return proposal.optimal and leaves_nothing_out(self.plant)

    def _search_whole(self, share: float) -> bool:
        """The solver's own neighbourhoods over everything: they need no model anew for each. Never a proof."""
        if self.clock.is_exact and not self.plant.families and not self.is_small:
            self._whole(share, by_neighbourhoods=True)
        return self.bound is not None and objective_value(self.plant, self.best) <= self.bound

    def _whole(self, share: float, *, by_neighbourhoods: bool) -> Proposal | None:
        left = self.until - self.effort.now()
        if left <= 0:
            return None

        def parameters(solver: cp_model.CpSolver) -> None:
            solver.parameters.max_time_in_seconds = share * left
            if self.effort.is_counted:
                solver.parameters.max_time_in_seconds = self.effort.patience(self.until)
                solver.parameters.max_deterministic_time = share * left * EFFORT_PACE
            solver.parameters.num_workers = self.workers
            solver.parameters.random_seed = self.seed % 2**31
            solver.parameters.use_lns_only = by_neighbourhoods

        scope = self.around.order
        sub = Subproblem(self.plant, self.clock, self.around, scope, scope, self.target, self.hold)
        proposal = sub.solve(parameters)
        self._count(sub)
        if proposal is not None and proposal.run:
            self._judge(proposal, None)
        return proposal

    def _count(self, sub: Subproblem) -> None:
        self.effort.spend(MODEL * len(sub.scope) + sub.effort / EFFORT_PACE)

    def _may_go_on(self) -> bool:
        return self.effort.now() + self.pace < self.until and not self._is_settled()

    def _alone(self) -> None:
        while self._may_go_on():
            began = self.effort.now()
            kind, sub = self._draw()
            proposal = sub.solve(self._parameters(self.rounds))
            self._count(sub)
            self._learn(kind, proposal)
            self.pace = self.effort.now() - began

    def _together(self) -> None:
        """Several neighbourhoods at a time; one that was cut from a plan since replaced is judged all the same."""
        with ThreadPoolExecutor(self.workers) as pool:
            running: dict[Future[Proposal | None], tuple[Kind, float]] = {}
            while running or self._may_go_on():
                while len(running) < self.workers and self._may_go_on():
                    began = self.effort.now()
                    kind, sub = self._draw()
                    running[pool.submit(sub.solve, self._parameters(self.rounds))] = kind, began
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    kind, began = running.pop(future)
                    self._learn(kind, future.result())
                    self.pace = self.effort.now() - began

    def _draw(self) -> tuple[Kind, Subproblem]:
        self.rounds += 1
        kind = self.random.choices(self.kinds, [k.score + 0.1 for k in self.kinds])[0]
        free = kind.choose(View(self.plant, self.around, self.random), max(4, round(kind.size)))
        scope = self._scope(free)
        return kind, Subproblem(self.plant, self.clock, self.around, free, scope, self.target, self.hold)

    def _scope(self, free: set[int]) -> list[int]:
        """The free tasks and those after them that must be able to give way; by run."""
        around = self.around
        places = [around.place[i] for i in free]
        first, last = min(places), max(places)
        scope = around.order[first : max(last + 1, min(first + SCOPE, len(around.order)))]
        if self.plant.families:
            latest: dict[int, int] = {}
            for i in free:
                machine = self.around.plan.machine[i]
                latest[machine] = max(latest.get(machine, -1), around.place[i])
            for i in scope:
                if around.place[i] <= latest.get(around.plan.machine[i], -1):
                    free.add(i)
        return scope

    def _parameters(self, number: int) -> Callable[[cp_model.CpSolver], None]:
        def parameters(solver: cp_model.CpSolver) -> None:
            solver.parameters.num_workers = 1
            solver.parameters.random_seed = (self.seed * 1_000_003 + number) % 2**31
            solver.parameters.max_deterministic_time = EFFORT
            solver.parameters.linearization_level = 0
            solver.parameters.max_time_in_seconds = max(0.01, self.effort.patience(self.until))
            solver.parameters.cp_model_probing_level = 0
            solver.parameters.symmetry_level = 0

        return parameters

    def _learn(self, kind: Kind, proposal: Proposal | None) -> None:
        kind.tried += 1
        gain = self._judge(proposal, kind) if proposal is not None and proposal.run else 0.0
        kind.score = 0.9 * kind.score + 0.1 * (1.0 if gain > 0 else 0.0)
        if proposal is not None and proposal.optimal:
            kind.size = min(kind.size * 1.08, 400.0)
        else:
            kind.size = max(kind.size * 0.93, 8.0)

    def _judge(self, proposal: Proposal, kind: Kind | None) -> float:
        """Time a proposal exactly and keep it when it is better; equally good ones are kept too, for variety."""
        start: list[float] = [*self.best.run]
        machine = list(self.best.machine)
        for i, run in proposal.run.items():
            start[i] = run
            machine[i] = proposal.machine[i]
        hold = self.hold
        if hold is not None:
            hold = [0 if i in proposal.free else start for i, start in enumerate(hold)]
        plan = timed(self.plant, in_turn(self.plant, self.best, start, machine), machine, hold)
        gain = self.best.cost - plan.cost
        if is_better(plan, self.best) or (gain == 0 and not is_better(self.best, plan)):
            self.best, self.hold = plan, hold
            self.around = survey(self.plant, self.clock, plan)
            if gain > 0:
                self.accepted += 1
                if kind is not None:
                    kind.gained += gain
        return gain


def improve(plant: Plant, starts: Sequence[Start], budget: Budget) -> Improved:
    """A plan no worse than the first of the starts, which is the best of them.

    In a large plant it may be a little dearer than what was found, for the sake of jobs that others should give way to.

    Starts that a plan is held at are not undercut; tasks that the search moves are released from them.
    """
    plan, left = starts[0].plan, budget.left
    if left <= 0 or len(plan.unplaced) == plant.size:
        return Improved(plan)
    search = Improver(plant, starts, replace(budget, until=budget.until - HASTENING * left))
    found = search.run()
    if plant.is_due and plant.size > SEARCHED_WHOLE:
        effort = budget.effort
        found.plan = hastened(plant, found.plan, search.hold, effort=effort, seconds=HASTENING * left)
    return found
