"""The console of messages about open orders, and of rules by which proposals become orders."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, When
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.enums import ActionVariant

from forecasting import services
from forecasting.models import ExceptionMessage, FirmingRule
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, ServiceForm, link_to, service_action
from mes.core.models import User

COLOURS = {"Open": "warning", "Done": "success", "Dismissed": "default", "No longer true": "default"}


class StaysForm(ServiceForm):
    reason = forms.CharField(max_length=200, help_text="Why it stays as it is; the next planner reads it.")


def is_open(row: ExceptionMessage) -> bool:
    return bool(row.status == ExceptionMessage.Status.OPEN)


def is_dismissed(row: ExceptionMessage) -> bool:
    return bool(row.status == ExceptionMessage.Status.DISMISSED)


def _unbroken(told: str) -> SafeString:
    return format_html('<span style="white-space:nowrap">{}</span>', told)


@admin.register(ExceptionMessage)
class ExceptionMessageAdmin(ReadOnlyAdmin):
    """Orders and purchases that are better changed, dearest first."""

    list_display = [
        "kind",
        "subject",
        "shown_item",
        "stands",
        "better",
        "shown_quantity",
        "shown_cost",
        "shown_status",
        "told",
    ]
    list_filter = ["status", "kind", "item__site", "item__supply", "item__family"]
    list_select_related = ["item", "production_order", "expected_receipt", "decided_by"]
    search_fields = ["item__number", "production_order__number", "expected_receipt__number"]
    ordering = [Case(When(status=ExceptionMessage.Status.OPEN, then=0), default=1), "-cost", "pk"]
    fields = [
        ("kind", "shown_status"),
        ("subject", "item"),
        ("due_date", "better"),
        "shown_quantity",
        "why",
        "cost",
        ("decided_by", "decided_at", "decision_reason"),
        "made_at",
    ]
    readonly_fields = ["subject", "better", "shown_quantity", "shown_status"]
    actions = [
        service_action(
            "Do it",
            services.act_on_message,
            when=is_open,
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="The order gets the better day, brings less, or is cancelled.",
            on_rows=True,
        ),
        service_action(
            "Leave it…",
            services.dismiss_message,
            form=StaysForm,
            when=is_open,
            icon="cancel",
            description="It does not come back until the facts change beyond the tolerances.",
        ),
        service_action("Take back", services.reopen_message, when=is_dismissed, icon="undo"),
    ]

    @display(description="Order")
    def subject(self, row: ExceptionMessage) -> SafeString:
        return _unbroken(link_to(row.subject))

    @display(description="Item", ordering="item__number")
    def shown_item(self, row: ExceptionMessage) -> SafeString:
        return _unbroken(str(row.item))

    @display(description="Due", ordering="due_date")
    def stands(self, row: ExceptionMessage) -> SafeString:
        return _unbroken(f"{row.due_date:%d %b}")

    @display(description="Better", ordering="better_date")
    def better(self, row: ExceptionMessage) -> SafeString:
        """A message to cancel knows no better day."""
        cancels = row.kind == ExceptionMessage.Kind.CANCEL
        return _unbroken("never" if cancels else f"{row.better_date:%d %b}")

    @display(description="Undone costs", ordering="cost")
    def shown_cost(self, row: ExceptionMessage) -> str:
        return f"{row.cost:,.0f}"

    @display(description="Why")
    def told(self, row: ExceptionMessage) -> SafeString:
        """With what somebody decided about it, which the next planner wants to know."""
        decided = f"{row.decided_by}: {row.decision_reason}" if row.decision_reason else ""
        return format_html(
            '<div style="min-width:14rem">{}{}</div>',
            row.why,
            format_html("<br><em>{}</em>", decided) if decided else "",
        )

    @display(description="Quantity")
    def shown_quantity(self, row: ExceptionMessage) -> str:
        told = f"{row.quantity.normalize():,f}"
        if row.better_quantity != row.quantity:
            told += f" → {row.better_quantity.normalize():,f}"
        return f"{told} {row.item.unit}"

    @display(description="Status", ordering="status", label=COLOURS)
    def shown_status(self, row: ExceptionMessage) -> str:
        return row.get_status_display()


@admin.register(FirmingRule)
class FirmingRuleAdmin(ConsoleAdmin):
    """Which proposals become orders without anybody looking at them, and in whose name."""

    list_display = [
        "name",
        "within_days",
        "covers",
        "most_value",
        "owner",
        "is_active",
        "last_run_at",
        "last_result",
    ]
    list_filter = ["is_active", "site"]
    list_select_related = ["site", "item", "owner"]
    search_fields = ["name", "item_family", "item__number"]
    autocomplete_fields = ["item"]
    readonly_fields = ["owner", "last_run_at", "last_result"]
    ordering = ["name", "pk"]
    actions = [
        service_action(
            "Firm now",
            services.firm_by_rule,
            icon="play_arrow",
            description="Does at once what the rule does every other hour.",
            permission="forecasting.change_replenishment",
        )
    ]

    def save_model(self, request: HttpRequest, obj: FirmingRule, form: Any, change: Any) -> None:
        # Nobody decides in somebody else's name.
        obj.owner = cast("User", request.user)
        super().save_model(request, obj, form, change)

    @display(description="Covers")
    def covers(self, row: FirmingRule) -> str:
        parts: list[Any] = [
            row.item,
            row.item_family,
            row.get_supply_display() if row.supply else "",
            row.site,
        ]
        return ", ".join(str(part) for part in parts if part) or "Everything"
