"""A batch that is made as several, side by side where machines are free."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.bills import quantum
from production.explosion import divide
from production.facts import BatchSplit
from production.models import Batch, Operation, ProductionOrder
from production.services.claims import claim_material, gaps, wait_for_item
from production.services.orders import give_up_claims


class BatchBegun(DomainError):
    code = "production.batch_begun"
    title = "The batch has begun"


class ReworkNotSplit(DomainError):
    code = "production.rework_not_split"
    title = "Rework of one lot stays one batch"


class WrongSplit(InvalidInput):
    code = "production.wrong_split"
    title = "A batch cannot be split so"


@transaction.atomic
def split_batch(batch: Batch, parts: int, *, by: User, at: datetime) -> list[Batch]:
    """Make a batch as so many, each with a number, operations and a lot of its own; the batch keeps the first share.

    What was kept for it is kept for all of them, as far as it goes anew.

    :returns: the batch and the new ones.
    :raises BatchBegun: unless all its operations wait.
    :raises ReworkNotSplit: when it reworks goods of a finished batch, which come out as the lot that they were.
    :raises WrongSplit: into fewer than two, or into more than there are pieces.
    """
    batch = (
        Batch.objects.select_for_update(no_key=True, of=("self",))
        .select_related("order", "plan__item", "lot")
        .get(pk=batch.pk)
    )
    require_untouched(batch, "split")
    require_new_goods(batch)
    # Its batches are numbered one after the other, and none comes to an order that is just being released.
    ProductionOrder.objects.select_for_update(no_key=True).get(pk=batch.order_id)
    unit = quantum(batch.plan.item)
    if parts < 2 or batch.quantity < parts * unit:
        most = int(batch.quantity / unit)
        raise WrongSplit(
            f"{batch} cannot be split into {parts}.",
            remedy=f"Choose 2 to {most}." if most > 1 else "It is as small as can be.",
            errors={"parts": [f"choose 2 to {most}"]},
        )
    first, *others = divide(batch.quantity, parts, unit)
    give_up_claims(batch, by=by, at=at)
    batch.quantity = first
    batch.save(update_fields=["quantity"])
    made = [_another(batch, quantity, by=by, at=at) for quantity in others]
    claim_again([batch, *made], by=by, at=at)
    record(BatchSplit(batch=batch.pk, parts=tuple(part.pk for part in made), by=by.pk))
    return [batch, *made]


def require_untouched(batch: Batch, deed: str) -> None:
    """:raises BatchBegun: unless nobody has begun it. :param deed: what only such a batch is: split or joined."""
    touched = batch.operations.exclude(status=Operation.Status.WAITING)
    if batch.status not in {Batch.Status.PLANNED, Batch.Status.RELEASED} or touched.exists():
        raise BatchBegun(
            f"{batch} has begun or is over.", remedy=f"Only a batch that has not begun is {deed}."
        )


def require_new_goods(batch: Batch) -> None:
    """:raises ReworkNotSplit: when it makes nothing new."""
    if batch.makes_nothing_new:
        raise ReworkNotSplit(
            f"{batch} reworks lot {batch.lot}, which comes out of it as the lot that it was.",
            remedy=f"To rework parts side by side, cancel order {batch.order}, split the lot, and have rework of each decided.",
        )


def _another(batch: Batch, quantity: Decimal, *, by: User, at: datetime) -> Batch:
    order = batch.order
    number = _next_number(order.number, order.batches.values_list("number", flat=True))
    made = Batch.objects.create(order=order, number=number, plan=batch.plan, quantity=quantity)
    Operation.objects.bulk_create(
        Operation(batch=made, step_id=step, sequence=sequence)
        for step, sequence in batch.operations.order_by("sequence").values_list("step", "sequence")
    )
    if batch.status == Batch.Status.RELEASED:
        lot = inventory.create_lot(
            batch.plan.item, number=made.number, status=Lot.Status.IN_PROCESS, by=by, at=at
        )
        made.move_to(Batch.Status.RELEASED, lot=lot)
    return made


def _next_number(order: str, taken: Iterable[str]) -> str:
    numbers = set(taken)
    count = len(numbers) + 1
    while f"{order}-{count:02d}" in numbers:
        count += 1
    return f"{order}-{count:02d}"


def claim_again(batches: list[Batch], *, by: User, at: datetime) -> None:
    """Keep for batches what they need and do not have, as far as it goes."""
    open_gaps = gaps(batches)
    items = {gap.component.item_id: gap.component.item for gap in open_gaps}
    for key in sorted(items):
        wait_for_item(items[key])
    for gap in open_gaps:
        claim_material(gap.batch, gap.component, gap.quantity, attributes=gap.attributes, by=by, at=at)
