"""What the floors above know of a lot: the batches that made or reworked it and those that used it, who got it, recalls. Links, in place,
on the page of the lot.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from inventory.models import Lot, Move
from inventory.renumbering import numbered_before, renumbered_from
from mes.console.pages import page
from mes.core.links import address_of
from orders.models import Shipment
from production.models import Batch
from quality.models import Recall

SHOWN: Final = 6


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Neighbours:
    """One way in which things belong to a lot, with the newest of them and how many there are besides."""

    how: str
    links: tuple[Link, ...]
    more: int = 0


@page("inventory.view_lot")
def around_lot(request: HttpRequest, lot_id: int) -> HttpResponse:
    """Everything above the lot that this person may see."""
    lot = get_object_or_404(Lot, pk=lot_id)
    found = [
        _neighbours(how, rows)
        for how, rows in _rows(lot)
        if request.user.has_perm(f"{rows.model._meta.app_label}.view_{rows.model._meta.model_name}")
    ]
    return render(request, "console/_around.html", {"found": [each for each in found if each.links]})


def _rows(lot: Lot) -> Iterator[tuple[str, QuerySet[Any]]]:
    before = numbered_before(lot.pk)
    after = renumbered_from([lot.pk])[lot.pk]
    batches = Batch.objects.select_related("order__item")
    used = Move.objects.standing().filter(lot=lot, kind=Move.Kind.ISSUE).values("transformation")
    lots = Lot.objects.select_related("item")
    yield "Made by", batches.filter(lot__in=before, rework_of__isnull=True)
    yield "Reworked by", batches.filter(lot__in=before, rework_of__isnull=False)
    yield "Was lot", lots.filter(pk__in=before - {lot.pk})
    yield "Is now", lots.filter(pk__in=after - {lot.pk})
    yield "Used by", batches.filter(transformation__in=used).exclude(lot__in=before)
    yield (
        "Shipped with",
        Shipment.objects.select_related("order__customer")
        .filter(lines__lot=lot, lines__move__reversed_by__isnull=True)
        .distinct(),
    )
    yield "Recalls", Recall.objects.filter(lots__lot=lot)


def _neighbours(how: str, rows: QuerySet[Any]) -> Neighbours:
    count = rows.count()
    return Neighbours(how, tuple(_links(rows.order_by("-pk")[:SHOWN])), max(0, count - SHOWN))


def _links(rows: Iterable[Model]) -> Iterator[Link]:
    for row in rows:
        address = reverse("console:recall", args=[row.pk]) if isinstance(row, Recall) else address_of(row)
        if address:
            yield Link(_told(row), address)


def _told(row: Model) -> str:
    match row:
        case Batch():
            return f"Batch {row} of {row.order.item}, {row.get_status_display().lower()}"
        case Shipment():
            return f"{row} to {row.order.customer}"
        case _:
            return str(row)
