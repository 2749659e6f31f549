"""A plant with some changes made to it, in memory: what a trial plans instead of the plant as it is.

Nothing is written. Rows that a change touches are copied first, so the snapshot stays what it was. A change that cannot be
made is refused in a sentence and left out. The parts of a split batch are made-up batches of made-up operations; their
keys are negative.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import count
from typing import Any

from production.bills import quantum
from production.calendars import Stretch
from production.changes import (
    MOST_PARTS,
    Change,
    MaterialBy,
    Overtime,
    Pin,
    Reprioritise,
    Split,
    Unpin,
    UseMachine,
)
from production.eligibility import eligible_machines
from production.explosion import divide
from production.material import Availability, availability
from production.models import Batch, Machine, Operation, ProductionOrder, WorkCenter
from production.snapshot import OpenBatch, Snapshot

# Orders first, for material goes by them; then what there is to do; then what may be used; wishes last.
RANK: dict[type[Change], int] = {Reprioritise: 0, Split: 1, MaterialBy: 2, Overtime: 3}
WISHES = 4


@dataclass(frozen=True)
class Altered:
    """The changed plant, and what could not be changed in words a planner can act on."""

    plant: Snapshot
    refusals: tuple[str, ...]
    parts: Mapping[int, int]  # made-up operation -> the operation of which it does a part


def alter(plant: Snapshot, changes: Sequence[Change], *, frozen: timedelta = timedelta()) -> Altered:
    """Make changes to a plant. Reads the database only to name what is not in the snapshot, and for orders' material."""
    altering = _Altering(plant, frozen)
    for change in in_order(changes):
        try:
            altering.make(change)
        except _Refused as refusal:
            altering.refusals.append(str(refusal))
    return altering.altered()


def in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes in the order in which they are made: each finds what those before it left."""
    return sorted(changes, key=lambda change: RANK.get(type(change), WISHES))


def moment(at: datetime, zone: tzinfo) -> str:
    """A moment as people of the plant say it."""
    return f"{at.astimezone(zone):%a %d %b %H:%M}"


class _Refused(Exception):
    """A change cannot be made."""


class _Altering:
    def __init__(self, plant: Snapshot, frozen: timedelta) -> None:
        self.plant = plant
        self.fence = plant.at + frozen
        self.batches = {batch.batch.pk: batch for batch in plant.batches}
        self.home = {
            operation.pk: batch.batch.pk for batch in plant.batches for operation in batch.unfinished
        }
        self.machines = {machine.pk: machine for machine in plant.machines}
        self.parts: dict[int, int] = {}
        self.made_up = count(-1, -1)
        self.refusals: list[str] = []

    def altered(self) -> Altered:
        plant = replace(self.plant, batches=tuple(self.batches.values()))
        return Altered(plant, tuple(self.refusals), self.parts)

    def make(self, change: Change) -> None:
        match change:
            case Pin():
                self.pin(change.operation, change.machine, change.start_at)
            case UseMachine():
                self.pin(change.operation, change.machine, None)
            case Unpin():
                self.put(self.waiting(change.operation), pinned_machine=None, pinned_start_at=None)
            case Overtime():
                self.open_longer(change)
            case MaterialBy():
                self.bring_material(change)
            case Split():
                self.split(change)
            case Reprioritise():
                self.reprioritise(change)

    # --- wishes ------------------------------------------------------------------------------------------------------

    def pin(self, key: int, machine_key: int, start_at: datetime | None) -> None:
        operation = self.waiting(key)
        machine = self.machines.get(machine_key)
        candidates = eligible_machines(operation.step, operation.batch.quantity, self.machines.values())
        if machine is None or machine not in candidates:
            name = machine or Machine.objects.get(pk=machine_key)
            others = ", ".join(other.name for other in candidates)
            remedy = f"Choose one of: {others}." if others else "No machine may; see the step's work center."
            raise _Refused(f"{name} may not do {operation}. {remedy}")
        if start_at is not None:
            self.require_time(operation, machine, start_at)
        self.require_thawed(operation)
        self.put(operation, pinned_machine=machine, pinned_start_at=start_at)

    def require_time(self, operation: Operation, machine: Machine, start_at: datetime) -> None:
        plant, zone = self.plant, machine.work_center.site.zone
        wish = f"{operation} cannot start on {machine} at {moment(start_at, zone)}"
        if start_at < plant.at:
            raise _Refused(f"{wish}: that is past. Choose a later time.")
        if start_at < self.fence:
            raise _Refused(
                f"{wish}: the plan is frozen until {moment(self.fence, zone)}. Choose a later time."
            )
        if plant.calendars.is_always_open(machine.work_center) and not plant.calendars.down(machine.pk):
            return
        working = plant.calendars.of_machine(machine)
        if any(start <= start_at < end for start, end in working):
            return
        opens = next((start for start, _ in working if start > start_at), None)
        then = (
            f"It opens again {moment(opens, zone)}; choose that, or plan overtime."
            if opens
            else "Plan overtime."
        )
        why = (
            "it is down then"
            if any(a <= start_at < b for a, b in plant.calendars.down(machine.pk))
            else "it is closed"
        )
        raise _Refused(f"{wish}: {why}. {then}")

    def require_thawed(self, operation: Operation) -> None:
        slot = next((slot for slot in self.plant.slots if slot.operation_id == operation.pk), None)
        if slot is not None and self.plant.at < slot.starts_at < self.fence:
            until = moment(self.fence, operation.step.work_center.site.zone)
            raise _Refused(
                f"{operation} starts before {until}, until when the plan is frozen. Move what starts later."
            )

    def waiting(self, key: int) -> Operation:
        """An operation that may still be moved."""
        home = self.batches.get(self.home.get(key, 0))
        found = next((each for each in home.unfinished if each.pk == key), None) if home is not None else None
        if found is not None and found.status == Operation.Status.WAITING:
            return found
        operation = found or Operation.objects.select_related("batch", "step").get(pk=key)
        told = operation.get_status_display().lower()
        raise _Refused(f"{operation} is {told}; only operations that wait are moved. Choose another.")

    def put(self, operation: Operation, **values: Any) -> None:
        """Replace an operation by a copy with other values."""
        changed = copy(operation)
        for name, value in values.items():
            setattr(changed, name, value)
        batch = self.batches[self.home[operation.pk]]
        unfinished = [changed if each is operation else each for each in batch.unfinished]
        self.batches[batch.batch.pk] = replace(batch, unfinished=unfinished)

    # --- what may be used ----------------------------------------------------------------------------------------------

    def open_longer(self, change: Overtime) -> None:
        machines = [
            machine
            for machine in self.plant.machines
            if machine.pk == change.machine
            or (change.machine is None and machine.work_center_id == change.work_center)
        ]
        if not machines:
            name = (
                Machine.objects.get(pk=change.machine)
                if change.machine is not None
                else WorkCenter.objects.get(pk=change.work_center or 0)
            )
            raise _Refused(f"{name} has no machine in use, so overtime adds nothing. Choose another.")
        zone = machines[0].work_center.site.zone
        span = f"{moment(change.starts_at, zone)} to {moment(change.ends_at, zone)}"
        if change.ends_at <= change.starts_at or change.ends_at <= self.plant.at:
            raise _Refused(f"Overtime from {span} ends before it starts, or in the past. Choose other times.")
        calendars = self.plant.calendars
        if calendars.is_always_open(machines[0].work_center):
            raise _Refused(f"{machines[0]} works around the clock already, so overtime adds nothing.")
        extra: dict[int, Sequence[Stretch]] = dict(calendars.overtime)
        for machine in machines:
            extra[machine.pk] = [*extra.get(machine.pk, ()), (change.starts_at, change.ends_at)]
        self.plant = replace(self.plant, calendars=replace(calendars, overtime=extra))

    def bring_material(self, change: MaterialBy) -> None:
        material, orders = self.plant.material, self.tree_of(change.order)
        wanted = {key for key, batch in self.batches.items() if orders is None or batch.order.pk in orders}
        waits = dict(material.waits)
        for place, items in material.waits.items():
            if place[0] in wanted and items.get(change.item, change.at) > change.at:
                waits[place] = items | {change.item: change.at}
        if waits == material.waits:
            raise _Refused(
                "Nothing that is planned waits longer for this material than that; it changes nothing."
            )
        self.plant = replace(self.plant, material=replace(material, waits=waits))

    # --- what there is to do -------------------------------------------------------------------------------------------

    def split(self, change: Split) -> None:
        whole = self.batches.get(change.batch)
        if (
            whole is None
            or whole.done
            or any(op.status != Operation.Status.WAITING for op in whole.unfinished)
        ):
            name = whole.batch if whole is not None else Batch.objects.get(pk=change.batch)
            raise _Refused(f"{name} has begun or is over; only a batch that has not begun is split.")
        batch = whole.batch
        if batch.makes_nothing_new:
            raise _Refused(
                f"{batch} reworks one lot, which comes out as the lot that it was; it is not split."
            )
        unit = quantum(batch.order.item)
        if not 2 <= change.parts <= MOST_PARTS or batch.quantity < change.parts * unit:
            most = min(int(batch.quantity / unit), MOST_PARTS)
            raise _Refused(f"{batch} cannot be split into {change.parts}. Choose 2 to {most}.")
        first, *others = divide(batch.quantity, change.parts, unit)
        self.batches[batch.pk] = self.part(whole, batch.pk, batch.number, first)
        made = []
        for number, quantity in enumerate(others, start=2):
            key = next(self.made_up)
            self.batches[key] = self.part(whole, key, f"{batch.number}/{number}", quantity)
            made.append(key)
        self.plant = replace(self.plant, material=_shared(self.plant.material, batch.pk, made))

    def part(self, whole: OpenBatch, key: int, number: str, quantity: Any) -> OpenBatch:
        batch = copy(whole.batch)
        batch.pk, batch.number, batch.quantity = key, number, quantity
        unfinished = []
        for operation in whole.unfinished:
            own = copy(operation)
            own.batch = batch
            if key != whole.batch.pk:
                own.pk = next(self.made_up)
                own.pinned_machine, own.pinned_start_at = None, None
                self.parts[own.pk] = operation.pk
            unfinished.append(own)
        return replace(whole, batch=batch, unfinished=unfinished)

    def reprioritise(self, change: Reprioritise) -> None:
        tree = self.tree_of(change.order) or set()
        touched = [batch for batch in self.batches.values() if batch.order.pk in tree]
        if not touched:
            order = ProductionOrder.objects.get(pk=change.order)
            raise _Refused(f"{order} has nothing left to plan, so nothing of it can be put first.")
        orders: dict[int, ProductionOrder] = {}
        for batch in touched:
            order = orders.setdefault(batch.order.pk, copy(batch.order))
            if change.priority is not None:
                order.priority = change.priority
            if change.due_at is not None and order.pk == change.order:
                order.due_at = change.due_at
            self.batches[batch.batch.pk] = _of_order(batch, order)
        open_batches = [batch.batch for batch in self.batches.values() if not batch.stopped_because]
        self.plant = replace(self.plant, material=availability(open_batches, at=self.plant.at))

    def tree_of(self, order: int | None) -> set[int] | None:
        """An order with the sub-orders that wait to be made for it; None for None."""
        if order is None:
            return None
        parent = {batch.order.pk: batch.order.parent_id for batch in self.batches.values()}
        return {key for key in parent if order in _lineage(key, parent)} | {order}


def _lineage(key: int | None, parent: Mapping[int, int | None]) -> Iterator[int]:
    while key is not None:
        yield key
        key = parent.get(key)


def _of_order(batch: OpenBatch, order: ProductionOrder) -> OpenBatch:
    own = copy(batch.batch)
    own.order = order
    return replace(batch, batch=own, unfinished=[_of_batch(operation, own) for operation in batch.unfinished])


def _of_batch(operation: Operation, batch: Batch) -> Operation:
    own = copy(operation)
    own.batch = batch
    return own


def _shared(material: Availability, whole: int, parts: Iterable[int]) -> Availability:
    """Every part waits for what the whole waited for, and who waited for the whole waits for every part."""
    parts = list(parts)
    waits, after = dict(material.waits), {place: set(makers) for place, makers in material.after.items()}
    for (batch, step), items in material.waits.items():
        if batch == whole:
            waits |= {(part, step): items for part in parts}
    for makers in after.values():
        if whole in makers:
            makers.update(parts)
    for (batch, step), makers in list(after.items()):
        if batch == whole:
            after |= {(part, step): makers for part in parts}
    return replace(material, waits=waits, after=after)
