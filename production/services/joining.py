"""Batches of one order that are made as one: what a split is taken back by."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.quantities import plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from production.bills import batch_maximum
from production.facts import BatchesJoined
from production.models import Batch, ProductionOrder
from production.services.orders import cancel_batch, give_up_claims
from production.services.splitting import claim_again, require_new_goods, require_untouched


class NotTogether(DomainError):
    code = "production.batches_not_together"
    title = "These are not made as one"


class TooLargeTogether(DomainError):
    code = "production.batches_too_large_together"
    title = "Too large as one batch"


class WrongJoin(InvalidInput):
    code = "production.wrong_join"
    title = "Nothing to join"


@transaction.atomic
def join_batches(batch: Batch, others: Iterable[Batch], *, by: User, at: datetime) -> Batch:
    """Make batches of one order as one: `batch` keeps its number, lot and pins and gets their quantities; the others are cancelled.

    What was kept for them is kept for it, as far as it goes anew.

    :raises WrongJoin: without another batch.
    :raises BatchBegun: unless all operations of all of them wait.
    :raises NotTogether: when one is of another order, or made by another process plan.
    :raises ReworkNotSplit: when they rework goods of a finished batch.
    :raises TooLargeTogether: when no machine of a step, or not its process plan, takes as many at once.
    """
    wanted = {other.pk for other in others} - {batch.pk}
    if not wanted:
        raise WrongJoin(
            f"{batch} cannot be joined with nothing.",
            remedy="Choose at least one other batch of its order.",
            errors={"others": ["choose at least one other batch"]},
        )
    # In the order in which whoever reduces or cancels their order locks them, and before it.
    locked = Batch.objects.filter(pk__in=[batch.pk, *wanted]).select_for_update(no_key=True, of=("self",))
    rows = {row.pk: row for row in locked.select_related("order", "plan__item", "lot").order_by("pk")}
    batch = rows.pop(batch.pk)
    for each in (batch, *rows.values()):
        require_untouched(each, "joined")
    _require_together(batch, list(rows.values()))
    ProductionOrder.objects.select_for_update(no_key=True).get(pk=batch.order_id)
    for other in rows.values():
        cancel_batch(other, f"joined with {batch}", by=by, at=at)
    give_up_claims(batch, by=by, at=at)
    batch.quantity += sum((other.quantity for other in rows.values()), Decimal())
    batch.save(update_fields=["quantity"])
    claim_again([batch], by=by, at=at)
    record(BatchesJoined(batch=batch.pk, parts=tuple(rows), by=by.pk))
    return batch


def _require_together(batch: Batch, others: Sequence[Batch]) -> None:
    require_new_goods(batch)
    for other in others:
        if other.order_id != batch.order_id:
            raise NotTogether(
                f"{other} is made for {other.order}, {batch} for {batch.order}.",
                remedy="Choose batches of one order, or put both orders in one campaign.",
            )
        if other.plan_id != batch.plan_id:
            raise NotTogether(
                f"{other} is made by {other.plan}, {batch} by {batch.plan}.",
                remedy="Leave them apart: each is made by its own process plan.",
            )
    total = sum((other.quantity for other in others), batch.quantity)
    largest = batch_maximum(batch.plan)
    if largest is not None and total > largest:
        unit = batch.plan.item.unit
        raise TooLargeTogether(
            f"{plain(total)} {unit} of {batch.plan.item} are more than the {plain(largest)} that its process plan or its "
            "largest machine takes at once.",
            remedy="Join fewer of them.",
        )
