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
    lot, (move,) = inventory.bring_back(
        shipped.lot,
        quantity,
        reason=reason,
        reference=reference or shipped.shipment.number,
        shipped=shipped.move,
        by=by,
        at=at,
    )
    returned = CustomerReturn.objects.create(
        shipped=shipped,
        lot=lot,
        quantity=quantity,
        move=move,
        reason=reason,
        reference=reference,
        at=at,
        by=by,
    )
    _note_in_recall(shipped, quantity)
    record(GoodsReturned(customer_return=returned.pk, lot=lot.pk, quantity=quantity))
    return returned


def still_there(shipped: ShipmentLine) -> Decimal:
    """What the customer still has of a shipment line; nothing when its move was reversed. A return that was reversed never came."""
    if not ShipmentLine.objects.standing().filter(pk=shipped.pk).exists():
        return Decimal(0)
    back = shipped.returns.standing().aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    return shipped.quantity - back


@transaction.atomic
def uncount_return(returned: CustomerReturn) -> None:
    """Take a return whose move was reversed off the notices of recalls that counted it; safe to repeat.

    Of what is noted there as back, no more stays than came back since the first of these notices went out, the newest is lowered first.
    """
    customer = returned.shipped.shipment.order.customer_id
    inventory.lock_lots([returned.shipped.lot])
    lines = list(
        RecallNoticeLine.objects.select_for_update(no_key=True, of=("self",))
        .filter(lot=returned.shipped.lot_id, notice__customer=customer, notice__sent_at__isnull=False)
        .select_related("notice")
        .order_by("-pk")
    )
    if not lines:
        return
    back = CustomerReturn.objects.standing().filter(
        shipped__lot=returned.shipped.lot_id,
        shipped__shipment__order__customer=customer,
        at__gte=min(line.notice.sent_at for line in lines if line.notice.sent_at),
    )
    came = back.aggregate(total=Sum("quantity"))["total"] or Decimal(0)
    too_much = sum((line.returned for line in lines), Decimal(0)) - came
    for line in lines:
        part = min(line.returned, too_much)
        if part > 0:
            line.returned -= part
            line.save(update_fields=["returned"])
            too_much -= part


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
