"""Inspections that production asks for: after a step, and of the finished lot, with the limits that customers narrowed."""

from datetime import datetime
from decimal import Decimal

from inventory import services as inventory
from inventory.models import Lot
from mes.core.models import User
from production.models import Batch, Operation, Specification
from quality import services as quality
from quality.models import Inspection, InspectionPlan, Stage


def open_gate(operation: Operation, quantity: Decimal, *, by: User, at: datetime) -> Inspection | None:
    """Open the inspection that a finished step asks for, by the revision in force; whatever follows waits for its verdict.

    :raises PlanNotEffective: when no revision of its plan is in force.
    """
    asked = operation.step.inspection_plan
    batch = operation.batch
    if asked is None or batch.lot is None:
        return None
    plan = InspectionPlan.objects.effective().filter(code=asked.code).first() or asked
    inspection = quality.open_inspection(
        plan,
        batch.lot,
        lot_quantity=quantity,
        reference=batch.number,
        tightened=tightened_for(plan, batch.order_id),
        line=operation.machine.code if operation.machine else "",
        may_skip=True,
        by=by,
        at=at,
    )
    operation.inspection = inspection
    operation.save(update_fields=["inspection"])
    return inspection


def open_final_inspection(batch: Batch, lot: Lot, *, by: User, at: datetime) -> Inspection | None:
    """Open the final inspection of a finished lot, if its item has a plan for that; None when it has none.

    One that was opened for this batch before, by its last step or by a repetition of this call, stands.
    """
    plan = InspectionPlan.objects.effective().filter(item=lot.item_id, stage=Stage.FINAL).first()
    if plan is None:
        return None
    opened = Inspection.objects.filter(
        plan__stage=Stage.FINAL, lot=lot, reference=batch.number, repeats__isnull=True
    ).exclude(status=Inspection.Status.CANCELLED)
    return opened.first() or quality.open_inspection(
        plan,
        lot,
        lot_quantity=inventory.on_hand(lot),
        reference=batch.number,
        tightened=tightened_for(plan, batch.order_id),
        may_skip=True,
        by=by,
        at=at,
    )


def tightened_for(plan: InspectionPlan, order: int) -> list[quality.Tightened]:
    """Limits that the customer narrowed, matched to the characteristics of this revision by their number."""
    asked = Specification.objects.filter(order=order, characteristic__plan__code=plan.code)
    own = {characteristic.number: characteristic for characteristic in plan.characteristics.all()}
    return [
        quality.Tightened(own[row.characteristic.number], row.lower_limit, row.upper_limit, row.source)
        for row in asked.select_related("characteristic").order_by("pk")
        if row.characteristic is not None and row.characteristic.number in own
    ]
