"""Starting, pausing and resuming operations. A start is refused unless everything it needs is there, and the refusal names all that is not.

Whoever starts, pauses or finishes an operation locks its batch first, then (to start) the batch's lot, the starter's qualification, the machine, its
tools, then the operation; a publisher of schedules locks operations only. So nobody waits in a circle, and of two who start the same operation, or two operations on
one machine, one is told.
"""

from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.models import Transformation
from mes.core.facts import record
from mes.core.models import User
from mes.core.states import IllegalTransition
from production.facts import OperationPaused, OperationResumed, OperationStarted
from production.models import Batch, Machine, Operation, ProductionOrder, TimeEntry
from production.services.checkpoints import open_first_piece
from production.services.start_gates import Start, require_open, shut_gates


@transaction.atomic
def start_operation(
    operation: Operation, *, machine: Machine | None = None, by: User, at: datetime
) -> Operation:
    """Start work. The first operation of a batch sets the batch, and its order, running; where the step asks for a first piece, its
    inspection opens.

    :param machine: where; by default where the schedule has it, else the only machine that may do it. None at work centers
        without limit.
    :raises NotReady: while the batch is not released, an operation before it is not done, its inspection has not passed, or its
        lot is held or rejected.
    :raises MachineNotEligible: when the machine may not do this step or does not hold this batch.
    :raises MachineDown: while the machine is down.
    :raises MachineBusy: while another operation runs on it.
    :raises ToolNotFree: while a tool that the step needs is in use elsewhere or away.
    :raises NotQualified: when the step, or a customer for this order, asks for a qualification that this person does not hold today.
    :raises InstructionUnread: while an instruction of the step has no version in force, or this person has not read one that must be.
    :raises GaugeMissing: when no gauge in calibration is there of a kind that the step's inspection asks for.
    :raises NotClean: while the cleaning between what ran on the machine before and this is not done, or not checked.
    :raises MaterialMissing: when usable stock does not cover what the step takes.
    :raises GatesShut: naming all of them, when several of these hold.
    :raises InsufficientStock: when less is on hand of a lot than is to be reworked.
    :raises IllegalTransition: when it was started before.

    The five before that are passed where somebody with the right answered for them (`override_gate`).
    """
    batch = lock_batch(operation)
    _require(operation, Operation.Status.WAITING, "What waits is started; what is paused is resumed.")
    machine, overrides = _pass_gates(operation, batch, machine, by=by, at=at)
    operation.move_to(Operation.Status.RUNNING, started_at=at, running_since=at, machine=machine)
    if batch.status == Batch.Status.RELEASED:
        _set_running(batch, by=by, at=at)
    open_first_piece(operation, by=by, at=at)
    record(
        OperationStarted(
            operation=operation.pk, machine=operation.machine_id, by=by.pk, overrides=tuple(overrides)
        )
    )
    return operation


@transaction.atomic
def pause_operation(operation: Operation, *, reason: str = "", by: User, at: datetime) -> Operation:
    """Stop for a while; the machine is free meanwhile.

    :raises IllegalTransition: unless it runs.
    """
    lock_batch(operation)
    since = operation.running_since
    operation.move_to(Operation.Status.PAUSED, running_since=None)
    write_time(operation, since, by=by, at=at)
    record(OperationPaused(operation=operation.pk, reason=reason, by=by.pk))
    return operation


@transaction.atomic
def resume_operation(
    operation: Operation, *, machine: Machine | None = None, by: User, at: datetime
) -> Operation:
    """Go on with a paused operation, on the same machine unless another is named.

    :raises NotReady: while its lot is held or rejected.
    :raises MachineNotEligible, MachineDown, MachineBusy, ToolNotFree, NotQualified, InstructionUnread, GaugeMissing, NotClean, GatesShut:
        as for a start.
    :raises IllegalTransition: unless it is paused.
    """
    batch = lock_batch(operation)
    _require(operation, Operation.Status.PAUSED, "What is paused is resumed; what waits is started.")
    machine, overrides = _pass_gates(operation, batch, machine or operation.machine, by=by, at=at)
    operation.move_to(Operation.Status.RUNNING, running_since=at, machine=machine)
    record(OperationResumed(operation=operation.pk, by=by.pk, overrides=tuple(overrides)))
    return operation


def lock_batch(operation: Operation) -> Batch:
    """Lock the batch of an operation until the transaction ends, and see both as they now are."""
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            "order", "lot__item__site", "plan__item__site", "transformation", "rework_of__inspection__plan"
        )
        .get(pk=operation.batch_id)
    )
    operation.refresh_from_db(
        fields=["status", "machine", "running_since", "started_at", "pinned_machine", "inspection"]
    )
    operation.batch = batch
    return batch


def write_time(operation: Operation, since: datetime | None, *, by: User, at: datetime) -> None:
    """Note a stretch of work that ends now."""
    if since is not None:
        TimeEntry.objects.create(
            operation=operation, machine=operation.machine, by=by, started_at=since, ended_at=max(since, at)
        )


def _require(operation: Operation, status: str, remedy: str) -> None:
    """:raises IllegalTransition: in any other status, also in one from which it could run, but past other gates."""
    if operation.status != status:
        raise IllegalTransition(f"{operation} is {operation.get_status_display().lower()}.", remedy=remedy)


def _pass_gates(
    operation: Operation, batch: Batch, machine: Machine | None, *, by: User, at: datetime
) -> tuple[Machine | None, list[int]]:
    """The machine that it will be, and the overrides it relies on. The lot is locked, so that a hold comes before this or after."""
    if batch.lot is not None:
        inventory.lock_lots([batch.lot])
    machine, shut = shut_gates(Start(operation, batch, machine, by, at))
    return machine, [override.pk for override in require_open(operation, shut)]


def _set_running(batch: Batch, *, by: User, at: datetime) -> None:
    kind = Transformation.Kind.REWORK if batch.rework_of_id else Transformation.Kind.PRODUCTION
    transformation = inventory.begin_transformation(kind, reference=batch.number, lot=batch.lot, by=by, at=at)
    if batch.rework_of_id and batch.lot is not None:
        inventory.rework_lot(batch.lot, batch.quantity, transformation=transformation, by=by, at=at)
    batch.move_to(Batch.Status.RUNNING, started_at=at, transformation=transformation)
    order = ProductionOrder.objects.select_for_update(no_key=True).get(pk=batch.order_id)
    if order.status == ProductionOrder.Status.RELEASED:
        order.move_to(ProductionOrder.Status.RUNNING)
