"""Tools with their absences, and the rules that plans are made by."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ConsoleAdmin, TabularInline
from production.models import Operation, SchedulingRules, Tool, ToolAbsence, ToolNeed


class ToolAbsenceInline(TabularInline):
    model = ToolAbsence
    extra = 0
    fields = ["kind", "quantity", "starts_at", "ends_at", "reason"]
    ordering = ["-starts_at", "-pk"]
    per_page = 20


@admin.register(Tool)
class ToolAdmin(ConsoleAdmin):
    """A tool or fixture and how many like it there are. Steps of process plans say how many they need."""

    list_display = ["code", "name", "site", "quantity", "shown_state"]
    list_filter = ["site", "absences__kind"]
    search_fields = ["code", "name"]
    ordering = ["code"]
    fields = [("site", "code"), "name", ("quantity", "shown_state")]
    readonly_fields = ["shown_state"]
    inlines = [ToolAbsenceInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tool]:
        found: QuerySet[Tool] = super().get_queryset(request)
        current = ToolAbsence.objects.current(timezone.now())
        running = ToolNeed.objects.filter(step__operations__status=Operation.Status.RUNNING)
        return found.select_related("site").annotate(
            away=_total(current, "quantity"), in_use=_total(running, "quantity")
        )

    @display(description="Now")
    def shown_state(self, tool: Any) -> SafeString:
        away, in_use = getattr(tool, "away", 0), getattr(tool, "in_use", 0)
        free = max((tool.quantity or 0) - away - in_use, 0)
        words = [
            f"{free} free",
            *([f"{in_use} in use"] if in_use else []),
            *([f"{away} away"] if away else []),
        ]
        level = "done" if free else ("held" if away else "running")
        return chip(", ".join(words), level)


@admin.register(SchedulingRules)
class SchedulingRulesAdmin(ConsoleAdmin):
    """What a plan strives for. The next plan goes by what is saved here."""

    list_display = ["__str__", "rush_weight", "normal_weight", "fill_in_weight", "reserves_released_days"]
    fieldsets = [
        (
            "What counts, against an hour of lateness of weight 1",
            {"fields": [("tardiness_weight", "setup_weight"), ("flow_weight", "move_minutes")]},
        ),
        (
            "How much an hour of lateness counts, by priority of the order",
            {"fields": [("rush_weight", "normal_weight", "fill_in_weight")]},
        ),
        ("Reserved capacity", {"fields": ["reserves_released_days"]}),
    ]
    ordering = ["pk"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not SchedulingRules.objects.exists() and bool(super().has_add_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _total(rows: QuerySet[Any], field: str) -> Coalesce:
    """The sum of a field over the rows of each tool; 0 without any."""
    sums = rows.filter(tool=OuterRef("pk")).order_by().values("tool").annotate(total=Sum(field))
    return Coalesce(Subquery(sums.values("total")), 0)
