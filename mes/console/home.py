"""The home page: what needs a decision today, and the plant at a glance (unfold's dashboard callback)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from forecasting.models import ForecastRun, Replenishment, StockTarget
from inventory.models import Item, Location
from mes.console.decisions import decisions
from mes.console.load import load_table
from mes.core.models import User
from orders.models import OrderLine, State
from production.models import Downtime, Machine, Operation, Schedule

DAYS_AHEAD = 10
NEARLY_FULL = 85
OVERFULL = 100
PLACES_SHOWN = 6
CAUSES_SHOWN = 3


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the home page's context."""
    now = timezone.now()
    if not (isinstance(request.user, User) and request.user.has_perm("production.view_operation")):
        return context | {"title": "Welcome", "is_fullwidth": "1"}
    lines = list(OrderLine.objects.open().with_progress(now).select_related("order__customer", "item"))
    return context | {
        "title": "Today",
        "is_fullwidth": "1",
        "now": now,
        "decisions": decisions(now, request.user, lines),
        "plant": _plant(now),
        "lines": _count_states(lines),
        "stock": _stock(),
        "plan": (plan := Schedule.objects.defer("unplanned", "moved").order_by("-version").first()),
        "repaired": repaired(plan),
        "load": load_table(now, days=DAYS_AHEAD),
        "warehouse": _warehouse(),
    }


def repaired(plan: Schedule | None) -> dict[str, Any] | None:
    """What the latest plan moved, in numbers, where something called for it; how many orders it makes late."""
    if plan is None or not plan.causes:
        return None
    made_late = sum(
        row["now"] is not None and row["now"] > row["due"] and not (row["was"] and row["was"] > row["due"])
        for row in plan.orders
    )
    return {
        "causes": [cause["text"] for cause in plan.causes[:CAUSES_SHOWN]],
        "more": max(len(plan.causes) - CAUSES_SHOWN, 0),
        "moved": plan.figures.get("moved", 0),
        "made_late": made_late,
    }


def _plant(now: datetime) -> dict[str, int]:
    limited = Machine.objects.working().filter(work_center__is_unlimited=False)
    return {
        "running": Operation.objects.running().filter(machine__isnull=False).count(),
        "machines": limited.count(),
        "down": Downtime.objects.current(now).count(),
        "ready": Operation.objects.ready().count(),
    }


def _count_states(lines: Iterable[Any]) -> dict[str, int]:
    states = Counter(line.state for line in lines)
    shipped = states.pop(State.SHIPPED, 0)
    return {
        "open": sum(states.values()),
        "on_time": states[State.ON_TIME] + states[State.READY],
        "at_risk": states[State.AT_RISK] + states[State.HELD],
        "late": states[State.LATE],
        "shipped": shipped,
    }


def _stock() -> dict[str, int]:
    """How many items with a target are below their reorder point, by what is free and what is on its way."""
    proposals = Replenishment.objects.proposed().count()
    run = ForecastRun.objects.latest_done()
    if run is None:
        return {"items": 0, "below": 0, "proposals": proposals}
    reorder_points = dict(StockTarget.objects.filter(run=run).values_list("item", "reorder_point"))
    stock: Any = Item.objects.filter(pk__in=reorder_points).with_stock()
    below = sum(
        usable - reserved + expected < reorder_points[pk]
        for pk, usable, reserved, expected in stock.values_list("pk", "usable", "reserved", "expected")
    )
    return {"items": len(reorder_points), "below": below, "proposals": proposals}


@dataclass(frozen=True)
class Fill:
    """How full a location is; `bar` is the length drawn, in per cent."""

    name: str
    capacity_m3: Decimal
    percent: int

    @property
    def bar(self) -> int:
        return min(self.percent, 100)

    @property
    def level(self) -> str:
        if self.percent >= OVERFULL:
            return "late"
        return "risk" if self.percent >= NEARLY_FULL else "done"


def _warehouse() -> list[Fill]:
    """The fullest of the places whose room is limited."""
    places: Any = Location.objects.filter(capacity_m3__isnull=False).with_fill().select_related("site")
    return [
        Fill(f"{place.site.code} {place.name}", place.capacity_m3, round(100 * (place.fill or 0)))
        for place in places.order_by(F("fill").desc(nulls_last=True), "pk")[:PLACES_SHOWN]
    ]
