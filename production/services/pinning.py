"""A planner's wish where and when an operation runs; the scheduler keeps it as far as it can and says so where it cannot."""

from datetime import datetime

from django.db import transaction

from mes.core.dates import require_within_reach
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.eligibility import eligible_machines
from production.facts import OperationPinned
from production.models import Machine, Operation
from production.services.machines import WrongTime
from production.services.turns import MachineNotEligible


class AlreadyStarted(DomainError):
    code = "production.already_started"
    title = "It has started"


@transaction.atomic
def pin_operation(
    operation: Operation, machine: Machine, start_at: datetime | None = None, *, by: User, at: datetime
) -> Operation:
    """Fix the machine of an operation and, if a start is given, the moment its set-up begins.

    :raises AlreadyStarted: unless the operation waits.
    :raises MachineNotEligible: when the machine may not do the step or does not hold the batch.
    :raises WrongTime: for a start in the past.
    :raises DateOutOfReach: for one that is a slip of the keyboard.
    """
    _lock_waiting(operation)
    _require_eligible(operation, machine)
    if start_at is not None and start_at < at:
        raise WrongTime("It cannot start in the past.", errors={"start_at": ["choose a later time"]})
    require_within_reach(start_at, "start_at")
    _pin(operation, machine, start_at)
    record(OperationPinned(operation=operation.pk, machine=machine.pk, by=by.pk))
    return operation


@transaction.atomic
def restore_pin(
    operation: Operation, machine: Machine | None, start_at: datetime | None, *, by: User, at: datetime
) -> Operation:
    """Put back the pin that an operation had, or none; a start that has passed since is kept as far as it can be.

    :raises AlreadyStarted: unless the operation waits.
    :raises MachineNotEligible: when the machine no longer may do the step.
    """
    _lock_waiting(operation)
    if machine is not None:
        _require_eligible(operation, machine)
    _pin(operation, machine, start_at)
    record(OperationPinned(operation=operation.pk, machine=machine.pk if machine else None, by=by.pk))
    return operation


@transaction.atomic
def unpin_operation(operation: Operation, *, by: User, at: datetime) -> Operation:
    """Let the scheduler place an operation again; one that is not pinned stays as it is.

    :raises AlreadyStarted: unless the operation waits.
    """
    _lock_waiting(operation)
    _pin(operation, None, None)
    record(OperationPinned(operation=operation.pk, machine=None, by=by.pk))
    return operation


def _lock_waiting(operation: Operation) -> None:
    operation.refresh_from_db(
        fields=["status"], from_queryset=Operation.objects.select_for_update(no_key=True)
    )
    if operation.status != Operation.Status.WAITING:
        raise AlreadyStarted(
            f"{operation} is {operation.get_status_display().lower()}.",
            remedy="Only operations that wait are pinned.",
        )


def _require_eligible(operation: Operation, machine: Machine) -> None:
    step = operation.step
    candidates = eligible_machines(step, operation.batch.quantity, step.work_center.machines.order_by("code"))
    if machine not in candidates:
        names = ", ".join(candidate.name for candidate in candidates) or "none"
        raise MachineNotEligible(f"{machine} may not do {operation}.", remedy=f"Choose one of: {names}.")


def _pin(operation: Operation, machine: Machine | None, start_at: datetime | None) -> None:
    operation.pinned_machine, operation.pinned_start_at = machine, start_at
    operation.save(update_fields=["pinned_machine", "pinned_start_at"])
