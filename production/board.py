"""What the published schedule looks like: machines, their slots and closed hours, and the load of each work center by day.

For the console's Gantt and for anybody else who draws it; moments are aware datetimes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from inventory.models import Site
from production.calendars import Calendars, Stretch, clip, load_calendars, subtract
from production.models import Machine, Operation, ProductionOrder, Slot, WorkCenter

HOUR = 3600


def board(start: datetime, end: datetime, *, at: datetime, site: Site | None = None) -> dict[str, Any]:
    """The schedule between two moments, in about ten queries whatever its size.

    :return: `machines` in the order of site, work center and code (work centers without limit stand among them with a key of
        `wc-<id>` and `is_unlimited`); `slots` by start; `shades`: stretches in which a machine does not work, of kind `closed` or
        `down`. Slots and shades name their machine by its key, `m-<id>` or `wc-<id>`.
    """
    centers = list(_centers(site).select_related("site").order_by("site__code", "code"))
    machines = _machines(centers)
    calendars = load_calendars(centers, start, end, at=at)
    standing = _standing()
    return {
        "start": start,
        "end": end,
        "now": at,
        "machines": _rows(centers, machines, calendars, at),
        "slots": [_slot(slot, standing) for slot in _slots(start, end, site)],
        "shades": [
            shade
            for machine in machines
            if not machine.work_center.is_unlimited
            for shade in _shades(machine, calendars)
        ],
    }


@dataclass(frozen=True)
class Load:
    """What a work center's machines are asked on one day of its site, in hours, set-up included."""

    work_center: WorkCenter
    day: date
    planned_hours: float
    available_hours: float

    @property
    def share(self) -> float:
        """Planned over available; 0 on a day on which nothing is planned, infinite when work is planned on a closed one."""
        if not self.planned_hours:
            return 0.0
        return self.planned_hours / self.available_hours if self.available_hours else float("inf")


def load_by_day(start: date, end: date, *, at: datetime, site: Site | None = None) -> list[Load]:
    """The load of every work center with limited capacity, day by day (end included), in five queries."""
    centers = list(
        _centers(site).filter(is_unlimited=False).select_related("site").order_by("site__code", "code")
    )
    machines = [machine for machine in _machines(centers) if machine.is_active]
    first = min((_midnight(start, center) for center in centers), default=at)
    last = max((_midnight(end + timedelta(days=1), center) for center in centers), default=at)
    calendars = load_calendars(centers, first, last, at=at)
    slots = Slot.objects.published().filter(starts_at__lt=last, ends_at__gt=first, machine__isnull=False)
    busy: dict[int, list[Stretch]] = {}
    for machine, starts_at, ends_at in slots.values_list("machine", "starts_at", "ends_at"):
        busy.setdefault(machine, []).append((starts_at, ends_at))
    loads = []
    for center in centers:
        own = [machine for machine in machines if machine.work_center_id == center.pk]
        working = {machine.pk: calendars.of_machine(machine) for machine in own}
        day = start
        while day <= end:
            loads.append(_load(center, day, working, busy))
            day += timedelta(days=1)
    return loads


def _load(
    center: WorkCenter, day: date, working: dict[int, tuple[Stretch, ...]], busy: dict[int, list[Stretch]]
) -> Load:
    first, last = _midnight(day, center), _midnight(day + timedelta(days=1), center)
    planned = available = 0.0
    for machine, stretches in working.items():
        open_hours = clip(stretches, first, last)
        available += _hours(open_hours)
        # A slot stands still while its machine is closed; only its working hours count.
        planned += sum(_hours(clip(open_hours, *slot)) for slot in busy.get(machine, ()))
    return Load(center, day, round(planned, 2), round(available, 2))


def _centers(site: Site | None) -> QuerySet[WorkCenter]:
    return WorkCenter.objects.filter(site=site) if site is not None else WorkCenter.objects.all()


def _machines(centers: Iterable[WorkCenter]) -> list[Machine]:
    by_key = {center.pk: center for center in centers}
    machines = list(
        Machine.objects.filter(
            Q(is_active=True) | Q(slots__is_published=True), work_center__in=by_key
        ).distinct()
    )
    for machine in machines:
        machine.work_center = by_key[machine.work_center_id]
    rank = {key: number for number, key in enumerate(by_key)}
    return sorted(machines, key=lambda machine: (rank[machine.work_center_id], machine.code, machine.pk))


def _rows(
    centers: Iterable[WorkCenter], machines: list[Machine], calendars: Calendars, at: datetime
) -> list[dict[str, Any]]:
    rows = []
    for center in centers:
        shared = {"work_center": center.name, "work_center_id": center.pk, "site": center.site.code}
        if center.is_unlimited:
            rows.append(
                {"id": f"wc-{center.pk}", "name": center.name, "is_unlimited": True, "is_down": False}
                | shared
            )
            continue
        rows += [
            {
                "id": f"m-{machine.pk}",
                "name": machine.name,
                "is_unlimited": False,
                "is_down": any(start <= at < end for start, end in calendars.down(machine.pk)),
            }
            | shared
            for machine in machines
            if machine.work_center_id == center.pk
        ]
    return rows


def _slots(start: datetime, end: datetime, site: Site | None) -> list[Slot]:
    slots = (
        Slot.objects.published()
        .filter(starts_at__lt=end, ends_at__gt=start)
        .select_related(
            "operation__batch__order__item",
            "operation__batch__order__parent",
            "operation__step__work_center__site",
        )
    )
    if site is not None:
        slots = slots.filter(operation__step__work_center__site=site)
    return list(slots.in_order())


@dataclass(frozen=True)
class _Standing:
    """How operations and orders stand, read at once for all of them."""

    ready: frozenset[int]
    blocked: frozenset[int]
    lateness: Mapping[int, timedelta | None]


def _standing() -> _Standing:
    scheduled = Slot.objects.published().values("operation__batch__order")
    orders: Any = ProductionOrder.objects.with_projection().filter(pk__in=scheduled)
    return _Standing(
        frozenset(Operation.objects.ready().values_list("pk", flat=True)),
        frozenset(Operation.objects.blocked().values_list("pk", flat=True)),
        dict(orders.values_list("pk", "lateness")),
    )


def _slot(slot: Slot, standing: _Standing) -> dict[str, Any]:
    operation = slot.operation
    batch, order, step = operation.batch, operation.batch.order, operation.step
    lateness = standing.lateness.get(order.pk) or timedelta()
    return {
        "id": slot.pk,
        "machine": f"m-{slot.machine_id}" if slot.machine_id else f"wc-{step.work_center_id}",
        "site": step.work_center.site.code,
        "operation": operation.pk,
        "status": operation.status,
        "step": step.name,
        "family": step.setup_family,
        "batch": batch.number,
        "quantity": batch.quantity,
        "order": order.number,
        "order_id": order.pk,
        "parent": order.parent.number if order.parent is not None else None,
        "item": str(order.item),
        "priority": order.priority,
        "reason": order.reason,
        "due_at": order.due_at,
        "starts_at": slot.starts_at,
        "setup_ends_at": slot.setup_ends_at,
        "ends_at": slot.ends_at,
        "lateness": lateness,
        "is_late": lateness > timedelta(),
        "is_pinned": operation.pinned_machine_id is not None,
        "is_ready": operation.pk in standing.ready,
        "is_blocked": operation.pk in standing.blocked,
    }


def _shades(machine: Machine, calendars: Calendars) -> list[dict[str, Any]]:
    key = f"m-{machine.pk}"
    whole = ((calendars.start, calendars.end),)
    closed = subtract(whole, calendars.of_work_center(machine.work_center))
    down = clip(calendars.down(machine.pk), calendars.start, calendars.end)
    return [
        *({"machine": key, "start": start, "end": end, "kind": "closed"} for start, end in closed),
        *({"machine": key, "start": start, "end": end, "kind": "down"} for start, end in down),
    ]


def _midnight(day: date, center: WorkCenter) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=center.site.zone).astimezone(UTC)


def _hours(stretches: Iterable[Stretch]) -> float:
    return sum((end - start).total_seconds() for start, end in stretches) / HOUR
