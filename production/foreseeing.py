"""What the published plan does not say: which orders it has on time are likely to be late, and where work queues.

Every slot is given the habit of its work center and the delays are carried along machines and orders (`production.foresight`).
An order's slack is counted in the working hours of the machine that finishes it: what ends on Friday evening and is due at
midnight has none.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from production.calendars import Calendars, load_calendars
from production.foresight import Arc, Delay, Habit, Step, foresee, path
from production.models import Machine, Slot, WorkCenter
from production.scheduling import Calendar

HOUR = 3600
LIKELY = 0.15
A_WAIT = 0.1  # hours; less than this is no queue


class Row(NamedTuple):
    """A published slot with what it belongs to, as it is read."""

    operation: int
    machine: int | None
    center: int
    starts_at: datetime
    ends_at: datetime
    batch: int
    sequence: int
    order: int
    parent: int | None
    grandparent: int | None
    number: str
    item: str
    reason: str
    due_at: datetime


@dataclass(frozen=True)
class Risk:
    """An order that is on time by the plan and may well not be."""

    order: int
    number: str
    item: str
    reason: str
    due_at: datetime
    ends_at: datetime
    slack_hours: float
    delay_hours: float
    chance: float
    work_center: WorkCenter  # whose habits delay it most
    habit: Habit
    ahead_hours: float  # planned there before the order is done with it
    share: float  # of that work center's machine until then

    @property
    def why(self) -> str:
        """The slack against what was measured."""
        way = "longer" if self.habit.overrun >= 0 else "less long"
        return (
            f"{self.slack_hours:.1f} working hours to spare, {self.delay_hours:.1f} of delay expected: work at {self.work_center} takes "
            f"{abs(self.habit.overrun):.0%} {way} than planned (± {self.habit.spread:.0%}, {self.habit.count} measured), "
            f"{self.ahead_hours:.0f} h of it come first, and its machine is {self.share:.0%} full until then."
        )


@dataclass
class Queue:
    """What waits at a work center between two steps of an order, and which late orders pass it."""

    operations: int = 0
    hours: float = 0.0
    late_orders: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Outlook:
    """Risks, the most likely first, and by work center the queue before it."""

    risks: tuple[Risk, ...]
    queues: Mapping[int, Queue]


def look_ahead(habits: Mapping[int, Habit], *, at: datetime) -> Outlook:
    """Orders at risk and queues of the published plan, in seven queries whatever its size."""
    rows = list(_rows())
    if not rows:
        return Outlook((), {})
    return _Ahead(rows, habits, at).look()


def _rows() -> Iterator[Row]:
    order = "operation__batch__order"
    found = Slot.objects.published().order_by("starts_at", "ends_at", "operation")
    for values in found.values_list(
        "operation",
        "machine",
        "operation__step__work_center",
        "starts_at",
        "ends_at",
        "operation__batch",
        "operation__sequence",
        order,
        f"{order}__parent",
        f"{order}__parent__parent",
        f"{order}__number",
        f"{order}__item__number",
        f"{order}__reason",
        f"{order}__due_at",
    ):
        yield Row(*values)


class _Clock:
    """Working hours of one machine; without a calendar it always works."""

    def __init__(self, epoch: datetime, calendar: Calendar | None) -> None:
        self.epoch = epoch
        self.calendar = calendar

    def hours(self, start: datetime, end: datetime) -> float:
        if end <= start:
            return 0.0
        if self.calendar is None:
            return (end - start).total_seconds() / HOUR
        first, last = (int((moment - self.epoch).total_seconds()) for moment in (start, end))
        return self.calendar.worked_between(first, last) / HOUR


class _Ahead:
    def __init__(self, rows: list[Row], habits: Mapping[int, Habit], at: datetime) -> None:
        self.rows = rows
        self.habits = habits
        self.at = at
        self.by_operation = {row.operation: row for row in rows}
        self.centers = WorkCenter.objects.select_related("site").in_bulk({row.center for row in rows})
        self.clocks = self._clocks()
        self.queues = {center: Queue() for center in self.centers}
        self.passes: dict[int, set[int]] = {}  # the work centers that an order and its sub-orders pass
        for row in rows:
            self.passes.setdefault(row.grandparent or row.parent or row.order, set()).add(row.center)

    def look(self) -> Outlook:
        steps = list(self._steps())
        delays = foresee(steps, self.habits)
        hours = {step.operation: step.hours for step in steps}
        lanes = _Lanes(self.rows, hours)
        risks = []
        for last in self._ends():
            if last.ends_at > last.due_at:
                self._pass_late(last.order)
            elif risk := self._risk(last, delays, hours, lanes):
                risks.append(risk)
        return Outlook(
            tuple(sorted(risks, key=lambda risk: (-risk.chance, risk.due_at, risk.order))), self.queues
        )

    def _clocks(self) -> dict[int | None, _Clock]:
        start = min(self.at, self.rows[0].starts_at)
        end = max(max(row.ends_at, row.due_at) for row in self.rows)
        calendars = load_calendars(self.centers.values(), start, end, at=self.at)
        clocks: dict[int | None, _Clock] = {None: _Clock(start, None)}
        used = {row.machine for row in self.rows if row.machine is not None}
        for machine in Machine.objects.filter(pk__in=used):
            machine.work_center = self.centers[machine.work_center_id]
            clocks[machine.pk] = _Clock(start, _calendar(machine, calendars, start))
        return clocks

    # --- the plan as steps and arcs ----------------------------------------------------------------------------------

    def _steps(self) -> Iterator[Step]:
        """Slots in the order of their start, each after the one before it on its machine and in its batch, or after its sub-orders."""
        on_machine: dict[int, Row] = {}
        in_batch: dict[int, Row] = {}
        makers = self._makers()
        for row in self.rows:
            before = [in_batch[row.batch]] if row.batch in in_batch else makers.get(row.order, [])
            clock = self.clocks[row.machine]
            arcs = [self._arc(other, row, clock) for other in before if other.starts_at <= row.starts_at]
            self._count_wait(row, arcs)
            if row.machine is not None:
                if (former := on_machine.get(row.machine)) is not None:
                    arcs.append(self._arc(former, row, clock))
                on_machine[row.machine] = row
            in_batch[row.batch] = row
            hours = clock.hours(max(row.starts_at, self.at), row.ends_at)
            yield Step(row.operation, row.center, hours, tuple(arcs))

    def _makers(self) -> dict[int, list[Row]]:
        """By order, the last slot of each batch that is made for it."""
        last: dict[int, Row] = {}
        for row in self.rows:
            if row.parent is not None and (row.batch not in last or row.ends_at > last[row.batch].ends_at):
                last[row.batch] = row
        makers: dict[int, list[Row]] = {}
        for row in last.values():
            if row.parent is not None:
                makers.setdefault(row.parent, []).append(row)
        return makers

    def _arc(self, before: Row, row: Row, clock: _Clock) -> Arc:
        return Arc(before.operation, clock.hours(max(before.ends_at, self.at), row.starts_at))

    def _count_wait(self, row: Row, arcs: Iterable[Arc]) -> None:
        waited = min((arc.gap_hours for arc in arcs), default=0.0)
        if waited > A_WAIT and row.machine is not None:
            self.queues[row.center].operations += 1
            self.queues[row.center].hours += waited

    # --- orders ------------------------------------------------------------------------------------------------------

    def _ends(self) -> Iterable[Row]:
        """The last slot of every order that nobody else waits for."""
        last: dict[int, Row] = {}
        for row in self.rows:
            if row.parent is None and (row.order not in last or row.ends_at > last[row.order].ends_at):
                last[row.order] = row
        return last.values()

    def _pass_late(self, order: int) -> None:
        for center in self.passes.get(order, ()):
            self.queues[center].late_orders.add(order)

    def _risk(
        self, last: Row, delays: Mapping[int, Delay], hours: Mapping[int, float], lanes: "_Lanes"
    ) -> Risk | None:
        slack = self.clocks[last.machine].hours(max(last.ends_at, self.at), last.due_at)
        delay = delays[last.operation]
        chance = delay.risk(slack)
        if chance < LIKELY:
            return None
        way = path(last.operation, delays)
        worst = self._worst(way, delays)
        habit = self.habits.get(worst.center, Habit())
        planned = lanes.until(worst)
        there = self.clocks[worst.machine].hours(self.at, worst.ends_at)
        return Risk(
            order=last.order,
            number=last.number,
            item=last.item,
            reason=last.reason,
            due_at=last.due_at,
            ends_at=last.ends_at,
            slack_hours=slack,
            delay_hours=delay.hours,
            chance=chance,
            work_center=self.centers[worst.center],
            habit=habit,
            ahead_hours=sum(hours[key] for key in way if self.by_operation[key].center == worst.center),
            share=min(planned / there, 1.0) if there else 1.0,
        )

    def _worst(self, way: Iterable[int], delays: Mapping[int, Delay]) -> Row:
        """Of a path, the last operation at the work center whose overruns weigh most in it."""
        weights: dict[int, float] = {}
        last: dict[int, Row] = {}
        for key in way:
            row = self.by_operation[key]
            weights[row.center] = weights.get(row.center, 0.0) + delays[key].own_hours
            last[row.center] = row
        return last[max(weights, key=lambda center: (weights[center], center))]


class _Lanes:
    """How many hours are planned on each machine up to a slot, that slot included."""

    def __init__(self, rows: Iterable[Row], hours: Mapping[int, float]) -> None:
        self.starts: dict[int, list[datetime]] = {}
        self.sums: dict[int, list[float]] = {}
        for row in rows:
            if row.machine is not None:
                sums = self.sums.setdefault(row.machine, [0.0])
                sums.append(sums[-1] + hours[row.operation])
                self.starts.setdefault(row.machine, []).append(row.starts_at)

    def until(self, row: Row) -> float:
        if row.machine is None:
            return 0.0
        return self.sums[row.machine][bisect_left(self.starts[row.machine], row.starts_at) + 1]


def _calendar(machine: Machine, calendars: Calendars, start: datetime) -> Calendar:
    return Calendar(
        tuple(
            (int((first - start).total_seconds()), int((last - start).total_seconds()))
            for first, last in calendars.of_machine(machine)
        )
    )
