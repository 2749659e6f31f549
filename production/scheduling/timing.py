"""From an order of tasks to a plan: each task, in turn, as early as its machine, calendar and predecessors allow.

This is the one place where slots are computed. The dispatcher and the improver decide on orders and machines; what
they decide is timed here, so that a plan is feasible by construction whatever the search thought.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from production.scheduling.plant import Plan, Plant, add_work

Slot = tuple[int, int, int]  # start of set-up, start of run, end


class Line:
    """One machine's line-up while a plan grows: when it is free, what it is set up for, which pins lie ahead."""

    __slots__ = ("calendar", "family", "free", "machine", "pins", "plant", "unlimited")

    def __init__(self, plant: Plant, machine: int) -> None:
        self.plant = plant
        self.machine = machine
        self.calendar = plant.calendars[machine]
        self.unlimited = plant.unlimited[machine]
        self.free = plant.problem.now
        self.family = plant.stands_ready[machine]
        self.pins: list[int] = []  # tasks, the next one last

    def setup(self, task: int) -> int:
        """Set-up seconds of a task if it came next."""
        plant = self.plant
        seconds = plant.own_setup[task]
        family = plant.family[task]
        if family >= 0 and self.family >= 0 and not self.unlimited:
            seconds += plant.setup[self.family][family]
        return seconds

    def offer(self, task: int, seconds: int, ready: int) -> Slot | None:
        """The earliest slot after all that is lined up; None when the calendar ends before."""
        setup = self.setup(task)
        free = max(self.free, self.plant.floor[task])
        if self.calendar is None:
            run = max(free + setup, ready) if self.plant.ahead else max(free, ready) + setup
            return run - setup, run, run + seconds
        if not setup and self.plant.may_pause[task] and seconds:  # the common case, without detours
            worked = self.calendar.worked(max(free, ready))
            end = self.calendar.closing(worked + seconds)
            return (
                None
                if end is None
                else (self.calendar.opening(worked) or 0, self.calendar.opening(worked) or 0, end)
            )
        return self._offer_on_calendar(task, seconds, ready, free, setup)

    def _offer_on_calendar(self, task: int, seconds: int, ready: int, free: int, setup: int) -> Slot | None:
        calendar = self.calendar
        assert calendar is not None  # noqa: S101 - for the type checker
        if self.plant.ahead:
            worked = max(calendar.worked(free) + setup, calendar.worked(ready))
        else:
            worked = calendar.worked(max(free, ready)) + setup
        run = calendar.opening(worked)
        if run is not None and not self.plant.may_pause[task]:
            run = calendar.fit(run, seconds)
        if run is None:
            return None
        end = calendar.end_after(run, seconds)
        start = calendar.opening(calendar.worked(run) - setup)
        return None if end is None or start is None else (start, run, end)

    def take(self, task: int, end: int) -> None:
        """Line a task up; nothing comes before its end any more."""
        self.free = end
        self.family = self.plant.family[task]

    def held(self, task: int, seconds: int) -> Slot | None:
        """The slot of a pinned task at its pinned start; None when that cannot be."""
        start = self.plant.pinned[task]
        if start < (self.plant.problem.now if self.unlimited else self.free):
            return None
        setup = self.setup(task)
        calendar = self.calendar
        if calendar is None:
            return start, start + setup, start + setup + seconds
        if not calendar.is_open(start):
            return None
        run = calendar.opening(calendar.worked(start) + setup)
        if run is None or (not self.plant.may_pause[task] and calendar.fit(run, seconds) != run):
            return None
        end = calendar.end_after(run, seconds)
        return None if end is None else (start, run, end)


def order_by(plant: Plant, key: Sequence[float]) -> list[int]:
    """Tasks by key, predecessors first whatever the keys say."""
    rank = plant.rank
    order = sorted(range(plant.size), key=lambda i: (key[i], rank[i]))
    place = [0] * plant.size
    for position, i in enumerate(order):
        place[i] = position
    if all(place[p] < place[i] for i in order for p, _, _ in plant.preds[i]):
        return order
    waits = [len(arcs) for arcs in plant.preds]
    heap = [(key[i], rank[i], i) for i in range(plant.size) if waits[i] == 0]
    heapify(heap)
    order = []
    while heap:
        i = heappop(heap)[2]
        order.append(i)
        for s, _, _ in plant.succs[i]:
            waits[s] -= 1
            if waits[s] == 0:
                heappush(heap, (key[s], rank[s], s))
    return order


class Timer:
    """Times one order of tasks. `machine[i]` is the machine wanted for task i, `hold[i]` a start not to undercut."""

    def __init__(self, plant: Plant, machine: Sequence[int], hold: Sequence[int] | None = None) -> None:
        self.plant = plant
        self.wanted = machine
        self.hold = hold
        size = plant.size
        self.plan = Plan([-1] * size, [0] * size, [0] * size, [0] * size, [0] * size)
        self.lines = [Line(plant, m) for m in range(len(plant.calendars))]
        self.fixed: dict[int, Slot] = {}

    def time(self, order: Sequence[int], broken: dict[int, str] | None = None) -> Plan:
        """The plan of an order that lists predecessors first; pins known to be `broken` are not tried again."""
        self.plan.broken.update(broken or {})
        self._line_up_fixed()
        special = self.plant.running.keys() | self.plant.pinned.keys()
        for i in order:
            if special and i in special and self._placed_as_fixed(i):
                continue
            self._place(i)
        self.plan.cost = self.plant.price(self.plan)
        return self.plan

    def _line_up_fixed(self) -> None:
        plant = self.plant
        for i, (machine, started, remaining) in plant.running.items():
            line = self.lines[machine]
            end = add_work(line.calendar, plant.problem.now, remaining)
            self.fixed[i] = (started, started, end)
            if not line.unlimited:
                line.take(i, end)
        for i in sorted(plant.pinned, key=lambda i: (-plant.pinned[i], -plant.rank[i])):
            line = self.lines[plant.modes[i][0][0]]
            if not line.unlimited and i not in self.plan.broken:
                line.pins.append(i)

    def _pass_pin(self, line: Line) -> None:
        """Nothing more comes before the next pinned task of a machine: give it its slot, if it can have it."""
        i = line.pins.pop()
        slot = line.held(i, self.plant.modes[i][0][1])
        if slot is None:
            self.plan.broken[i] = "its machine is not free or not working at the pinned start"
            return
        self.fixed[i] = slot
        line.take(i, slot[2])

    def _placed_as_fixed(self, i: int) -> bool:
        plant, plan = self.plant, self.plan
        machine, seconds = plant.modes[i][0]
        line = self.lines[machine]
        if i not in plant.running and i not in plan.broken:
            if line.unlimited:
                slot = line.held(i, seconds)
                if slot is None:
                    plan.broken[i] = "its pinned start has passed or lies outside working time"
                    return False
                self.fixed[i] = slot
            while i not in self.fixed and i not in plan.broken:
                self._pass_pin(line)
            if i in plan.broken:
                return False
            if any(p in plan.unplaced for p, _, _ in plant.preds[i]):
                plan.broken[i] = "what it waits for could not be planned"
                return False
            if plant.ready(i, machine, seconds, plan) > self.fixed[i][1] or self._sets_up_too_soon(i):
                plan.broken[i] = "what it waits for is not done by the pinned start"
                return False
        elif i not in plant.running:
            return False
        self._record(i, machine, seconds, self.fixed[i])
        return True

    def _sets_up_too_soon(self, i: int) -> bool:
        plant = self.plant
        if plant.ahead:
            return False
        machine, seconds = plant.modes[i][0]
        return plant.ready(i, machine, seconds, self.plan) > self.fixed[i][0]

    def _place(self, i: int) -> None:
        plan = self.plan
        for p, _, _ in self.plant.preds[i]:
            if p in plan.unplaced:
                job, task = self.plant.keys[p]
                plan.unplaced[i] = f"it waits for task {task} of job {job}, which could not be planned"
                return
        wanted = self.wanted[i]
        modes = self.plant.modes[i]
        for machine, seconds in (
            modes if len(modes) == 1 else sorted(modes, key=lambda mode: mode[0] != wanted)
        ):
            if self._placed_on(i, machine, seconds):
                return
        names = ", ".join(self.plant.problem.machines[machine].id for machine, _ in modes)
        plan.unplaced[i] = f"the calendar of {names} ends before it could be done; extend the calendar"

    def _placed_on(self, i: int, machine: int, seconds: int) -> bool:
        line = self.lines[machine]
        ready = self.plant.ready(i, machine, seconds, self.plan)
        if self.hold is not None:
            ready = max(ready, self.hold[i])
        slot = line.offer(i, seconds, ready)
        while line.pins and (slot is None or slot[2] > self.plant.pinned[line.pins[-1]]):
            self._pass_pin(line)
            slot = line.offer(i, seconds, ready)
        if slot is None:
            return False
        if not line.unlimited:
            line.take(i, slot[2])
        self._record(i, machine, seconds, slot)
        return True

    def _record(self, i: int, machine: int, seconds: int, slot: Slot) -> None:
        plan = self.plan
        plan.machine[i] = machine
        plan.seconds[i] = seconds
        plan.start[i], plan.run[i], plan.end[i] = slot
        if slot[1] > slot[0]:
            calendar = self.plant.calendars[machine]
            plan.setup_seconds += (
                slot[1] - slot[0] if calendar is None else calendar.worked_between(*slot[:2])
            )


def timed(
    plant: Plant,
    key: Sequence[float],
    machine: Sequence[int],
    hold: Sequence[int] | None = None,
    broken: dict[int, str] | None = None,
) -> Plan:
    """The plan that starts tasks in the order of their keys on the machines given.

    A pin found broken late leaves a hole, and a set-up that never was, where it was to be; so the order is timed again
    without it, until every pin that is tried also holds.
    """
    order = order_by(plant, key)
    known = dict(broken or {})
    while True:
        plan = Timer(plant, machine, hold).time(order, known)
        if len(plan.broken) == len(known):
            return plan
        known = plan.broken
