"""What is on order, and which proposals were said no to, at a moment: netting of that moment holds as long as this stays.

Items are netted some at a time, and people go on ordering meanwhile. What was ordered after its item was netted would be proposed once more;
so whoever ends a run compares, and nets anew what has changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet

from forecasting.models import Replenishment
from inventory.models import ExpectedReceipt
from production.models import Batch

Entry = tuple[Any, ...]
OnOrder = Mapping[int, frozenset[Entry]]
"""By the key of an item; those of which nothing is on order are left out."""


def on_order(items: Collection[int] | None = None, *, since: date) -> OnOrder:
    """Open purchases, open batches, and dismissed proposals due from a day on, of these items or of all; in three queries."""
    found: dict[int, set[Entry]] = defaultdict(set)
    for item, *entry in _entries(items, since):
        found[item].add(tuple(entry))
    return {item: frozenset(entries) for item, entries in found.items()}


def _entries(items: Collection[int] | None, since: date) -> Iterator[Entry]:
    purchases = ExpectedReceipt.objects.open().order_by()
    yield from _among(purchases, "item", items).values_list(
        "item", "pk", "due_date", "quantity", "received_quantity"
    )
    # Whoever it is for: what is made for a customer calls for its components as well.
    batches = Batch.objects.open().order_by()
    yield from _among(batches, "order__item", items).values_list(
        "order__item", "pk", "order__due_at", "quantity"
    )
    dismissed = Replenishment.objects.filter(status=Replenishment.Status.DISMISSED, due_date__gte=since)
    yield from _among(dismissed.order_by(), "item", items).values_list("item", "pk", "due_date")


def _among(rows: QuerySet[Any], field: str, items: Collection[int] | None) -> QuerySet[Any]:
    return rows if items is None else rows.filter(**{f"{field}__any_of": items})
