"""Trying changes against the plan without publishing anything.

The plant as it is, the changes made to a copy of it, and the whole planned again close to the published plan: what then moves is
what the changes cost. Searched or not, a move must save what it must in a repair, or the search would shuffle the whole plant
for a little less time in it, which is no merit of any change. What only pays when many others make way is tried `freely`, as the
plan from hour to hour is searched. Changes are weighed against the published plan where it still holds,
else against what replanning without them would make of it, so that no change is blamed for the plant's own drift. Where the plan
is searched, so is the one without changes, for as long: what search alone brings is told beside, and credited to no change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from inventory.quantities import plain
from production.altering import Altered, alter, moment
from production.changes import Change, MaterialBy, Overtime, Pin, Reprioritise, Split, Unpin, UseMachine
from production.comparison import Comparison, Side, compare
from production.handing_on import transfer_between
from production.models import Machine, Operation, Slot
from production.posed import Posed
from production.posing import frozen, pose
from production.publishing import A_MOVE, Place, places_of
from production.scheduling import Result, solve
from production.snapshot import OpenBatch, PresentSlot, Snapshot, take_snapshot
from production.weights import of_a_repair

__all__ = [
    "Change",
    "MaterialBy",
    "Overtime",
    "Pin",
    "Reprioritise",
    "Split",
    "Trial",
    "Unpin",
    "UseMachine",
    "try_out",
]


@dataclass(frozen=True)
class Trial:
    """What the plan would be with some changes. Not feasible: something asked for cannot hold, or loses its place;
    `refusals` say what, why and what to do, and the places show the nearest plan to it.

    The parts of a split batch are places of the same operation.
    """

    at: datetime
    refusals: tuple[str, ...]
    places: tuple[Place, ...]
    comparison: Comparison

    @property
    def feasible(self) -> bool:
        return not self.refusals

    @property
    def sentence(self) -> str:
        """The answer in a line: what cannot be, or what it costs."""
        if self.feasible:
            return f"Possible: {self.comparison.sentence}"
        more = len(self.refusals) - 1
        return self.refusals[0] + (f" And {more} more cannot be." if more else "")


def try_out(
    changes: Sequence[Change],
    *,
    at: datetime,
    seconds: float,
    freely: bool = False,
    plant: Snapshot | None = None,
    also_unaided: bool = True,
) -> Trial:
    """Plan the plant with these changes. Changes that cannot be made are refused and left out; nothing is written.

    :param seconds: that the search may take, with the changes and again without; 0: the repair of the plan in force, as a pin
        or a change on the floor makes it.
    :param freely: search as for the plan from hour to hour, which may move everything, and not close to the plan in force.
    :param also_unaided: also search without the changes; not needed by who knows what that brings.
    :param plant: the plant, if the caller has looked at it already.
    """
    plant = plant or take_snapshot(at=at)
    standing = _standing(plant)
    altered = alter(plant, changes, frozen=frozen())
    if len(altered.refusals) == len(changes):
        return _Outcome(plant, altered, standing, ()).trial()
    posed, result = _planned(altered.plant, seconds, freely=freely)
    unaided: tuple[Place, ...] = ()
    if seconds and also_unaided:
        unaided = tuple(places_of(*_planned(plant, seconds, freely=freely)))
    outcome = _Outcome(plant, altered, standing, tuple(places_of(posed, result)), unaided)
    return outcome.trial(*_unkept(changes, altered, standing, posed, result))


def _planned(plant: Snapshot, seconds: float, *, freely: bool = False) -> tuple[Posed, Result]:
    posed = pose(plant, frozen=frozen())
    result = solve(
        posed.problem,
        seconds=seconds,
        workers=settings.MES["SCHEDULE_WORKERS"],
        weights=posed.weights if freely else of_a_repair(posed.weights),
        present=posed.present or None,
    )
    return posed, result


def _standing(plant: Snapshot) -> tuple[Place, ...]:
    """The plan without any change: as published where it still holds, else as replanning would have it."""
    published = {slot.operation_id: slot for slot in plant.slots}
    if all(_holds(operation, published.get(operation.pk), plant.at) for operation in plant.operations):
        return tuple(place_of(published[operation.pk]) for operation in plant.operations)
    return tuple(places_of(*_planned(plant, 0)))


def _holds(operation: Operation, slot: PresentSlot | None, at: datetime) -> bool:
    if slot is None:
        return False
    if operation.status == Operation.Status.WAITING:
        return slot.starts_at >= at
    return slot.ends_at > at and slot.machine_id == operation.machine_id


def place_of(slot: Slot | PresentSlot) -> Place:
    """A published slot as a place."""
    return Place(slot.operation_id, slot.machine_id, slot.starts_at, slot.setup_ends_at, slot.ends_at)


@dataclass(frozen=True)
class _Outcome:
    plant: Snapshot
    altered: Altered
    standing: tuple[Place, ...]
    planned: tuple[Place, ...]
    unaided: tuple[Place, ...] = ()

    def trial(self, *refusals: str) -> Trial:
        places = self.planned or self.standing
        parts = self.altered.parts
        return Trial(
            at=self.plant.at,
            refusals=(*self.altered.refusals, *refusals),
            places=tuple(
                place._replace(operation=parts.get(place.operation, place.operation)) for place in places
            ),
            comparison=compare(
                _side(self.plant, self.standing),
                _side(self.altered.plant, places),
                _side(self.plant, self.unaided) if self.unaided else None,
            ),
        )


def _side(plant: Snapshot, places: Sequence[Place]) -> Side:
    machines = {machine.pk: machine for machine in plant.machines}
    return Side(plant.operations, places, plant.calendars, machines)


# --- what could not be kept ------------------------------------------------------------------------------------------


def _unkept(
    changes: Iterable[Change], altered: Altered, standing: Iterable[Place], posed: Posed, result: Result
) -> list[str]:
    """What was asked for, or held before, and does not hold in the plan that came of it."""
    asked = {change.operation for change in changes if isinstance(change, Pin)}
    before = {place.operation: place for place in standing}
    found = {place.operation: place for place in places_of(posed, result)}
    told = []
    for remark in result.broken_pins:
        operation = posed.operations[remark.key]
        if operation.pk in asked or _was_held(operation, before.get(operation.pk)):
            told.append(_why_not(operation, remark.reason, altered.plant, found))
    lost = [row for row in posed.unplanned if row.sequence is None]
    reasons = {row.batch: row.reason for row in lost} | {
        remark.job: remark.reason for remark in result.unplanned
    }
    batches = {
        operation.batch.number: operation.batch
        for operation in altered.plant.operations
        if operation.pk in before
    }
    told += [
        f"{batches[number]} finds no place any more: {reason}."
        for number, reason in reasons.items()
        if number in batches
    ]
    return told


def _was_held(operation: Operation, place: Place | None) -> bool:
    start = operation.pinned_start_at
    return place is not None and start is not None and abs(place.starts_at - start) < A_MOVE


def _why_not(operation: Operation, reason: str, plant: Snapshot, found: Mapping[int, Place]) -> str:
    """Why a pinned operation cannot start when it should, and when it could."""
    zone = operation.step.work_center.site.zone
    machine, start = operation.pinned_machine, operation.pinned_start_at
    if machine is None or start is None:
        slot = next((slot for slot in plant.slots if slot.operation_id == operation.pk), None)
        when = f" at {moment(slot.starts_at, zone)}" if slot is not None else ""
        return f"{operation} can no longer start{when} although it is frozen: {reason}. Choose another time."
    wish = f"{operation} cannot start on {machine} at {moment(start, zone)}"
    place = found.get(operation.pk)
    remedy = (
        f"It could start there {moment(place.starts_at, zone)}."
        if place is not None
        else "Choose another time."
    )
    cause = _waits_for(operation, start, plant, found) or _in_the_way(operation, machine, start, plant, found)
    return f"{wish}: {cause or _hands_on(operation, _home(operation, plant)) or reason}. {remedy}"


def _home(operation: Operation, plant: Snapshot) -> OpenBatch:
    return next(batch for batch in plant.batches if operation in batch.unfinished)


def _hands_on(operation: Operation, home: OpenBatch) -> str:
    """Of an operation that starts on what the one before hands on, that it waits for that; empty where it waits for its end."""
    at = home.unfinished.index(operation)
    former = home.unfinished[at - 1] if at else None
    transfer = None if former is None else transfer_between(former, operation, home.batch)
    if transfer is None:
        return ""
    return f"it waits for what {former} hands on, {plain(transfer)} {home.order.item.unit} at a time"


def _waits_for(operation: Operation, start: datetime, plant: Snapshot, found: Mapping[int, Place]) -> str:
    """What is done, or there, only after a moment at which an operation was to start."""
    zone = operation.step.work_center.site.zone
    home = _home(operation, plant)
    place = (home.batch.pk, operation.step_id)
    at = home.unfinished.index(operation)
    makers = plant.material.after.get(place, set())
    former = [home.unfinished[at - 1]] if at and not _hands_on(operation, home) else []
    former += [batch.unfinished[-1] for batch in plant.batches if batch.batch.pk in makers]
    for other in former:
        if (end := found.get(other.pk)) is not None and end.ends_at > start:
            return f"it waits for {other}, which ends {moment(end.ends_at, zone)}"
    release = plant.material.release.get(place, plant.at)
    if release > start:
        return f"its material is there {moment(release, zone)}"
    if not at and (opens := plant.gate_opens(home)) > start:
        return f"its inspection or its lot's disposition is expected {moment(opens, zone)}"
    return ""


def _in_the_way(
    operation: Operation, machine: Machine, start: datetime, plant: Snapshot, found: Mapping[int, Place]
) -> str:
    """What else keeps the machine at that moment: something that cannot give way, or the end of its hours."""
    zone = machine.work_center.site.zone
    own = found.get(operation.pk)
    until = start + (own.ends_at - own.starts_at if own is not None else timedelta())
    for other in plant.operations:
        place = found.get(other.pk)
        if place is None or other.pk == operation.pk or place.machine != machine.pk:
            continue
        is_fixed = other.pinned_start_at is not None or other.status != Operation.Status.WAITING
        if is_fixed and place.starts_at < until and start < place.ends_at:
            return f"{other} is there from {moment(place.starts_at, zone)} to {moment(place.ends_at, zone)}"
    closes = next((b for a, b in plant.calendars.of_machine(machine) if a <= start < b), None)
    if closes is not None and not operation.step.may_pause and closes < until:
        return f"it must run in one piece, and {machine} stops at {moment(closes, zone)}"
    return ""
