"""A part of a plan, to be made better by a constraint program: its objective over the rules of `constraints`.

Of the tasks beyond the scope only the length of what hangs on it counts. What comes out is a proposal of order and machines, exact
without calendars and close with them; `timing` turns it into a plan and the caller judges that.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from production.scheduling.constraints import SCALE, Constraints


@dataclass(slots=True)
class Proposal:
    """New run starts (real seconds) and machines of a scope; `optimal` when the solver proved there is no better."""

    run: dict[int, float] = field(default_factory=dict)
    machine: dict[int, int] = field(default_factory=dict)
    free: set[int] = field(default_factory=set)
    optimal: bool = False
    bound: float = 0.0


class Subproblem(Constraints):
    """One model with its objective; `solve()` builds it, rule by rule, and returns a proposal."""

    effort = 0.0  # deterministic seconds that the solver took

    def solve(
        self, parameters: Callable[[cp_model.CpSolver], None], *, improve_by: int = 0
    ) -> Proposal | None:
        """The best proposal found, None when there is none."""
        self.state_rules()
        self._objective()
        solver = cp_model.CpSolver()
        parameters(solver)
        status = solver.solve(self.model)
        self.effort = solver.deterministic_time
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None if status != cp_model.INFEASIBLE else Proposal(optimal=True)
        proposal = Proposal(
            free=self.free, optimal=status == cp_model.OPTIMAL, bound=solver.best_objective_bound
        )
        for i in self.scope:
            proposal.run[i] = self.clock.real(solver.value(self.run[i]))
            proposal.machine[i] = self.plan.machine[i]
        for (i, machine), literal in self.chosen.items():
            if solver.boolean_value(literal):
                proposal.machine[i] = machine
        return proposal

    def _objective(self) -> None:
        if self.plant.is_due:
            self._be_in_time()
        else:
            self._be_done_soon()
        if self.plant.present:
            self._stay_near_the_present_plan()
        self.model.minimize(sum(weight * term for weight, term in self.terms))

    def _stay_near_the_present_plan(self) -> None:
        weight = round(SCALE * self.plant.weights.move)
        for i in self.scope:
            slot = self.plant.present.get(i)
            if slot is None or i in self.plant.running or not weight:
                continue
            machine = self.plant.machine_number[slot.machine]
            stays = self.model.new_bool_var(f"stays{i}")
            self.model.add(self.run[i] == self.clock.read(slot.setup_end)).only_enforce_if(stays)
            if (i, machine) in self.chosen:
                self.model.add_implication(stays, self.chosen[i, machine])
            elif (i, machine) not in self.length:
                self.model.add(stays == 0)
            self.terms.append((weight, 1 - stays))

    def _be_done_soon(self) -> None:
        """The last end, counting what hangs on the scope beyond it."""
        around = self.around
        clock = self.clock
        span = self.model.new_int_var(0, self.horizon + max(around.tail, default=0), "span")
        beyond: dict[int, int] = {}
        for i in self.scope:
            after = around.after[i]
            if after >= 0 and after not in self.inside:
                beyond[self.plan.machine[i]] = after
        for i in self.scope:
            heirs = [arc.task for arc in self.plant.succs[i] if arc.task not in self.inside]
            rest = max((self._hanging(s) for s in heirs), default=0)
            self.model.add(span >= self.end[i] + rest)
            for machine, b in beyond.items():
                if (i, machine) in self.length:
                    constraint = self.model.add(
                        span >= self.run[i] + self.length[i, machine] + self._hanging(b)
                    )
                    if (i, machine) in self.chosen:
                        constraint.only_enforce_if(self.chosen[i, machine])
        current = max(clock.read(end) for end in self.plan.end)
        self.model.add(span <= current)
        self.model.add_hint(span, current)
        self.terms.append((round(SCALE * self.plant.weights.makespan), span))

    def _hanging(self, i: int) -> int:
        return self.around.tail[i] + self.clock.length(self.plan.machine[i], self.plan.seconds[i])

    def _be_in_time(self) -> None:
        """Tardiness of the jobs whose ends lie in the scope, or hang on it as far behind as they do now."""
        self.late: dict[int, cp_model.IntVar] = {}
        for i in self.scope:
            if self.plant.is_last[i]:
                self._price_lateness(i, self.plant.job[i], 0)
            if any(arc.task not in self.inside for arc in self.plant.succs[i]):
                job = self.target[i]
                rest = self.around.ends.get(job, 0) - self.plan.end[i]
                self._price_lateness(
                    i,
                    job,
                    self.clock.read(self.plan.end[i] + max(rest, 0)) - self.clock.read(self.plan.end[i]),
                )
        self._do_not_push_what_lies_beyond()

    def _price_lateness(self, i: int, job: int, rest: int) -> None:
        """The job ends no sooner than `rest` after this task."""
        due = self.plant.due[job]
        if due is None or job not in self.around.ends:
            return
        by = self.clock.read(due)
        if job not in self.late:
            late = self.model.new_int_var(
                0, self.horizon + self.clock.read(self.around.ends[job]), f"late{job}"
            )
            self.late[job] = late
            self.model.add_hint(late, max(0, self.clock.read(self.around.ends[job]) - by))
            self.terms.append((round(SCALE * self.plant.weights.tardiness * self.plant.weight[job]), late))
        self.model.add(self.late[job] >= self.end[i] + rest - by)

    def _do_not_push_what_lies_beyond(self) -> None:
        around = self.around
        for machine, last in self.last_kept.items():
            b = around.after[last]
            if b < 0 or b in self.inside:
                continue
            self._price_push(machine, b, [last, *self.on.get(machine, [])])
        for machine, tasks in self.on.items():
            if machine not in self.last_kept:
                b = next(
                    (
                        around.after[i]
                        for i in tasks
                        if around.after[i] >= 0
                        and around.after[i] not in self.inside
                        and self.plan.machine[i] == machine
                    ),
                    -1,
                )
                if b >= 0:
                    self._price_push(machine, b, tasks)

    def _price_push(self, machine: int, b: int, tasks: list[int]) -> None:
        plant, clock = self.plant, self.clock
        job = self.target[b]
        due = plant.due[job]
        if due is None or job not in self.around.ends:
            return
        push = self.model.new_int_var(0, self.horizon, f"push{machine}")
        start = clock.read(self.plan.run[b])
        for i in tasks:
            constraint = self.model.add(push >= self.run[i] + self.length[i, machine] - start)
            if (i, machine) in self.chosen:
                constraint.only_enforce_if(self.chosen[i, machine])
        urgency = 1.0 if self.around.ends[job] >= due else 0.2
        self.terms.append((max(1, round(SCALE * plant.weight[job] * urgency)), push))
