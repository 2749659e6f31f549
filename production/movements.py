"""What a version changes against the one before: operations that move, and orders whose end does.

Kept with the version as plain rows, so that they can be read when slots and orders are long gone.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from production.models import Operation, ProductionOrder

A_MOVE = timedelta(minutes=5)
"""Less than this is not worth telling anybody: a plan leaves as much free before breaks."""


class Place(NamedTuple):
    """Where and when an operation is planned; machine None where capacity is not limited."""

    operation: int
    machine: int | None
    starts_at: datetime
    setup_ends_at: datetime
    ends_at: datetime


def moved_rows(former: Mapping[int, Place], places: Iterable[Place]) -> list[dict[str, Any]]:
    """Of these places, those that leave their machine or their time, with the order that is concerned; longest delay first."""
    moved = [
        (former[place.operation], place)
        for place in places
        if place.operation in former and differs(former[place.operation], place)
    ]
    named = named_operations(place.operation for _, place in moved)
    rows = [
        {
            "operation": place.operation,
            "batch": named[place.operation].batch.number,
            "step": str(named[place.operation].step),
            "order": named[place.operation].batch.order.number,
            "item": str(named[place.operation].batch.order.item),
            "from": _told_place(was),
            "to": _told_place(place),
            "delay_seconds": int((place.ends_at - was.ends_at).total_seconds()),
        }
        for was, place in moved
    ]
    return sorted(rows, key=lambda row: (-row["delay_seconds"], row["operation"]))


def order_rows(
    former: Iterable[Place],
    places: Iterable[Place],
    order_of: Mapping[int, int | None],
    *,
    nowhere: Collection[str] = (),
    nowhere_before: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Orders that end at another time than before, most delayed first; None is no end: not planned before, or no longer.

    :param order_of: the order of each operation; None for orders that another one waits for, whose own end concerns nobody.
    :param nowhere: numbers of orders of which something has no place now: they have no end, whatever of them is under way.
    :param nowhere_before: the same of the version before.
    """
    was = _without(_ends(former, order_of), nowhere_before)
    now = _without(_ends(places, order_of), nowhere)
    changed = {
        key for key in {*was, *now} if key not in was or key not in now or abs(now[key] - was[key]) >= A_MOVE
    }
    orders = ProductionOrder.objects.filter(pk__any_of=changed).select_related("item")
    rows = [
        {
            "order": order.pk,
            "number": order.number,
            "item": str(order.item),
            "due": order.due_at.isoformat(),
            "was": _told(was.get(order.pk)),
            "now": _told(now.get(order.pk)),
            "delay_seconds": _delay(was.get(order.pk), now.get(order.pk)),
        }
        for order in orders
    ]
    return sorted(rows, key=lambda row: (-(row["delay_seconds"] or 0), row["number"]))


def differs(was: Place, place: Place) -> bool:
    """Whether anybody must be told that an operation moves."""
    return abs(place.ends_at - was.ends_at) >= A_MOVE or was.machine != place.machine


def named_operations(keys: Iterable[int]) -> dict[int, Operation]:
    """Operations with what they are called by."""
    wanted: Collection[int] = list(keys)
    rows = Operation.objects.filter(pk__any_of=wanted) if wanted else Operation.objects.none()
    return {row.pk: row for row in rows.select_related("batch__order__item", "step").order_by("pk")}


def _without(ends: Mapping[int, datetime], numbers: Collection[str]) -> Mapping[int, datetime]:
    if not numbers:
        return ends
    nowhere = set(ProductionOrder.objects.filter(number__in=numbers).values_list("pk", flat=True))
    return {order: end for order, end in ends.items() if order not in nowhere}


def _ends(places: Iterable[Place], order_of: Mapping[int, int | None]) -> dict[int, datetime]:
    ends: dict[int, datetime] = {}
    for place in places:
        order = order_of.get(place.operation)
        if order is not None:
            ends[order] = max(place.ends_at, ends.get(order, place.ends_at))
    return ends


def _told_place(place: Place) -> dict[str, Any]:
    """With its end: with less to make, or over a break, an operation ends at another time from the same start."""
    return {"machine": place.machine, "start": _told(place.starts_at), "end": _told(place.ends_at)}


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _delay(was: datetime | None, now: datetime | None) -> int | None:
    return int((now - was).total_seconds()) if was is not None and now is not None else None
