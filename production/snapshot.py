"""Everything the planner must know about the plant at one moment, read in a fixed number of queries."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db.models import Model, Q, Sum

from inventory.models import Item, Lot
from mes.core.rows import models_of, rows_of
from production.calendars import Calendars, load_calendars
from production.eligibility import named_machines
from production.families import Families, load_families
from production.limits import Limits, load_limits
from production.material import ASSUMED_VERDICT, Availability, availability
from production.models import (
    Batch,
    Machine,
    Operation,
    ProcessPlan,
    ProductionOrder,
    ProgressReport,
    Slot,
    Step,
    TimeEntry,
    WorkCenter,
)
from quality.models import Inspection, Nonconformance

M = TypeVar("M", bound=Model)

# Rows known to be what others point at are handed to them as such: what an assignment would check takes a third of the reading.
_BATCH: Any = Operation._meta.get_field("batch")
_STEP: Any = Operation._meta.get_field("step")
_ORDER: Any = Batch._meta.get_field("order")
_PLAN: Any = Batch._meta.get_field("plan")
_LOT: Any = Batch._meta.get_field("lot")
_ITEM: Any = ProductionOrder._meta.get_field("item")

ASSUMED_DECISION = timedelta(days=1)
"""How long a held lot waits for its disposition, when no date is set for it."""

SHORTEST_HORIZON = timedelta(days=120)
LONGEST_HORIZON = timedelta(days=500)
BEYOND_THE_LAST_DUE_DATE = timedelta(days=60)
LONGEST_MEMORY = timedelta(days=14)


@dataclass
class OpenBatch:
    """A batch that is not done, with its unfinished and its finished operations in sequence."""

    batch: Batch
    unfinished: list[Operation] = field(default_factory=list)
    done: list[Operation] = field(default_factory=list)

    @property
    def order(self) -> ProductionOrder:
        return self.batch.order

    @property
    def quantity(self) -> Decimal:
        """What the next operation has to work on: what the last one left good."""
        return self.done[-1].good_quantity if self.done else self.batch.quantity

    @property
    def runs(self) -> bool:
        """Whether somebody is at work on it."""
        return any(operation.status == Operation.Status.RUNNING for operation in self.unfinished)

    @property
    def stopped_because(self) -> str:
        """Why nothing more can be done on it; empty where something can."""
        lot = self.batch.lot
        return f"its lot {lot} is rejected" if lot is not None and lot.status == Lot.Status.REJECTED else ""


class PresentSlot(NamedTuple):
    """A slot of the plan in force; without a machine where capacity is not limited."""

    operation_id: int
    machine_id: int | None
    machine_code: str | None
    starts_at: datetime
    setup_ends_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Snapshot:
    """The plant at one moment. `epoch` lies at or before the start of anything that is under way."""

    at: datetime
    epoch: datetime
    end: datetime
    batches: tuple[OpenBatch, ...]
    machines: tuple[Machine, ...]
    named: Mapping[int, Set[int]]  # step -> the machines it names; steps that name none are left out
    centers: Mapping[int, WorkCenter]
    calendars: Calendars
    families: Families
    limits: Limits
    material: Availability
    entries: Mapping[int, list[TimeEntry]]
    handed_on: Mapping[int, Decimal]  # good so far, by operation begun that hands on before its batch is done
    slots: tuple[PresentSlot, ...]
    decisions: Mapping[int, datetime]  # lot -> when its disposition is due
    cleared: frozenset[int]  # finished operations whose gate is open

    @property
    def operations(self) -> list[Operation]:
        return [operation for batch in self.batches for operation in batch.unfinished]

    def gate_opens(self, batch: OpenBatch) -> datetime:
        """When the first unfinished operation of a batch may start, for all that its inspections and lot say."""
        lot = batch.batch.lot
        if lot is not None and lot.status == Lot.Status.HELD:
            return self.decisions.get(lot.pk, self.at + ASSUMED_DECISION)
        verdicts = [
            operation.inspection.opened_at + ASSUMED_VERDICT
            for operation in batch.done
            if operation.inspection is not None and operation.pk not in self.cleared
        ]
        return max([self.at, *verdicts])


def take_snapshot(*, at: datetime) -> Snapshot:
    """Read whatever is planned, released or under way, in about thirty queries whatever its size."""
    batches = _load_batches(at)
    operations = [operation for batch in batches for operation in batch.unfinished]
    machines = _load_machines(operations)
    steps = {operation.step_id: operation.step for operation in operations}
    centers = {step.work_center_id: step.work_center for step in steps.values()}
    centers |= {machine.work_center_id: machine.work_center for machine in machines}
    epoch, end = _bounds(at, batches, operations)
    return Snapshot(
        at=at,
        epoch=epoch,
        end=end,
        batches=tuple(batches),
        machines=tuple(machines),
        named=named_machines(steps.keys()),
        centers=centers,
        calendars=load_calendars(centers.values(), epoch, end, at=at),
        families=load_families(centers, machines, steps.values()),
        limits=load_limits(operations, centers.values(), end, at=at),
        material=availability([batch.batch for batch in batches if not batch.stopped_because], at=at),
        entries=_load_entries(operations),
        handed_on=_load_handed_on(operations),
        slots=_load_slots(),
        decisions=_load_decisions(batches, at),
        cleared=_load_cleared(batches),
    )


def _load_batches(at: datetime) -> list[OpenBatch]:
    """Open and held batches that have something left to do, most urgent first.

    Thousands of operations share some hundred steps, items and orders: each of those is read once and handed to all.
    """
    bound = Operation.objects.filter(batch__in=Batch.objects.binding(at))
    operations = models_of(bound.exclude(status=Operation.Status.CANCELLED).order_by("batch", "sequence"))
    batches = _load_open_batches({operation.batch_id for operation in operations})
    steps = _load_steps({operation.step_id for operation in operations})
    machines = _by_key(
        Machine, (key for each in operations for key in (each.machine_id, each.pinned_machine_id))
    )
    inspections = _by_key(Inspection, (operation.inspection_id for operation in operations))
    found: dict[int, OpenBatch] = {}
    for operation in operations:
        batch = found.get(operation.batch_id)
        if batch is None:
            batch = found[operation.batch_id] = OpenBatch(batches[operation.batch_id])
        _BATCH.set_cached_value(operation, batch.batch)
        _STEP.set_cached_value(operation, steps[operation.step_id])
        if operation.machine_id is not None:
            operation.machine = machines[operation.machine_id]
        if operation.pinned_machine_id is not None:
            operation.pinned_machine = machines[operation.pinned_machine_id]
        if operation.inspection_id is not None:
            operation.inspection = inspections[operation.inspection_id]
        rows = batch.done if operation.status == Operation.Status.DONE else batch.unfinished
        rows.append(operation)
    waiting = [batch for batch in found.values() if batch.unfinished]
    return sorted(waiting, key=lambda batch: (batch.order.priority, batch.order.due_at, batch.batch.pk))


def _load_open_batches(keys: set[int]) -> dict[int, Batch]:
    """Batches with order, lot and plan, and the items of these."""
    batches = _by_key(Batch, keys)
    orders = _by_key(ProductionOrder, (batch.order_id for batch in batches.values()))
    plans = _by_key(ProcessPlan, (batch.plan_id for batch in batches.values()))
    lots = _by_key(Lot, (batch.lot_id for batch in batches.values()))
    of_orders, of_plans = (
        (order.item_id for order in orders.values()),
        (plan.item_id for plan in plans.values()),
    )
    items = _by_key(Item, (*of_orders, *of_plans))
    for order in orders.values():
        _ITEM.set_cached_value(order, items[order.item_id])
    for plan in plans.values():
        plan.item = items[plan.item_id]
    for batch in batches.values():
        _ORDER.set_cached_value(batch, orders[batch.order_id])
        _PLAN.set_cached_value(batch, plans[batch.plan_id])
        if batch.lot_id is not None:
            _LOT.set_cached_value(batch, lots[batch.lot_id])
    return batches


def _load_steps(keys: set[int]) -> dict[int, Step]:
    """Steps with their work center and the tools they need."""
    steps = {
        step.pk: step for step in Step.objects.filter(pk__any_of=keys).prefetch_related("tool_needs__tool")
    }
    used = {step.work_center_id for step in steps.values()}
    centers = {row.pk: row for row in WorkCenter.objects.filter(pk__in=used).select_related("site")}
    for step in steps.values():
        step.work_center = centers[step.work_center_id]
    return steps


def _by_key(model: type[M], keys: Iterable[int | None]) -> dict[int, M]:
    """Rows of a table by primary key."""
    wanted = {key for key in keys if key is not None}
    return (
        {row.pk: row for row in models_of(model._default_manager.filter(pk__any_of=wanted))} if wanted else {}
    )


def _load_slots() -> tuple[PresentSlot, ...]:
    slots = Slot.objects.published().order_by("starts_at", "machine", "pk")
    columns = ("operation", "machine", "machine__code", "starts_at", "setup_ends_at", "ends_at")
    return tuple(map(PresentSlot._make, rows_of(slots.values_list(*columns))))


def _load_machines(operations: Iterable[Operation]) -> list[Machine]:
    """Active machines of work centers with limits, and whatever is in use although it no longer is active."""
    in_use = {operation.machine_id for operation in operations if operation.machine_id is not None}
    machines = Machine.objects.filter(Q(is_active=True) | Q(pk__in=in_use), work_center__is_unlimited=False)
    return list(machines.select_related("work_center__site").order_by("work_center", "code", "pk"))


def _load_entries(operations: Iterable[Operation]) -> dict[int, list[TimeEntry]]:
    """Work done so far on what is under way."""
    begun = [operation.pk for operation in operations if operation.started_at is not None]
    entries: dict[int, list[TimeEntry]] = {}
    for entry in TimeEntry.objects.filter(operation__any_of=begun):
        entries.setdefault(entry.operation_id, []).append(entry)
    return entries


def _load_handed_on(operations: Iterable[Operation]) -> dict[int, Decimal]:
    begun = [
        operation.pk
        for operation in operations
        if operation.started_at is not None and operation.step.transfer_quantity is not None
    ]
    reports = ProgressReport.objects.filter(operation__in=begun).order_by().values("operation")
    return dict(reports.annotate(good=Sum("good")).values_list("operation", "good")) if begun else {}


def _load_decisions(batches: Iterable[OpenBatch], at: datetime) -> dict[int, datetime]:
    lots = [
        batch.batch.lot.pk
        for batch in batches
        if batch.batch.lot is not None and batch.batch.lot.status == Lot.Status.HELD
    ]
    return Nonconformance.objects.decisions_due(lots, at)


def _load_cleared(batches: Iterable[OpenBatch]) -> frozenset[int]:
    gates = {
        operation.inspection_id: operation.pk
        for batch in batches
        for operation in batch.done
        if operation.inspection_id is not None
    }
    cleared = Inspection.objects.cleared().filter(pk__in=gates).values_list("pk", flat=True)
    return frozenset(gates[inspection] for inspection in cleared)


def _bounds(
    at: datetime, batches: Iterable[OpenBatch], operations: Iterable[Operation]
) -> tuple[datetime, datetime]:
    """From a full hour at or before the start of everything under way, to well after the last due date."""
    begun = (operation.started_at for operation in operations)
    remembered = [moment for moment in begun if moment is not None and moment > at - LONGEST_MEMORY]
    epoch = min([at, *remembered]).replace(minute=0, second=0, microsecond=0)
    farthest = at + LONGEST_HORIZON
    # A date that is mistyped may be the last that there is, to which nothing can be added.
    last = max([at, *(min(batch.order.due_at, farthest) for batch in batches)]) + BEYOND_THE_LAST_DUE_DATE
    return epoch, min(max(last, at + SHORTEST_HORIZON), farthest)
