"""First articles asked for at an order line: the customer and the purchase order are known there."""

from datetime import datetime
from typing import Any

from mes.core.models import User
from mes.core.refusals import DomainError
from mes.papers.models import Paper
from orders.models import OrderLine
from production import services as production
from production.models import Batch


class NothingMadeYet(DomainError):
    code = "orders.nothing_made_yet"
    title = "Nothing was made for this line yet"


def issue_line_first_article(line: OrderLine, *, by: User, at: datetime, **said: Any) -> Paper:
    """Issue the first article inspection report of the first batch that was made for a line, with its customer and purchase order.

    :param said: as `production.services.issue_first_article` takes it.
    :raises NothingMadeYet: while no batch of it is done.
    Raises also what `production.services.issue_first_article` raises.
    """
    line = OrderLine.objects.select_related("order__customer", "item").get(pk=line.pk)
    batch = batches_for(line).first()
    if batch is None:
        raise NothingMadeYet(
            f"No batch for {line} is done.",
            remedy="Finish its production, or issue it from the batch itself.",
        )
    order = line.order
    known = {"customer": order.customer.name, "purchase_order": order.customer_reference}
    return production.issue_first_article(batch, **(said | known), by=by, at=at)


def batches_for(line: OrderLine) -> Any:
    """Batches done for a line, the first one first."""
    orders = line.pegs.of_production().values("production_order")
    return Batch.objects.filter(order__in=orders, status=Batch.Status.DONE).order_by("finished_at", "pk")
