"""The console of what explains demand."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant

from forecasting import services
from forecasting.admin.colours import STATUS_COLOURS
from forecasting.models import DemandEvent
from mes.core.console import ConsoleAdmin, ServiceForm, service_action
from mes.core.models import User


class ConfirmForm(ServiceForm):
    factor = forms.DecimalField(
        max_digits=8,
        decimal_places=4,
        required=False,
        label="Effect",
        help_text="What it multiplies ordinary demand by; empty: as it is, or learnt from history.",
    )
    reason = forms.CharField(max_length=200, required=False)


class DismissForm(ServiceForm):
    reason = forms.CharField(max_length=200, help_text="It is not proposed again for these days.")


@admin.register(DemandEvent)
class DemandEventAdmin(ConsoleAdmin):
    """What was found waits for a decision; what people add is confirmed. Decided events are not edited but dismissed and added anew."""

    list_display = ["name", "shown_scope", "shown_kind", "shown_days", "factor", "shown_status", "why"]
    list_filter = ["status", "kind", "found_by", "site", ("first_date", RangeDateFilter), "family"]
    list_filter_submit = True
    list_select_related = ["item", "site"]
    search_fields = ["name", "item__number", "item__description", "family"]
    autocomplete_fields = ["item", "like_items"]
    ordering = [Case(When(status=DemandEvent.Status.PROPOSED, then=0), default=1), "-first_date", "-pk"]
    fields = [
        ("kind", "name"),
        "item",
        ("family", "site"),
        ("first_date", "last_date"),
        ("factor", "is_learnt"),
        "like_items",
    ]
    actions = [
        service_action(
            "Confirm",
            services.confirm_event,
            form=ConfirmForm,
            when=lambda event: event.status != DemandEvent.Status.CONFIRMED,
            icon="check_circle",
            variant=ActionVariant.PRIMARY,
            description="Forecasts go by it from the next run on.",
            on_rows=True,
        ),
        service_action(
            "Dismiss…",
            services.dismiss_event,
            form=DismissForm,
            when=lambda event: event.status != DemandEvent.Status.DISMISSED,
            icon="cancel",
            description="It was ordinary demand, or does not happen.",
            on_rows=True,
        ),
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        decided = ["why", "found_by", ("made_by", "made_at"), ("decided_by", "decided_at", "decision_reason")]
        return [*self.fields, "shown_status", *decided] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["shown_status"] if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The site of an event of an item is the item's."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if "site" in form.base_fields:
            form.base_fields["site"].required = False
        return form

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: DemandEvent, form: Any, change: Any) -> None:
        made = services.add_event(**form.cleaned_data, by=cast("User", request.user), at=timezone.now())
        obj.pk, obj.site = made.pk, made.site

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """The service has written the like items."""

    @display(description="Of")
    def shown_scope(self, event: DemandEvent) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', event.scope)

    @display(description="Days", ordering="first_date")
    def shown_days(self, event: DemandEvent) -> SafeString:
        return format_html('<span class="whitespace-nowrap">{}</span>', event.days)

    @display(description="Kind", ordering="kind")
    def shown_kind(self, event: DemandEvent) -> str:
        return event.get_kind_display()

    @display(description="Status", ordering="status", label=STATUS_COLOURS)
    def shown_status(self, event: DemandEvent) -> str:
        return event.get_status_display()
