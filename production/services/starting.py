"""Starting, pausing and resuming operations. A start is refused unless everything it needs is there, and the refusal says what is not.

Whoever starts, pauses or finishes an operation locks its batch first, then (to start) the machine, its tools, then the operation; a publisher of
schedules locks operations only. So nobody waits in a circle, and of two who start the same operation, or two operations on
one machine, one is told.
"""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot, Reservation, Transformation
from inventory.quantities import plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.bills import free_stock, quantum
from production.eligibility import eligible_machines
from production.explosion import round_up
from production.facts import OperationPaused, OperationResumed, OperationStarted
from production.models import (
    Batch,
    Component,
    Downtime,
    Machine,
    MaterialClaim,
    Operation,
    ProductionOrder,
    Qualification,
    Slot,
    Step,
    TimeEntry,
)
from production.services.claims import attributes_asked
from production.services.tooling import require_tools
from quality.models import Inspection

NAMES_SHOWN = 5


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


class NotQualified(DomainError):
    code = "production.not_qualified"
    title = "A qualification is missing"


class MaterialMissing(DomainError):
    code = "production.material_missing"
    title = "The material is not there"


@transaction.atomic
def start_operation(
    operation: Operation, *, machine: Machine | None = None, by: User, at: datetime
) -> Operation:
    """Start work. The first operation of a batch sets the batch, and its order, running.

    :param machine: where; by default where the schedule has it, else the only machine that may do it. None at work centers
        without limit.
    :raises NotReady: while the batch is not released, an operation before it is not done, its inspection has not passed, or its
        lot is held or rejected.
    :raises MachineNotEligible: when the machine may not do this step or does not hold this batch.
    :raises MachineDown: while the machine is down.
    :raises MachineBusy: while another operation runs on it.
    :raises ToolNotFree: while a tool that the step needs is in use elsewhere or away.
    :raises NotQualified: when the step asks for a qualification that this person does not hold today.
    :raises MaterialMissing: when usable stock does not cover what the step takes.
    :raises IllegalTransition: when it was started before.
    """
    batch = lock_batch(operation)
    if operation.status == Operation.Status.WAITING:
        _require_turn(operation, batch)
        _require_qualified(operation.step, by, at)
        machine = _choose_machine(operation, machine, at=at)
        require_tools(operation, at=at)
        _require_material(operation, batch, at)
    operation.move_to(Operation.Status.RUNNING, started_at=at, running_since=at, machine=machine)
    if batch.status == Batch.Status.RELEASED:
        _set_running(batch, by=by, at=at)
    record(OperationStarted(operation=operation.pk, machine=operation.machine_id, by=by.pk))
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
    :raises MachineNotEligible, MachineDown, MachineBusy, ToolNotFree, NotQualified: as for a start.
    :raises IllegalTransition: unless it is paused.
    """
    batch = lock_batch(operation)
    if operation.status == Operation.Status.PAUSED:
        if reason := _lot_stops(batch):
            raise NotReady(f"{operation} cannot go on: {reason}.", remedy="Wait for its disposition.")
        _require_qualified(operation.step, by, at)
        machine = _choose_machine(operation, machine or operation.machine, at=at)
        require_tools(operation, at=at)
    operation.move_to(Operation.Status.RUNNING, running_since=at, machine=machine)
    record(OperationResumed(operation=operation.pk, by=by.pk))
    return operation


def lock_batch(operation: Operation) -> Batch:
    """Lock the batch of an operation until the transaction ends, and see both as they now are."""
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("order", "lot__item__site", "plan__item__site", "transformation")
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


def why_not_ready(operation: Operation) -> str:
    """What a waiting operation waits for, as the rest of a sentence; empty when it is its turn."""
    batch = operation.batch
    if batch.status not in {Batch.Status.RELEASED, Batch.Status.RUNNING}:
        return f"batch {batch} is {batch.get_status_display().lower()}"
    if reason := _lot_stops(batch):
        return reason
    before = list(
        batch.operations.filter(sequence__lt=operation.sequence)
        .select_related("step", "inspection__plan")
        .order_by("sequence")
    )
    for earlier in before:
        if earlier.status != Operation.Status.DONE:
            return f"step {earlier.step} is {earlier.get_status_display().lower()}"
    gates = {earlier.inspection_id: earlier for earlier in before if earlier.inspection_id is not None}
    cleared = set(Inspection.objects.cleared().filter(pk__in=gates).values_list("pk", flat=True))
    for key, earlier in gates.items():
        if key not in cleared and earlier.inspection is not None:
            verdict = earlier.inspection.get_status_display().lower()
            return f"inspection {earlier.inspection.plan.code} after step {earlier.step} is {verdict}"
    return ""


def _lot_stops(batch: Batch) -> str:
    lot = batch.lot
    if lot is not None and lot.status in {Lot.Status.HELD, Lot.Status.REJECTED}:
        why = f" ({lot.hold_reason})" if lot.hold_reason else ""
        return f"lot {lot} is {lot.get_status_display().lower()}{why}"
    return ""


def _require_turn(operation: Operation, batch: Batch) -> None:
    if reason := why_not_ready(operation):
        planned = batch.status == Batch.Status.PLANNED
        remedy = "Release its order first." if planned else "It can start as soon as that is settled."
        raise NotReady(f"{operation} cannot start: {reason}.", remedy=remedy)


def _require_qualified(step: Step, by: User, at: datetime) -> None:
    code = step.required_qualification
    if not code:
        return
    today = at.astimezone(step.work_center.site.zone).date()
    holders = Qualification.objects.filter(code=code).select_related("operator__user").order_by("pk")
    valid = holders.valid(today)
    if valid.filter(operator__user=by).exists():
        return
    own = holders.filter(operator__user=by).first()
    lapsed = f"; yours expired on {own.expires_on}" if own is not None else ""
    others = ", ".join(str(row.operator.user) for row in valid[:NAMES_SHOWN])
    raise NotQualified(
        f"Step {step} asks for qualification {code}, which {by} does not hold today{lapsed}.",
        remedy=f"Ask one of: {others}."
        if others
        else "Nobody holds it today; have somebody qualified first.",
    )


def _choose_machine(operation: Operation, machine: Machine | None, *, at: datetime) -> Machine | None:
    """The machine, locked, free, up and eligible; None at a work center without limit."""
    step, center = operation.step, operation.step.work_center
    if center.is_unlimited:
        if machine is not None:
            raise MachineNotEligible(
                f"{center} takes any number of operations at once and has no machines to choose from.",
                remedy="Leave the machine empty.",
            )
        return None
    candidates = eligible_machines(
        step, operation.batch.quantity, center.machines.order_by("code").select_for_update(no_key=True)
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
        expected = f", expected back {until:%Y-%m-%d %H:%M} UTC" if until else ""
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


def _require_material(operation: Operation, batch: Batch, at: datetime) -> None:
    """Usable stock, kept for this batch or free, covers what the step takes for the whole batch."""
    components = list(operation.step.components.select_related("item").order_by("pk"))
    if not components:
        return
    today = at.astimezone(batch.plan.item.site.zone).date()
    asked = attributes_asked([batch.order_id])
    usable = Lot.objects.usable(today)
    kept: dict[int, Decimal] = {}
    claims = MaterialClaim.objects.filter(
        batch=batch, reservation__status=Reservation.Status.OPEN, reservation__lot__in=usable
    )
    for key, quantity in claims.values_list("component", "reservation__quantity"):
        kept[key] = kept.get(key, Decimal(0)) + quantity
    missing = []
    for component in components:
        need = round_up(batch.quantity * component.quantity_per, quantum(component.item))
        carrying = {component.item_id: asked.get((batch.order_id, component.pk), {})}
        there = kept.get(component.pk, Decimal(0))
        if there < need:
            there += free_stock([component.item_id], today, carrying=carrying, at=at).get(
                component.item_id, Decimal(0)
            )
        if there < need:
            missing.append(_lack(component, need, there, carrying[component.item_id]))
    if missing:
        raise MaterialMissing(
            f"{operation} lacks {'; '.join(missing)}.",
            remedy="Receive or release the material, or give it back from other batches.",
        )


def _lack(component: Component, need: Decimal, there: Decimal, attributes: dict[str, str]) -> str:
    asked = ", ".join(f"{name} {value}".strip() for name, value in attributes.items())
    with_what = f" with {asked}" if asked else ""
    return f"{component.item}{with_what}: {plain(need)} {component.item.unit} needed, {plain(there)} usable"


def _set_running(batch: Batch, *, by: User, at: datetime) -> None:
    transformation = inventory.begin_transformation(
        Transformation.Kind.PRODUCTION, reference=batch.number, lot=batch.lot, by=by, at=at
    )
    batch.move_to(Batch.Status.RUNNING, started_at=at, transformation=transformation)
    order = ProductionOrder.objects.select_for_update(no_key=True).get(pk=batch.order_id)
    if order.status == ProductionOrder.Status.RELEASED:
        order.move_to(ProductionOrder.Status.RUNNING)
