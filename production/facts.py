"""What happens in production, told to whoever subscribes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes.core.facts import Fact


@dataclass(frozen=True)
class ProcessPlanApproved(Fact):
    """An item is made in this way from now on; the plan in force before it, if any, is superseded."""

    plan: int
    item: int
    by: int


@dataclass(frozen=True)
class OrderPlanned(Fact):
    """A production order exists, with its batches and operations; `parent` is the order that waits for it."""

    order: int
    item: int
    quantity: Decimal
    due_at: datetime
    parent: int | None = None
    priority: int = 2


@dataclass(frozen=True)
class ProductionHeld(Fact):
    """Capacity and material are kept for something that nobody has ordered yet."""

    order: int
    held_until: datetime


@dataclass(frozen=True)
class ProductionHoldEnded(Fact):
    """What a tentative order kept is free again: its time is over, or it was given up."""

    order: int
    reason: str


@dataclass(frozen=True)
class OrderReleased(Fact):
    """Work on an order may begin."""

    order: int
    by: int


@dataclass(frozen=True)
class ProductionOrderCancelled(Fact):
    """Nothing more is made for an order."""

    order: int
    reason: str
    by: int


@dataclass(frozen=True)
class ProductionOrderDone(Fact):
    """The last batch of an order is done; `good` is what it made in all."""

    order: int
    good: Decimal


@dataclass(frozen=True)
class OperationStarted(Fact):
    operation: int
    machine: int | None
    by: int
    overrides: tuple[int, ...] = ()


@dataclass(frozen=True)
class OperationPaused(Fact):
    operation: int
    reason: str
    by: int


@dataclass(frozen=True)
class OperationResumed(Fact):
    operation: int
    by: int
    overrides: tuple[int, ...] = ()


@dataclass(frozen=True)
class ProgressReported(Fact):
    """So much more came of a running operation."""

    operation: int
    good: Decimal
    scrap: Decimal
    by: int


@dataclass(frozen=True)
class OperationFinished(Fact):
    operation: int
    good: Decimal
    scrap: Decimal
    by: int


@dataclass(frozen=True)
class BatchFinished(Fact):
    """The last operation of a batch is finished and its lot is in stock (or wholly scrapped: `good` is 0)."""

    batch: int
    lot: int
    good: Decimal
    scrap: Decimal


@dataclass(frozen=True)
class MachineBroken(Fact):
    machine: int
    downtime: int


@dataclass(frozen=True)
class MachineRestored(Fact):
    machine: int
    downtime: int


@dataclass(frozen=True)
class DowntimePlanned(Fact):
    machine: int
    downtime: int


@dataclass(frozen=True)
class OvertimePlanned(Fact):
    """A machine works longer, or (`ends` None) not longer after all."""

    machine: int
    overtime: int
    ends: datetime | None


@dataclass(frozen=True)
class OrderReprioritised(Fact):
    """An order, with its sub-orders, has another priority, or it is due at another time."""

    order: int
    priority: int
    due_at: datetime
    by: int


@dataclass(frozen=True)
class OrderReduced(Fact):
    """Less is made for an order: `quantity` is still to come; batches that nobody had begun are smaller, or cancelled."""

    order: int
    quantity: Decimal
    reason: str
    by: int


@dataclass(frozen=True)
class BatchSplit(Fact):
    """A batch is made as several: it kept the first share, `parts` are the batches with the others."""

    batch: int
    parts: tuple[int, ...]
    by: int


@dataclass(frozen=True)
class BatchesJoined(Fact):
    """Batches of one order are made as one: `batch` got their quantities, `parts` are those that were cancelled for it."""

    batch: int
    parts: tuple[int, ...]
    by: int


@dataclass(frozen=True)
class OperationPinned(Fact):
    """A planner fixed where and when an operation runs, or (`machine` None) let it go again."""

    operation: int
    machine: int | None
    by: int


@dataclass(frozen=True)
class PlanRefused(Fact):
    """A plan was made that breaks the plant's rules, and was not published; `faults` are the first of them."""

    reason: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class SchedulePublished(Fact):
    schedule: int
    version: int


@dataclass(frozen=True)
class WhatIfPublished(Fact):
    """A planner decided for a what-if plan; what it changes is in force."""

    what_if: int
    by: int


@dataclass(frozen=True)
class WhatIfTakenBack(Fact):
    """A planner took back what a published what-if plan had put in force."""

    what_if: int
    by: int


@dataclass(frozen=True)
class InstructionApproved(Fact):
    """A version of a work instruction is in force from that moment on; the one before it until then."""

    version: int
    instruction: int
    effective_from: datetime
    by: int


@dataclass(frozen=True)
class InstructionWithdrawn(Fact):
    version: int
    instruction: int
    reason: str
    by: int


@dataclass(frozen=True)
class InstructionRead(Fact):
    """A person has read and understood a version."""

    version: int
    by: int


@dataclass(frozen=True)
class GateOverridden(Fact):
    """Somebody answered for a gate that was shut; `gate` is one of `production.models.Gate`."""

    override: int
    operation: int
    gate: str
    person: int
    by: int


@dataclass(frozen=True)
class MachineCleaned(Fact):
    cleaning: int
    machine: int
    kind: str
    by: int


@dataclass(frozen=True)
class CleaningChecked(Fact):
    """A second person looked at a cleaning."""

    cleaning: int
    machine: int
    is_clean: bool
    by: int


@dataclass(frozen=True)
class OrderRespecified(Fact):
    """What a customer asks of an order was stated anew; `source` is the number of his line."""

    order: int
    source: str
    by: int


@dataclass(frozen=True)
class ReworkPlanned(Fact):
    """Steps of a batch are done once more, by operations of its own or, of a finished one, of a batch of rework."""

    batch: int
    nonconformance: int
    operations: tuple[int, ...]
    by: int
