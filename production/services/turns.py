"""Whether it is an operation's turn, and where it may run."""

from datetime import datetime

from inventory.models import Lot
from inventory.quantities import plain
from mes.core.refusals import DomainError
from production.eligibility import eligible_machines
from production.handing_on import good_so_far, transfer_between
from production.models import Batch, Checkpoint, Downtime, Machine, Operation, Slot
from production.models.execution import rework_to_plan
from quality.models import Inspection, Nonconformance


class NotReady(DomainError):
    code = "production.not_ready"
    title = "It is not this operation's turn"


class MachineNotEligible(DomainError):
    code = "production.machine_not_eligible"
    title = "This machine cannot do it"


class MachineDown(DomainError):
    code = "production.machine_down"
    title = "The machine is down"


class MachineBusy(DomainError):
    code = "production.machine_busy"
    title = "The machine is taken"


def why_not_ready(operation: Operation) -> str:
    """What a waiting operation waits for, as the rest of a sentence; empty when it is its turn."""
    batch = operation.batch
    if batch.status not in {Batch.Status.RELEASED, Batch.Status.RUNNING}:
        return f"batch {batch} is {batch.get_status_display().lower()}"
    if reason := why_lot_stops(batch):
        return reason
    if operation.rework_of_id is None and (first := rework_to_plan().filter(lot=batch.lot_id).first()):
        return f"{first} is to be reworked, and nobody has planned that yet (Rework… on the batch)"
    before = list(
        batch.operations.filter(sequence__lt=operation.sequence)
        .select_related("step", "inspection__plan")
        .order_by("sequence")
    )
    for earlier in before:
        if reason := _why_held_back(operation, earlier):
            return reason
    gates = {earlier.inspection_id: earlier for earlier in before if earlier.inspection_id is not None}
    cleared = set(Inspection.objects.cleared().filter(pk__in=gates).values_list("pk", flat=True))
    if operation.rework_of_id is not None:  # rework does not wait for the inspection that called for it
        called = Nonconformance.objects.filter(pk=operation.rework_of_id, inspection__isnull=False)
        cleared.update(called.values_list("inspection", flat=True))
    for key, earlier in gates.items():
        if key not in cleared and earlier.inspection is not None:
            verdict = earlier.inspection.get_status_display().lower()
            return f"inspection {earlier.inspection.plan.code} after step {earlier.step} is {verdict}"
    shut = Checkpoint.objects.shut().filter(operation__in=before).select_related("inspection__plan")
    for checkpoint in shut.order_by("pk"):
        inspection = checkpoint.inspection
        return f"{checkpoint.get_moment_display().lower()} inspection {inspection.plan.code} is {inspection.get_status_display().lower()}"
    return ""


def _why_held_back(operation: Operation, earlier: Operation) -> str:
    """Why an operation waits for one before it, as the rest of a sentence; empty once that is done or has handed on enough."""
    if earlier.status == Operation.Status.DONE:
        return ""
    batch = operation.batch
    at_a_time = transfer_between(earlier, operation, batch)
    if at_a_time is None or earlier.status == Operation.Status.WAITING:
        return f"step {earlier.step} is {earlier.get_status_display().lower()}"
    handed_on, unit = good_so_far(earlier), batch.plan.item.unit
    if handed_on >= at_a_time:
        return ""
    return (
        f"step {earlier.step} has handed on {plain(handed_on)} of {plain(at_a_time)} {unit}; {plain(at_a_time - handed_on)} more "
        "must be reported good there"
    )


def why_lot_stops(batch: Batch) -> str:
    """Why nothing may be done to a batch's lot, as the rest of a sentence; empty when it may."""
    lot = batch.lot
    if lot is not None and lot.status in {Lot.Status.HELD, Lot.Status.REJECTED}:
        why = f" ({lot.hold_reason})" if lot.hold_reason else ""
        return f"lot {lot} is {lot.get_status_display().lower()}{why}"
    return ""


def require_turn(operation: Operation, batch: Batch) -> None:
    """:raises NotReady: while something before it is not settled; of one that was begun, while its lot is held or rejected."""
    if operation.status == Operation.Status.PAUSED:
        if reason := why_lot_stops(batch):
            raise NotReady(f"{operation} cannot go on: {reason}.", remedy="Wait for its disposition.")
        return
    if reason := why_not_ready(operation):
        planned = batch.status == Batch.Status.PLANNED
        remedy = "Release its order first." if planned else "It can start as soon as that is settled."
        raise NotReady(f"{operation} cannot start: {reason}.", remedy=remedy)


def choose_machine(
    operation: Operation, machine: Machine | None, *, at: datetime, locked: bool = True
) -> Machine | None:
    """The machine, free, up and eligible; None at a work center without limit.

    :param locked: whether the machines of its work center are locked, so that it stays free.
    :raises MachineNotEligible, MachineDown, MachineBusy: unless it is all that.
    """
    step, center = operation.step, operation.step.work_center
    if center.is_unlimited:
        if machine is not None:
            raise MachineNotEligible(
                f"{center} takes any number of operations at once and has no machines to choose from.",
                remedy="Leave the machine empty.",
            )
        return None
    machines = center.machines.order_by("code")
    candidates = eligible_machines(
        step, operation.batch.quantity, machines.select_for_update(no_key=True) if locked else machines
    )
    machine = machine or _planned_machine(operation, candidates)
    if machine is None or machine.pk not in {candidate.pk for candidate in candidates}:
        names = ", ".join(candidate.name for candidate in candidates) or "none"
        what = f"{machine} may not do {operation}" if machine else f"{operation} may run on several machines"
        raise MachineNotEligible(f"{what}.", remedy=f"Choose one of: {names}.")
    _require_up(machine, at)
    _require_free(machine, operation)
    return machine


def _planned_machine(operation: Operation, candidates: list[Machine]) -> Machine | None:
    slot = Slot.objects.published().filter(operation=operation).select_related("machine").first()
    if slot is not None and slot.machine is not None:
        return slot.machine
    return candidates[0] if len(candidates) == 1 else operation.pinned_machine


def _require_up(machine: Machine, at: datetime) -> None:
    downtime = Downtime.objects.current(at).filter(machine=machine).order_by("starts_at", "pk").first()
    if downtime is not None:
        until = downtime.ends_at or downtime.expected_until
        zone = machine.work_center.site.zone
        expected = f", expected back {until.astimezone(zone):%a %d %b %H:%M}" if until else ""
        raise MachineDown(
            f"{machine} is down: {downtime.reason}{expected}.",
            remedy="Choose another machine, or end the downtime.",
        )


def _require_free(machine: Machine, operation: Operation) -> None:
    running = (
        Operation.objects.running()
        .filter(machine=machine)
        .exclude(pk=operation.pk)
        .select_related("batch", "step")
        .first()
    )
    if running is not None:
        raise MachineBusy(
            f"{machine} is working on {running}.",
            remedy="Finish or pause that first, or choose another machine.",
        )
