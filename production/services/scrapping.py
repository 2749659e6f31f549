"""What becomes of the goods of a batch that ends before its time. Scrap never becomes stock, but the ledger sees it leave production as a
part of the batch's own lot.
"""

from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from inventory import services as inventory
from mes.core.models import User
from production.models import Batch, Operation


def write_off_progress(batch: Batch, reason: str, *, by: User, at: datetime) -> Decimal:
    """Scrap what the last finished operation of a batch left good. Returns the scrap of the batch in all, with what was scrap before."""
    done = batch.operations.filter(status=Operation.Status.DONE)
    reported: Decimal = done.aggregate(total=Sum("scrap_quantity"))["total"] or Decimal(0)
    last = done.order_by("-sequence").first()
    if last is None or not last.good_quantity:
        return reported
    lot, transformation, left = batch.lot, batch.transformation, last.good_quantity
    if lot is None or transformation is None:
        raise AssertionError("a batch that was begun has its lot and its transformation")
    move = inventory.output(lot, left, transformation=transformation, reference=batch.number, by=by, at=at)
    inventory.scrap(
        lot, left, source=move.destination, reason=reason[:300], reference=batch.number, by=by, at=at
    )
    return reported + left


def bring_back(batch: Batch, *, by: User, at: datetime) -> Decimal:
    """Of rework that is given up, what is good yet goes back into its lot. Returns the scrap of the rework so far."""
    done = batch.operations.filter(status=Operation.Status.DONE)
    scrap: Decimal = done.aggregate(total=Sum("scrap_quantity"))["total"] or Decimal(0)
    lot, transformation = batch.lot, batch.transformation
    if lot is not None and transformation is not None and batch.quantity > scrap:
        left = batch.quantity - scrap
        inventory.output(lot, left, transformation=transformation, reference=batch.number, by=by, at=at)
    return scrap
