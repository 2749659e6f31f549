"""The console of frozen forecasts."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display

from forecasting import services
from forecasting.models import Freeze
from mes.core.console import ConsoleAdmin, ServiceForm, service_action
from mes.core.models import User


class LiftForm(ServiceForm):
    reason = forms.CharField(max_length=200, help_text="Those who rely on the frozen numbers read it.")


@admin.register(Freeze)
class FreezeAdmin(ConsoleAdmin):
    """Adding one freezes the numbers that count now; they stay until it is lifted."""

    list_display = [
        "item",
        "first_date",
        "last_date",
        "shown_total",
        "reason",
        "frozen_by",
        "frozen_at",
        "is_active",
    ]
    list_filter = ["is_active", "frozen_by", ("first_date", RangeDateFilter), "item__site", "item__family"]
    list_filter_submit = True
    list_select_related = ["item", "frozen_by"]
    search_fields = ["item__number", "item__description", "reason"]
    autocomplete_fields = ["item"]
    ordering = ["-is_active", "first_date", "pk"]
    fields = ["item", ("first_date", "last_date"), "reason"]
    actions = [
        service_action(
            "Lift…",
            services.lift_freeze,
            form=LiftForm,
            permission="forecasting.unfreeze_forecast",
            when=lambda freeze: freeze.is_active,
            icon="lock_open",
            description="Later runs and people's numbers count again in these days.",
        )
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        lifted = [
            "shown_total",
            ("frozen_by", "frozen_at", "is_active"),
            ("lifted_by", "lifted_at", "lift_reason"),
        ]
        return [*self.fields, *lifted] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["shown_total"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Freeze, form: Any, change: Any) -> None:
        obj.pk = services.freeze(**form.cleaned_data, by=cast("User", request.user), at=timezone.now()).pk

    @display(description="In all")
    def shown_total(self, row: Freeze) -> str:
        return f"{sum(row.means):,.0f} {row.item.unit}"
