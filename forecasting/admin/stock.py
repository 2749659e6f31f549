"""The console of stock policies and targets."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from forecasting.models import (
    ForecastRun,
    StockPolicy,
    StockTarget,
)
from forecasting.wording import amount
from inventory.quantities import plain
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin


@admin.register(StockTarget)
class StockTargetAdmin(ReadOnlyAdmin):
    list_display = ["item", "standing", "safety_stock", "reorder_point", "order_up_to", "service", "why"]
    list_filter = ["abc", "xyz", "item__site", "item__family"]
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    ordering = ["item__number", "pk"]
    fields = [
        "item",
        ("safety_stock", "reorder_point", "order_up_to"),
        "class_and_policy",
        "why",
        "arithmetic",
        "run",
    ]
    readonly_fields = ["class_and_policy", "arithmetic"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockTarget]:
        """The targets that count: those of the newest run done."""
        found: QuerySet[StockTarget] = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "forecasting_stocktarget_changelist":
            return found.filter(run=ForecastRun.objects.latest_done())
        return found

    @display(description="Class", ordering="abc")
    def standing(self, row: StockTarget) -> str:
        return f"{row.abc}{row.xyz}" or "–"

    @display(description="Service")
    def service(self, row: StockTarget) -> str:
        return f"{row.explanation.get('service', 0):.1%}"

    @display(description="Class and policy")
    def class_and_policy(self, row: StockTarget) -> SafeString:
        known = row.explanation
        return format_html(
            "<div>{}</div><div>Policy: {}</div>", known.get("class_why", "–"), known.get("policy", "–")
        )

    @display(description="Arithmetic")
    def arithmetic(self, row: StockTarget) -> SafeString:
        lines = row.explanation.get("lines", [])
        return format_html_join(
            "",
            "<div>{}: <b>{}</b> {}</div>",
            (
                (
                    line["what"],
                    _figure(line["what"], line["value"]),
                    f"({line['note']})" if line["note"] else "",
                )
                for line in lines
            ),
        )


def _figure(what: str, value: float) -> str:
    return f"{value:.1%}" if what == "service reached" else amount(value)


@admin.register(StockPolicy)
class StockPolicyAdmin(ConsoleAdmin):
    list_display = ["whose", "measure", "asked", "is_shared", "unmet", "review_days", "cover_days", "budget"]
    list_filter = ["measure", "abc", "xyz", "item__site", "item__family"]
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description"]
    autocomplete_fields = ["item"]
    ordering = ["item__number", "abc", "xyz", "pk"]
    fieldsets = [
        (
            "Whose",
            {
                "fields": ["item", ("abc", "xyz")],
                "description": "An item's own policy goes before that of its class. With neither an item nor a class it is for all others.",
            },
        ),
        (
            "How available",
            {"fields": ["measure", ("service_level", "is_shared"), "shortage_percent", "unmet"]},
        ),
        ("How it is kept", {"fields": [("review_days", "cover_days"), "budget"]}),
    ]

    @display(description="For", ordering="item__number")
    def whose(self, row: StockPolicy) -> str:
        return str(row.item) if row.item else row.class_name

    @display(description="Asked", ordering="service_level")
    def asked(self, row: StockPolicy) -> str:
        if row.measure == StockPolicy.Measure.COST:
            return f"missing costs {plain(row.shortage_percent)} %"
        return f"{row.service_level:.1%}"
