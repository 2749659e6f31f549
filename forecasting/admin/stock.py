"""The console of stock policies and targets."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from forecasting.models import (
    ForecastRun,
    StockPolicy,
    StockTarget,
)
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin


@admin.register(StockTarget)
class StockTargetAdmin(ReadOnlyAdmin):
    list_display = ["item", "safety_stock", "reorder_point", "order_up_to", "service", "why"]
    list_filter = ["item__site", "item__family"]
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    ordering = ["item__number", "pk"]
    fields = ["item", ("safety_stock", "reorder_point", "order_up_to"), "why", "arithmetic", "run"]
    readonly_fields = ["arithmetic"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockTarget]:
        """The targets that count: those of the newest run done."""
        found: QuerySet[StockTarget] = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "forecasting_stocktarget_changelist":
            return found.filter(run=ForecastRun.objects.latest_done())
        return found

    @display(description="Service")
    def service(self, row: StockTarget) -> str:
        return f"{row.explanation.get('service', 0):.1%}"

    @display(description="Arithmetic")
    def arithmetic(self, row: StockTarget) -> SafeString:
        lines = row.explanation.get("lines", [])
        return format_html_join(
            "", "<div>{}: {} {}</div>", ((line["what"], line["value"], line["note"]) for line in lines)
        )


@admin.register(StockPolicy)
class StockPolicyAdmin(ConsoleAdmin):
    list_display = ["item", "measure", "service_level", "unmet", "review_days", "cover_days"]
    list_filter = ["measure", "item__site", "item__family"]
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    autocomplete_fields = ["item"]
    ordering = ["item__number", "pk"]
