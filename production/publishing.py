"""Putting a plan in force: its slots replace those of the version before, all at once or not at all.

The plant does not stand still while a plan is worked out. So before the slots are written, one publisher at a time, the
operations are read again: finished and cancelled ones are left out, started ones keep the machine they are on, and capacity
that was held meanwhile stays held.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from mes.core.facts import record
from mes.core.models import User
from production.facts import SchedulePublished
from production.locks import Activity, wait_for_turn
from production.models import Batch, Operation, Schedule, Slot
from production.posing import Posed
from production.scheduling import Result

VERSIONS_WITH_SLOTS = 20
A_MOVE = timedelta(minutes=1)  # less than this is not worth telling anybody


class Overtaken(Exception):
    """The plant moved on while the plan was made, so that two operations would have one machine at the same time."""


@dataclass(frozen=True)
class Place:
    """Where and when an operation is planned; machine None where capacity is not limited."""

    operation: int
    machine: int | None
    starts_at: datetime
    setup_ends_at: datetime
    ends_at: datetime


def places_of(posed: Posed, result: Result) -> list[Place]:
    """The result in the plant's own terms."""
    places = []
    for slot in result.assignments:
        operation = posed.operations[slot.key]
        machine = posed.machines.get(slot.machine)
        places.append(
            Place(
                operation.pk,
                machine.pk if machine is not None else None,
                posed.moment(slot.start),
                posed.moment(slot.setup_end),
                posed.moment(slot.end),
            )
        )
    return places


@transaction.atomic
def publish(
    places: Sequence[Place],
    *,
    reason: str,
    objective: float,
    figures: Mapping[str, Any],
    unplanned: Sequence[Mapping[str, Any]],
    drop_conflicts: bool = False,
    by: User | None,
    at: datetime,
) -> Schedule:
    """Make these places the published schedule, under the next version number.

    :param drop_conflicts: list what lost its place to an operation started meanwhile as unplanned, instead of raising.
    :raises Overtaken: when operations that started or were held meanwhile are where others were planned.
    """
    wait_for_turn(Activity.PUBLISHING_A_SCHEDULE)
    held = _held_meanwhile(places, at)
    now = _read_again([*held, *places])
    kept = _keep([*held, *places], now)
    kept, lost = _without_conflicts(kept, now, {place.operation for place in held})
    if lost and not drop_conflicts:
        raise Overtaken
    former = {slot.operation_id: slot for slot in Slot.objects.published()}
    version = (Schedule.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    schedule = Schedule.objects.create(
        version=version,
        made_at=at,
        by=by,
        reason=reason[:200],
        objective=objective,
        figures=dict(figures),
        moved=_moved(former, kept, now),
        unplanned=[*unplanned, *_lost(lost)],
    )
    Slot.objects.published().update(is_published=False)
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
        ),
        batch_size=2000,
    )
    old = Slot.objects.filter(schedule__version__lte=version - VERSIONS_WITH_SLOTS, is_published=False)
    old.delete()
    record(SchedulePublished(schedule=schedule.pk, version=version))
    return schedule


@dataclass(frozen=True)
class _Now:
    """What of an operation may have changed while the plan was made."""

    status: str
    machine: int | None
    running_since: datetime | None


def _read_again(places: Sequence[Place]) -> dict[int, _Now]:
    """The operations as they are now. They are locked, so that none starts or ends until the slots are written."""
    rows = Operation.objects.filter(pk__in=[place.operation for place in places])
    locked = rows.select_for_update(no_key=True).order_by("pk")
    return {
        key: _Now(status, machine, since)
        for key, status, machine, since in locked.values_list("pk", "status", "machine", "running_since")
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
    kept = []
    for place in places:
        operation = now[place.operation]
        if operation.status == Operation.Status.RUNNING and operation.running_since is not None:
            kept.append(_where_it_runs(place, operation.machine, operation.running_since))
        elif operation.status in {Operation.Status.WAITING, Operation.Status.PAUSED}:
            kept.append(place)
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

    def rank(place: Place) -> tuple[bool, bool, datetime, int]:
        is_running = now[place.operation].status == Operation.Status.RUNNING
        return not is_running, place.operation not in held, place.starts_at, place.operation

    kept: list[Place] = []
    lost: list[Place] = []
    firm: dict[int | None, list[Place]] = {}
    last: dict[int | None, Place] = {}
    for place in sorted(places, key=rank):
        machine = place.machine
        # Only what is firm, placed first, or the one before in time can be in the way.
        others = [*firm.get(machine, ()), *([last[machine]] if machine in last else ())]
        if machine is not None and any(_overlap(place, other) for other in others):
            lost.append(place)
            continue
        kept.append(place)
        if not rank(place)[0] or not rank(place)[1]:
            firm.setdefault(machine, []).append(place)
        else:
            last[machine] = place
    return kept, lost


def _overlap(one: Place, other: Place) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _moved(
    former: Mapping[int, Slot], kept: Iterable[Place], now: Mapping[int, _Now]
) -> list[dict[str, Any]]:
    """Waiting operations that leave their machine or their time, with the order that is concerned; longest delay first."""
    moved = [
        (former[place.operation], place)
        for place in kept
        if place.operation in former
        and now[place.operation].status == Operation.Status.WAITING
        and _differs(former[place.operation], place)
    ]
    named = _named(place for _, place in moved)
    rows = [
        {
            "operation": place.operation,
            "batch": named[place.operation].batch.number,
            "step": str(named[place.operation].step),
            "order": named[place.operation].batch.order.number,
            "item": str(named[place.operation].batch.order.item),
            "from": {"machine": slot.machine_id, "start": slot.starts_at.isoformat()},
            "to": {"machine": place.machine, "start": place.starts_at.isoformat()},
            "delay_seconds": int((place.ends_at - slot.ends_at).total_seconds()),
        }
        for slot, place in moved
    ]
    return sorted(rows, key=lambda row: (-row["delay_seconds"], row["operation"]))


def _differs(slot: Slot, place: Place) -> bool:
    return abs(place.ends_at - slot.ends_at) >= A_MOVE or slot.machine_id != place.machine


def _lost(places: Iterable[Place]) -> list[dict[str, Any]]:
    return [
        {
            "batch": operation.batch.number,
            "sequence": operation.sequence,
            "order": operation.batch.order.number,
            "item": str(operation.batch.order.item),
            "reason": "another operation was started or held on its machine while the plan was made; the next plan places it",
        }
        for operation in _named(places).values()
    ]


def _named(places: Iterable[Place]) -> dict[int, Operation]:
    """The operations of some places with what they are called by."""
    rows = Operation.objects.filter(pk__in=[place.operation for place in places])
    return {row.pk: row for row in rows.select_related("batch__order__item", "step").order_by("pk")}
