"""The console of people's numbers."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from forecasting import services
from forecasting.models import (
    Override,
)
from mes.core.console import ConsoleAdmin, service_action
from mes.core.models import User


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

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        told = [("owner", "made_at"), ("is_active", "ended_by", "ended_at")]
        return [*self.fields, *told] if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Override, form: Any, change: Any) -> None:
        made = services.add_override(**form.cleaned_data, by=cast("User", request.user), at=timezone.now())
        obj.pk = made.pk
