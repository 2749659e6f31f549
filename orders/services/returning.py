"""What customers send back of what was shipped to them."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum

from inventory import services as inventory
from inventory.quantities import check_quantity, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from orders.facts import GoodsReturned
from orders.models import CustomerReturn, RecallNotice, RecallNoticeLine, ShipmentLine


class NothingToReturn(DomainError):
    code = "orders.nothing_to_return"
    title = "Not that much of it is at the customer"


@transaction.atomic
def return_goods(
    shipped: ShipmentLine,
    quantity: Decimal,
    reason: str,
    *,
    reference: str = "",
    by: User,
    at: datetime,
) -> CustomerReturn:
    """Take back part of what a shipment line brought a customer. It waits in quarantine to be judged; where a recall told the
    customer of it, it is accounted for there.

    :param reference: number of the return note.
    :raises NothingToReturn: when the shipment was reversed, or less of it is still at the customer.
    :raises NotShipped, ReasonMissing: from the ledger.
    """
    quantity = check_quantity(shipped.lot.item, quantity)
    inventory.lock_lots([shipped.lot])
    left = still_there(shipped)
    if quantity > left:
        raise NothingToReturn(
            f"{plain(left)} {shipped.lot.item.unit} of {shipped} are at the customer, not {plain(quantity)}.",
            remedy="Check the shipment and the lot number; return at most what is left of it.",
            errors={"quantity": [f"at most {plain(left)}"]},
        )
    lot = inventory.take_back(
        shipped.lot, quantity, reason=reason, reference=reference or shipped.shipment.number, by=by, at=at
    )
    returned = CustomerReturn.objects.create(
        shipped=shipped, lot=lot, quantity=quantity, reason=reason, reference=reference, at=at, by=by
    )
    _note_in_recall(shipped, quantity)
    record(GoodsReturned(customer_return=returned.pk, lot=lot.pk, quantity=quantity))
    return returned


def still_there(shipped: ShipmentLine) -> Decimal:
    """What the customer still has of a shipment line; nothing when its move was reversed."""
    if not ShipmentLine.objects.standing().filter(pk=shipped.pk).exists():
        return Decimal(0)
    back = shipped.returns.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    return shipped.quantity - back


def _note_in_recall(shipped: ShipmentLine, quantity: Decimal) -> None:
    """On the open lines of notices that told this customer of this lot, the oldest first."""
    lines = (
        RecallNoticeLine.objects.select_for_update(no_key=True)
        .filter(
            lot=shipped.lot_id,
            notice__customer=shipped.shipment.order.customer_id,
            notice__status__in=[RecallNotice.Status.SENT, RecallNotice.Status.ACKNOWLEDGED],
            quantity__gt=F("returned") + F("destroyed"),
        )
        .order_by("pk")
    )
    for line in lines:
        part = min(quantity, line.quantity - line.returned - line.destroyed)
        line.returned += part
        line.save(update_fields=["returned"])
        quantity -= part
        if not quantity:
            return
