"""Work centers, machines, when they work, and who works at them."""

from collections import defaultdict
from datetime import time

from django.contrib.auth.models import Group

from inventory.models import Supplier
from mes.core.models import User
from mes.plant.loading.session import Loading, upsert
from mes.plant.tables import (
    CalendarExceptionRow,
    ChangeoverRow,
    DowntimeRow,
    MachineRow,
    OperatorRow,
    QualificationRow,
    ShiftRow,
    WorkCenterRow,
)
from production.models import (
    CalendarException,
    Changeover,
    Downtime,
    Machine,
    Operator,
    Qualification,
    Shift,
    WorkCenter,
)

WORKING_DAYS, EVERY_DAY = range(5), range(7)
TWO_SHIFTS = ((time(6), time(14)), (time(14), time(22)))
ALL_DAY = ((time(0), time(0)),)


def write_work_centers(loading: Loading) -> None:
    """Work centers and their machines; a limited one without machines gets one of its own name."""
    suppliers = {supplier.code: supplier for supplier in Supplier.objects.all()}
    centers = []
    for row in loading.plant.of(WorkCenterRow):
        center = WorkCenter(
            site=loading.site,
            code=row.work_center,
            name=row.name or row.work_center,
            kind=row.kind,
            is_unlimited=row.unlimited or row.kind == WorkCenter.Kind.OUTSIDE,
            supplier=suppliers.get(row.supplier),
            hourly_cost=row.hourly_cost,
            is_limited_by_people=row.limited_by_people,
            order_share=row.order_share,
            stock_share=row.stock_share,
        )
        if loading.sound(row, center, columns={"is_unlimited": "unlimited"}):
            centers.append(center)
    update = ["name", "kind", "is_unlimited", "supplier", "hourly_cost"]
    update += ["is_limited_by_people", "order_share", "stock_share"]
    loading.count(WorkCenterRow, written=upsert(WorkCenter, centers, unique=["site", "code"], update=update))
    _write_machines(loading)


def _write_machines(loading: Loading) -> None:
    centers = centers_by_code(loading)
    elsewhere = dict(
        Machine.objects.exclude(work_center__site=loading.site).values_list("code", "work_center__site__name")
    )
    machines = []
    for row in loading.plant.of(MachineRow):
        if row.machine in elsewhere:
            loading.fault(
                row, "machine", f"{row.machine} stands at {elsewhere[row.machine]}.", "Rename this one."
            )
            continue
        center = centers.get(row.work_center)
        machine = Machine(
            work_center=center,
            code=row.machine,
            name=row.name or row.machine,
            speed=row.speed,
            batch_limit=row.batch_limit,
        )
        if center is not None and loading.sound(row, machine):
            machines.append(machine)
    update = ["work_center", "name", "speed", "batch_limit"]
    loading.count(MachineRow, written=upsert(Machine, machines, unique=["code"], update=update))
    Machine.objects.bulk_create(
        Machine(work_center=center, code=center.code, name=center.name)
        for center in centers.values()
        if not center.is_unlimited and not center.machines.exists()
    )


def centers_by_code(loading: Loading) -> dict[str, WorkCenter]:
    return {center.code: center for center in WorkCenter.objects.filter(site=loading.site)}


def write_calendars(loading: Loading) -> None:
    """Shifts, exceptions and downtimes; the shifts of a work center that the file speaks of are replaced."""
    _write_shifts(loading)
    centers = centers_by_code(loading)
    exceptions = {}
    for row in loading.plant.of(CalendarExceptionRow):
        if (row.starts is None) != (row.ends is None):
            loading.fault(
                row, "ends", "other hours need a start and an end.", "Fill in both, or neither: closed."
            )
            continue
        for center in [centers[row.work_center]] if row.work_center in centers else centers.values():
            exception = CalendarException(
                work_center=center, date=row.date, starts=row.starts, ends=row.ends, reason=row.reason
            )
            if loading.sound(row, exception):
                exceptions[center.pk, row.date, row.starts] = exception
    known = set(
        CalendarException.objects.filter(work_center__site=loading.site).values_list(
            "work_center", "date", "starts"
        )
    )
    fresh = [exception for key, exception in exceptions.items() if key not in known]
    CalendarException.objects.bulk_create(fresh)
    loading.count(CalendarExceptionRow, written=len(fresh), left=len(exceptions) - len(fresh))
    _write_downtimes(loading)


def _write_shifts(loading: Loading) -> None:
    centers = centers_by_code(loading)
    rows: dict[str, list[ShiftRow]] = defaultdict(list)
    for row in loading.plant.of(ShiftRow):
        if (row.break_starts is None) != (row.break_ends is None):
            loading.fault(row, "break_ends", "a break needs a start and an end.", "Fill in both, or neither.")
        loading.sound(row, _shift(row, row.days[0]))  # the same on each of its days, wherever
        rows[row.work_center].append(row)
    stated = [center for center in centers.values() if rows.get(center.code, rows.get(""))]
    Shift.objects.filter(work_center__in=stated).delete()
    shifts: dict[tuple[int, int, time], Shift] = {}
    for center in stated:
        for row in rows.get(center.code, rows[""]):
            for weekday in row.days:
                shifts[center.pk, weekday, row.starts] = _shift(row, weekday, center)
    silent = [center for center in centers.values() if center not in stated and not center.shifts.exists()]
    Shift.objects.bulk_create(
        [*shifts.values(), *(shift for center in silent for shift in _usual_shifts(center))]
    )
    loading.count(ShiftRow, written=len(loading.plant.of(ShiftRow)))


def _shift(row: ShiftRow, weekday: int, center: WorkCenter | None = None) -> Shift:
    return Shift(
        work_center=center,
        weekday=weekday,
        starts=row.starts,
        ends=row.ends,
        break_starts=row.break_starts if row.break_ends else None,
        break_ends=row.break_ends if row.break_starts else None,
    )


def _usual_shifts(center: WorkCenter) -> list[Shift]:
    """Two shifts on working days; around the clock where capacity is not limited."""
    days, hours = (EVERY_DAY, ALL_DAY) if center.is_unlimited else (WORKING_DAYS, TWO_SHIFTS)
    return [
        Shift(work_center=center, weekday=weekday, starts=starts, ends=ends)
        for weekday in days
        for starts, ends in hours
    ]


def _write_downtimes(loading: Loading) -> None:
    machines = {machine.code: machine for machine in Machine.objects.filter(work_center__site=loading.site)}
    known = set(Downtime.objects.filter(machine__in=machines.values()).values_list("machine", "starts_at"))
    fresh = []
    for row in loading.plant.of(DowntimeRow):
        machine = machines.get(row.machine)
        downtime = Downtime(
            machine=machine, kind=row.kind, starts_at=row.starts, ends_at=row.ends, reason=row.reason
        )
        if row.ends is not None and row.ends <= row.starts:
            loading.fault(row, "ends", "the downtime ends before it starts.", "Correct one of the two.")
        elif machine is not None and loading.sound(row, downtime) and (machine.pk, row.starts) not in known:
            fresh.append(downtime)
    Downtime.objects.bulk_create(fresh)
    loading.count(DowntimeRow, written=len(fresh), left=len(loading.plant.of(DowntimeRow)) - len(fresh))


def write_changeovers(loading: Loading) -> None:
    centers = centers_by_code(loading)
    changeovers = []
    for row in loading.plant.of(ChangeoverRow):
        changeover = Changeover(
            work_center=centers.get(row.work_center),
            from_family=row.from_family,
            to_family=row.to_family,
            seconds=round(row.time.total_seconds()),
        )
        if row.work_center in centers and loading.sound(row, changeover):
            changeovers.append(changeover)
    unique = ["work_center", "from_family", "to_family"]
    loading.count(ChangeoverRow, written=upsert(Changeover, changeovers, unique=unique, update=["seconds"]))


def write_people(loading: Loading) -> None:
    """Operators, as users who cannot sign in until somebody gives them a password, and their qualifications."""
    group = Group.objects.filter(name="operator").first()
    for row in loading.plant.of(OperatorRow):
        with loading.blaming(row, "operator"):
            first, _, last = (row.name or row.operator).partition(" ")
            user, fresh = User.objects.update_or_create(
                username=row.operator.lower(), defaults={"first_name": first, "last_name": last}
            )
            if fresh:
                user.set_unusable_password()
                user.save(update_fields=["password"])
                user.groups.add(*filter(None, [group]))
            Operator.objects.update_or_create(
                badge=row.operator, defaults={"user": user, "site": loading.site}
            )
            loading.count(OperatorRow, written=1)
    operators = {operator.badge: operator for operator in Operator.objects.filter(site=loading.site)}
    qualifications = []
    for line in loading.plant.of(QualificationRow):
        held = Qualification(
            operator=operators.get(line.operator), code=line.qualification, expires_on=line.expires
        )
        if line.operator in operators and loading.sound(line, held):
            qualifications.append(held)
    unique = ["operator", "code"]
    written = upsert(Qualification, qualifications, unique=unique, update=["expires_on"])
    loading.count(QualificationRow, written=written)
