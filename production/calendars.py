"""When work centers and machines work: shifts, exceptions and downtimes as stretches of time.

Shifts and exceptions are stated in the site's own time, so a stretch is worked out on the local calendar day by day and then put
into UTC; the night on which the clocks change is an hour shorter or longer, as it is for the people on it. A stretch
is a pair of aware UTC datetimes, end exclusive. A work center without shifts works around the clock.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db.models import Q

from production.models import CalendarException, Downtime, Machine, Overtime, Shift, WorkCenter

Stretch = tuple[datetime, datetime]

ASSUMED_REPAIR = timedelta(hours=4)
"""How long a machine stays down from now on, when nobody has said (or what was said is over and it is still down)."""

AROUND_THE_CLOCK = [Shift(weekday=weekday, starts=time(0), ends=time(0)) for weekday in range(7)]


@dataclass
class Calendars:
    """Working time of some work centers and of their machines, between two moments."""

    start: datetime
    end: datetime
    at: datetime
    shifts: Mapping[int, Sequence[Shift]]
    exceptions: Mapping[int, Sequence[CalendarException]]
    downtimes: Mapping[int, Sequence[Downtime]]
    overtime: Mapping[int, Sequence[Stretch]] = field(default_factory=dict)  # by machine
    _known: dict[int, tuple[Stretch, ...]] = field(default_factory=dict)
    _alike: dict[Hashable, tuple[Stretch, ...]] = field(default_factory=dict)

    def of_work_center(self, center: WorkCenter) -> tuple[Stretch, ...]:
        """Stretches in which a work center works, breaks left out; sorted, never touching."""
        if center.pk not in self._known:
            self._known[center.pk] = self._work_out(center)
        return self._known[center.pk]

    def hours_of(self, machine: Machine) -> tuple[Stretch, ...]:
        """The same for one machine, overtime included."""
        working = self.of_work_center(machine.work_center)
        extra = self.overtime.get(machine.pk)
        return tuple(clip(join([*working, *extra]), self.start, self.end)) if extra else working

    def of_machine(self, machine: Machine) -> tuple[Stretch, ...]:
        """The hours of a machine without its downtimes."""
        working = self.hours_of(machine)
        down = self.down(machine.pk)
        return subtract(working, down) if down else working

    def down(self, machine: int) -> list[Stretch]:
        """Stretches in which a machine is down, by what is known `at` this moment."""
        return [(row.starts_at, downtime_end(row, self.at)) for row in self.downtimes.get(machine, ())]

    def is_always_open(self, center: WorkCenter) -> bool:
        """Whether a work center never closes: a supplier's, or one without shifts and exceptions."""
        if center.kind == WorkCenter.Kind.OUTSIDE:
            return True
        return not self.shifts.get(center.pk) and not self.exceptions.get(center.pk)

    def _work_out(self, center: WorkCenter) -> tuple[Stretch, ...]:
        """Work centers with the same hours share what is worked out of them."""
        if self.is_always_open(center):
            return ((self.start, self.end),)
        shifts, zone = self.shifts.get(center.pk) or AROUND_THE_CLOCK, center.site.zone
        exceptions = self.exceptions.get(center.pk, ())
        alike = (
            zone,
            tuple((row.weekday, row.starts, row.ends, row.break_starts, row.break_ends) for row in shifts),
            tuple((row.date, row.starts, row.ends) for row in exceptions),
        )
        if alike not in self._alike:
            self._alike[alike] = tuple(working_stretches(shifts, exceptions, zone, self.start, self.end))
        return self._alike[alike]


def load_calendars(
    centers: Iterable[WorkCenter], start: datetime, end: datetime, *, at: datetime
) -> Calendars:
    """Calendars of work centers (their `site` loaded) and all their machines, in four queries."""
    keys = [center.pk for center in centers]
    shifts: dict[int, list[Shift]] = {}
    for shift in Shift.objects.filter(work_center__in=keys):
        shifts.setdefault(shift.work_center_id, []).append(shift)
    exceptions: dict[int, list[CalendarException]] = {}
    days = (start.date() - timedelta(days=2), end.date() + timedelta(days=2))
    for exception in CalendarException.objects.filter(work_center__in=keys, date__range=days):
        exceptions.setdefault(exception.work_center_id, []).append(exception)
    downtimes: dict[int, list[Downtime]] = {}
    ended = Q(ends_at__isnull=False, ends_at__lte=start)
    for downtime in (
        Downtime.objects.filter(machine__work_center__in=keys, starts_at__lt=end)
        .exclude(ended)
        .order_by("starts_at", "pk")
    ):
        downtimes.setdefault(downtime.machine_id, []).append(downtime)
    overtime: dict[int, list[Stretch]] = {}
    for row in Overtime.objects.between(start, end).filter(machine__work_center__in=keys):
        overtime.setdefault(row.machine_id, []).append((row.starts_at, row.ends_at))
    return Calendars(start, end, at, shifts, exceptions, downtimes, overtime)


def hours_a_week(shifts: Iterable[Shift]) -> float:
    """Working hours of an ordinary week, breaks left out."""
    monday = datetime(2024, 1, 1, tzinfo=UTC)  # any: shifts are weekly
    week = working_stretches(shifts, (), UTC, monday, monday + timedelta(days=7))
    return sum((end - start).total_seconds() for start, end in week) / 3600


def longest_stretch(center: WorkCenter) -> timedelta | None:
    """The longest that a work center works on end, by its shifts and exceptions; None where it never closes.

    :param center: with its `shifts` and `exceptions` loaded.
    """
    shifts, exceptions = list(center.shifts.all()), list(center.exceptions.all())
    if not shifts:
        return None
    monday = datetime(2024, 1, 1, tzinfo=UTC)  # any: shifts are weekly
    stretches = working_stretches(shifts, (), UTC, monday, monday + timedelta(days=15))
    if exceptions:
        first, last = min(row.date for row in exceptions), max(row.date for row in exceptions)
        start = datetime.combine(first - timedelta(days=2), time(0), UTC)
        end = datetime.combine(last + timedelta(days=3), time(0), UTC)
        stretches += working_stretches(shifts, exceptions, UTC, start, end)
    return max((end - start for start, end in stretches), default=timedelta())


def downtime_end(downtime: Downtime, at: datetime) -> datetime:
    """When a downtime ends as far as anybody knows at this moment; never before now while it is open."""
    if downtime.ends_at is not None:
        return downtime.ends_at
    if downtime.expected_until is not None and downtime.expected_until > at:
        return downtime.expected_until
    return max(at, downtime.starts_at) + ASSUMED_REPAIR


def working_stretches(
    shifts: Iterable[Shift],
    exceptions: Iterable[CalendarException],
    zone: tzinfo,
    start: datetime,
    end: datetime,
) -> list[Stretch]:
    """Working time between two moments. An exception replaces all shifts that begin on its day."""
    weekly: dict[int, list[Shift]] = {}
    for shift in shifts:
        weekly.setdefault(shift.weekday, []).append(shift)
    other: dict[date, list[CalendarException]] = {}
    for exception in exceptions:
        other.setdefault(exception.date, []).append(exception)
    found: list[Stretch] = []
    day = start.astimezone(zone).date() - timedelta(days=1)  # the night before may reach into the first day
    last = end.astimezone(zone).date()
    while day <= last:
        if day in other:
            found += [
                _stretch(day, hours.starts, hours.ends, zone)
                for hours in other[day]
                if hours.starts is not None and hours.ends is not None
            ]
        else:
            for shift in weekly.get(day.weekday(), ()):
                found += _without_break(day, shift, zone)
        day += timedelta(days=1)
    return clip(join(found), start, end)


def join(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Sort stretches, join those that touch or overlap and drop empty ones."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if end <= start:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def clip(stretches: Iterable[Stretch], start: datetime, end: datetime) -> list[Stretch]:
    """The parts of stretches that lie between two moments."""
    cut = ((max(first, start), min(last, end)) for first, last in stretches)
    return [(first, last) for first, last in cut if first < last]


def subtract(stretches: Sequence[Stretch], gaps: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The parts of stretches that lie in none of the gaps."""
    left = list(stretches)
    for gap_start, gap_end in gaps:
        pieces: list[Stretch] = []
        for start, end in left:
            pieces += [(start, min(end, gap_start)), (max(start, gap_end), end)]
        left = [(start, end) for start, end in pieces if start < end]
    return tuple(left)


def _without_break(day: date, shift: Shift, zone: tzinfo) -> list[Stretch]:
    start, end = _stretch(day, shift.starts, shift.ends, zone)
    if shift.break_starts is None or shift.break_ends is None:
        return [(start, end)]
    # A break that is earlier on the clock than the shift's start lies after midnight.
    night = timedelta(days=1) if shift.break_starts < shift.starts else timedelta()
    pause = _stretch(day + night, shift.break_starts, shift.break_ends, zone)
    return list(subtract([(start, end)], [pause]))


def _stretch(day: date, starts: time, ends: time, zone: tzinfo) -> Stretch:
    """From one time of day to another, on the next day if that is not later."""
    until = day if ends > starts else day + timedelta(days=1)
    return _moment(day, starts, zone), _moment(until, ends, zone)


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
