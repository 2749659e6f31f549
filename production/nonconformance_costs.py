"""What the work on a nonconforming lot cost: hours that were spent on its batch, at its work centers' rates, for the part in doubt."""

from decimal import Decimal
from typing import NamedTuple

from inventory.quantities import plain
from production.models import Batch, TimeEntry
from quality.models import Nonconformance


class Labour(NamedTuple):
    amount: Decimal
    arithmetic: str


def labour_of(nonconformance: Nonconformance) -> Labour | None:
    """The cost of the work so far, or None where the lot is not made here or nobody has worked on it."""
    batch = Batch.objects.making().filter(lot=nonconformance.lot_id).select_related("plan__item").first()
    if batch is None:
        return None
    hours: dict[str, tuple[Decimal, Decimal]] = {}
    entries = TimeEntry.objects.filter(operation__batch=batch).select_related("operation__step__work_center")
    for entry in entries.order_by("pk"):
        center = entry.operation.step.work_center
        spent = Decimal((entry.ended_at - entry.started_at).total_seconds()) / 3600
        hours[center.code] = (hours.get(center.code, (Decimal(0), Decimal(0)))[0] + spent, center.hourly_cost)
    if not hours:
        return None
    share = min(nonconformance.quantity / batch.quantity, Decimal(1))
    whole = sum((spent * rate for spent, rate in hours.values()), Decimal(0))
    told = " + ".join(f"{spent:.2f} h × {plain(rate)} ({code})" for code, (spent, rate) in hours.items())
    parts = f"{plain(nonconformance.quantity)} of {plain(batch.quantity)} {batch.plan.item.unit}"
    return Labour(whole * share, f"({told}) × {parts} = {whole * share:.2f}")
