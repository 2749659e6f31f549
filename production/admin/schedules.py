"""Versions of the schedule: what each achieved, what it moved, what it could not place."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from unfold.decorators import display

from mes.core.console import ReadOnlyAdmin, TellingAdmin
from production.figures import shortages_of
from production.models import Machine, Schedule

ROWS_SHOWN = 200
HOUR = 3600  # seconds
TOLD_IN_DAYS = 48  # hours


@admin.register(Schedule)
class ScheduleAdmin(TellingAdmin, ReadOnlyAdmin):
    list_display = [
        "version",
        "made_at",
        "reason",
        "operations",
        "late_orders",
        "moved_count",
        "unplanned_count",
        "solver_seconds",
    ]
    search_fields = ["reason", "version"]
    ordering = ["-version"]
    fields = [
        ("version", "made_at", "by"),
        "why",
        ("operations", "late_orders", "tardiness"),
        ("setup", "quality", "solver_seconds"),
    ]
    readonly_fields = [
        "why",
        "operations",
        "late_orders",
        "tardiness",
        "setup",
        "quality",
        "solver_seconds",
    ]
    list_select_related = ["by"]
    change_form_outer_after_template = "production/schedule.html"

    def told_of(self, obj: Any) -> dict[str, Any]:
        return difference(obj)

    @display(description="Reason")
    def why(self, schedule: Schedule) -> str:
        return schedule.reason

    @display(description="Operations")
    def operations(self, schedule: Schedule) -> Any:
        return schedule.figures.get("operations")

    @display(description="Late orders")
    def late_orders(self, schedule: Schedule) -> Any:
        return schedule.figures.get("late_orders")

    @display(description="Moved")
    def moved_count(self, schedule: Schedule) -> int:
        return len(schedule.moved)

    @display(description="Without a place")
    def unplanned_count(self, schedule: Schedule) -> int:
        return len(schedule.unplanned)

    @display(description="Search, s")
    def solver_seconds(self, schedule: Schedule) -> Any:
        return schedule.figures.get("solver_seconds")

    @display(description="Late in all, h")
    def tardiness(self, schedule: Schedule) -> Any:
        return schedule.figures.get("tardiness_hours")

    @display(description="Set-up, h")
    def setup(self, schedule: Schedule) -> Any:
        return schedule.figures.get("setup_hours")

    @display(description="How good it is")
    def quality(self, schedule: Schedule) -> str:
        figures = schedule.figures
        if figures.get("status") == "optimal":
            return "No better plan exists."
        told = f"{figures.get('objective')} {figures.get('value', 0) / HOUR:,.0f} h"
        bound = figures.get("bound")
        return told if bound is None else f"{told}; no plan can be below {bound / HOUR:,.0f} h."


def difference(schedule: Schedule) -> dict[str, Any]:
    """What a version moved against the one before, what found no place and what material is short, to be shown."""
    keys = {row[end]["machine"] for row in schedule.moved for end in ("from", "to")}
    names = {machine.pk: machine.name for machine in Machine.objects.filter(pk__in=keys)}
    moved = [
        {
            **row,
            "was": _place(row["from"], names),
            "is": _place(row["to"], names),
            "is_later": row["delay_seconds"] > 0,
            "later_by": _span(row["delay_seconds"] / HOUR),
        }
        for row in schedule.moved[:ROWS_SHOWN]
    ]
    return {
        "causes": [
            {**cause, "at": parse_datetime(cause["at"]), "url": _page(cause)}
            for cause in schedule.causes[:ROWS_SHOWN]
        ],
        "unstarted": schedule.figures.get("unstarted"),
        "moved": moved,
        "moved_count": len(schedule.moved),
        "unplanned": schedule.unplanned[:ROWS_SHOWN],
        "unplanned_count": len(schedule.unplanned),
        "shortages": shortages_of(schedule, ROWS_SHOWN),
        "counted": schedule.figures.get("counted", []),
        "broken_pins": schedule.figures.get("broken_pins", []),
    }


PAGES = {
    "machine": "production_machine",
    "operation": "production_operation",
    "order": "production_productionorder",
    "batch": "production_batch",
    "lot": "inventory_lot",
    "expected_receipt": "inventory_expectedreceipt",
    "workcenter": "production_workcenter",
    "tool": "production_tool",
}


def _page(cause: dict[str, Any]) -> str:
    """The page of what a cause is about."""
    page = PAGES.get(cause["about"])
    return reverse(f"admin:{page}_change", args=[cause["id"]]) if page and cause["id"] else ""


def _span(hours: float) -> str:
    """As the board tells it: hours up to two days, then days."""
    return f"{hours:.1f} h" if abs(hours) < TOLD_IN_DAYS else f"{hours / 24:.1f} days"


def _place(place: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    """Versions made before ends were kept have none."""
    end = place.get("end")
    return {
        "machine": names.get(place["machine"], "–"),
        "start": parse_datetime(place["start"]),
        "end": parse_datetime(end) if end else None,
    }
