"""Capacity as other systems ask for it: what each work center has, has promised away, can still give and cannot give.

The four add up: total = committed + available + unattainable. Total are the hours of its shifts, and overtime that an
exception adds; committed what the published plan needs, all of it firm, for every production order is; unattainable what nobody can
use: the machine is down, an exception closes it, nobody at the site is qualified to work there, or the hour has gone by unused.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby

from django.db.models import QuerySet

from production.load import Load, load_by_day, monday_of
from production.models import Machine, ProcessPlan, Qualification, Step, WorkCenter


@dataclass(frozen=True)
class Capacity:
    """Hours of one work center on one day of its site, or in the week that begins on that Monday."""

    work_center: WorkCenter
    day: date
    total_hours: float
    committed_hours: float
    running_hours: float
    down_hours: float
    closed_hours: float
    past_hours: float
    unstaffed_hours: float

    @property
    def unattainable_hours(self) -> float:
        return self.down_hours + self.closed_hours + self.past_hours + self.unstaffed_hours

    @property
    def available_hours(self) -> float:
        return max(self.total_hours - self.committed_hours - self.unattainable_hours, 0.0)


def capacity_by_day(
    start: date, end: date, *, at: datetime, centers: QuerySet[WorkCenter] | None = None
) -> list[Capacity]:
    """Capacity of work centers with limits, day by day (end included), in ten queries whatever their number."""
    loads = load_by_day(start, end, at=at, centers=centers)
    staff = _Staff({load.work_center.pk: load.work_center for load in loads}.values())
    return [_capacity(load, staff.share(load.work_center, load.day)) for load in loads]


def capacity_by_week(
    start: date, end: date, *, at: datetime, centers: QuerySet[WorkCenter] | None = None
) -> list[Capacity]:
    """The same added up to calendar weeks; of the first and last week, only the days asked for count."""
    days = capacity_by_day(start, end, at=at, centers=centers)
    weeks = groupby(days, key=lambda row: (row.work_center.pk, monday_of(row.day)))
    return [_add_up(list(own), monday) for (_, monday), own in weeks]


def _capacity(load: Load, staffed: float) -> Capacity:
    unstaffed = min(load.available_hours * (1 - staffed), load.free_hours)
    return Capacity(
        load.work_center,
        load.day,
        total_hours=load.total_hours,
        committed_hours=load.planned_hours,
        running_hours=load.running_hours,
        down_hours=load.down_hours,
        closed_hours=load.closed_hours,
        past_hours=load.past_hours,
        unstaffed_hours=unstaffed,
    )


def _add_up(rows: Sequence[Capacity], monday: date) -> Capacity:
    return replace(
        rows[0],
        day=monday,
        total_hours=sum(row.total_hours for row in rows),
        committed_hours=sum(row.committed_hours for row in rows),
        running_hours=sum(row.running_hours for row in rows),
        down_hours=sum(row.down_hours for row in rows),
        closed_hours=sum(row.closed_hours for row in rows),
        past_hours=sum(row.past_hours for row in rows),
        unstaffed_hours=sum(row.unstaffed_hours for row in rows),
    )


class _Staff:
    """Whether somebody at the site may work at a work center.

    Only where every step asks for a qualification does anybody know. Nobody holds one of them: nothing can be done; and where
    people limit what runs at once, no more machines can work than there are such operators.
    """

    def __init__(self, centers: Iterable[WorkCenter]) -> None:
        keys = {center.pk for center in centers}
        self.codes = _codes_asked(keys)
        self.holders = _holders({code for codes in self.codes.values() for code in codes})
        working = Machine.objects.working().filter(work_center__in=self.codes)
        self.machines = Counter(working.values_list("work_center", flat=True))

    def share(self, center: WorkCenter, day: date) -> float:
        """The part of its machines that can be worked at."""
        codes = self.codes.get(center.pk)
        machines = self.machines[center.pk]
        if codes is None or not machines:
            return 1.0
        people = {
            operator
            for code in codes
            for operator, until in self.holders.get((center.site_id, code), ())
            if until is None or until >= day
        }
        if center.is_limited_by_people:
            return min(len(people) / machines, 1.0)
        return 1.0 if people else 0.0


def _codes_asked(centers: Iterable[int]) -> dict[int, set[str]]:
    """Qualifications by work center, of those where every step of a plan in force asks for one."""
    steps = Step.objects.filter(work_center__in=list(centers), plan__status=ProcessPlan.Status.APPROVED)
    asked: dict[int, set[str]] = {}
    for center, code in steps.values_list("work_center", "required_qualification").distinct():
        asked.setdefault(center, set()).add(code)
    return {center: codes for center, codes in asked.items() if "" not in codes}


def _holders(codes: Iterable[str]) -> Mapping[tuple[int, str], list[tuple[int, date | None]]]:
    """Who holds each qualification at each site, and until when."""
    found: dict[tuple[int, str], list[tuple[int, date | None]]] = {}
    rows = Qualification.objects.filter(code__in=list(codes))
    for site, code, operator, until in rows.values_list("operator__site", "code", "operator", "expires_on"):
        found.setdefault((site, code), []).append((operator, until))
    return found
