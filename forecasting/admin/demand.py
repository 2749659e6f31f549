"""The console of what was asked for."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter

from forecasting import services
from forecasting.models import (
    DemandHistory,
)
from mes.core.console import ConsoleAdmin
from mes.core.models import User


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
