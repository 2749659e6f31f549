"""Which customers have still to agree to what was accepted as it is, before any of it ships to them."""

from collections.abc import Sequence

from django.db.models import Q

from inventory.renumbering import renumbered_from
from orders.models import CustomOrder, OrderLine, Peg, ShipmentLine
from quality.models import Nonconformance


def lines_waiting_for_agreement(nonconformance: Nonconformance) -> Sequence[OrderLine]:
    """The order lines that goods of the lot are made, kept or were shipped for, of customers who ask to be asked; none where nothing was
    accepted as it is, or the agreement is there. The goods count under every number that they bear since.
    """
    waits = Nonconformance.objects.waiting_for_the_customer([nonconformance.lot_id])
    if not waits.filter(pk=nonconformance.pk).exists():
        return []
    lots = renumbered_from([nonconformance.lot_id])[nonconformance.lot_id]
    claims = Peg.objects.standing().filter(
        Q(reservation__lot__in=lots) | Q(production_order__batches__lot__in=lots)
    )
    shipped = ShipmentLine.objects.standing().filter(lot__in=lots)
    lines = OrderLine.objects.filter(
        Q(pk__in=claims.values("line")) | Q(pk__in=shipped.values("line")),
        order__customer__agrees_to_concessions=True,
    ).exclude(order__status=CustomOrder.Status.CANCELLED)
    return list(lines.select_related("order__customer", "item").order_by("order__customer__name", "pk"))
