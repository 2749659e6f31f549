"""What goes first: the priority of an order, and when it is due."""

from datetime import datetime

from django.db import transaction

from mes.core.dates import require_within_reach
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from production.facts import OrderReprioritised
from production.models import ProductionOrder


class OrderOver(DomainError):
    code = "production.order_over"
    title = "The order is done or cancelled"


@transaction.atomic
def reprioritise_order(
    order: ProductionOrder,
    priority: int | None = None,
    due_at: datetime | None = None,
    *,
    by: User,
    at: datetime,
) -> ProductionOrder:
    """Give an order another priority, which its open sub-orders share, or another due date; None leaves what is.

    What was promised to the customer stays as it is.

    :raises OrderOver: when it is done or cancelled.
    :raises DateOutOfReach: for a due date that is a slip of the keyboard.
    """
    require_within_reach(due_at, "due_at")
    order.refresh_from_db(from_queryset=ProductionOrder.objects.select_for_update(no_key=True))
    if not ProductionOrder.objects.open().filter(pk=order.pk).exists():
        raise OrderOver(
            f"{order} is {order.get_status_display().lower()}.", remedy="Choose an order that is open."
        )
    if due_at is not None:
        order.due_at = due_at
    if priority is not None:
        order.priority = priority
        _share(order, priority)
    order.save(update_fields=["priority", "due_at"])
    record(OrderReprioritised(order=order.pk, priority=order.priority, due_at=order.due_at, by=by.pk))
    return order


def _share(order: ProductionOrder, priority: int) -> None:
    below = list(order.sub_orders.open().order_by("pk"))
    ProductionOrder.objects.filter(pk__in=[each.pk for each in below]).update(priority=priority)
    for each in below:
        _share(each, priority)
