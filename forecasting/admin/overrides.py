"""The console of people's numbers."""

from decimal import Decimal
from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.http import HttpRequest
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import display

from forecasting import services
from forecasting.models import FamilyOverride, Override
from inventory.models import unit_of
from mes.core.console import ConsoleAdmin, ReadOnlyAdmin, service_action
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
        told = ["part_of", ("owner", "made_at"), ("is_active", "ended_by", "ended_at")]
        return [*self.fields, *told] if obj else self.fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Override, form: Any, change: Any) -> None:
        made = services.add_override(**form.cleaned_data, by=cast("User", request.user), at=timezone.now())
        obj.pk = made.pk


@admin.register(FamilyOverride)
class FamilyOverrideAdmin(ReadOnlyAdmin):
    """Numbers for families and plants, stated on the pages of their forecasts; what still counts of each."""

    list_display = ["subject", "site", "first_date", "last_date", "shown_quantity", "counts", "reason", "owner", "is_active"]  # fmt: skip
    list_filter = ["is_active", "level", "site", "owner"]
    list_select_related = ["site", "owner"]
    search_fields = ["family", "site__name", "reason"]
    ordering = ["-is_active", "first_date", "pk"]
    fields = [
        ("subject", "site"),
        ("first_date", "last_date"),
        ("shown_quantity", "counts", "shared_out"),
        "reason",
        ("owner", "made_at"),
        ("is_active", "ended_by", "ended_at"),
    ]
    readonly_fields = ["subject", "shown_quantity", "counts", "shared_out"]
    actions = [
        service_action(
            "End",
            services.end_family_override,
            when=lambda override: override.is_active,
            icon="stop_circle",
            description="The forecasts of all its items count again.",
        )
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FamilyOverride]:
        counting = Q(parts__is_active=True)
        found: QuerySet[FamilyOverride] = super().get_queryset(request)
        return found.annotate(
            counted=Sum("parts__quantity", filter=counting),
            counted_items=Count("parts", filter=counting),
            shared_at=Max("parts__made_at", filter=counting),
        )

    @display(description="In all", ordering="quantity")
    def shown_quantity(self, row: FamilyOverride) -> str:
        return f"{row.quantity.normalize():,f} {unit_of(row.uom)}"

    @display(description="Shared out, and counting")
    def counts(self, row: Any) -> str:
        total: Decimal = row.counted or Decimal()
        return (
            f"{total.normalize():,f} {unit_of(row.uom)} for {row.counted_items} item{pluralize(row.counted_items)}"
            if row.counted_items
            else "–"
        )

    @display(description="As they were forecast on")
    def shared_out(self, row: Any) -> str:
        return date_format(timezone.localtime(row.shared_at), "DATETIME_FORMAT") if row.shared_at else "–"
