"""The plant as the algorithms read it, numbered and flattened, and plans of it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from production.scheduling.calendar import Calendar
from production.scheduling.flatten import flatten
from production.scheduling.kernel.arrays import RUNNING, Table
from production.scheduling.numbering import Numbering
from production.scheduling.problem import Problem
from production.scheduling.result import FEW, MANY, Assignment, Weights


@dataclass(slots=True)
class Plan:
    """Slots by task number. A task in `unplaced` has none; one in `broken` could not keep its pinned start."""

    machine: list[int]
    seconds: list[int]  # of run, in the chosen mode
    start: list[int]
    run: list[int]
    end: list[int]
    unplaced: dict[int, str] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    setup_seconds: int = 0
    cost: float = 0.0
    slots: Table = field(default_factory=lambda: np.zeros(0, np.void))  # the same as the kernel keeps it


def rank_of(plan: Plan) -> tuple[int, int, float]:
    """What plans are compared by: tasks without a place, then broken pins, then the cost."""
    return len(plan.unplaced), len(plan.broken), plan.cost


def is_better(plan: Plan, than: Plan) -> bool:
    """Whether it ranks lower."""
    return rank_of(plan) < rank_of(than)


class Plant(Numbering):
    """A numbered problem with the arrays that compiled code reads; it prices plans."""

    def __init__(
        self, problem: Problem, weights: Weights, present: Iterable[Assignment] | None = None
    ) -> None:
        super().__init__(problem, weights, present)
        self.arrays = flatten(self)
        # Tasks are numbered job by job.
        self.first = np.array([group[0] for group in self.members], np.int64)

    def price(self, plan: Plan) -> float:
        """The weighted cost of a plan; unplaced tasks cost nothing here (a plan with fewer of them always wins)."""
        return self.price_of(plan.slots, plan.setup_seconds)

    def price_of(self, slots: Table, setup_seconds: int) -> float:
        """The same of slots and the set-up in them."""
        weights, jobs = self.weights, self.arrays.job
        if not self.size:
            return 0.0
        ends = np.maximum.reduceat(slots["end"], self.first)
        is_whole = ~np.logical_or.reduceat(slots["unplaced"] != 0, self.first)
        late = np.maximum(ends - jobs["due"], 0) * jobs["weight"]
        cost = weights.setup * setup_seconds
        cost += weights.flow * float((ends - jobs["release"])[is_whole].sum())
        cost += weights.tardiness * float(late[is_whole].sum())
        if not self.is_due:
            cost += weights.makespan * int(ends[is_whole].max(initial=0))
        if self.present and weights.move:
            moves = self._moves(slots)
            cost += weights.move * (moves + (MANY - 1) * self._beyond_few(moves))
        return cost

    def too_many(self, plan: Plan) -> float:
        """How many more moves a plan makes than are few."""
        return self._beyond_few(self._moves(plan.slots))

    def _beyond_few(self, moves: float) -> float:
        few = self.weights.few
        return max(moves - max(FEW, few * len(self.present)), 0.0) if few < 1 else 0.0

    def cost_of(self, job: int, end: int) -> float:
        """What it costs that a job ends then."""
        due, weights = self.due[job], self.weights
        late = 0.0 if due is None else float(max(end - due, 0))
        return weights.flow * (end - self.job_release[job]) + weights.tardiness * self.weight[job] * late

    def _moves(self, slots: Table) -> float:
        """How many moves the shifts against the present plan come to."""
        task = self.arrays.task
        machine = self.arrays.mode["machine"][np.maximum(slots["mode"], 0)]
        shift = np.minimum(np.abs(slots["start"] - task["present_start"]) / self.weights.whole_move, 1.0)
        moves = np.where(machine == task["present_machine"], shift, 1.0)
        counts = (task["present_start"] >= 0) & (task["kind"] != RUNNING) & (slots["unplaced"] == 0)
        return float(moves[counts].sum())

    def ends(self, plan: Plan) -> dict[int, int]:
        """The end of every job of which all tasks are placed."""
        if not self.size:
            return {}
        ends = enumerate(np.maximum.reduceat(np.array(plan.end), self.first).tolist())
        lost = {self.job[i] for i in plan.unplaced}
        return {j: end for j, end in ends if j not in lost} if lost else dict(ends)

    def moved(self, plan: Plan) -> list[int]:
        """Tasks of the present plan that leave their machine or their start; running ones cannot."""
        machines = self.problem.machines
        return [
            i
            for i, slot in self.present.items()
            if i not in self.running
            and i not in plan.unplaced
            and (slot.start != plan.start[i] or slot.machine != machines[plan.machine[i]].id)
        ]


def add_work(calendar: Calendar | None, start: int, seconds: int) -> int:
    """The moment `seconds` of work after `start`; beyond the calendar's end, time runs on."""
    if calendar is None:
        return start + seconds
    end = calendar.end_after(start, seconds)
    return max(start, calendar.end) + seconds if end is None else end
