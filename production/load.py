"""What the published plan asks of each work center by day of its site, against the hours it has.

`total` hours are those of its shifts and of whatever an exception adds, over all its active machines. Of these some cannot be had:
closed by an exception, down, or gone by unused today. What remains is planned for orders, for stock, for set-up, or free.
Only hours in which a machine works count, so what is planned is never more than what there is.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from inventory.models import Item, Site
from production.calendars import (
    AROUND_THE_CLOCK,
    Calendars,
    Stretch,
    join,
    load_calendars,
    subtract,
    working_stretches,
)
from production.models import Machine, Operation, Slot, WorkCenter
from production.scheduling import Calendar

HOUR = 3600


@dataclass(frozen=True)
class Load:
    """Hours of a work center on one day, or in the days that were added up from `day` on."""

    work_center: WorkCenter
    day: date
    total_hours: float = 0.0
    closed_hours: float = 0.0
    down_hours: float = 0.0
    past_hours: float = 0.0
    setup_hours: float = 0.0
    to_order_hours: float = 0.0
    to_stock_hours: float = 0.0
    running_hours: float = 0.0  # of those planned, what is under way

    @property
    def available_hours(self) -> float:
        """Hours in which its machines work, whatever is planned in them."""
        return self.total_hours - self.closed_hours - self.down_hours

    @property
    def planned_hours(self) -> float:
        """Set-up and work for orders and for stock."""
        return self.setup_hours + self.to_order_hours + self.to_stock_hours

    @property
    def free_hours(self) -> float:
        return max(self.available_hours - self.past_hours - self.planned_hours, 0.0)

    @property
    def share(self) -> float:
        """Planned over available; 0 on a day on which nothing is planned, infinite when work is planned on a closed one."""
        if not self.planned_hours:
            return 0.0
        return self.planned_hours / self.available_hours if self.available_hours else float("inf")


HOURS = tuple(each.name for each in fields(Load) if each.name.endswith("_hours"))


def load_by_day(
    start: date,
    end: date,
    *,
    at: datetime,
    site: Site | None = None,
    centers: QuerySet[WorkCenter] | None = None,
) -> list[Load]:
    """The load of every work center with limited capacity, day by day (end included), in seven queries."""
    asked = WorkCenter.objects.all() if centers is None else centers
    if site is not None:
        asked = asked.filter(site=site)
    rows = list(asked.filter(is_unlimited=False).select_related("site").order_by("site__code", "code", "pk"))
    sums = {center.pk: _Sums(center, start, end, at) for center in rows}
    first = min((own.bounds[0] for own in sums.values()), default=at)
    last = max((own.bounds[-1] for own in sums.values()), default=at)
    calendars = load_calendars(rows, first, last, at=at)
    machines = {machine.pk: _Hours(machine, calendars) for machine in _machines(rows)}
    for hours in machines.values():
        sums[hours.machine.work_center_id].add_machine(hours)
    for slot in _slots(first, last):
        if (found := machines.get(slot[0])) is not None:
            sums[found.machine.work_center_id].add_slot(found, *slot[1:])
    return [load for center in rows for load in sums[center.pk].loads()]


def by_week(loads: Iterable[Load]) -> list[Load]:
    """Daily loads, work center by work center, added up to weeks of the calendar; each is named by its Monday."""
    weeks = groupby(loads, key=lambda load: (load.work_center.pk, monday_of(load.day)))
    return [add_up(list(own), day=monday) for (_, monday), own in weeks]


def add_up(loads: Sequence[Load], *, day: date) -> Load:
    """One load with the hours of all of these, which are of one work center."""
    summed: Any = {name: sum(getattr(load, name) for load in loads) for name in HOURS}
    return replace(loads[0], day=day, **summed)


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def midnight(day: date, site: Site) -> datetime:
    """When a day begins at a site."""
    return datetime(day.year, day.month, day.day, tzinfo=site.zone).astimezone(UTC)


def _machines(centers: Iterable[WorkCenter]) -> list[Machine]:
    by_key = {center.pk: center for center in centers}
    machines = list(Machine.objects.filter(is_active=True, work_center__in=by_key).order_by("pk"))
    for machine in machines:
        machine.work_center = by_key[machine.work_center_id]
    return machines


def _slots(first: datetime, last: datetime) -> Iterator[tuple[int, datetime, datetime, datetime, bool, str]]:
    """Machine, start, end of set-up, end, whether it is under way, and for what it is made."""
    slots = Slot.objects.published().filter(starts_at__lt=last, ends_at__gt=first, machine__isnull=False)
    rows = slots.values_list(
        "machine",
        "starts_at",
        "setup_ends_at",
        "ends_at",
        "operation__status",
        "operation__batch__order__strategy",
    )
    for machine, starts_at, setup_ends_at, ends_at, status, made_for in rows:
        if machine is not None:
            yield machine, starts_at, setup_ends_at, ends_at, status == Operation.Status.RUNNING, made_for


class _Hours:
    """The working time of one machine as a clock that can be read at any moment."""

    def __init__(self, machine: Machine, calendars: Calendars) -> None:
        self.machine = machine
        self.epoch = calendars.start
        working = calendars.hours_of(machine)
        regular = _regular(machine.work_center, calendars)
        is_regular = regular == working  # as on most machines mostly; then there is little to work out
        self.total = self._clock(working if is_regular else join([*working, *regular]))
        self.closed = Calendar(()) if is_regular else self._clock(subtract(regular, working))
        as_stated = self.total if is_regular else self._clock(working)
        self.open = self._clock(calendars.of_machine(machine)) if calendars.down(machine.pk) else as_stated

    def _clock(self, stretches: Iterable[Stretch]) -> Calendar:
        return Calendar(tuple((self.seconds(start), self.seconds(end)) for start, end in stretches))

    def seconds(self, moment: datetime) -> int:
        return int((moment - self.epoch).total_seconds())

    def worked(self, start: datetime, end: datetime) -> float:
        """Hours in which it works between two moments."""
        if end <= start:
            return 0.0
        return self.open.worked_between(self.seconds(start), self.seconds(end)) / HOUR


def _regular(center: WorkCenter, calendars: Calendars) -> tuple[Stretch, ...]:
    """The hours of its shifts, had there been no exception."""
    if not calendars.exceptions.get(center.pk):
        return calendars.of_work_center(center)
    shifts = calendars.shifts.get(center.pk) or AROUND_THE_CLOCK
    return tuple(working_stretches(shifts, (), center.site.zone, calendars.start, calendars.end))


class _Sums:
    """Hours of one work center, day by day."""

    def __init__(self, center: WorkCenter, start: date, end: date, at: datetime) -> None:
        count = max((end - start).days + 1, 0)
        self.center = center
        self.at = at
        self.days = [start + timedelta(days=number) for number in range(count)]
        self.bounds = [midnight(start + timedelta(days=number), center.site) for number in range(count + 1)]
        self.hours = [dict.fromkeys(HOURS, 0.0) for _ in self.days]

    def add_machine(self, machine: _Hours) -> None:
        for day, first, last in self._days(self.bounds[0], self.bounds[-1]):
            start, end = machine.seconds(first), machine.seconds(last)
            own = self.hours[day]
            total = machine.total.worked_between(start, end) / HOUR
            closed = machine.closed.worked_between(start, end) / HOUR
            own["total_hours"] += total
            own["closed_hours"] += closed
            own["down_hours"] += total - closed - machine.worked(first, last)
            own["past_hours"] += machine.worked(first, min(last, self.at))

    def add_slot(
        self, machine: _Hours, start: datetime, setup_end: datetime, end: datetime, runs: bool, made_for: str
    ) -> None:
        run = "to_order_hours" if made_for == Item.Strategy.TO_ORDER else "to_stock_hours"
        for day, first, last in self._days(start, end):
            own = self.hours[day]
            setup = machine.worked(first, min(last, setup_end))
            work = machine.worked(max(first, setup_end), last)
            own["setup_hours"] += setup
            own[run] += work
            own["running_hours"] += setup + work if runs else 0.0
            own["past_hours"] -= machine.worked(first, min(last, self.at))

    def loads(self) -> Iterator[Load]:
        for day, hours in zip(self.days, self.hours, strict=True):
            rounded: Any = {name: round(max(value, 0.0), 4) for name, value in hours.items()}
            yield Load(self.center, day, **rounded)

    def _days(self, start: datetime, end: datetime) -> Iterator[tuple[int, datetime, datetime]]:
        """The days that a stretch touches, with the part of it that lies in each."""
        place = max(bisect_right(self.bounds, start) - 1, 0)
        while place < len(self.days) and self.bounds[place] < end:
            yield place, max(start, self.bounds[place]), min(end, self.bounds[place + 1])
            place += 1
