"""The first plan: walk through time and give every machine that falls free the most pressing task that waits for it."""

from heapq import heappop, heappush, nlargest

from production.scheduling.plant import Plan, Plant, add_work
from production.scheduling.rules import Rule, Urgency
from production.scheduling.timing import Line, Slot, timed

HOT = 48  # tasks of a queue that are compared at every decision
RERANK = 24  # decisions after which the rest of the queue is looked at again
BROKEN_PIN = "what it waits for is not done, or its machine is not free, by the pinned start"


class Dispatcher:
    """One walk through time under one rule."""

    def __init__(self, plant: Plant, seen: Urgency, rule: Rule) -> None:
        self.plant = plant
        self.key = rule.key(plant, seen)
        self.lines = [Line(plant, m) for m in range(len(plant.calendars))]
        size = plant.size
        self.plan = Plan([-1] * size, [0] * size, [0] * size, [0] * size, [0] * size)
        self.open_waits = [len(arcs) for arcs in plant.preds]
        self.started = [False] * size
        self.events: list[tuple[int, int]] = []  # moment, task to join its queues or ~machine to look at
        self.woken = [-1] * len(plant.calendars)
        self.backlog = [0.0] * len(plant.calendars)  # seconds waiting, shared out over eligible machines
        self.queues = [_Queue(self, m) for m in range(len(plant.calendars))]

    def walk(self) -> Plan:
        """The timed plan of one rule; the timing explains tasks that no calendar has room for."""
        self._begin()
        events = self.events
        while events:
            now = events[0][0]
            touched: set[int] = set()
            while events and events[0][0] == now:
                code = heappop(events)[1]
                if code < 0:
                    touched.add(~code)
                elif not self.started[code]:
                    self._join(code, now, touched)
            self._feed_all(sorted(touched), now)
        late = max(self.plan.end, default=0)
        key = [run if done else late for run, done in zip(self.plan.run, self.started, strict=True)]
        return timed(self.plant, key, self.plan.machine, broken=self.plan.broken)

    def _feed_all(self, machines: list[int], now: int) -> None:
        """A machine that left a task to a quicker one looks again once that one has chosen another."""
        while machines:
            idle = [m for m in machines if not self._feed(m, now)]
            machines = idle if len(idle) < len(machines) else []

    def _begin(self) -> None:
        plant = self.plant
        for i in sorted(plant.pinned, key=lambda i: -plant.pinned[i]):
            machine = plant.modes[i][0][0]
            if not plant.unlimited[machine]:
                self.lines[machine].pins.append(i)
                heappush(self.events, (max(plant.pinned[i], plant.problem.now), ~machine))
        for i, (machine, started, remaining) in plant.running.items():
            end = add_work(plant.calendars[machine], plant.problem.now, remaining)
            self._settle(i, machine, remaining, (started, started, end))
        for i, count in enumerate(self.open_waits):
            if count == 0:
                self._announce(i, plant.problem.now)

    def _announce(self, i: int, now: int) -> None:
        """Let a task whose predecessors all have slots join its queues when they are done."""
        plant = self.plant
        if self.started[i] or (i in plant.pinned and i not in self.plan.broken and not self._is_outside(i)):
            return
        machine, seconds = plant.modes[i][0]
        at = plant.ready(i, machine, seconds, self.plan)
        if self._is_outside(i):
            at = max(at, plant.pinned.get(i, at))
        heappush(self.events, (max(at, now), i))

    def _is_outside(self, i: int) -> bool:
        return self.plant.unlimited[self.plant.modes[i][0][0]]

    def _settle(self, i: int, machine: int, seconds: int, slot: Slot) -> None:
        """Give a task its slot and announce its successors."""
        plan = self.plan
        self.started[i] = True
        plan.machine[i], plan.seconds[i] = machine, seconds
        plan.start[i], plan.run[i], plan.end[i] = slot
        line = self.lines[machine]
        if not line.unlimited:
            line.take(i, slot[2])
            heappush(self.events, (slot[2], ~machine))
        for s, _, _ in self.plant.succs[i]:
            self.open_waits[s] -= 1
            if self.open_waits[s] == 0:
                self._announce(s, slot[0])

    def _join(self, i: int, now: int, touched: set[int]) -> None:
        """A task is ready: queue it at its machines, or send it out at once where an unlimited one is quickest."""
        plant = self.plant
        sent: tuple[Slot, int, int] | None = None
        limited = []
        for m, seconds in plant.modes[i]:
            if not plant.unlimited[m]:
                limited.append((m, seconds))
                continue
            slot = self.lines[m].offer(i, seconds, now)
            if slot is not None and (sent is None or slot[2] < sent[0][2]):
                sent = (slot, m, seconds)
        if sent is not None:
            quickest = min(
                (max(self.lines[m].free, now) + self.backlog[m] + s for m, s in limited), default=None
            )
            if quickest is None or sent[0][2] <= quickest:
                self._settle(i, sent[1], sent[2], sent[0])
                return
        for m, seconds in limited:
            self.queues[m].add(i, seconds)
            self.backlog[m] += seconds / len(limited)
            if self.lines[m].free <= now:
                touched.add(m)

    def _feed(self, machine: int, now: int) -> bool:
        """Start the most pressing task on a free machine; else see to it that it is looked at in time."""
        line, queue = self.lines[machine], self.queues[machine]
        if line.free > now or line.unlimited:
            return False
        if line.pins and self.plant.pinned[line.pins[-1]] <= now:
            return self._start_pin(line, now)
        if not queue.hot and not queue.cold:
            return False
        if line.calendar is not None:
            opening = line.calendar.next_open(now)
            if opening is None:
                return False
            if opening > now:
                self.wake(machine, opening)
                return False
        choice = queue.best(line, now)
        if choice is None:
            return False
        i, slot = choice
        modes = self.plant.modes[i]
        for m, seconds in modes:
            if m == machine:
                self._settle(i, machine, seconds, slot)
            self.backlog[m] -= seconds / len(modes)
        return True

    def _start_pin(self, line: Line, now: int) -> bool:
        plant = self.plant
        i = line.pins.pop()
        machine, seconds = plant.modes[i][0]
        slot = line.held(i, seconds)
        if (
            slot is not None
            and self.open_waits[i] == 0
            and plant.ready(i, machine, seconds, self.plan) <= slot[1 if plant.ahead else 0]
        ):
            self._settle(i, machine, seconds, slot)
            return True
        self.plan.broken[i] = BROKEN_PIN
        heappush(self.events, (now, ~machine))
        if self.open_waits[i] == 0:
            self._announce(i, now)
        return False

    def wake(self, machine: int, at: int) -> None:
        """Look at a machine again at a later moment."""
        if self.woken[machine] != at:
            self.woken[machine] = at
            heappush(self.events, (at, ~machine))

    def is_quicker_elsewhere(self, i: int, machine: int, end: int, now: int) -> bool:
        """Whether another machine, its backlog included, would be done with a task before `end`."""
        modes = self.plant.modes[i]
        for m, seconds in modes:
            if m == machine or self.plant.unlimited[m]:
                continue
            slot = self.lines[m].offer(i, seconds, now)
            if slot is not None and slot[2] + (self.backlog[m] - seconds / len(modes)) / 2 < end:
                if self.lines[m].free > now:
                    self.wake(machine, self.lines[m].free)
                return True
        return False


class _Queue:
    """Tasks ready for a machine: the `hot` ones compared at every decision, the `cold` ones now and then."""

    __slots__ = ("boss", "cold", "hot", "machine", "picks", "seconds")

    def __init__(self, boss: Dispatcher, machine: int) -> None:
        self.boss = boss
        self.machine = machine
        self.hot: list[int] = []
        self.cold: list[int] = []
        self.seconds: dict[int, int] = {}
        self.picks = 0

    def add(self, i: int, seconds: int) -> None:
        self.hot.append(i)
        self.seconds[i] = seconds

    def best(self, line: Line, now: int) -> tuple[int, Slot] | None:
        """The most pressing task that can start now, with its slot."""
        started = self.boss.started
        self.hot = [i for i in self.hot if not started[i]]
        self.picks += 1
        if len(self.hot) > 2 * HOT or (self.cold and (self.picks > RERANK or len(self.hot) < HOT // 4)):
            self._rerank(now)
        value, latest, impatience, setup_impatience = self.boss.key
        if setup_impatience:
            ranked = [
                (value[i] - max(0.0, latest[i] - now) * impatience - line.setup(i) * setup_impatience, -i)
                for i in self.hot
            ]
        else:
            ranked = [(value[i] - max(0.0, latest[i] - now) * impatience, -i) for i in self.hot]
        if not ranked:
            return None
        first = max(ranked)
        slot = self._slot(-first[1], line, now)
        if slot is not None:
            return -first[1], slot
        for _, negative in sorted(ranked, reverse=True)[1:]:
            slot = self._slot(-negative, line, now)
            if slot is not None:
                return -negative, slot
        return None

    def _slot(self, i: int, line: Line, now: int) -> Slot | None:
        slot = line.offer(i, self.seconds[i], now)
        if slot is None:
            return None
        if slot[0] > now and not self.boss.plant.may_pause[i]:
            self.boss.wake(self.machine, slot[0])  # too long for the rest of this shift
            return None
        if line.pins and slot[2] > self.boss.plant.pinned[line.pins[-1]]:
            return None
        if len(self.boss.plant.modes[i]) > 1 and self.boss.is_quicker_elsewhere(
            i, self.machine, slot[2], now
        ):
            return None
        return slot

    def _rerank(self, now: int) -> None:
        value, latest, impatience, _ = self.boss.key
        started = self.boss.started
        waiting = [i for i in (*self.hot, *self.cold) if not started[i]]
        self.picks = 0
        self.hot = nlargest(
            HOT, waiting, key=lambda i: (value[i] - max(0.0, latest[i] - now) * impatience, -i)
        )
        chosen = set(self.hot)
        self.cold = [i for i in waiting if i not in chosen]
