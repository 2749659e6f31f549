"""What left."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from mes.core.console import (
    ReadOnlyAdmin,
    ReadOnlyInline,
)
from orders.models import (
    Shipment,
    ShipmentLine,
)


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

    @display(description="Customer", ordering="order__customer__name")
    def customer(self, shipment: Shipment) -> str:
        return shipment.order.customer.name
