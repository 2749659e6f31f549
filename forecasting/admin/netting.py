"""The console of what netting goes by."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from forecasting.models import LotRule, NettingRules
from mes.core.console import ConsoleAdmin


@admin.register(LotRule)
class LotRuleAdmin(ConsoleAdmin):
    """How much one replenishment of an item brings; items without a rule follow their policy's cover."""

    list_display = ["item", "sizing", "fixed_lot", "order_cost", "family", "family_cost"]
    list_filter = ["sizing", "item__site", "item__family"]
    list_select_related = ["item"]
    search_fields = ["item__number", "item__description", "family"]
    autocomplete_fields = ["item"]
    ordering = ["item__number", "pk"]


@admin.register(NettingRules)
class NettingRulesAdmin(ConsoleAdmin):
    """The next proposals and messages go by what is saved here."""

    list_display = [
        "__str__",
        "tolerance_days",
        "tolerance_share",
        "late_share_a_day",
        "holding_share_a_year",
    ]
    fieldsets = [
        ("When an order is worth changing", {"fields": [("tolerance_days", "tolerance_share")]}),
        ("What waiting and holding cost", {"fields": [("late_share_a_day", "holding_share_a_year")]}),
    ]
    ordering = ["pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not NettingRules.objects.exists() and bool(super().has_add_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
