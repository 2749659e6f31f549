"""Demand history: from files and other systems, and from what is shipped and comes back.

A day is stated; a day that was stated otherwise before is stated anew, and both statements stay readable.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate

from forecasting.models import DemandHistory, DemandImport
from forecasting.services.reasons import ReasonNeeded
from inventory.models import Item, Site
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders.models import CustomerReturn, Shipment, ShipmentLine

_MOST_FAULTS = 20
_ROWS = 5_000
Key = tuple[int, date, str, bool, str, str, str]


@dataclass(frozen=True)
class DemandPoint:
    """So much was asked for on that day, in the item's unit.

    :ivar is_censored: the item was out of stock that day, and more may have been wanted.
    :ivar is_return: the quantity came back instead.
    """

    item: Item
    date: date
    quantity: Decimal
    is_censored: bool = False
    is_return: bool = False
    customer_group: str = ""
    channel: str = ""
    location: str = ""


class UnusableDemand(InvalidInput):
    code = "forecasting.unusable_demand"
    title = "Some demand cannot be taken"


class StatedAnewMeanwhile(DomainError):
    code = "forecasting.stated_anew_meanwhile"
    title = "Somebody else has corrected this day"


@transaction.atomic
def import_demand(
    points: Sequence[DemandPoint],
    *,
    imported: DemandImport | None = None,
    reason: str = "",
    by: User | None = None,
    at: datetime,
) -> int:
    """State demand; a day that was stated otherwise is stated anew, its old number stays readable.

    Several points for one item, day, customer group, channel and location add up. Returns the number of days stated.

    :param reason: why days are stated anew, where some are.
    :raises UnusableDemand: naming each point that is negative, too large or in the plant's future; nothing is stored then.
    """
    sites = Site.objects.in_bulk({point.item.site_id for point in points})
    today = {key: at.astimezone(site.zone).date() for key, site in sites.items()}
    faults = [fault for point in points if (fault := fault_of(point, today[point.item.site_id]))]
    if faults:
        more = f" and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
        raise UnusableDemand(
            f"{len(faults)} of {len(points)} points cannot be demand{more}: {faults[0]}",
            remedy="Correct them and send all again.",
            errors={"points": faults[:_MOST_FAULTS]},
        )
    rows: dict[Key, DemandHistory] = {}
    for point in points:
        row = _row(point, imported, reason, by, at)
        stated = rows.setdefault(_key(row), row)
        if stated is not row:
            stated.quantity += row.quantity
            stated.is_censored = stated.is_censored or row.is_censored
    _state(list(rows.values()))
    return len(rows)


@transaction.atomic
def correct_demand(
    statement: DemandHistory,
    *,
    quantity: Decimal,
    is_censored: bool | None = None,
    reason: str,
    by: User,
    at: datetime,
) -> DemandHistory:
    """State one day anew. The number that stood stays readable behind the new one.

    :param is_censored: whether the item was out of stock that day; None leaves that as it was stated.
    :raises ReasonNeeded: without a reason.
    :raises StatedAnewMeanwhile: when the statement does not stand any more.
    :raises UnusableDemand: for a quantity that cannot be demand.
    """
    if not reason.strip():
        raise ReasonNeeded(
            f"{statement} is corrected only with a reason.",
            remedy="Say where the new number comes from.",
            errors={"reason": ["Say why."]},
        )
    item = Item.objects.select_for_update(no_key=True).select_related("site").get(pk=statement.item_id)
    stands = DemandHistory.objects.standing().filter(pk=statement.pk).first()
    if stands is None:
        raise StatedAnewMeanwhile(
            f"{statement} does not stand any more.",
            remedy="Look at the number that stands, and correct that.",
        )
    point = DemandPoint(
        item=item,
        date=stands.date,
        quantity=Decimal(quantity),
        is_censored=stands.is_censored if is_censored is None else is_censored,
        is_return=stands.is_return,
        customer_group=stands.customer_group,
        channel=stands.channel,
        location=stands.location,
    )
    if fault := fault_of(point, at.astimezone(item.site.zone).date()):
        raise UnusableDemand.at_field("quantity", fault, remedy="Give zero or more.")
    made = _row(point, None, reason.strip(), by, at)
    made.source = stands.source
    return _replace([(stands.pk, made)])[0]


@transaction.atomic
def record_shipped_demand(shipment: Shipment, *, at: datetime | None = None) -> int:
    """Bring the demand of the days and items of a shipment to what was shipped in all; safe to repeat.

    The day is that of the plant; customers count by the group and channel that they have now. Returns the days stated.
    """
    touched = ShipmentLine.objects.filter(shipment=shipment).values("line__item")
    items = _lock(touched)
    rows: list[DemandHistory] = []
    for item in items:
        day = shipment.shipped_at.astimezone(item.site.zone).date()
        shipped = (
            ShipmentLine.objects.standing()
            .filter(line__item=item)
            .annotate(day=TruncDate("shipment__shipped_at", tzinfo=item.site.zone))
            .filter(day=day)
        )
        customer = "shipment__order__customer"
        rows += _by_group(item, day, shipped, customer, f"Shipment {shipment}", at or shipment.shipped_at)
    _state(rows)
    return len(items)


@transaction.atomic
def record_returned_demand(returned: CustomerReturn) -> int:
    """Bring what came back of an item on the day of a return to what customers sent back in all; safe to repeat. What was reversed never came."""
    [item] = _lock([returned.lot.item_id])
    day = returned.at.astimezone(item.site.zone).date()
    back = (
        CustomerReturn.objects.standing()
        .filter(lot__item=item)
        .annotate(day=TruncDate("at", tzinfo=item.site.zone))
        .filter(day=day)
    )
    customer = "shipped__shipment__order__customer"
    rows = _by_group(item, day, back, customer, f"Return of {returned.lot}", returned.at, is_return=True)
    _state(rows)
    return len(rows)


def _lock(items: Iterable[int] | QuerySet[Any]) -> list[Item]:
    """These items with their sites, their rows locked: before totals are taken, lest an older total is written over a newer."""
    rows = Item.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    return list(rows.filter(pk__in=items).order_by("pk"))


def _by_group(
    item: Item,
    day: date,
    found: QuerySet[Any],
    customer: str,
    reason: str,
    at: datetime,
    *,
    is_return: bool = False,
) -> list[DemandHistory]:
    """The totals of a day by customer group and channel; one that has none any more is stated as zero."""
    sums = found.order_by().values_list(f"{customer}__group", f"{customer}__channel")
    totals = {(group, channel): total for group, channel, total in sums.annotate(total=Sum("quantity"))}
    source = DemandHistory.Source.SHIPMENT
    known = DemandHistory.objects.standing().filter(item=item, date=day, source=source, is_return=is_return)
    totals = {key: Decimal(0) for key in known.values_list("customer_group", "channel")} | totals
    return [
        DemandHistory(
            item=item,
            date=day,
            quantity=quantity,
            source=source,
            is_return=is_return,
            customer_group=group,
            channel=channel,
            reason=reason,
            recorded_at=at,
        )
        for (group, channel), quantity in (totals or {("", ""): Decimal(0)}).items()
    ]


def _row(
    point: DemandPoint, imported: DemandImport | None, reason: str, by: User | None, at: datetime
) -> DemandHistory:
    return DemandHistory(
        item=point.item,
        date=point.date,
        quantity=point.quantity,
        is_censored=point.is_censored,
        is_return=point.is_return,
        customer_group=point.customer_group,
        channel=point.channel,
        location=point.location,
        imported=imported,
        reason=reason,
        by=by,
        recorded_at=at,
    )


def _key(row: DemandHistory) -> Key:
    source = str(row.source)
    return (row.item_id, row.date, source, row.is_return, row.customer_group, row.channel, row.location)


def _state(rows: Sequence[DemandHistory]) -> None:
    """Write what is new, replace what is different, leave what is said again; the items' rows are locked for it."""
    items = {row.item_id for row in rows}
    _lock(items)
    standing = _standing(rows, items)
    replaced: list[tuple[int, DemandHistory]] = []
    new: list[DemandHistory] = []
    for row in rows:
        known = standing.get(_key(row))
        if known is None:
            row.reason = ""
            new.append(row)
        elif known[1:] != (round(row.quantity, 4), row.is_censored):
            row.reason = row.reason or "Stated anew"
            replaced.append((known[0], row))
    DemandHistory.objects.bulk_create(new, batch_size=_ROWS)
    _replace(replaced)


def _standing(rows: Sequence[DemandHistory], items: Iterable[int]) -> dict[Key, tuple[int, Decimal, bool]]:
    """What stands for the items in the days of these rows: key, quantity, whether it is censored."""
    if not rows:
        return {}
    days = [row.date for row in rows]
    found = (
        DemandHistory.objects.standing()
        .filter(item__in=items)
        .between(min(days), max(days))
        .values_list(
            "item", "date", "source", "is_return", "customer_group", "channel", "location",
            "pk", "quantity", "is_censored",
        )
    )  # fmt: skip
    return {row[:7]: row[7:] for row in found}


def _replace(pairs: Sequence[tuple[int, DemandHistory]]) -> list[DemandHistory]:
    for start in range(0, len(pairs), _ROWS):
        keys = [old for old, _ in pairs[start : start + _ROWS]]
        DemandHistory.objects.filter(pk__in=keys).update(is_standing=False)
    for old, row in pairs:
        row.replaces_id = old
    return list(DemandHistory.objects.bulk_create([row for _, row in pairs], batch_size=_ROWS))


def fault_of(point: DemandPoint, today: date) -> str:
    """Why a point cannot be demand, in a sentence; empty where it can."""
    if not point.quantity.is_finite() or point.quantity < 0:
        return f"{point.item} {point.date}: {point.quantity} is not a demand."
    if point.quantity >= Decimal(10) ** 12:
        return f"{point.item} {point.date}: {point.quantity} is more than any plant is asked for."
    if point.date > today:
        return f"{point.item} {point.date} is in the future."
    return ""
