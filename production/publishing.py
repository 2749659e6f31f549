"""Putting a plan in force: its slots replace those of the version before, all at once or not at all.

The plant does not stand still while a plan is worked out. So before the slots are written, one publisher at a time, the
operations are read again: finished and cancelled ones are left out, started ones keep the machine they are on, and capacity
that was held meanwhile stays held. Slots that stay where they are stay as they are, and belong to the new version too.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db import transaction

from mes.core.facts import record
from mes.core.models import User
from mes.core.rows import rows_of
from production.facts import SchedulePublished
from production.locks import Activity, wait_for_turn
from production.models import Batch, Operation, Schedule, Slot
from production.movements import A_MOVE, Place, moved_rows, named_operations, order_rows
from production.posed import Posed, unlimited_name
from production.scheduling import Assignment, Result

__all__ = ["A_MOVE", "VERSIONS_WITH_SLOTS", "Overtaken", "Place", "assignments_of", "places_of", "publish"]

VERSIONS_WITH_SLOTS = 20


class Overtaken(Exception):
    """The plant moved on while the plan was made, so that two operations would have one machine at the same time."""


def places_of(posed: Posed, result: Result) -> list[Place]:
    """The result in the plant's own terms."""
    machines = {name: machine.pk for name, machine in posed.machines.items()}
    operations, moment = posed.operations, cache(posed.moment)
    return [
        Place(
            operations[slot.job, slot.task].id,
            machines.get(slot.machine),
            moment(slot.start),
            moment(slot.setup_end),
            moment(slot.end),
        )
        for slot in result.assignments
    ]


def assignments_of(posed: Posed, places: Sequence[Place]) -> list[Assignment]:
    """The way back: places in the problem's terms; of what is no longer to be planned they are left out."""
    keys = {
        operation.id: (key, operation)
        for key, operation in posed.operations.items()
        if operation.status == Operation.Status.WAITING
    }
    codes = {machine.pk: machine.code for machine in posed.machines.values()}
    return [
        Assignment(
            *keys[place.operation][0],
            codes[place.machine]
            if place.machine is not None
            else unlimited_name(keys[place.operation][1].step.work_center),
            posed.seconds(place.starts_at),
            posed.seconds(place.setup_ends_at),
            posed.seconds(place.ends_at),
        )
        for place in places
        if place.operation in keys and (place.machine is None or place.machine in codes)
    ]


@transaction.atomic
def publish(
    places: Sequence[Place],
    *,
    reason: str,
    causes: Sequence[Mapping[str, Any]] = (),
    objective: float,
    figures: Mapping[str, Any],
    unplanned: Sequence[Mapping[str, Any]],
    drop_conflicts: bool = False,
    by: User | None,
    at: datetime,
) -> Schedule:
    """Make these places the published schedule, under the next version number.

    :param causes: what happened that called for it, as rows of the version.
    :param drop_conflicts: list what lost its place to an operation started meanwhile as unplanned, instead of raising.
    :raises Overtaken: when operations that started or were held meanwhile are where others were planned.
    """
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    slots, former = _former()
    held = _held_meanwhile(places, at)
    wanted = [*held, *places]
    now = _read_again(wanted, former)
    kept, lost = _without_conflicts(_keep(wanted, now), now, {place.operation for place in held})
    if lost and not drop_conflicts:
        raise Overtaken
    waiting = [place for place in kept if now[place.operation].status == Operation.Status.WAITING]
    unplanned = [*unplanned, *_lost(lost)]
    order_of = {key: operation.order for key, operation in now.items()}
    moved = moved_rows(former, waiting)
    last = Schedule.objects.only("version", "unplanned").order_by("-version").first()
    schedule = Schedule.objects.create(
        version=last.version + 1 if last is not None else 1,
        made_at=at,
        by=by,
        reason=reason[:200],
        objective=objective,
        figures=dict(figures) | {"moved": len(moved), "unstarted": len(waiting)},
        moved=moved,
        unplanned=unplanned,
        causes=list(causes),
        orders=order_rows(
            former.values(),
            kept,
            order_of,
            nowhere=_orders_in(unplanned),
            nowhere_before=_orders_in(last.unplanned) if last is not None else (),
        ),
    )
    _write(schedule, kept, slots, former, before=last)
    record(SchedulePublished(schedule=schedule.pk, version=schedule.version))
    return schedule


def _write(
    schedule: Schedule,
    kept: Iterable[Place],
    slots: Mapping[int, int],
    former: Mapping[int, Place],
    *,
    before: Schedule | None,
) -> None:
    """Take what leaves its place out of the plan and put in what comes; the rest is in the new version as it stands."""
    standing = {place.operation for place in kept if former.get(place.operation) == place}
    leaving = [slot for operation, slot in slots.items() if operation not in standing]
    Slot.objects.filter(pk__any_of=leaving).update(is_published=False)
    # Those of operations that were finished or cancelled since are not published any more, but of the version before.
    Slot.objects.filter(is_published=False, last__isnull=True).update(last=before)
    Slot.objects.bulk_create(
        (
            Slot(
                schedule=schedule,
                operation_id=place.operation,
                machine_id=place.machine,
                starts_at=place.starts_at,
                setup_ends_at=place.setup_ends_at,
                ends_at=place.ends_at,
            )
            for place in kept
            if place.operation not in standing
        ),
        batch_size=5000,
    )
    Slot.objects.filter(last__version__lte=schedule.version - VERSIONS_WITH_SLOTS).delete()


class _Now(NamedTuple):
    """What of an operation may have changed while the plan was made, and the order whose end it bears on."""

    status: str
    machine: int | None
    running_since: datetime | None
    order: int | None


def _former() -> tuple[dict[int, int], dict[int, Place]]:
    """The published slots, by operation: their keys, and where they are."""
    rows = Slot.objects.published().order_by("pk")
    slots: dict[int, int] = {}
    former: dict[int, Place] = {}
    columns = ("pk", "operation", "machine", "starts_at", "setup_ends_at", "ends_at")
    for key, operation, machine, starts_at, setup_ends_at, ends_at in rows_of(rows.values_list(*columns)):
        slots[operation] = key
        former[operation] = Place(operation, machine, starts_at, setup_ends_at, ends_at)
    return slots, former


def _read_again(places: Sequence[Place], former: Mapping[int, Place]) -> dict[int, _Now]:
    """The operations as they are now.

    Those whose slots will be written or taken out are locked, so that none starts or ends until that is done. Whoever finishes one
    of the others meanwhile takes its slot out of the plan by himself, for that slot stays.
    """
    wanted = {place.operation for place in places}
    now = _states(wanted | former.keys())
    kept = {place.operation: place for place in _keep(places, now)}
    changing = [key for key in now if former.get(key) != kept.get(key)]
    return now | _states(changing, lock=True)


def _states(keys: Iterable[int], *, lock: bool = False) -> dict[int, _Now]:
    rows = Operation.objects.filter(pk__any_of=list(keys)).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    columns = ("pk", "status", "machine", "running_since", "batch__order", "batch__order__parent")
    return {
        key: _Now(status, machine, since, order if parent is None else None)
        for key, status, machine, since, order, parent in rows_of(rows.values_list(*columns))
    }


def _held_meanwhile(places: Iterable[Place], at: datetime) -> list[Place]:
    """Slots held since the plant was looked at, of which the plan therefore knows nothing."""
    known = {place.operation for place in places}
    slots = Slot.objects.published().filter(
        operation__batch__status=Batch.Status.TENTATIVE, operation__batch__order__held_until__gt=at
    )
    rows = slots.order_by("pk").values_list("operation", "machine", "starts_at", "setup_ends_at", "ends_at")
    return [Place(*row) for row in rows if row[0] not in known]


def _keep(places: Iterable[Place], now: Mapping[int, _Now]) -> list[Place]:
    kept, unstarted = [], {Operation.Status.WAITING.value, Operation.Status.PAUSED.value}
    for place in places:
        operation = now[place.operation]
        if operation.status in unstarted:
            kept.append(place)
        elif operation.status == Operation.Status.RUNNING and operation.running_since is not None:
            kept.append(_where_it_runs(place, operation.machine, operation.running_since))
    return kept


def _where_it_runs(place: Place, machine: int | None, since: datetime) -> Place:
    """The place of a running operation: where it is, since when it is; begun late, it still takes its time."""
    late = max(since - place.starts_at, timedelta())
    ends_at = place.ends_at + late
    return Place(place.operation, machine, since, max(since, place.setup_ends_at), ends_at)


def _without_conflicts(
    places: Sequence[Place], now: Mapping[int, _Now], held: Set[int]
) -> tuple[list[Place], list[Place]]:
    """Places that go together, and those that overlap one that is running or was held meanwhile."""

    running = {key for key, operation in now.items() if operation.status == Operation.Status.RUNNING}

    def rank(place: Place) -> tuple[bool, bool, datetime, int]:
        return place.operation not in running, place.operation not in held, place.starts_at, place.operation

    kept: list[Place] = []
    lost: list[Place] = []
    firm: dict[int | None, list[Place]] = {}
    last: dict[int | None, Place] = {}
    for place in sorted(places, key=rank):
        machine = place.machine
        # Only what is firm, placed first, or the one before in time can be in the way.
        if machine is not None and (
            (machine in last and _overlap(place, last[machine]))
            or any(_overlap(place, other) for other in firm.get(machine, ()))
        ):
            lost.append(place)
            continue
        kept.append(place)
        if place.operation in running or place.operation in held:
            firm.setdefault(machine, []).append(place)
        else:
            last[machine] = place
    return kept, lost


def _overlap(one: Place, other: Place) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _orders_in(unplanned: Iterable[Mapping[str, Any]]) -> set[str]:
    return {row["order"] for row in unplanned if row["order"]}


def _lost(places: Iterable[Place]) -> list[dict[str, Any]]:
    return [
        {
            "batch": operation.batch.number,
            "sequence": operation.sequence,
            "order": operation.batch.order.number,
            "item": str(operation.batch.order.item),
            "reason": "another operation was started or held on its machine while the plan was made; the next plan places it",
        }
        for operation in named_operations(place.operation for place in places).values()
    ]
