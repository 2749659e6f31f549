"""Inspections: opened on a lot, measured piece by piece, judged on entry, concluded by their last measurement.

Whoever measures locks the inspection first, so that of two who enter the same piece one is told that it is there already, and
exactly one of those who enter the last two pieces concludes.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from inventory.quantities import check_quantity
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, require_said
from quality.facts import InspectionCancelled, InspectionOpened
from quality.models import Inspection, InspectionPlan, Nonconformance, Tightening
from quality.services.extent import require_there
from quality.services.passing import let_lot_go_on
from quality.services.sizing import size_sample
from quality.services.tightening import Tightened, merged


class PlanNotEffective(DomainError):
    code = "quality.plan_not_effective"
    title = "The inspection plan is not in force"


class WrongItem(DomainError):
    code = "quality.wrong_item"
    title = "The plan is for another item"


class AlreadyOpen(DomainError):
    code = "quality.already_open"
    title = "This inspection is open already"


class NotRepeatable(DomainError):
    code = "quality.not_repeatable"
    title = "This inspection need not be repeated"


@transaction.atomic
def ask_for_inspection(
    lot: Lot,
    plan: InspectionPlan,
    *,
    lot_quantity: Decimal | None = None,
    reference: str = "",
    line: str = "",
    sample_size: int | None = None,
    by: User,
    at: datetime,
) -> Inspection:
    """Somebody asks for an inspection that does not open by itself: of goods that came back, say, or of a lot whose inspection was cancelled.

    :param lot_quantity: how much is judged; by default all that is on hand.
    :raises MoreThanThere: when that is more than there is of the lot.
    :raises InvalidQuantity: when it is no quantity of the item.

    And whatever else `open_inspection` raises.
    """
    inventory.lock_lots([lot])
    quantity = inventory.on_hand(lot) if lot_quantity is None else lot_quantity
    quantity = check_quantity(lot.item, quantity, name="lot_quantity")
    require_there(lot, quantity, what="be judged", verb="Inspect", field="lot_quantity")
    return open_inspection(
        plan,
        lot,
        lot_quantity=quantity,
        reference=reference,
        line=line,
        sample_size=sample_size,
        by=by,
        at=at,
    )


@transaction.atomic
def open_inspection(
    plan: InspectionPlan,
    lot: Lot,
    *,
    lot_quantity: Decimal,
    reference: str = "",
    tightened: Sequence[Tightened] = (),
    line: str = "",
    sample_size: int | None = None,
    cause: str = "",
    due_at: datetime | None = None,
    may_skip: bool = False,
    by: User | None = None,
    at: datetime,
) -> Inspection:
    """Ask for a lot to be inspected by a plan in force.

    :param lot_quantity: how much the lot is or will be, in the item's unit; the sample is sized by it.
    :param reference: number of the batch, order or delivery.
    :param tightened: narrower limits that bind in this inspection only.
    :param line: code of the machine or line that made it; where the scheme says so, its lots before decide how this one is inspected.
    :param sample_size: pieces to inspect instead of what the plan's sampling scheme asks for; none of them may fail.
    :param cause: why so many, in a sentence; told with the sample.
    :param due_at: when it should be done; by default when it is opened.
    :param may_skip: a lot that its source's good record lets skip goes on at once, uninspected; needs `by`.
    :raises PlanNotEffective: unless the plan is approved and not superseded.
    :raises WrongItem: when the plan is for another item.
    :raises AlreadyOpen: when the lot is being inspected by this plan under this reference.
    :raises SampleTooLarge: when `sample_size` is more than the lot has.
    """
    if plan.status != InspectionPlan.Status.APPROVED:
        raise PlanNotEffective(
            f"{plan} is {plan.get_status_display().lower()}.",
            remedy="Approve it, or use the revision in force.",
        )
    if plan.item_id != lot.item_id:
        raise WrongItem(
            f"{plan} is for {plan.item}; lot {lot} is {lot.item}.", remedy="Choose a plan of the item."
        )
    return _open(
        plan,
        lot,
        lot_quantity,
        reference=reference,
        tightened=tightened,
        line=line,
        sample_size=sample_size,
        cause=cause,
        due_at=due_at,
        may_skip=may_skip,
        by=by,
        at=at,
    )


@transaction.atomic
def repeat_inspection(
    inspection: Inspection, *, note: str = "", by: User | None = None, at: datetime
) -> Inspection:
    """Inspect the same gate once more, by the same plan and limits, after a rework, a doubtful result or a cancellation.

    What waits for the first inspection goes on when a repetition passes.

    :raises NotRepeatable: while it is open, when its gate has been cleared, and while its nonconformance is undecided.
    :raises AlreadyOpen: when a repetition is open.
    """
    # Lot before inspection, as whoever decides a nonconformance locks them.
    inventory.lock_lots([inspection.lot])
    first = inspection.repeats or inspection
    _require_repeatable(inspection, first)
    asked = [
        Tightened(each.characteristic, each.lower_limit, each.upper_limit, each.source)
        for each in inspection.tightenings.select_related("characteristic").order_by("pk")
    ]
    quantity = inventory.on_hand(inspection.lot) or inspection.lot_quantity
    return _open(
        inspection.plan,
        inspection.lot,
        quantity,
        reference=inspection.reference,
        tightened=asked,
        line=inspection.line,
        repeats=first,
        note=note,
        by=by,
        at=at,
    )


@transaction.atomic
def cancel_inspection(inspection: Inspection, reason: str, *, by: User, at: datetime) -> Inspection:
    """Give an inspection up without a verdict: the lot stays as it is, and what waits for the verdict goes on waiting.

    :raises inventory.ReasonMissing: without a reason.
    :raises IllegalTransition: when it is concluded.
    """
    require_said(reason, "Say why it is cancelled", refusal=inventory.ReasonMissing)
    lock(inspection)
    inspection.move_to(Inspection.Status.CANCELLED, note=reason, closed_at=at, closed_by=by)
    record(
        InspectionCancelled(
            inspection=inspection.pk,
            gate=inspection.gate,
            lot=inspection.lot_id,
            stage=inspection.plan.stage,
            by=by.pk,
        )
    )
    return inspection


def lock(inspection: Inspection) -> None:
    """Lock the inspection until the transaction ends, and see its status as it now is."""
    inspection.refresh_from_db(
        fields=["status", "closed_at", "drawn", "sample_size"],
        from_queryset=Inspection.objects.select_for_update(no_key=True),
    )


def _open(
    plan: InspectionPlan,
    lot: Lot,
    lot_quantity: Decimal,
    *,
    reference: str,
    tightened: Sequence[Tightened],
    line: str,
    sample_size: int | None = None,
    cause: str = "",
    due_at: datetime | None = None,
    may_skip: bool = False,
    repeats: Inspection | None = None,
    note: str = "",
    by: User | None,
    at: datetime,
) -> Inspection:
    # The lot is the row that everybody who opens this inspection has in common.
    inventory.lock_lots([lot])
    if Inspection.objects.open().filter(plan=plan, lot=lot, reference=reference).exists():
        raise AlreadyOpen(
            f"{plan.code} on lot {lot} is open already.", remedy="Record the measurements in that one."
        )
    sizing = size_sample(
        plan,
        lot,
        lot_quantity,
        line=line,
        asked=sample_size,
        cause=cause,
        may_skip=may_skip and by is not None,
        at=at,
    )
    inspection = Inspection.objects.create(
        plan=plan,
        lot=lot,
        lot_quantity=lot_quantity,
        sample_size=sizing.samples[0].size,
        samples=[list(sample) for sample in sizing.samples],
        code_letter=sizing.code_letter,
        severity=sizing.severity,
        sampled_because=sizing.because[:400],
        source=sizing.source,
        reference=reference,
        line=line,
        repeats=repeats,
        note=note,
        due_at=due_at,
        opened_at=at,
    )
    Tightening.objects.bulk_create(merged(inspection, tightened))
    record(InspectionOpened(inspection=inspection.pk, gate=inspection.gate, lot=lot.pk, stage=plan.stage))
    if sizing.is_skipped and by is not None:
        let_lot_go_on(inspection, Inspection.Status.SKIPPED, by=by, at=at)
    return inspection


def _require_repeatable(inspection: Inspection, first: Inspection) -> None:
    lock(first)
    if inspection.pk != first.pk:
        lock(inspection)
    undecided = Nonconformance.objects.undecided().filter(inspection=inspection).first()
    if undecided is not None:
        raise NotRepeatable(
            f"{undecided} of {inspection} is undecided.", remedy="Decide it first: rework or inspect again."
        )
    if inspection.status == Inspection.Status.OPEN:
        raise NotRepeatable(f"{inspection} is open.", remedy="Record its measurements, or cancel it first.")
    if Inspection.objects.cleared().filter(pk=first.pk).exists():
        raise NotRepeatable(f"{inspection} has been cleared.", remedy="Nothing waits for it any more.")
