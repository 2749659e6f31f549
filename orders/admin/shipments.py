"""What left."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from mes.core.console import ReadOnlyAdmin, ReadOnlyInline, service_action
from mes.papers.panel import papers_about
from orders import services
from orders.models import Shipment, ShipmentLine
from orders.paper_forms import CertificateForm


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    fields = ["line", "lot", "quantity", "move"]
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentLine]:
        rows: QuerySet[ShipmentLine] = super().get_queryset(request)
        return rows.select_related("line__order", "lot", "move__lot", "move__source", "move__destination")


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ["number", "order", "customer", "shipped_at", "carrier", "carrier_reference", "by"]
    list_filter = ["order__customer", ("shipped_at", RangeDateFilter)]
    list_filter_submit = True
    list_select_related = ["order__customer", "by"]
    search_fields = ["number", "order__number", "carrier_reference", "lines__lot__number"]
    ordering = ["-shipped_at", "-pk"]
    inlines = [ShipmentLineInline]
    fields = [
        ("number", "order", "customer"),
        ("shipped_at", "carrier", "carrier_reference"),
        ("by", "papers"),
    ]
    readonly_fields = ["customer", "papers"]
    actions = [
        service_action(
            "Certificate of conformity…",
            services.issue_certificate,
            form=CertificateForm,
            permission="papers.issue_certificate",
            icon="verified",
            description="Numbered and frozen; refused while a step, inspection, nonconformance or requirement is open. "
            "The customer finds it on the tracking page.",
        )
    ]

    @display(description="Papers")
    def papers(self, shipment: Shipment) -> SafeString:
        return papers_about(shipment)

    @display(description="Customer", ordering="order__customer__name")
    def customer(self, shipment: Shipment) -> str:
        return shipment.order.customer.name
