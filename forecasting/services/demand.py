"""Demand history: from files and other systems, and from what is shipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncDate

from forecasting.models import DemandHistory
from inventory.models import Item, Site
from mes.core.models import User
from mes.core.refusals import InvalidInput
from orders.models import Shipment, ShipmentLine

_MOST_FAULTS = 20


@dataclass(frozen=True)
class DemandPoint:
    """So much was asked for on that day; `is_censored` where the item was out of stock and more may have been wanted."""

    item: Item
    date: date
    quantity: Decimal
    is_censored: bool = False


class UnusableDemand(InvalidInput):
    code = "forecasting.unusable_demand"
    title = "Some demand cannot be taken"


@transaction.atomic
def import_demand(points: Sequence[DemandPoint], *, by: User | None = None, at: datetime) -> int:
    """Store stated demand; a day that is known is brought to the new number. Returns the number of days written.

    Several points for one item and day add up.

    :raises UnusableDemand: naming each point that is negative, too large or in the plant's future; nothing is stored then.
    """
    sites = Site.objects.in_bulk({point.item.site_id for point in points})
    today = {key: at.astimezone(site.zone).date() for key, site in sites.items()}
    faults = [fault for point in points if (fault := _fault(point, today[point.item.site_id]))]
    if faults:
        more = f" and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise UnusableDemand(
            f"{len(faults)} of {len(points)} points cannot be demand{more}: {faults[0]}",
            remedy="Correct them and send all again.",
            errors={"points": faults[:_MOST_FAULTS]},
        )
    rows: dict[tuple[int, date], DemandHistory] = {}
    for point in points:
        row = rows.setdefault(
            (point.item.pk, point.date), DemandHistory(item=point.item, date=point.date, quantity=Decimal(0))
        )
        row.quantity += point.quantity
        row.is_censored = row.is_censored or point.is_censored
    _store(list(rows.values()))
    return len(rows)


@transaction.atomic
def record_shipped_demand(shipment: Shipment) -> int:
    """Bring the demand of the days and items of a shipment to what was shipped in all; safe to repeat.

    The day is that of the plant. Returns the number of days written.
    """
    touched = ShipmentLine.objects.filter(shipment=shipment).select_related("line__item__site")
    items = {line.line.item for line in touched}
    rows = []
    for item in items:
        zone = item.site.zone
        day = shipment.shipped_at.astimezone(zone).date()
        shipped = (
            ShipmentLine.objects.standing()
            .filter(line__item=item)
            .annotate(day=TruncDate("shipment__shipped_at", tzinfo=zone))
            .filter(day=day)
            .aggregate(total=Sum("quantity"))
        )
        quantity = shipped["total"] or Decimal(0)
        rows.append(
            DemandHistory(item=item, date=day, quantity=quantity, source=DemandHistory.Source.SHIPMENT)
        )
    _store(rows)
    return len(rows)


def _store(rows: Sequence[DemandHistory]) -> None:
    DemandHistory.objects.bulk_create(
        rows,
        batch_size=5_000,
        update_conflicts=True,
        unique_fields=["item", "date", "source"],
        update_fields=["quantity", "is_censored"],
    )


def _fault(point: DemandPoint, today: date) -> str:
    if not point.quantity.is_finite() or point.quantity < 0:
        return f"{point.item} {point.date}: {point.quantity} is not a demand."
    if point.quantity >= Decimal(10) ** 12:
        return f"{point.item} {point.date}: {point.quantity} is more than any plant is asked for."
    if point.date > today:
        return f"{point.item} {point.date} is in the future."
    return ""
