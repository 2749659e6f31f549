"""A problem, numbered: its rows as parallel lists of tasks, machines and jobs."""

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from production.scheduling.calendar import Calendar
from production.scheduling.problem import Problem
from production.scheduling.result import Assignment, Weights
from production.scheduling.rows import Link, Machine, Task, TaskKey


class Arc(NamedTuple):
    """A link to a predecessor (or successor); `first`: work left of a running one until its first transfer batch, else −1."""

    task: int
    wait: int = 0
    share: float = 1.0
    first: int = -1


class Numbering:
    """A problem, numbered. Frozen slots of the present plan have become pins.

    `floor` is the earliest start of a task's slot, `release` that of its run.
    """

    def __init__(
        self, problem: Problem, weights: Weights, present: Iterable[Assignment] | None = None
    ) -> None:
        self.problem = problem
        self.weights = weights
        self.tasks: tuple[Task, ...] = problem.tasks
        self.keys: list[TaskKey] = [task.key for task in self.tasks]
        self.number = {key: i for i, key in enumerate(self.keys)}
        self.machine_number = {machine.id: m for m, machine in enumerate(problem.machines)}
        self.present = {
            self.number[slot.key]: slot
            for slot in present or ()
            if slot.key in self.number and slot.machine in self.machine_number
        }
        self._number_machines()
        self._number_jobs()
        self._number_resources()
        self._number_tasks()
        self._link()
        self._fix()
        # Tasks that take no time, on some machine at least.
        self.instants = [i for i, modes in enumerate(self.modes) if any(not seconds for _, seconds in modes)]

    def _number_machines(self) -> None:
        machines = self.problem.machines
        same: dict[Calendar, Calendar] = {}
        self.calendars = [
            None if machine.calendar is None else same.setdefault(machine.calendar, machine.calendar)
            for machine in machines
        ]
        self.unlimited = [machine.is_unlimited for machine in machines]
        self.has_limits = any(machine.batch_limit is not None for machine in machines)
        setup = self.problem.setup
        self.families = {family: i for i, family in enumerate(setup.families)}
        self.setup = setup.seconds
        self.ahead = setup.ahead
        self.stands_ready = [
            -1 if machine.family is None else self.families[machine.family] for machine in machines
        ]

        self.buckets = self.problem.buckets
        groups = sorted(
            {job.group for job in self.problem.jobs if job.group is not None}
            | {reserve.group for machine in machines for reserve in machine.reserves}
        )
        self.groups = {group: number for number, group in enumerate(groups)}
        self.reserves = [self._rooms(m, machine) for m, machine in enumerate(machines)]

    def _rooms(self, m: int, machine: Machine) -> list[tuple[int, list[int]]]:
        """For each reserve of a machine its group and the seconds open to all others, bucket by bucket."""
        calendar = self.calendars[m]
        hours = [
            end - start if calendar is None else calendar.worked_between(start, end)
            for start, end in pairwise(self.buckets)
        ]
        return [
            (self.groups[reserve.group], [int(seconds * (1 - reserve.share)) for seconds in hours])
            for reserve in machine.reserves
        ]

    def _number_resources(self) -> None:
        resources = self.problem.resources
        self.capacity = [resource.capacity for resource in resources]
        self.resource_number = {resource.id: number for number, resource in enumerate(resources)}
        self._shared: dict[tuple[int, tuple[int, ...]], Calendar | None] = {}

    def calendar_of(self, i: int, machine: int) -> Calendar | None:
        """When a task can be worked on at a machine: while it and everything else the task needs are there."""
        calendar = self.calendars[machine]
        if not self.needs[i] or self.unlimited[machine]:
            return calendar
        resources = self.problem.resources
        needed = tuple(sorted({r for r, _ in self.needs[i] if resources[r].calendar is not None}))
        if not needed:
            return calendar
        if (machine, needed) not in self._shared:
            for r in needed:
                own = resources[r].calendar
                calendar = own if calendar is None or own is None else calendar.and_also(own)
            self._shared[machine, needed] = calendar
        return self._shared[machine, needed]

    def _number_jobs(self) -> None:
        jobs = self.problem.jobs
        self.job_number = {job.id: j for j, job in enumerate(jobs)}
        self.due = [job.due for job in jobs]
        self.weight = [float(job.weight) for job in jobs]
        self.has_whole_weights = all(weight.is_integer() for weight in self.weight)
        self.group = [-1 if job.group is None else self.groups[job.group] for job in jobs]
        self.job_release = [max(job.release, self.problem.now) for job in jobs]
        self.is_due = self.problem.is_due

    def _number_tasks(self) -> None:
        tasks = self.tasks
        self.size = len(tasks)
        self.job = [self.job_number[task.job] for task in tasks]
        self.modes = [self._modes_of(task) for task in tasks]
        self.needs = [
            [(self.resource_number[need.resource], need.amount) for need in task.needs] for task in tasks
        ]
        self.own_setup = [task.setup_seconds for task in tasks]
        self.family = [-1 if task.family is None else self.families[task.family] for task in tasks]
        self.may_pause = [task.may_pause for task in tasks]
        fence = max(self.problem.fence, self.problem.now) if self.present else self.problem.now
        self.floor = [fence] * len(tasks)
        self.release = [
            max(task.release, self.job_release[self.job[i]], fence) for i, task in enumerate(tasks)
        ]

    def _modes_of(self, task: Task) -> list[tuple[int, int]]:
        """The modes whose machine holds the quantity."""
        modes = [(self.machine_number[mode.machine], mode.seconds) for mode in task.modes]
        machines = self.problem.machines
        if task.quantity is None or not self.has_limits:
            return modes
        limits = [machines[m].batch_limit for m, _ in modes]
        return [
            mode for mode, limit in zip(modes, limits, strict=True) if limit is None or limit >= task.quantity
        ]

    def _link(self) -> None:
        """Number the precedence graph and sort it."""
        self.preds: list[list[Arc]] = [[] for _ in self.tasks]
        self.succs: list[list[Arc]] = [[] for _ in self.tasks]
        members: list[list[int]] = [[] for _ in self.due]
        for i, j in enumerate(self.job):
            members[j].append(i)
        self.members = members
        for i, task in enumerate(self.tasks):
            for link in task.links if task.after else ():
                former = self.number[link.job or task.job, link.task]
                first = self._first_left(self.tasks[former], link)
                self._arc(former, i, link.wait_seconds, link.transfer_share, first)
        self.is_last = [not self._has_heir_in_job(i) for i in range(self.size)]
        self.last = [[i for i in group if self.is_last[i]] for group in members]
        for i, task in enumerate(self.tasks):
            before = self.problem.jobs[self.job[i]].after_jobs
            for other in (*task.after_jobs, *before) if task.after_jobs or before else ():
                for p in self.last[self.job_number[other]]:
                    self._arc(p, i)
        self._sort()

    def _has_heir_in_job(self, i: int) -> bool:
        """Whether a task of the same job starts only after this one's end, which one that runs already does not."""
        job = self.job[i]
        return any(
            self.job[arc.task] == job and arc.share == 1.0 and self.tasks[arc.task].running is None
            for arc in self.succs[i]
        )

    def _arc(self, before: int, after: int, wait: int = 0, share: float = 1.0, first: int = -1) -> None:
        self.preds[after].append(Arc(before, wait, share, first))
        self.succs[before].append(Arc(after, wait, share, first))

    @staticmethod
    def _first_left(before: Task, link: Link) -> int:
        if before.running is None:
            return -1
        left = before.running.remaining_seconds
        return left if link.first_seconds is None else min(link.first_seconds, left)

    def _sort(self) -> None:
        waits = [len(arcs) for arcs in self.preds]
        order = [i for i, count in enumerate(waits) if count == 0]
        for i in order:  # grows while it is read
            for arc in self.succs[i]:
                waits[arc.task] -= 1
                if waits[arc.task] == 0:
                    order.append(arc.task)
        self.topological = order
        self.rank = [0] * self.size
        for rank, i in enumerate(order):
            self.rank[i] = rank
        self.plain = [all(arc.wait == 0 and arc.share == 1.0 for arc in arcs) for arcs in self.preds]

    def _fix(self) -> None:
        """Gather what is running, pinned or frozen; each leaves its task one machine only."""
        self.running: dict[int, tuple[int, int, int]] = {}  # machine, started, remaining
        self.pinned: dict[int, int] = {}  # task -> start of its slot
        fence = self.problem.fence
        for i, task in enumerate(self.tasks):
            slot = self.present.get(i)
            if task.running is not None:
                machine = self.machine_number[task.running.machine]
                self.running[i] = (machine, task.running.started, task.running.remaining_seconds)
                self.modes[i] = [(machine, task.running.remaining_seconds)]
            elif task.pin is not None:
                self._hold(i, task.pin.machine, task.pin.start)
            elif slot is not None and slot.start < fence and self._is_mode(i, slot.machine):
                self._hold(i, slot.machine, slot.start)

    def _is_mode(self, i: int, machine: str) -> bool:
        return any(m == self.machine_number[machine] for m, _ in self.modes[i])

    def _hold(self, i: int, machine: str, start: int | None) -> None:
        number = self.machine_number[machine]
        stated = ((self.machine_number[mode.machine], mode.seconds) for mode in self.tasks[i].modes)
        self.modes[i] = [mode for mode in stated if mode[0] == number]
        self.floor[i] = self.problem.now
        self.release[i] = max(self.tasks[i].release, self.job_release[self.job[i]])
        if start is not None:
            self.pinned[i] = start
