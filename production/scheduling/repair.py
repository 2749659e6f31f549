"""A new plan close to the one in force: everything held where it is, what is new put where it costs least.

First every task of the present plan is held at its start; what cannot keep it moves right, and gaps absorb that. Then each new task
goes to its best place: a gap, or in front of less important work where that lowers weighted lateness by more than the moves it
makes count. Last, what has lost its place, and what keeps a late job waiting, is put elsewhere as long as that pays.
Nothing here looks at the clock: the same plant always gets the same repair.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import TypeVar

import numpy as np

from production.scheduling.before_pins import held_before_pins
from production.scheduling.bounds import earliest_ends
from production.scheduling.kernel.arrays import Ints
from production.scheduling.kernel.change import lift
from production.scheduling.kernel.graph import Graph, graph_of, release_from_holders
from production.scheduling.kernel.insert import Aims
from production.scheduling.kernel.journal import journal_for
from production.scheduling.kernel.mend import (
    OUSTED,
    SHORTLISTED,
    dearer,
    mend_jobs,
    mend_tasks,
    moved,
    settle_firmly,
)
from production.scheduling.loosening import MUCH_LATER, displaced, in_groups, lifted, with_successors
from production.scheduling.plant import Plan, Plant, is_better, rank_of
from production.scheduling.present import first_named, homes, machines, present_costs, starts, users
from production.scheduling.result import Weights
from production.scheduling.rules import urgency
from production.scheduling.timing import timed, timed_held

PATIENCE = (3.0, 0.0, np.inf)
"""How long work is expected to queue on its way, in times what is left of it; for ever: it will be late anyway."""

REACH = 6  # places tried for a task on each of its machines, gaps not counted
TRIALS = 12  # places where others are ousted for a task
SWEEPS = 6
ROUNDS = 4  # of looking for tasks that lost their shift
LOOSE_MOST, LOOSE_SHARE = 200, 0.1  # tasks that a repair takes out to put them elsewhere
BROUGHT_FORWARD = 8  # late jobs that a repair of a small plan puts in anew
BUDGET = 300_000  # tasks timed again in mending
ENOUGH = 600_000  # tasks timed again after which no second plan is mended
SMALL = 2000  # tasks up to which the present order is tried closed up too
LATER_THAN_ALL = 1e18
FIRM = 3600.0  # seconds of lateness of a job of weight 1 that a move must save in a firm repair
HARDLY = 0.0001  # what time in the plant counts for there: it decides between equals

T = TypeVar("T")
Kept = tuple[Plan, list[int], str]  # the plan, the starts it holds, how new tasks were put in


@dataclass(slots=True)
class _Held:
    """A plan with the starts that its tasks are held at."""

    plan: Plan
    hold: Ints
    name: str
    work: int = 0  # tasks timed again to come by it


def repaired(plant: Plant, workers: int = 1) -> Kept:
    """The cheapest of a few repairs of the present plan.

    :param workers: threads. What the next case would give is worked out beside the one that may do; the repair is the same.
    """
    repair = _Repair(plant, workers)
    found = repair.best()
    if (sooner := repair.before_pins()) is not None:
        found = min(found, sooner.best(), key=_rank)
    if plant.size <= SMALL:
        found = repair.brought_forward(min((found, *repair.closed_up()), key=_rank))
    return found.plan, found.hold.tolist(), found.name


def firmly_repaired(plant: Plant, workers: int = 1) -> Kept:
    """The cheapest repair that moves only what must, or what saves much by it; its plan is priced as the plant's are.

    Where moves are cheap, a repair puts in anew what stood well, for a little less time in the plant, and has nobody to put it
    right again: the search does that, but from where this one leaves all that stands.
    """
    weights = plant.weights
    firm = replace(weights, flow=min(weights.flow, HARDLY), move=max(weights.move, FIRM * weights.tardiness))
    plan, hold, name = repaired(Plant(plant.problem, firm, plant.present.values()), workers)
    plan.cost = plant.price(plan)
    return plan, hold, name


def is_firm(weights: Weights) -> bool:
    """Whether a repair moves nothing for what is small in any case."""
    return weights.move >= FIRM * weights.tardiness


def _rank(held: _Held) -> tuple[int, int, float]:
    return rank_of(held.plan)


class _Repair:
    def __init__(self, plant: Plant, workers: int) -> None:
        self.plant = plant
        self.workers = workers
        self.seen = urgency(plant)
        self.home = np.array(homes(plant), np.int64)
        self.machine = np.array(machines(plant), np.int64)
        self.held = np.maximum(self.home, 0)  # starts that what is present is held at
        self.new = [i for i in range(plant.size) if i not in plant.present and i not in plant.running]
        # In a large plant only what got dearer is looked at again; in a small one there is time for every late job.
        self.was = present_costs(plant) if plant.size > SMALL else np.zeros(len(plant.due))
        self.users = users(plant)
        movable = [
            [
                i
                for i in sorted(group, key=plant.rank.__getitem__)
                if i not in plant.running and i not in plant.pinned
            ]
            for group in plant.members
        ]
        self.members = np.array([i for group in movable for i in group], np.int64)
        self.row = np.full(plant.size, -1, np.int64)
        self.row[self.members] = np.arange(len(self.members))
        self.member_at = np.array([0, *accumulate(len(group) for group in movable)], np.int64)

    def best(self) -> _Held:
        """Whatever is present held, what is new and what lost its shift put in, what suffers by that mended."""
        base = self._base(self.new)
        loose, loosened = self._loosened(base)
        if not loose:
            return self._mended(base)
        put_in: list[_Held] = []
        for held in self._each(partial(self._with_new, loosened, loose), PATIENCE):
            put_in.append(held)
            if self._is_in_time(held.plan) and not self.plant.too_many(held.plan):
                break
        spent = sum(held.work for held in put_in)
        put_in.sort(key=_rank)
        found = [base]
        for mended in self._each(self._mended, put_in[:2]):
            found.append(mended)
            spent += mended.work
            if self._is_in_time(mended.plan) or spent >= ENOUGH:
                break
        best = min(found, key=_rank)
        # Where all else lost a pin, what is new still stands behind everything: it comes forward as far as no pin is lost.
        return min(base, self._mended(base), key=_rank) if best is base else best

    def before_pins(self) -> "_Repair | None":
        """The repair that begins with what pins wait for before them; None where nothing of it comes too late, or may be moved."""
        held = held_before_pins(self.plant, self.machine, self.held)
        if held is None:
            return None
        sooner = _Repair(self.plant, self.workers)
        sooner.held = held
        return sooner

    def brought_forward(self, held: _Held) -> _Held:
        """Jobs that are late and need not be taken out whole and put in as if they were new, as long as that pays.

        Mending lets a job go where it gets cheaper at once. One that could be days sooner, because its material comes sooner or
        others left a gap, gets cheaper only when whoever is in its way on its last machines has made way.
        """
        best, spent = held, 0
        for job in self._needlessly_late(held.plan)[:BROUGHT_FORWARD]:
            if spent >= ENOUGH:
                break
            tasks = set(self.members[self.member_at[job] : self.member_at[job + 1]].tolist())
            without = self._behind(best, with_successors(self.plant, tasks))
            put_in = self._with_new(without, tasks, PATIENCE[0])
            mended = self._mended(put_in)
            spent += put_in.work + mended.work
            best = min(best, mended, key=_rank)
        return best

    def _needlessly_late(self, plan: Plan) -> list[int]:
        """Jobs later than they would be on a plant of their own, whose tasks may all be moved; the dearest lateness first."""
        plant = self.plant
        soonest: dict[int, int] = {}
        for i, end in enumerate(earliest_ends(plant).tolist()):
            soonest[plant.job[i]] = max(soonest.get(plant.job[i], end), end)
        lost = {
            j: plant.weight[j] * (end - max(soonest[j], due))
            for j, end in plant.ends(plan).items()
            if (due := plant.due[j]) is not None
            and end - max(soonest[j], due) >= MUCH_LATER
            and self.member_at[j + 1] - self.member_at[j] == len(plant.members[j])
        }
        return sorted((j for j in lost if lost[j] > 0), key=lambda j: (-lost[j], j))

    def _behind(self, held: _Held, tasks: Collection[int]) -> _Held:
        """A plan with these tasks behind all others, which stay where they are."""
        plan = held.plan
        hold = np.where(np.array(plan.machine) >= 0, np.array(plan.start), held.hold).astype(np.int64)
        hold[list(tasks)] = max(plan.end, default=0)
        return _Held(timed_held(self.plant, np.array(plan.machine, np.int64), hold), hold, held.name)

    def _each(self, do: Callable[[T], _Held], cases: Sequence[T]) -> Iterator[_Held]:
        """What comes of each case in turn; whoever stops asking leaves what was begun ahead to come to nothing."""
        if self.workers == 1:
            yield from map(do, cases)
            return
        pool = ThreadPoolExecutor(self.workers)
        try:
            for begun in [pool.submit(do, case) for case in cases]:
                yield begun.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _is_in_time(self, plan: Plan) -> bool:
        """Whether all jobs with new work are done when they are due."""
        plant = self.plant
        return all(
            plan.end[i] <= due
            for i in self.new
            if i not in plan.unplaced and (due := plant.due[plant.job[i]]) is not None
        )

    def closed_up(self) -> Iterator[_Held]:
        """The present order with and without its gaps, new work by its latest start, first or last: pays where much is late."""
        plant = self.plant
        holds = [
            (np.maximum(self.home, 0), "present plan"),
            (np.zeros(plant.size, np.int64), "present order, closed up"),
        ]
        if plant.ahead:
            holds.append((starts(plant), "present plan, set-ups where they were"))
        choices = [("least loaded", self.machine)]
        if self.new:
            choices.append(("first named", np.array(first_named(plant), np.int64)))
        ends = earliest_ends(plant).tolist()
        heads = [
            end - min(seconds for _, seconds in modes) for end, modes in zip(ends, plant.modes, strict=True)
        ]
        last = max((slot.end for slot in plant.present.values()), default=0)
        latest = np.minimum(self.seen.latest, LATER_THAN_ALL)
        for name, new in (
            ("by its latest start", latest),
            ("first", np.array(heads, np.float64)),
            ("last", np.array(plant.rank, np.float64) + last),
        ):
            key = new.copy()
            for i, slot in plant.present.items():
                key[i] = slot.setup_end
            for hold, manner in holds:
                for where, machine in choices:
                    told = f"{manner}, new work {name} on the machine {where}"
                    yield _Held(timed(plant, key, machine, hold), hold, told)

    def _base(self, loose: Collection[int]) -> _Held:
        """Everything present as near to its start as can be, and what is loose behind it all."""
        plant = self.plant
        machine, hold = self.machine, self.held.copy()
        behind = hold.copy()
        behind[list(loose)] = max((slot.end for slot in plant.present.values()), default=0)
        plan = timed_held(plant, machine, behind)
        if any(i in plan.unplaced for i in loose):  # the calendars end too soon for that
            plan = timed_held(plant, machine, hold)
        return _Held(plan, hold, "present plan")

    def _loosened(self, base: _Held) -> tuple[set[int], _Held]:
        """New work, and what lost its shift with all that waits for it; and the plan with these behind everything.

        A task that no longer fits into its shift would take the place of the next shift's first, and so on to the end
        of the plan. One that goes elsewhere leaves all others where they are.
        """
        loose, held = set(self.new), base
        for _ in range(ROUNDS):
            lost = displaced(self.plant, held.plan) - loose
            if not lost:
                break
            loose |= with_successors(self.plant, lost)
            if len(loose) > max(LOOSE_MOST, self.plant.size * LOOSE_SHARE):  # hardly a repair any more
                return set(self.new), base
            held = self._base(loose)
        return loose, held

    def _with_new(self, base: _Held, new: Collection[int], patience: float) -> _Held:
        """New work, and what waits for it, put where it costs least as far as one can tell from its first tasks on."""
        a = self.plant.arrays
        graph = graph_of(a, base.plan.slots, base.hold)
        aims = self._aims(patience)
        journal = journal_for(self.plant.size)
        groups = [
            np.array(group, np.int64)
            for group in in_groups(self.plant, self.seen, lifted(self.plant, base.plan, new))
        ]
        release_from_holders(graph, [i for group in groups for i in group])
        for group in groups:
            for i in group[::-1]:
                lift(a, graph, i)
        work = 0
        for group in groups:
            work += settle_firmly(a, graph, journal, aims, group, 0, len(group), REACH, True)[1]
        return self._timed(graph, f"new work put in, patience {patience:g}", work)

    def _mended(self, held: _Held) -> _Held:
        """Jobs that got later, and tasks that lost their place, put elsewhere as long as that pays."""
        a = self.plant.arrays
        graph = graph_of(a, held.plan.slots, held.hold)
        journal = journal_for(self.plant.size)
        extra, marked = np.zeros(len(self.was)), np.zeros(self.plant.size, np.bool_)
        left = BUDGET
        for sweep in range(SWEEPS):
            before = graph.total[0]
            dearer(a, graph, self.was, extra)
            jobs = np.argsort(-extra, kind="stable")[: np.count_nonzero(extra > 1)]
            aims = self._aims(PATIENCE[sweep % len(PATIENCE)])
            left -= mend_jobs(a, graph, journal, aims, *self._tasks_of(jobs), REACH, left)
            moved(a, graph, marked)
            tasks = np.flatnonzero(marked)
            tasks = tasks[np.argsort(graph.node["run"][tasks], kind="stable")]
            left -= mend_tasks(a, graph, journal, aims, tasks, REACH, left)
            if (graph.total[0] >= before - 1 and sweep) or left <= 0:
                break
        found = self._timed(graph, held.name, BUDGET - left)
        return found if is_better(found.plan, held.plan) else replace(held, work=found.work)

    def _tasks_of(self, jobs: Iterable[int]) -> tuple[Ints, Ints]:
        """Tasks that may be moved, job by job, and where those of each job end."""
        found = [self.members[self.member_at[j] : self.member_at[j + 1]] for j in jobs]
        ends = np.cumsum([len(own) for own in found], dtype=np.int64)
        return np.concatenate([np.zeros(0, np.int64), *found]), ends

    def _timed(self, graph: Graph, name: str, work: int) -> _Held:
        """The exact plan of a graph."""
        node, mode = graph.node, graph.node["mode"]
        machine = np.where(mode >= 0, self.plant.arrays.mode["machine"][np.maximum(mode, 0)], -1)
        key = np.where(mode >= 0, node["place"].astype(np.float64), LATER_THAN_ALL)
        hold = node["hold"].copy()
        return _Held(timed(self.plant, key, machine, hold), hold, name, work)

    def _aims(self, patience: float) -> Aims:
        seen = self.seen
        ends = seen.latest + seen.run
        overdue = np.full_like(ends, self.plant.problem.now)
        latest = overdue if np.isinf(patience) else ends - patience * (seen.tail - seen.run)
        jobs = self.member_at, self.members, self.row
        return Aims(
            latest,
            ends,
            seen.weight,
            self.home,
            *jobs,
            *self.users,
            np.empty(OUSTED, np.int64),
            np.zeros(TRIALS, SHORTLISTED),
        )
