"""The console of forecast runs and what they made."""

from operator import itemgetter

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from forecasting.admin.colours import STATUS_COLOURS
from forecasting.models import (
    ForecastRun,
    ItemForecast,
)
from mes.core.console import ReadOnlyAdmin


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "shown_status", "as_of", "items_done", "items_total", "finished_at", "message"]
    list_filter = ["status"]
    ordering = ["-started_at", "-pk"]
    fields = [
        "shown_status",
        "as_of",
        "horizon_days",
        "items_done",
        "items_total",
        "started_at",
        "finished_at",
        "message",
    ]

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, run: ForecastRun) -> str:
        return run.get_status_display()


@admin.register(ItemForecast)
class ItemForecastAdmin(ReadOnlyAdmin):
    list_display = ["item", "method", "why", "run"]
    list_filter = ["method", "item__site", "item__family"]
    list_select_related = ["item", "run"]
    search_fields = ["item__number", "item__description"]
    ordering = ["-run", "item__number", "pk"]
    fields = ["item", "run", "method", "why", "compared", "measure", "lead_time_days", "lead_time_quantiles"]
    readonly_fields = ["compared"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ItemForecast]:
        found: QuerySet[ItemForecast] = super().get_queryset(request)
        return found.filter(run__status=ForecastRun.Status.DONE)

    @display(description="Errors in back-test")
    def compared(self, row: ItemForecast) -> SafeString:
        ranked: list[tuple[str, float]] = sorted(row.errors.items(), key=itemgetter(1))
        return format_html_join("", "<div>{}: {}</div>", ranked)
