"""What-if plans as a list: what was considered, by whom, what it would have brought and what was decided."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from unfold.decorators import display

from inventory.colours import chip
from mes.core.console import ReadOnlyAdmin, TellingAdmin, service_action
from mes.core.links import address_of_key
from production import taking_back, what_ifs
from production.models import WhatIf

ROWS_SHOWN = 200
LEVELS = {WhatIf.Status.OPEN: "planned", WhatIf.Status.PUBLISHED: "done", WhatIf.Status.DROPPED: "held"}


def _is_open(plan: WhatIf) -> bool:
    return plan.status == WhatIf.Status.OPEN


@admin.register(WhatIf)
class WhatIfAdmin(TellingAdmin, ReadOnlyAdmin):
    """Made and drawn on the board; here they are found again, and published or dropped."""

    list_display = [
        "name",
        "shown_status",
        "by",
        "made_at",
        "based_on",
        "late_orders",
        "moved",
        "published_as",
    ]
    list_filter = ["status", "by"]
    search_fields = ["name", "by__username"]
    ordering = ["-made_at", "-pk"]
    fields = [
        ("name", "shown_status"),
        ("by", "made_at"),
        ("based_on", "worked_out_at"),
        "freely",
        "published_as",
    ]
    readonly_fields = ["shown_status"]
    change_form_outer_after_template = "production/what_if.html"
    actions = [
        service_action(
            "Publish",
            what_ifs.publish_what_if,
            when=_is_open,
            icon="publish",
            permission="production.add_schedule",
            description="Its changes are put in force, and a plan close to it is published.",
        ),
        service_action(
            "Work out again",
            what_ifs.change_what_if,
            when=_is_open,
            icon="refresh",
            description="Its changes are tried on the plant as it is now.",
        ),
        service_action(
            "Take back",
            taking_back.take_back_what_if,
            when=taking_back.may_be_taken_back,
            icon="undo",
            permission="production.add_schedule",
            description="All that it put in force goes, and what moved for it returns to where it was, as far as it still can.",
        ),
        service_action(
            "Drop",
            what_ifs.drop_what_if,
            when=_is_open,
            icon="delete",
            description="It is decided against, and stays here to be read.",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WhatIf]:
        found: Any = super().get_queryset(request)
        plans: QuerySet[WhatIf] = found.for_lists()
        return plans

    def told_of(self, obj: Any) -> dict[str, Any]:
        return difference(obj)

    @display(description="Status")
    def shown_status(self, plan: WhatIf) -> SafeString:
        status = WhatIf.Status(plan.status)
        if status == WhatIf.Status.OPEN and getattr(plan, "is_stale", False):
            return chip("Open, older plan", "risk")
        if "taken_back" in plan.figures:
            return chip("Published, taken back", "held")
        return chip(status.label, LEVELS[status])

    @display(description="Late orders")
    def late_orders(self, plan: WhatIf) -> str:
        return f"{plan.figures['before']['late_orders']} → {plan.figures['after']['late_orders']}"

    @display(description="Moved")
    def moved(self, plan: WhatIf) -> Any:
        return plan.figures["moved"]


def difference(plan: WhatIf) -> dict[str, Any]:
    """What a what-if plan changes, and the orders that end at another time, to be shown."""
    before, after = plan.figures["before"], plan.figures["after"]
    unaided = plan.figures.get("unaided")  # None: worked out before search alone was told
    sides = [side for side in (before, unaided, after) if side is not None]
    labels = {
        "late_orders": "Late orders",
        "tardiness_hours": "Late in all, h",
        "setup_hours": "Set-up, h",
    }
    return {
        "plan": plan,
        "unaided": unaided,
        "figures": [(label, [side[key] for side in sides]) for key, label in labels.items()],
        "ends": [parse_datetime(side["ends_at"]) if side["ends_at"] else None for side in sides],
        "orders": [
            {
                **row,
                "due_at": parse_datetime(row["due_at"]),
                "was": parse_datetime(row["was"]) if row["was"] else None,
                "now": parse_datetime(row["now"]) if row["now"] else None,
            }
            for row in plan.orders[:ROWS_SHOWN]
        ],
        "order_count": len(plan.orders),
        "back": [{**row, "address": _where(row)} for row in plan.figures.get("back", [])],
        "is_undoable": taking_back.may_be_taken_back(plan),
        "taken_back": plan.figures.get("taken_back"),
    }


def _where(row: dict[str, Any]) -> str | None:
    """The page on which a change is taken back, where the reader may open it; overtime is found by its machine."""
    if row["kind"] == "production.overtime":
        return f"{reverse('admin:production_overtime_changelist')}?machine__id__exact={row['key']}"
    return address_of_key(row["kind"], row["key"])
