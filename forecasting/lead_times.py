"""Lead times as they were: what each replenishment of an item took, from the order to the day it could be used.

A purchase takes from when it was ordered to its last delivery, a production order from its release to the end of its last batch. What is
still open, and what nobody noted the beginning of, tells nothing; nor does rework, which makes nothing new.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Min

from forecasting.policy import LeadTime, measured
from inventory.models import ExpectedReceipt, Item, Move
from production.models import Batch, ProductionOrder

LOOKED_BACK: Final = timedelta(days=730)
_DAY: Final = timedelta(days=1)


def lead_times(items: Collection[Item], *, at: datetime) -> dict[int, LeadTime]:
    """The lead time of each item, by its key, as known at a moment; in three queries whatever their number."""
    took: dict[int, list[tuple[datetime, float]]] = defaultdict(list)
    for seen in (_bought(items, at), _made(items, at)):
        for item, ends in seen.items():
            took[item] += ends
    return {
        item.pk: measured(item.lead_time_days, [days for _, days in sorted(took[item.pk])]) for item in items
    }


def _bought(items: Collection[Item], at: datetime) -> Mapping[int, list[tuple[datetime, float]]]:
    """By item, for each purchase that has arrived, when it did and how many days that took."""
    owed = ExpectedReceipt.objects.filter(
        item__in=items, status=ExpectedReceipt.Status.RECEIVED, ordered_at__range=(at - LOOKED_BACK, at)
    )
    ordered = {
        (item, number): since for item, number, since in owed.values_list("item", "number", "ordered_at")
    }
    came = Move.objects.standing().filter(
        kind=Move.Kind.RECEIPT,
        lot__item__in={item for item, _ in ordered},
        at__range=(at - LOOKED_BACK, at),
        reference__in={number for _, number in ordered},
    )
    took = defaultdict(list)
    rows = came.order_by().values_list("lot__item", "reference").annotate(last=Max("at"))
    for item, number, last in rows:
        if (since := ordered.get((item, number))) is not None and last >= since:
            took[item].append((last, (last - since) / _DAY))
    return took


def _made(items: Collection[Item], at: datetime) -> Mapping[int, list[tuple[datetime, float]]]:
    """By item, for each production order that is done, when it was and how many days that took."""
    done = Batch.objects.making().filter(
        order__item__in=items,
        order__status=ProductionOrder.Status.DONE,
        finished_at__range=(at - LOOKED_BACK, at),
        order__released_at__isnull=False,
    )
    rows = (
        done.order_by()
        .values_list("order__item", "order")
        .annotate(since=Min("order__released_at"), last=Max("finished_at"))
    )
    took = defaultdict(list)
    for item, _, since, last in rows:
        if last >= since:
            took[item].append((last, (last - since) / _DAY))
    return took
