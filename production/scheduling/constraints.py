"""The rules of a part of a plan as a constraint program: who may go where, after whom, set up for how long.

`free` tasks choose machine and place anew. The other tasks of the `scope` keep machine and order but may shift in
time. Tasks before the scope stand still. Times are measured on one worked clock, that of the calendar most tasks have, so that
pausing costs nothing; where machines differ from it, lengths are stretched accordingly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ortools.sat.python import cp_model

from production.scheduling.numbering import Arc
from production.scheduling.plant import Plant, add_work
from production.scheduling.surroundings import Clock, Surroundings

SCALE = 10_000  # integer objective units per second at weight 1


def rules_nothing_out(plant: Plant, clock: Clock) -> bool:
    """Whether every plan is one of the model of the whole plant, so that its bound holds for the plant too."""
    return clock.is_exact and all(arc.share == 1.0 for arcs in plant.preds for arc in arcs)


def leaves_nothing_out(plant: Plant) -> bool:
    """Whether every answer of the model of the whole plant is a plan, so that the best of these is the best there is."""
    has_set_ups = bool(plant.families) or any(plant.own_setup)
    return not any(plant.needs) and not any(plant.reserves) and (plant.ahead or not has_set_ups)


class Constraints:
    """A model of who may go where and when; its objective is still to be stated, in `terms`."""

    def __init__(
        self,
        plant: Plant,
        clock: Clock,
        around: Surroundings,
        free: Iterable[int],
        scope: Sequence[int],
        target: Sequence[int],
        hold: Sequence[int] | None = None,
    ) -> None:
        self.plant = plant
        self.clock = clock
        self.around = around
        self.plan = around.plan
        self.free = set(free)
        self.scope = scope
        self.inside = set(scope)
        self.target = target  # the job that a task's end matters to most
        self.hold = hold
        self.model = cp_model.CpModel()
        self.run: dict[int, cp_model.IntVar] = {}
        self.end: dict[int, cp_model.LinearExprT] = {}
        self.chosen: dict[tuple[int, int], cp_model.IntVar] = {}  # task on machine, where there is a choice
        self.length: dict[tuple[int, int], int] = {}
        self.intervals: dict[int, list[cp_model.IntervalVar]] = defaultdict(list)
        self.on: dict[int, list[int]] = defaultdict(list)  # machine -> free tasks that may go there
        self.terms: list[tuple[int, cp_model.LinearExprT]] = []
        self.has_families = bool(plant.families)
        self.stills = self._last_before()

    def state_rules(self) -> None:
        """Every rule that a proposal has to keep."""
        self._add_tasks()
        self._respect_predecessors()
        self._keep_order_of_the_rest()
        if self.has_families:
            self._sequence_with_set_ups()
        else:
            self._one_task_at_a_time()

    def _last_before(self) -> dict[int, int]:
        """The last task of each machine before the scope."""
        stills: dict[int, int] = {}
        for position in range(self.around.place[self.scope[0]] - 1, -1, -1):
            i = self.around.order[position]
            stills.setdefault(self.plan.machine[i], i)
            if len(stills) == len(self.plant.calendars):
                break
        return stills

    def _add_tasks(self) -> None:
        plant, plan, clock = self.plant, self.plan, self.clock
        lowest = clock.read(plant.problem.now)
        change = max((max(row) for row in plant.setup), default=0)
        self.horizon = max(clock.read(plan.end[i]) for i in self.scope) + sum(
            max(clock.length(m, seconds) + plant.own_setup[i] + change for m, seconds in plant.modes[i])
            for i in self.free
        )
        for i in self.scope:
            now = clock.read(plan.run[i])
            if i in plant.running:  # what is left of it ends when it does
                now = clock.read(plan.end[i]) - clock.length(plan.machine[i], plan.seconds[i])
            if i in plant.running or (i in plant.pinned and i not in plan.broken):
                earliest, latest = now, now
            else:
                earliest, latest = max(lowest, clock.read(plant.release[i])), self.horizon
                if self.hold is not None and i not in self.free:
                    earliest = max(earliest, clock.read(self.hold[i]))
            run = self.model.new_int_var(
                min(earliest, now) if i not in self.free else earliest, latest, f"run{i}"
            )
            self.run[i] = run
            self.model.add_hint(run, now)
            modes = self._modes(i)
            if len(modes) == 1:
                self._single(i, *modes[0])
            else:
                self._choice(i, modes)

    def _modes(self, i: int) -> list[tuple[int, int]]:
        """The machines that a task may have, with its working seconds on each."""
        return self.plant.modes[i] if i in self.free else [(self.plan.machine[i], self.plan.seconds[i])]

    def _single(self, i: int, machine: int, seconds: int) -> None:
        length = self.clock.length(machine, seconds)
        self.length[i, machine] = length
        self.end[i] = self.run[i] + length
        if self.plant.unlimited[machine]:
            return
        if i in self.free:
            self.on[machine].append(i)
            if not self.has_families:
                self.intervals[machine].append(self._slot(i, machine))

    def _choice(self, i: int, modes: list[tuple[int, int]]) -> None:
        literals = []
        lengths = []
        for machine, seconds in modes:
            literal = self.model.new_bool_var(f"task{i}on{machine}")
            length = self.clock.length(machine, seconds)
            literals.append(literal)
            lengths.append(length)
            self.chosen[i, machine] = literal
            self.length[i, machine] = length
            self.model.add_hint(literal, machine == self.plan.machine[i])
            if self.plant.unlimited[machine]:
                continue
            self.on[machine].append(i)
            if not self.has_families:
                setup = self.plant.own_setup[i]
                start = self.run[i] - setup if setup else self.run[i]
                self.intervals[machine].append(
                    self.model.new_optional_fixed_size_interval_var(
                        start, length + setup, literal, f"slot{i}on{machine}"
                    )
                )
        self.model.add_exactly_one(literals)
        if len(set(lengths)) == 1:
            self.end[i] = self.run[i] + lengths[0]
        else:
            end = self.model.new_int_var(0, self.horizon + max(lengths), f"end{i}")
            for literal, length in zip(literals, lengths, strict=True):
                self.model.add(end == self.run[i] + length).only_enforce_if(literal)
            self.model.add(end >= self.run[i] + min(lengths))
            self.end[i] = end

    def _respect_predecessors(self) -> None:
        for i in self.scope:
            if i in self.plant.running:
                continue
            for arc in self.plant.preds[i]:
                for moment in self._handed_on(arc, i):
                    self.model.add(self.run[i] >= moment)

    def _handed_on(self, arc: Arc, i: int) -> Iterator[cp_model.LinearExprT]:
        """Moments that the run of task i may not undercut because of a predecessor."""
        plan, clock, p, share = self.plan, self.clock, arc.task, arc.share
        end, pause = plan.end[p], clock.read(plan.end[p] + arc.wait) - clock.read(plan.end[p])
        done = self.end[p] if p in self.inside else clock.read(end)
        if share == 1.0:
            yield done + pause
            return
        own = min(self.length[i, machine] for machine, _ in self._modes(i))
        yield done + pause - int((1 - share) * own)
        if arc.first >= 0:
            first = add_work(self.plant.calendar_of(p, plan.machine[p]), self.plant.problem.now, arc.first)
            yield clock.read(first) + pause
        elif p in self.inside:
            held = max(self.length[p, machine] for machine, _ in self._modes(p))
            yield self.run[p] + int(share * held) + pause
        else:
            yield clock.read(plan.run[p] + share * (end - plan.run[p])) + pause

    def _keep_order_of_the_rest(self) -> None:
        """Tasks of the scope that are not free follow each other as they do now, after what stands still."""
        plan = self.plan
        self.first_kept: dict[int, int] = {}
        previous: dict[int, int] = {}
        for i in self.scope:
            machine = plan.machine[i]
            if i in self.free or self.plant.unlimited[machine]:
                continue
            if machine in previous:
                setup = self._setup_between(previous[machine], i)
                if not self._is_held(i):
                    self.model.add(self.run[i] >= self.end[previous[machine]] + setup)
            else:
                self.first_kept[machine] = i
                self._after_the_still(i, machine)
            previous[machine] = i
        self.last_kept = previous

    def _is_held(self, i: int) -> bool:
        return i in self.plant.running or (i in self.plant.pinned and i not in self.plan.broken)

    def _still(self, machine: int) -> int:
        """The last task of a machine before the scope, -1 for none."""
        return self.stills.get(machine, -1)

    def _after_the_still(self, i: int, machine: int, literal: cp_model.IntVar | None = None) -> None:
        if self._is_held(i):
            return
        still = self._still(machine)
        free = self.plant.problem.now if still < 0 else self.plan.end[still]
        setup = self._setup_after(still, i, machine)
        constraint = self.model.add(self.run[i] >= self.clock.read(free) + setup)
        if literal is not None:
            constraint.only_enforce_if(literal)

    def _setup_after(self, still: int, i: int, machine: int) -> int:
        if still >= 0:
            return self._setup_between(still, i)
        family = self.plant.stands_ready[machine]
        return self._changeover(family, self.plant.family[i]) + self.plant.own_setup[i]

    def _setup_between(self, one: int, other: int) -> int:
        return (
            self._changeover(self.plant.family[one], self.plant.family[other]) + self.plant.own_setup[other]
        )

    def _changeover(self, one: int, other: int) -> int:
        return self.plant.setup[one][other] if one >= 0 and other >= 0 else 0

    def _one_task_at_a_time(self) -> None:
        """Free tasks share a machine with the kept ones among them; kept ones behind them all simply follow."""
        plan, place = self.plan, self.around.place
        kept: dict[int, list[int]] = defaultdict(list)
        for i in self.scope:
            if i not in self.free and plan.machine[i] in self.on:
                kept[plan.machine[i]].append(i)
        for machine, tasks in self.on.items():
            last = max(
                (place[i] for i in tasks if plan.machine[i] == machine),
                default=place[self.scope[0]] + len(self.free),
            )
            among = [i for i in kept[machine] if place[i] <= last]
            intervals = self.intervals[machine] + [self._slot(i, machine) for i in among]
            self.model.add_no_overlap(intervals)
            behind = next((i for i in kept[machine] if place[i] > last), None)
            for i in tasks:
                literal = self.chosen.get((i, machine))
                self._after_the_still(i, machine, literal)
                if behind is not None and not self._is_held(behind):
                    setup = self.plant.own_setup[behind]
                    constraint = self.model.add(
                        self.run[behind] >= self.run[i] + self.length[i, machine] + setup
                    )
                    if literal is not None:
                        constraint.only_enforce_if(literal)

    def _slot(self, i: int, machine: int) -> cp_model.IntervalVar:
        setup = self.plant.own_setup[i]
        start = self.run[i] - setup if setup else self.run[i]
        return self.model.new_fixed_size_interval_var(start, self.length[i, machine] + setup, f"slot{i}")

    def _sequence_with_set_ups(self) -> None:
        """Free tasks of a machine stand in a circuit from the last still task to the first kept one."""
        for machine, tasks in self.on.items():
            arcs: list[tuple[int, int, cp_model.LiteralT]] = []
            first = self.first_kept.get(machine)
            still = self._still(machine)
            nothing = self.model.new_bool_var(f"none{machine}")
            arcs.append((0, 0, nothing))
            for node, i in enumerate(tasks, 1):
                present = self.chosen.get((i, machine))
                if present is None:
                    self.model.add(nothing == 0)
                else:
                    arcs.append((node, node, ~present))
                    self.model.add_implication(nothing, ~present)
                begins = self.model.new_bool_var(f"first{i}")
                arcs.append((0, node, begins))
                self._after_the_still(i, machine, begins)
                self._pay_setup(begins, self._setup_after(still, i, machine))
                closes = self.model.new_bool_var(f"last{i}")
                arcs.append((node, 0, closes))
                if first is not None and not self._is_held(first):
                    setup = self._setup_between(i, first)
                    self._follows(i, machine, first, setup, closes)
                for other_node, other in enumerate(tasks, 1):
                    if other != i:
                        follows = self.model.new_bool_var(f"{i}then{other}")
                        arcs.append((node, other_node, follows))
                        self._follows(i, machine, other, self._setup_between(i, other), follows)
            self.model.add_circuit(arcs)

    def _follows(self, i: int, machine: int, other: int, setup: int, literal: cp_model.IntVar) -> None:
        if not self._is_held(other):
            length = self.length[i, machine]
            self.model.add(self.run[other] >= self.run[i] + length + setup).only_enforce_if(literal)
            if not self.plant.ahead and setup:
                for arc in self.plant.preds[other]:
                    for moment in self._handed_on(arc, other) if arc.task in self.inside else ():
                        self.model.add(self.run[other] >= moment + setup).only_enforce_if(literal)
        self._pay_setup(literal, setup)

    def _pay_setup(self, literal: cp_model.IntVar, setup: int) -> None:
        weight = round(SCALE * self.plant.weights.setup * setup)
        if weight:
            self.terms.append((weight, literal))
