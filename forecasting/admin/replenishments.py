"""The console of proposals."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, QuerySet, When
from django.http import HttpRequest
from django.utils.dateformat import format as date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from forecasting import services
from forecasting.admin.colours import STATUS_COLOURS
from forecasting.models import (
    Replenishment,
)
from inventory.quantities import plain
from mes.core.console import ReadOnlyAdmin, ServiceForm, link_to, service_action


class FirmForm(ServiceForm):
    """For one proposal its quantity and day may be changed; several are firmed as they stand."""

    quantity = forms.DecimalField(max_digits=16, decimal_places=4, required=False)
    due_date = forms.DateField(required=False, widget=admin.widgets.AdminDateWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.objects) == 1:
            proposal = cast("Replenishment", self.objects[0])
            self.fields["quantity"].initial = plain(proposal.quantity)
            self.fields["due_date"].initial = proposal.due_date
        else:
            self.fields.clear()


class ReasonForm(ServiceForm):
    reason = forms.CharField(max_length=200, help_text="The next planner reads it.")


def _days(peg: Mapping[str, Any]) -> str:
    """The days of what a proposal serves, or the one day."""
    first, last = (date_format(date.fromisoformat(peg[end]), "j M Y") for end in ("first_date", "last_date"))
    return first if first == last else f"{first} – {last}"


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
        "shown_cost",
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
        ("cost", "cost_why"),
        "family",
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replenishment]:
        found: QuerySet[Replenishment] = super().get_queryset(request)
        return found & Replenishment.objects.counting()

    @display(description="Quantity", ordering="quantity")
    def shown_quantity(self, row: Replenishment) -> str:
        return f"{row.quantity.normalize():,f} {row.item.unit}"

    @display(description="Doing nothing costs", ordering="cost")
    def shown_cost(self, row: Replenishment) -> str:
        return f"{row.cost:,.0f}"

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, row: Replenishment) -> str:
        return row.get_status_display()

    @display(description="It serves")
    def serves(self, row: Replenishment) -> SafeString:
        return format_html_join(
            "",
            "<div>{} {} of {}, {}</div>",
            ((f"{peg['quantity']:,.10g}", row.item.unit, peg["what"], _days(peg)) for peg in row.pegging),
        )

    @display(description="Production order")
    def order_made(self, row: Replenishment) -> str:
        return link_to(row.production_order) if row.production_order else "–"

    @display(description="Purchase")
    def receipt_expected(self, row: Replenishment) -> str:
        return link_to(row.expected_receipt) if row.expected_receipt else "–"
