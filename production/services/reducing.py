"""A production order that makes less than it was to; what is under way or made stays."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.quantities import InvalidQuantity, check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.facts import OrderReduced
from production.models import Batch, Operation, ProductionOrder
from production.services.orders import cancel_batch, give_up_claims
from production.services.priorities import OrderOver
from production.services.splitting import claim_again


class TooFarAlong(DomainError):
    code = "production.too_far_along"
    title = "More than that is under way"


@transaction.atomic
def reduce_order(
    order: ProductionOrder, quantity: Decimal, reason: str, *, by: User, at: datetime
) -> ProductionOrder:
    """Make only `quantity` more for an order (in the item's unit) than is made of it already.

    Batches that nobody has begun give way, the last first: they are cancelled, and the last one that is still needed is made smaller.
    What was kept for them is kept for what is left, as far as it goes. Sub-orders stay as they are: what they make beyond need is free
    stock, which planning then counts on.

    :raises OrderOver: when it is done or cancelled.
    :raises InvalidQuantity: unless it is above zero and less than what the order is still to bring.
    :raises TooFarAlong: when batches that were begun bring more.
    """
    # Batches before their order, as whoever cancels it takes them: else each would wait for the other.
    batches = list(
        Batch.objects.open().filter(order=order).select_for_update(no_key=True, of=("self",)).order_by("pk")
    )
    order.refresh_from_db(from_queryset=ProductionOrder.objects.select_for_update(no_key=True))
    if not ProductionOrder.objects.open().filter(pk=order.pk).exists():
        raise OrderOver(
            f"{order} is {order.get_status_display().lower()}.", remedy="Choose an order that is open."
        )
    quantity = check_quantity(order.item, quantity)
    spare = sum((batch.quantity for batch in batches), Decimal()) - quantity
    if spare <= 0:
        raise InvalidQuantity(
            f"{order} is to bring {plain(quantity + spare)}; {plain(quantity)} is no less.",
            remedy="State less, or plan another order for what is lacking.",
            errors={"quantity": [f"less than {plain(quantity + spare)}"]},
        )
    _cut(order, batches, spare, reason, by=by, at=at)
    order.quantity -= spare
    order.save(update_fields=["quantity"])
    record(OrderReduced(order=order.pk, quantity=quantity, reason=reason, by=by.pk))
    return order


def _cut(
    order: ProductionOrder,
    batches: Sequence[Batch],
    spare: Decimal,
    reason: str,
    *,
    by: User,
    at: datetime,
) -> None:
    begun = set(
        Operation.objects.filter(batch__in=batches)
        .exclude(status=Operation.Status.WAITING)
        .values_list("batch", flat=True)
    )
    waiting = [
        batch for batch in reversed(batches) if batch.pk not in begun and batch.status != Batch.Status.RUNNING
    ]
    under_way = sum((batch.quantity for batch in batches if batch not in waiting), Decimal())
    if sum((batch.quantity for batch in waiting), Decimal()) < spare:
        named = ", ".join(str(batch) for batch in batches if batch not in waiting)
        raise TooFarAlong(
            f"{plain(under_way)} of {order} are under way in {named}.",
            remedy=f"Reduce it to {plain(under_way)} at the least, or let it go on.",
        )
    for batch in waiting:
        if spare <= 0:
            break
        if batch.quantity <= spare:
            spare -= batch.quantity
            cancel_batch(batch, reason, by=by, at=at)
            continue
        give_up_claims(batch, by=by, at=at)
        batch.quantity -= spare
        batch.save(update_fields=["quantity"])
        claim_again([batch], by=by, at=at)
        spare = Decimal()
