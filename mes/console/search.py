"""Anything that has a number, found by how it begins: what `/` and Ctrl-K ask (unfold's command callback)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from inventory.models import ExpectedReceipt, Item, Lot
from mes.core.links import address_of
from mes.papers.models import Paper
from orders.models import Customer, CustomOrder, Offer, Shipment
from production.models import Batch, Machine, ProductionOrder
from quality.models import Inspection, Nonconformance, Recall

MOST_OF_A_KIND = 6


@dataclass(frozen=True)
class Kind:
    """A kind of thing that has a number: where to look, and what to say of a find.

    :ivar also: what is found by more than how a field begins.
    """

    icon: str
    rows: QuerySet[Any]
    fields: tuple[str, ...]
    tells: Callable[[Any], str]
    also: Callable[[str], QuerySet[Any]] | None = None

    def find(self, request: HttpRequest, term: str) -> Iterator[SearchResult]:
        options = self.rows.model._meta
        if not request.user.has_perm(f"{options.app_label}.view_{options.model_name}"):
            return
        begins = Q()
        for field in self.fields:
            begins |= Q(**{f"{field}__istartswith": term})
        if self.also is not None:
            begins |= Q(pk__in=self.also(term))
        for found in self.rows.filter(begins).order_by("-pk")[:MOST_OF_A_KIND]:
            if address := _page_of(found, request):
                yield SearchResult(str(found), self.tells(found), address, self.icon)


KINDS: Final = (
    Kind(
        "assignment",
        CustomOrder.objects.select_related("customer"),
        ("number", "customer_reference"),
        lambda order: f"order of {order.customer}, {order.get_status_display().lower()}",
    ),
    Kind(
        "factory",
        ProductionOrder.objects.select_related("item"),
        ("number",),
        lambda order: f"production order for {order.item}, {order.get_status_display().lower()}",
    ),
    Kind(
        "deployed_code",
        Batch.objects.select_related("order__item"),
        ("number",),
        lambda batch: f"batch of {batch.order.item}, {batch.get_status_display().lower()}",
    ),
    Kind(
        "inventory_2",
        Lot.objects.select_related("item"),
        ("number", "supplier_lot"),
        lambda lot: f"lot of {lot.item}, {lot.get_status_display().lower()}",
    ),
    Kind(
        "category",
        Item.objects.all(),
        ("number", "description"),
        lambda item: f"item, {item.description}",
        also=Item.objects.called,
    ),
    Kind(
        "fact_check",
        Inspection.objects.select_related("plan__item", "lot"),
        ("plan__code", "lot__number", "reference"),
        lambda inspection: f"inspection of {inspection.plan.item}, {inspection.get_status_display().lower()}",
    ),
    Kind(
        "report",
        Nonconformance.objects.select_related("lot"),
        ("number",),
        lambda report: f"nonconformance of lot {report.lot}, {report.get_status_display().lower()}",
    ),
    Kind(
        "campaign",
        Recall.objects.all(),
        ("number", "scope_text"),
        lambda recall: (
            f"{'mock recall' if recall.is_mock else 'recall'}, {recall.get_status_display().lower()}"
        ),
    ),
    Kind(
        "local_shipping",
        Shipment.objects.select_related("order"),
        ("number", "carrier_reference"),
        lambda shipment: f"shipment of {shipment.order}",
    ),
    Kind(
        "shopping_cart",
        ExpectedReceipt.objects.select_related("item"),
        ("number",),
        lambda receipt: f"purchase of {receipt.item}, due {receipt.due_date}",
    ),
    Kind(
        "event_available",
        Offer.objects.select_related("item"),
        ("number", "inquiry"),
        lambda offer: f"offer of {offer.item}, {offer.get_status_display().lower()}",
    ),
    Kind(
        "description",
        Paper.objects.without_content(),
        ("number",),
        lambda paper: f"{paper.get_kind_display().lower()} of {paper.subject_name}",
    ),
    Kind("groups", Customer.objects.all(), ("code", "name"), lambda customer: "customer"),
    Kind(
        "precision_manufacturing",
        Machine.objects.select_related("work_center"),
        ("code", "name"),
        lambda machine: f"machine of {machine.work_center}",
    ),
)
"""What has a number, in the order in which it is looked for."""


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """What begins with `term` among everything this person may see; the newest first within each kind."""
    term = term.strip()
    return [found for kind in KINDS for found in kind.find(request, term)] if term else []


def _page_of(found: Model, request: HttpRequest) -> str | None:
    """Items open in their cockpit for whoever may see forecasts, offers on the page where they were made, recalls on theirs, everything else on its own page."""
    if isinstance(found, Offer):
        return f"{reverse('console:promise')}?offer={found.pk}"
    if isinstance(found, Recall):
        return reverse("console:recall", args=[found.pk])
    if isinstance(found, Item) and request.user.has_perm("forecasting.view_forecast"):
        return reverse("console:item", args=[found.pk])
    return address_of(found)
