"""What was found of the rest of a lot after goods of it had left.

Whether it reaches what left is known once it is decided: until then every paper about the lot waits. A report of no more than was
here when it was made, once decided, is about what stayed: how that is scrapped, reworked or inspected again says nothing of what left.
Where it does reach that, a return, a recall or a report of those goods says so.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Case, F, Q, Sum, When

from inventory.models import Move
from quality.models import Nonconformance


def settled_of_the_rest(lots: Collection[int], left_at: datetime) -> list[Nonconformance]:
    """Reports about these lots since then that were decided and are about what stayed. One query, and one for each report."""
    reports = Nonconformance.objects.filter(lot__in=lots, opened_at__gt=left_at).exclude(
        status=Nonconformance.Status.OPEN
    )
    return [
        row
        for row in reports.select_related("lot").order_by("opened_at", "pk")
        if row.quantity <= _here(row.lot_id, row.opened_at)
    ]


def _here(lot: int, at: datetime) -> Decimal:
    """How much of a lot was in real locations at a moment."""
    came, went = (
        Q(source__is_real=False, destination__is_real=True),
        Q(source__is_real=True, destination__is_real=False),
    )
    signed = Case(When(came, then=F("quantity")), When(went, then=-F("quantity")), default=Decimal(0))
    total: Decimal | None = Move.objects.filter(lot=lot, at__lte=at).aggregate(total=Sum(signed))["total"]
    return total or Decimal(0)


def is_rejected_for(hold_reason: str, reports: Sequence[Nonconformance]) -> bool:
    """Whether a lot is rejected because one of these reports took what was left of it."""
    return any(hold_reason.startswith(f"{row.number}:") for row in reports)
