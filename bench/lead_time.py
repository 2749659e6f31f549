"""How long customers wait, measured: `python -m bench.lead_time --weeks 8 --seed 1`.

A job shop is played for some weeks: orders come at random, each with a date that its customer wishes and a way through the shop that
is told when it comes and not before. Three ways to run it are given the same orders:

- `first free slot`: each order is booked when it comes, operation by operation, into the first gap that is long enough, and stays there
  (what an ERP that plans against capacity does);
- `first come, first served`: nothing is booked; a machine that is free takes what has waited longest at its work center;
- `mes`: the scheduler searches the plan anew whenever an order comes, with the weights that a new installation has; the floor works
  by it, and sooner where a machine is free and the work is there.

Prints one JSON line for each: lead time from an order's coming to its last operation's end (mean and the longest of nine in ten), by
priority too; the share late by the wished date; hours late, weighted; hours of set-up; and the mean lead time against the first way's.
Orders of the first week, which find the shop empty, are not counted. Hours are working hours: the shop never closes.
"""

import argparse
import json
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from production.scheduling import Assignment, Problem, Weights, solve
from production.scheduling.rows import Job, Machine, Mode, Running, Setup, Task, TaskKey

HOUR, WEEK = 3600, 80 * 3600  # a week of two shifts
CENTERS, MACHINES = 6, 2  # work centers, machines in each
FAMILIES = ("A", "B", "C", "D")
CHANGEOVER = 45 * 60
WEIGHTS = ((10, 0.1), (3, 0.3), (1, 0.6))  # as rush, normal and fill-in weigh
AS_INSTALLED = Weights(flow=0.02, move=30, whole_move=3600)  # a test holds them to the scheduling rules
SETUP = Setup(
    FAMILIES,
    tuple(tuple(0 if one == other else CHANGEOVER for other in FAMILIES) for one in FAMILIES),
    ahead=False,
)


@dataclass(frozen=True)
class Order:
    """`steps` are work center and seconds; all its operations need one set-up family."""

    number: int
    comes: int
    due: int
    weight: int
    family: str
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Slot:
    """A machine is set up from `start`, works from `runs` and is free at `end`."""

    start: int
    runs: int
    end: int
    family: str


@dataclass(frozen=True)
class Played:
    """When each order was done, by number, and how much set-up that took in all."""

    ends: Mapping[int, int]
    setup_seconds: int


def draw(weeks: int, load: float, seed: int) -> list[Order]:
    """Orders in the order in which they come; their work, without set-ups, is that share of what the machines can do."""
    chance = random.Random(seed)
    orders: list[Order] = []
    work = 5 * 105 * 60  # an order's, on average
    between = work / (load * CENTERS * MACHINES)
    now = chance.expovariate(1 / between)
    while now < weeks * WEEK:
        steps = tuple(
            (center, chance.randint(30, 180) * 60)
            for center in chance.sample(range(CENTERS), chance.randint(4, 6))
        )
        own = sum(seconds for _, seconds in steps)
        (weight,) = chance.choices([w for w, _ in WEIGHTS], [share for _, share in WEIGHTS])
        due = round(now + own * chance.uniform(2, 6))
        orders.append(Order(len(orders), round(now), due, weight, chance.choice(FAMILIES), steps))
        now += chance.expovariate(1 / between)
    return orders


# --- ways to run the shop --------------------------------------------------------------------------------------------


def first_free_slot(orders: Sequence[Order]) -> Played:
    """Each operation in the first gap behind the one before it; what is booked stays."""
    booked: dict[str, list[Slot]] = {name: [] for name in machine_names()}
    ends: dict[int, int] = {}
    for order in orders:
        ready = order.comes
        for center, seconds in order.steps:
            found = {
                name: _first_gap(booked[name], order.family, ready, seconds) for name in machines_of(center)
            }
            name = min(found, key=lambda name: (found[name].end, name))
            booked[name] = sorted([*booked[name], found[name]], key=lambda slot: slot.runs)
            ready = found[name].end
        ends[order.number] = ready
    return Played(ends, sum(slot.runs - slot.start for slots in booked.values() for slot in slots))


def _first_gap(slots: Sequence[Slot], family: str, ready: int, seconds: int) -> Slot:
    """Where set-up and run fit that may begin when the work is there; what follows may be set up anew in what is left of the gap."""
    former: Slot | None = None
    for slot in slots:
        found = _behind(former, family, ready, seconds)
        if found.end + _changeover(family, slot.family) <= slot.runs:
            return found
        former = slot
    return _behind(former, family, ready, seconds)


def _behind(former: Slot | None, family: str, ready: int, seconds: int) -> Slot:
    start = max(former.end, ready) if former is not None else ready
    runs = start + (_changeover(former.family, family) if former is not None else 0)
    return Slot(start, runs, runs + seconds, family)


def first_come_first_served(orders: Sequence[Order]) -> Played:
    """A free machine takes what came first to its work center; set-up begins when it takes it."""
    waiting: dict[int, list[tuple[int, int, int]]] = defaultdict(list)  # by center: since, order, step
    for order in orders:
        waiting[order.steps[0][0]].append((order.comes, order.number, 0))
    free = dict.fromkeys(machine_names(), 0)
    family: dict[str, str] = {}
    ends: dict[int, int] = {}
    setup_seconds = 0
    while any(waiting.values()):
        start, center = min(
            (max(min(queue)[0], min(free[name] for name in machines_of(center))), center)
            for center, queue in waiting.items()
            if queue
        )
        taken = min(waiting[center])
        waiting[center].remove(taken)
        _, number, step = taken
        order = orders[number]
        name = min(machines_of(center), key=lambda name: (free[name], name))
        setup = _changeover(family.get(name, order.family), order.family)
        free[name], family[name] = start + setup + order.steps[step][1], order.family
        setup_seconds += setup
        if step + 1 < len(order.steps):
            waiting[order.steps[step + 1][0]].append((free[name], number, step + 1))
        else:
            ends[number] = free[name]
    return Played(ends, setup_seconds)


def planned(orders: Sequence[Order], seconds: float, seed: int) -> Played:
    """The plan is repaired and searched when an order comes, and worked to until the next does."""
    floor = _Floor(orders)
    for order in orders:
        floor.work_until(order.comes)
        floor.open.append(order)
        result = solve(
            floor.problem(order.comes),
            seconds=seconds,
            seed=seed,
            weights=AS_INSTALLED,
            present=floor.plan.values(),
        )
        floor.plan = result.by_key()
    floor.work_until(max(slot.end for slot in floor.plan.values()))
    return Played(
        {order.number: floor.done[_last(order)].end for order in orders},
        sum(slot.setup_end - slot.start for slot in floor.done.values()),
    )


class _Floor:
    """What was done, and what the plan in force has for the rest."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self.orders = orders
        self.open: list[Order] = []
        self.done: dict[TaskKey, Assignment] = {}
        self.plan: dict[TaskKey, Assignment] = {}
        self.now = 0

    def work_until(self, now: int) -> None:
        """Machines take their work in the plan's order, each as soon as it is there and nothing is in front of it."""
        free: dict[str, int] = {}
        ends: dict[TaskKey, int] = {}
        for key, slot in sorted(self.plan.items(), key=lambda item: item[1].start):
            former = ends.get((slot.job, str(int(slot.task) - 1)), 0)
            sooner = slot.start - max(self.now, free.get(slot.machine, 0), former)
            taken = moved(slot, -sooner) if slot.start >= self.now and sooner > 0 else slot
            self.plan[key] = taken
            free[slot.machine] = ends[key] = taken.end
        self.done |= {key: slot for key, slot in self.plan.items() if slot.end <= now}
        self.plan = {key: slot for key, slot in self.plan.items() if slot.end > now}
        self.open = [order for order in self.open if _last(order) not in self.done]
        self.now = now

    def problem(self, now: int) -> Problem:
        """What is left to be planned; what runs goes on, and machines stand ready for what they did last."""
        return Problem(
            self._machines(now), tuple(self._job(order, now) for order in self.open), SETUP, now=now
        )

    def _job(self, order: Order, now: int) -> Job:
        left = [step for step in range(len(order.steps)) if _key(order, step) not in self.done]
        tasks = tuple(self._task(order, step, now, is_first=step == left[0]) for step in left)
        return Job(str(order.number), tasks, release=order.comes, due=order.due, weight=order.weight)

    def _task(self, order: Order, step: int, now: int, *, is_first: bool) -> Task:
        center, seconds = order.steps[step]
        slot = self.plan.get(_key(order, step))
        is_running = slot is not None and slot.start < now
        return Task(
            str(step),
            str(order.number),
            tuple(Mode(name, seconds) for name in machines_of(center)),
            after=() if is_first else (str(step - 1),),
            family=order.family,
            running=Running(slot.machine, slot.start, slot.end - now) if slot and is_running else None,
        )

    def _machines(self, now: int) -> tuple[Machine, ...]:
        last: dict[str, Assignment] = {}
        begun = [*self.done.values(), *(slot for slot in self.plan.values() if slot.start < now)]
        for slot in sorted(begun, key=lambda slot: slot.start):
            last[slot.machine] = slot
        return tuple(
            Machine(name, family=self.orders[int(last[name].job)].family if name in last else None)
            for name in machine_names()
        )


def moved(slot: Assignment, seconds: int) -> Assignment:
    """The same slot, so much later."""
    return replace(
        slot, start=slot.start + seconds, setup_end=slot.setup_end + seconds, end=slot.end + seconds
    )


def _key(order: Order, step: int) -> TaskKey:
    return str(order.number), str(step)


def _last(order: Order) -> TaskKey:
    return _key(order, len(order.steps) - 1)


def _changeover(one: str, other: str) -> int:
    return SETUP.seconds[FAMILIES.index(one)][FAMILIES.index(other)]


def machine_names() -> list[str]:
    """All machines."""
    return [name for center in range(CENTERS) for name in machines_of(center)]


def machines_of(center: int) -> list[str]:
    """The machines of a work center."""
    return [f"{center}-{machine}" for machine in range(MACHINES)]


# --- what comes of it ------------------------------------------------------------------------------------------------

WAYS: dict[str, Callable[[Sequence[Order], float, int], Played]] = {
    "first free slot": lambda orders, _seconds, _seed: first_free_slot(orders),
    "first come, first served": lambda orders, _seconds, _seed: first_come_first_served(orders),
    "mes": planned,
}


def figures(orders: Sequence[Order], played: Played) -> dict[str, object]:
    """What customers feel of it, in hours."""
    counted = [order for order in orders if order.comes >= WEEK]
    waited = {order.number: (played.ends[order.number] - order.comes) / HOUR for order in counted}
    late = {order.number: max(played.ends[order.number] - order.due, 0) / HOUR for order in counted}
    by_weight = {
        weight: [waited[order.number] for order in counted if order.weight == weight] for weight, _ in WEIGHTS
    }
    return {
        "orders": len(counted),
        "lead_time_hours": round(statistics.mean(waited.values()), 1),
        "nine_in_ten_within": round(statistics.quantiles(waited.values(), n=10)[-1], 1),
        "by_weight": {
            weight: round(statistics.mean(hours), 1) for weight, hours in by_weight.items() if hours
        },
        "late_share": round(sum(hours > 0 for hours in late.values()) / len(counted), 3),
        "weighted_hours_late": round(sum(order.weight * late[order.number] for order in counted)),
        "setup_hours": round(played.setup_seconds / HOUR),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.lead_time", description="How long customers wait.")
    parser.add_argument("--weeks", type=int, default=8, help="played, the first not counted (default 8)")
    parser.add_argument(
        "--load", type=float, default=0.75, help="run hours of what machines can do (default 0.75)"
    )
    parser.add_argument(
        "--seconds", type=float, default=0.5, help="of search for each replanning (default 0.5)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of orders and search (default 1)")
    options = parser.parse_args(arguments)
    orders = draw(options.weeks, options.load, options.seed)
    baseline = 0.0
    for name, run in WAYS.items():
        told = figures(orders, run(orders, options.seconds, options.seed))
        hours = float(str(told["lead_time_hours"]))
        baseline = baseline or hours
        print(json.dumps({"way": name, **told, "against_first": round(hours / baseline - 1, 3)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
