"""Rework: steps are done once more because a nonconformance was decided so.

Of a batch that still runs they are operations of its own, before it goes on. Of a finished one they are a batch of rework under an order of its
own: what goes in is the lot in doubt, or the serial number, and what comes out is the same lot, so that the ledger tells what was
reworked and what was lost by it, and the yield of the batch that made it stays what it was.

A reworked operation is what opens the way for the repeated inspection, so it does not wait for the verdict that called for it; whatever follows
waits for the rework and for the repeated inspection.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.numbering import numbered
from inventory.renumbering import numbered_before
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.facts import OrderReleased, ReworkPlanned
from production.models import Batch, Operation, ProductionOrder, Specification, Step
from production.services.trees import tell_planned
from quality import services as quality
from quality.models import Nonconformance


class NoRework(DomainError):
    code = "production.no_rework"
    title = "This batch cannot be reworked so"


@transaction.atomic
def plan_rework(
    batch: Batch, nonconformance: Nonconformance, steps: Sequence[Step], *, by: User, at: datetime
) -> list[Operation]:
    """Do steps of a batch once more because a nonconformance of its goods was decided so; the plan finds them a place.

    Of a running batch they go before whatever waits. Of a finished one they become a released order over what is in doubt and on hand:
    its lot waits meanwhile, and is inspected again before it may go anywhere.

    :param nonconformance: of the batch's lot or, once it is finished, also of a lot or serial number that its goods bear since.
    :param steps: of the batch's own plan, done before; in the order of the plan, whatever the order here. Steps that take material are not
        repeated: what they put in is in already.
    :raises NoRework: when the decision was another, rework was planned for it before, or nothing of the goods is here.
    :raises InvalidInput: for steps that are not the batch's, are not done yet, or take material; and for none.
    """
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",)).select_related("order").get(pk=batch.pk)
    )
    _require_decided(batch, nonconformance)
    operations = list(batch.operations.select_related("step").order_by("sequence"))
    done = [each for each in operations if each.status == Operation.Status.DONE]
    wanted = _checked(batch, steps, {each.step_id for each in done})
    if batch.status == Batch.Status.DONE:
        made = _rework_finished(batch, nonconformance, wanted, by=by, at=at)
    else:
        made = _rework_running(batch, nonconformance, wanted, operations)
    record(
        ReworkPlanned(
            batch=batch.pk,
            nonconformance=nonconformance.pk,
            operations=tuple(each.pk for each in made),
            by=by.pk,
        )
    )
    return made


def _rework_running(
    batch: Batch, nonconformance: Nonconformance, wanted: Sequence[Step], operations: Sequence[Operation]
) -> list[Operation]:
    done = [each for each in operations if each.status == Operation.Status.DONE]
    waiting = [each for each in operations if each.status == Operation.Status.WAITING]
    if batch.status != Batch.Status.RUNNING or not done or not waiting:
        raise NoRework(
            f"{batch} is {batch.get_status_display().lower()}, with nothing left that rework could go before.",
            remedy="Finish what is under way; then it can be reworked.",
        )
    begun = [each for each in operations if each.started_at is not None]
    last, following = begun[-1].sequence, waiting[0].sequence
    if following - last <= len(wanted):
        raise NoRework(
            f"Between steps {last} and {following} of {batch} there is room for {following - last - 1} more.",
            remedy="Repeat fewer steps, or work off first what is planned there.",
        )
    return Operation.objects.bulk_create(
        Operation(batch=batch, step=step, sequence=last + number, rework_of=nonconformance)
        for number, step in enumerate(wanted, start=1)
    )


def _rework_finished(
    batch: Batch, nonconformance: Nonconformance, wanted: Sequence[Step], *, by: User, at: datetime
) -> list[Operation]:
    lot = nonconformance.lot
    inventory.lock_lots([lot])
    quantity = min(nonconformance.quantity, inventory.on_hand(lot))
    if not quantity:
        raise NoRework(
            f"Nothing of lot {lot} is on hand.",
            remedy="Take back what was shipped, or report the lot that it is now.",
        )
    quality.begin_rework(nonconformance, by=by, at=at)
    order = ProductionOrder.objects.create(
        **numbered(ProductionOrder, "P"),
        site_id=batch.order.site_id,
        item_id=batch.order.item_id,
        quantity=quantity,
        due_at=max(batch.order.due_at, at),
        priority=batch.order.priority,
        strategy=batch.order.strategy,
        status=ProductionOrder.Status.RELEASED,
        released_at=at,
        reason=f"Rework of {batch} for {nonconformance}",
    )
    again = Batch.objects.create(
        order=order,
        number=f"{order.number}-01",
        plan_id=batch.plan_id,
        quantity=quantity,
        status=Batch.Status.RELEASED,
        lot=lot,
        rework_of=nonconformance,
    )
    _ask_the_same(batch.order, order, wanted)
    made = Operation.objects.bulk_create(
        Operation(batch=again, step=step, sequence=step.sequence, rework_of=nonconformance) for step in wanted
    )
    tell_planned([order])
    record(OrderReleased(order=order.pk, by=by.pk))
    return made


def _ask_the_same(before: ProductionOrder, order: ProductionOrder, steps: Sequence[Step]) -> None:
    """What customers asked of these steps, and of what is inspected afterwards, binds again."""
    repeated = {step.pk for step in steps}
    asked = Specification.objects.filter(order=before, component__isnull=True).order_by("pk")
    rows = [each for each in asked if each.step_id is None or each.step_id in repeated]
    for each in rows:
        each.pk, each.order = None, order
    Specification.objects.bulk_create(rows)


def _require_decided(batch: Batch, nonconformance: Nonconformance) -> None:
    nonconformance.refresh_from_db(fields=["status", "disposition"])
    known = (
        {nonconformance.lot_id}
        if batch.status != Batch.Status.DONE
        else numbered_before(nonconformance.lot_id)
    )
    if batch.lot_id not in known or batch.rework_of_id:
        raise NoRework(
            f"{nonconformance} is of another lot.", remedy="Choose one of the goods that this batch made."
        )
    if (
        nonconformance.disposition != Nonconformance.Disposition.REWORK
        or nonconformance.status != Nonconformance.Status.DECIDED
    ):
        raise NoRework(f"{nonconformance} is not to be reworked.", remedy="Decide on rework first.")
    planned = Operation.objects.filter(rework_of=nonconformance)
    if planned.exclude(status=Operation.Status.CANCELLED).exists():
        raise NoRework(f"Rework for {nonconformance} is planned already.", remedy="Work it off.")


def _checked(batch: Batch, steps: Sequence[Step], done: set[int]) -> list[Step]:
    wanted = sorted({step.pk: step for step in steps}.values(), key=lambda step: step.sequence)
    if not wanted:
        raise _invalid("Choose at least one step.")
    for step in wanted:
        if step.plan_id != batch.plan_id or step.pk not in done:
            raise _invalid(f"{step} is not a step that {batch} has done.")
        if step.components.exists():
            raise _invalid(f"{step} takes material, which is in already: it cannot be repeated.")
    return wanted


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput.at_field("steps", sentence)
