"""Transfer batches: what a step hands on to the next one before its batch is done.

A step with a transfer quantity lets the next one start as soon as so many pieces are reported good. From then on two steps of the batch
are under way: what the second may use up grows with every report of the first, and it ends after it. A batch no larger than
the transfer quantity goes on as a whole, and so does work that is done again.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from production.models import Batch, Operation, ProgressReport, Step


def transfer_quantity_of(operation: Operation, batch: Batch) -> Decimal | None:
    """What the operation hands on at a time, in the item's unit; None where its batch goes on as a whole."""
    quantity = operation.step.transfer_quantity
    if quantity is None or operation.rework_of_id is not None or quantity >= batch.quantity:
        return None
    return quantity


def transfer_between(former: Operation, operation: Operation, batch: Batch) -> Decimal | None:
    """What the step before hands on to an operation at a time; None where that waits for all of it, as what is done again does."""
    return None if operation.rework_of_id is not None else transfer_quantity_of(former, batch)


def share_until_handed_on(step: Step, transfer: Decimal | None, quantity: Decimal) -> float:
    """The share of a step's run after which its first transfer batch is done; 1 where a batch of that quantity goes on as a whole.

    What a batch takes whatever its size comes first, so an oven hands nothing on before it is done.
    """
    if transfer is None or transfer >= quantity:
        return 1.0
    whole = step.fixed_seconds + step.run_seconds * quantity
    if not whole:
        return float(transfer / quantity)
    return float((step.fixed_seconds + step.run_seconds * transfer) / whole)


def good_so_far(operation: Operation) -> Decimal:
    """What can go on of an operation: what it yielded, or has reported good while it is under way."""
    if operation.status == Operation.Status.DONE:
        return operation.good_quantity
    total = ProgressReport.objects.filter(operation=operation).aggregate(good=Sum("good"))["good"]
    return total or Decimal(0)


def former_of(operation: Operation) -> Operation | None:
    """The operation whose pieces this one works on; None for the first of a batch."""
    before = Operation.objects.filter(batch=operation.batch_id, sequence__lt=operation.sequence)
    before = before.exclude(status=Operation.Status.CANCELLED).select_related("step")
    return before.order_by("-sequence").first()


def came_in(operation: Operation) -> Decimal:
    """What there is to work on so far: what the step before left good or has handed on; of the first step, the batch."""
    former = former_of(operation)
    return operation.batch.quantity if former is None else good_so_far(former)


def tell_handing_on(operations: Iterable[Any]) -> None:
    """Set on operations what people at them have to know, in one query.

    `hands_on`: what they hand on at a time, None where their batch goes on as a whole; `former`: the operation before that is not done, with
    what it has handed on as its `good`; None where there is none.
    """
    operations = list(operations)
    unfinished = Operation.objects.unfinished().filter(batch__in={each.batch_id for each in operations})
    before = list(unfinished.with_came().select_related("step").order_by("sequence")) if operations else []
    for each in operations:
        each.hands_on = transfer_quantity_of(each, each.batch)
        own = [row for row in before if row.batch_id == each.batch_id and row.sequence < each.sequence]
        each.former = own[-1] if own else None


def begun_after(operation: Operation) -> Operation | None:
    """The next operation of the batch, where it is under way already."""
    after = Operation.objects.under_way().filter(batch=operation.batch_id, sequence__gt=operation.sequence)
    return after.select_related("step").order_by("sequence").first()
