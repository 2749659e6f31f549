"""The first plan: walk through time and give every machine that falls free the most pressing task that waits for it.

What presses most is a rule. All rules here share one form, cheap to evaluate in a queue (the logarithm of the apparent
tardiness cost index with set-ups, Lee, Bhaskaran & Pinedo 1997):

    value(task) − max(0, latest start − now) / patience − set-up / set-up patience

Latest starts come from a backward pass over what is left of the job, either bare or with the queueing times seen in
an earlier plan (lead-time iteration, Vepsalainen & Morton 1988).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, nlargest
from math import log
from time import monotonic

from production.scheduling.plant import Plan, Plant, add_work
from production.scheduling.timing import Line, Slot, timed

HOT = 48  # tasks of a queue that are compared at every decision
BROKEN_PIN = "what it waits for is not done, or its machine is not free, by the pinned start"
RERANK = 24  # decisions after which the rest of the queue is looked at again
Key = tuple[list[float], list[float], float, float]  # values, latest starts, 1/patience, 1/set-up patience


@dataclass(frozen=True, slots=True)
class Urgency:
    """What the backward pass knows of each task, in seconds."""

    tail: list[float]  # from its start to the end of all that waits for it, unhindered
    latest: list[float]  # latest start by which the jobs behind it can be in time
    weight: list[float]  # the heaviest job behind it
    run: list[float]  # its own mean duration, closed hours spread over it


def urgency(plant: Plant, waits: Sequence[float] | None = None) -> Urgency:
    """Tails, latest starts and weights; with `waits`, tasks are expected to queue that long before they start."""
    stretch = [_stretch(plant, m) for m in range(len(plant.calendars))]
    run = [
        sum(seconds * stretch[m] for m, seconds in modes) / len(modes) + plant.own_setup[i]
        for i, modes in enumerate(plant.modes)
    ]
    horizon = float(max([due for due in plant.due if due is not None], default=0) + sum(run))
    tail = [0.0] * plant.size
    latest = [0.0] * plant.size
    weight = [0.0] * plant.size
    for i in reversed(plant.topological):
        j = plant.job[i]
        due = plant.due[j]
        length, heaviest = 0.0, plant.weight[j] if due is not None or not plant.is_due else 0.01
        end = horizon if due is None else float(due)
        for s, wait, share in plant.succs[i]:
            gap = wait + (waits[s] if waits is not None else 0.0) - (1 - share) * min(run[i], run[s])
            length = max(length, tail[s] + gap)
            end = min(end, latest[s] - gap)
            heaviest = max(heaviest, weight[s])
        tail[i], latest[i], weight[i] = length + run[i], end - run[i], heaviest
    for i, start in plant.pinned.items():
        latest[i] = min(latest[i], start)
    return Urgency(tail, latest, weight, run)


def _stretch(plant: Plant, machine: int) -> float:
    """Wall-clock seconds per working second."""
    calendar = plant.calendars[machine]
    if calendar is None or not calendar.total:
        return 1.0
    return (calendar.end - calendar.windows[0][0]) / calendar.total


@dataclass(frozen=True, slots=True)
class Rule:
    """A named way to compare tasks in a queue."""

    name: str
    key: Callable[[Plant, Urgency], Key]


def _mean(values: Sequence[float]) -> float:
    return max(sum(values) / max(len(values), 1), 1e-9)


def _setup_patience(plant: Plant) -> float:
    largest = [seconds for row in plant.setup for seconds in row if seconds]
    return 1 / (0.35 * _mean(largest)) if largest else 0.0


def apparent_tardiness_cost(patience: float, *, whole_job: bool = False) -> Rule:
    """Weight over work, discounted by slack in units of `patience` mean durations.

    `whole_job` counts the work left in the job instead of the task's own.
    """

    def key(plant: Plant, seen: Urgency) -> Key:
        work = seen.tail if whole_job else seen.run
        value = [log(max(w, 1e-6) / max(p, 1.0)) for w, p in zip(seen.weight, work, strict=True)]
        return value, seen.latest, 1 / (patience * _mean(seen.run)), _setup_patience(plant)

    return Rule(f"ATC{'+job' if whole_job else ''} {patience:g}", key)


def _static(name: str, value: Callable[[Urgency], list[float]]) -> Rule:
    def key(plant: Plant, seen: Urgency) -> Key:
        values = value(seen)
        spread = _mean(seen.run)
        return values, seen.latest, 0.0, spread * _setup_patience(plant)

    return Rule(name, key)


EARLIEST_DUE = _static("earliest due date", lambda seen: [-latest for latest in seen.latest])
SHORTEST = _static("shortest task", lambda seen: [-run for run in seen.run])
MOST_WORK_LEFT = _static("most work left", lambda seen: list(seen.tail))
LEAST_WORK_LEFT = _static("least work left", lambda seen: [-tail for tail in seen.tail])
HEAVIEST = _static(
    "weight first, then due date",
    lambda seen: [1e9 * w - latest for w, latest in zip(seen.weight, seen.latest, strict=True)],
)
CRITICAL = _static(
    "critical ratio",
    lambda seen: [
        -(latest + tail) / max(tail, 1.0) for latest, tail in zip(seen.latest, seen.tail, strict=True)
    ],
)

DUE_RULES = (
    apparent_tardiness_cost(3.0),
    apparent_tardiness_cost(3.0, whole_job=True),
    EARLIEST_DUE,
    apparent_tardiness_cost(1.0),
    HEAVIEST,
    apparent_tardiness_cost(10.0),
    CRITICAL,
    SHORTEST,
)
MAKESPAN_RULES = (MOST_WORK_LEFT, SHORTEST, LEAST_WORK_LEFT)


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


@dataclass(slots=True)
class First:
    """The best plan that dispatching found, the rule that made it and the seconds until the first plan was there."""

    plan: Plan
    rule: str
    seconds: float


def is_better(plan: Plan, than: Plan) -> bool:
    """Fewer tasks without a place, else fewer broken pins, else a lower cost."""
    return (len(plan.unplaced), len(plan.broken), plan.cost) < (
        len(than.unplaced),
        len(than.broken),
        than.cost,
    )


def best_dispatch(plant: Plant, began: float, until: float) -> First:
    """Try rule after rule, first the most promising, then again with the queueing times seen; at least one.

    Half of the time at most goes into this.
    """
    until = began + (until - began) / 2
    seen = urgency(plant)
    rules = DUE_RULES if plant.is_due else MAKESPAN_RULES
    plan = Dispatcher(plant, seen, rules[0]).walk()
    best = First(plan, rules[0].name, monotonic() - began)
    walks = [(rules[0], plan)]
    for rule in rules[1:]:
        if monotonic() > until:
            return best
        plan = Dispatcher(plant, seen, rule).walk()
        walks.append((rule, plan))
        if is_better(plan, best.plan):
            best = First(plan, rule.name, best.seconds)
    if plant.is_due:
        _with_waits(plant, walks, best, until)
    return best


def _with_waits(plant: Plant, walks: list[tuple[Rule, Plan]], best: First, until: float) -> None:
    """Lead-time iteration from the three best rules: latest starts that reckon with the queues of the plan before."""
    walks.sort(key=lambda walk: walk[1].cost)
    for rule, start in walks[:3]:
        plan, waits = start, [0.0] * plant.size
        for _ in range(6):
            if monotonic() > until:
                return
            waits = [(old + new) / 2 for old, new in zip(waits, _queueing(plant, plan), strict=True)]
            plan = Dispatcher(plant, urgency(plant, waits), rule).walk()
            if is_better(plan, best.plan):
                best.plan, best.rule = plan, f"{rule.name}, queues foreseen"


def _queueing(plant: Plant, plan: Plan) -> list[float]:
    """How long each task waited between being ready and its run."""
    return [
        float(max(0, plan.run[i] - plant.ready(i, plan.machine[i], plan.seconds[i], plan)))
        if i not in plan.unplaced
        else 0.0
        for i in range(plant.size)
    ]
