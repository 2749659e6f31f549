"""Looks at running operations: the first piece, before more is made; then one after so much time or so many pieces.

Each opens by itself, exactly once: whoever starts or reports holds the batch, and so does the sweep that looks at the clock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from inventory.models import Site
from inventory.quantities import COUNTED_UNITS
from mes.core.models import User
from mes.core.refusals import DomainError
from production.models import Checkpoint, Operation
from production.services.gates import tightened_for
from quality import services as quality
from quality.models import Inspection, InspectionPlan

Moment = Checkpoint.Moment


class FirstPieceOpen(DomainError):
    code = "production.first_piece_open"
    title = "The first piece has not passed"


def open_first_piece(operation: Operation, *, by: User, at: datetime) -> Checkpoint | None:
    """Ask for the first piece of an operation that starts, if its step does; nothing where that was asked for before."""
    plan = _in_force(operation.step.first_piece_plan)
    if plan is None or operation.checkpoints.filter(moment=Moment.FIRST_PIECE).exists():
        return None
    return _open(operation, plan, Moment.FIRST_PIECE, operation.batch.quantity, due_at=at, by=by, at=at)


def require_first_piece(operation: Operation, total: Decimal | None = None) -> None:
    """:raises FirstPieceOpen: while the first piece has not passed, unless `total`, reported of the operation in all, is no more than it."""
    checkpoint = (
        operation.checkpoints.shut().filter(moment=Moment.FIRST_PIECE).select_related("inspection").first()
    )
    if checkpoint is None:
        return
    inspection, item = checkpoint.inspection, operation.batch.plan.item
    pieces = inspection.sample_size
    if total is not None and item.uom in COUNTED_UNITS and total <= pieces:
        return
    more = f" No more than {pieces} can be reported before." if item.uom in COUNTED_UNITS else ""
    raise FirstPieceOpen(
        f"The first piece of {operation} is {inspection.get_status_display().lower()}: inspection {inspection}.",
        remedy=f"Have it inspected; work goes on once it has passed.{more}",
    )


def open_periodic(operation: Operation, *, by: User | None, at: datetime) -> Checkpoint | None:
    """Ask for the next sample of a running operation, if it is due by the clock or by what was reported; None while it is not.

    While a sample is still to be inspected no other is asked for. The batch is locked.
    """
    plan = _in_force(operation.step.periodic_plan)
    if plan is None or operation.status != Operation.Status.RUNNING:
        return None
    before = operation.checkpoints.filter(moment=Moment.PERIODIC).order_by("-due_at", "-pk")
    last = before.select_related("inspection").first()
    waiting = Inspection.objects.open().filter(lot=operation.batch.lot_id, reference=_reference(operation))
    if waiting.filter(plan__code=plan.code).exists():
        return None
    reported = reported_of(operation)
    made = reported - (last.reported if last is not None else Decimal(0))
    due_at = _due_at(operation, plan, last, made, at)
    if due_at is None:
        return None
    stands_for = made or operation.batch.quantity
    return _open(operation, plan, Moment.PERIODIC, stands_for, due_at=due_at, reported=reported, by=by, at=at)


@transaction.atomic
def open_due_samples(*, sites: Sequence[Site] | None = None, at: datetime) -> list[Checkpoint]:
    """Ask for every periodic sample that has become due by the clock, at these sites or at all. Safe to repeat."""
    running = Operation.objects.running().filter(step__periodic_plan__isnull=False).order_by("pk")
    if sites is not None:
        running = running.filter(step__work_center__site__in=sites)
    return [checkpoint for key in running.values_list("pk", flat=True) if (checkpoint := _look_at(key, at))]


def reported_of(operation: Operation) -> Decimal:
    """Good and scrap reported while it runs, in the item's unit."""
    total = operation.reports.aggregate(good=Sum("good"), scrap=Sum("scrap"))
    return (total["good"] or Decimal(0)) + (total["scrap"] or Decimal(0))


def _look_at(key: int, at: datetime) -> Checkpoint | None:
    # Operations that somebody is at this moment starting, reporting or finishing are left to the next look.
    operation = (
        Operation.objects.running()
        .select_related("batch__lot__item__site", "batch__plan__item", "step__periodic_plan", "machine")
        .select_for_update(of=("batch",), no_key=True, skip_locked=True)
        .filter(pk=key)
        .first()
    )
    return open_periodic(operation, by=None, at=at) if operation is not None else None


def _due_at(
    operation: Operation, plan: InspectionPlan, last: Checkpoint | None, made: Decimal, at: datetime
) -> datetime | None:
    """When it became due, if it has; time at which the operation stood still does not count."""
    if plan.every_quantity is not None and made >= plan.every_quantity:
        return at
    began = operation.running_since or at
    if plan.every_minutes is None:
        return None
    counted_from = max(began, last.due_at) if last is not None else began
    due_at = counted_from + timedelta(minutes=plan.every_minutes)
    return due_at if due_at <= at else None


def _open(
    operation: Operation,
    plan: InspectionPlan,
    moment: str,
    quantity: Decimal,
    *,
    due_at: datetime,
    reported: Decimal = Decimal(0),
    by: User | None,
    at: datetime,
) -> Checkpoint | None:
    batch = operation.batch
    if batch.lot is None:
        return None
    inspection = quality.open_inspection(
        plan,
        batch.lot,
        lot_quantity=quantity,
        reference=_reference(operation),
        tightened=tightened_for(plan, batch.order_id),
        line=operation.machine.code if operation.machine else "",
        due_at=due_at,
        by=by,
        at=at,
    )
    return Checkpoint.objects.create(
        operation=operation, inspection=inspection, moment=moment, reported=reported, due_at=due_at
    )


def _reference(operation: Operation) -> str:
    return f"{operation.batch.number}/{operation.sequence}"


def _in_force(plan: InspectionPlan | None) -> InspectionPlan | None:
    """The revision in force of the plan that a step names."""
    if plan is None:
        return None
    return (
        InspectionPlan.objects.effective().filter(code=plan.code).select_related("item", "sampling").first()
    )
