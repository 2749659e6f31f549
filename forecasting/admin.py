"""The console of this app."""

from operator import itemgetter
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from forecasting import services
from forecasting.models import (
    DemandHistory,
    ForecastRun,
    ItemForecast,
    Override,
    Replenishment,
    StockPolicy,
    StockTarget,
)
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ServiceForm, link_to, service_action
from mes.core.models import User

STATUS_COLOURS = {
    "Proposed": "info",
    "Firm": "success",
    "Dismissed": "warning",
    "Superseded": "default",
    "Running": "info",
    "Done": "success",
    "Failed": "danger",
}


class FirmForm(ServiceForm):
    """For one proposal its quantity and day may be changed; several are firmed as they stand."""

    quantity = forms.DecimalField(max_digits=16, decimal_places=4, required=False)
    due_date = forms.DateField(required=False, widget=admin.widgets.AdminDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1:
            proposal = self.objects[0]
            self.fields["quantity"].initial = getattr(proposal, "quantity", None)
            self.fields["due_date"].initial = getattr(proposal, "due_date", None)
        else:
            self.fields.clear()


class ReasonForm(ServiceForm):
    reason = forms.CharField(max_length=200, help_text="The next planner reads it.")


def is_proposed(row: Replenishment) -> bool:
    return bool(row.status == Replenishment.Status.PROPOSED)


def is_dismissed(row: Replenishment) -> bool:
    return bool(row.status == Replenishment.Status.DISMISSED)


@admin.register(Replenishment)
class ReplenishmentAdmin(ReadOnlyAdmin):
    list_display = [
        "item",
        "shown_quantity",
        "start_date",
        "due_date",
        "stockout_date",
        "shown_status",
        "why",
    ]
    list_filter = ["status", "item__site", "item__supply", ("start_date", RangeDateFilter), "item__family"]
    list_filter_submit = True
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    ordering = [Case(When(status=Replenishment.Status.PROPOSED, then=0), default=1), "start_date", "pk"]
    date_hierarchy = "due_date"
    fields = [
        ("item", "shown_quantity", "shown_status"),
        ("start_date", "due_date", "stockout_date"),
        "why",
        "serves",
        ("order_made", "receipt_expected"),
        ("decided_by", "decided_at", "decision_reason"),
        "run",
    ]
    readonly_fields = ["shown_quantity", "shown_status", "serves", "order_made", "receipt_expected"]
    actions = [
        service_action(
            "Firm",
            services.firm_replenishment,
            form=FirmForm,
            when=is_proposed,
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="It becomes a production order with everything below it, or a purchase.",
            on_rows=True,
        ),
        service_action(
            "Dismiss…",
            services.dismiss_replenishment,
            form=ReasonForm,
            when=is_proposed,
            icon="cancel",
            description="One like it is not proposed again until its day is past.",
        ),
        service_action("Take back", services.reopen_replenishment, when=is_dismissed, icon="undo"),
    ]

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, row: Replenishment) -> str:
        return f"{row.quantity.normalize():f} {row.item.unit}"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, row: Replenishment) -> str:
        return row.get_status_display()

    @display(description="It serves")
    def serves(self, row: Replenishment) -> SafeString:
        return format_html_join(
            "",
            "<div>{} of {}, {} – {}</div>",
            ((peg["quantity"], peg["what"], peg["first_date"], peg["last_date"]) for peg in row.pegging),
        )

    @display(description="Production order")
    def order_made(self, row: Replenishment) -> str:
        return link_to(row.production_order) if row.production_order else "–"

    @display(description="Purchase")
    def receipt_expected(self, row: Replenishment) -> str:
        return link_to(row.expected_receipt) if row.expected_receipt else "–"


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


@admin.register(Override)
class OverrideAdmin(ConsoleAdmin):
    """An override is added with its reason and ended; its numbers do not change afterwards."""

    list_display = ["item", "first_date", "last_date", "quantity", "reason", "owner", "is_active"]
    list_filter = ["is_active", "item__site", "owner"]
    list_select_related = ["item", "owner"]
    search_fields = ["item__number", "item__description", "reason"]
    autocomplete_fields = ["item"]
    ordering = ["-is_active", "first_date", "pk"]
    fields = ["item", ("first_date", "last_date"), "quantity", "reason"]
    actions = [
        service_action(
            "End", services.end_override, when=lambda override: override.is_active, icon="stop_circle"
        )
    ]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Override, form: Any, change: Any) -> None:
        made = services.add_override(**form.cleaned_data, by=cast("User", request.user), at=timezone.now())
        obj.pk = made.pk


@admin.register(ForecastRun)
class ForecastRunAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "shown_status", "as_of", "items_done", "items_total", "finished_at", "message"]
    list_filter = ["status"]
    ordering = ["-started_at", "-pk"]

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
    fields = ["item", "run", "method", "why", "compared", "lead_time_days", "lead_time_quantiles"]
    readonly_fields = ["compared"]

    @display(description="Errors in back-test")
    def compared(self, row: ItemForecast) -> SafeString:
        ranked: list[tuple[str, float]] = sorted(row.errors.items(), key=itemgetter(1))
        return format_html_join("", "<div>{}: {}</div>", ranked)


@admin.register(DemandHistory)
class DemandHistoryAdmin(ConsoleAdmin):
    """A day is stated anew by adding it once more; no row is changed or deleted behind the forecasts that were made from it."""

    list_display = ["item", "date", "quantity", "source", "is_censored"]
    list_filter = ["source", "is_censored", ("date", RangeDateFilter), "item__site"]
    list_filter_submit = True
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    autocomplete_fields = ["item"]
    ordering = ["-date", "-pk"]
    fields = ["item", "date", "quantity", "is_censored"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: DemandHistory, form: Any, change: Any) -> None:
        point = services.DemandPoint(**form.cleaned_data)
        services.import_demand([point], by=cast("User", request.user), at=timezone.now())
        obj.pk = DemandHistory.objects.get(item=obj.item, date=obj.date, source=obj.source).pk
