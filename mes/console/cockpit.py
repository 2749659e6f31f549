"""Everything about one item on one page: what is there, what will be asked for, what is proposed and why."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from forecasting.chart import chart
from forecasting.models import Replenishment, StockPolicy
from inventory.models import Item, Lot
from mes.console.levels import LOT
from mes.core.actions import address_of
from production.models import Component, ProcessPlan

LOTS_SHOWN = 8
USES_SHOWN = 12


def cockpit(item: Item, *, at: datetime) -> dict[str, Any]:
    """The page's context; `item` comes `with_stock()`.

    The stock projection is not part of it: it takes longer and the page fetches it by itself.
    """
    today = at.astimezone(item.site.zone).date()
    drawn = chart(item, today=today)
    proposals = list(
        Replenishment.objects.proposed().filter(item=item).select_related("item").most_urgent_first()
    )
    return {
        "item": item,
        "unit": item.unit,
        "item_page": address_of(item),
        "chart": drawn,
        "is_forecast": bool(drawn["forecast"]["weeks"]),
        "target": drawn["target"],
        "errors": _errors(drawn),
        "policy": StockPolicy.objects.filter(item=item).first(),
        "proposals": proposals,
        "stock": _stock(item),
        "position": _position(item, drawn["target"]),
        "runs_out": _runs_out(proposals, today),
        "lots": _lots(item, today),
        "made_of": list(_made_of(item)[:USES_SHOWN]),
        "used_in": list(_used_in(item)[:USES_SHOWN]),
    }


def _stock(item: Any) -> dict[str, Any]:
    """The arithmetic of what is free, in words that add up."""
    free = item.usable - item.reserved
    return {
        "on_hand": item.on_hand,
        "usable": item.usable,
        "waiting": item.on_hand - item.usable,
        "reserved": item.reserved,
        "free": free,
        "expected": item.expected,
    }


def _position(item: Any, target: dict[str, Any] | None) -> tuple[str, str]:
    """Level and word of where the stock stands against its target."""
    if target is None:
        return "planned", "No target"
    there = float(item.usable - item.reserved + item.expected)
    if float(item.usable - item.reserved) <= 0:
        return "late", "Out of stock"
    if there < target["reorder_point"]:
        return "risk", "Below reorder point"
    if there > target["order_up_to"]:
        return "held", "Above order-up-to"
    return "done", "Within target"


def _runs_out(proposals: Sequence[Replenishment], today: date) -> tuple[date, int] | None:
    """The day on which stock runs out without the proposals, and how many days that is from now."""
    days = [row.stockout_date for row in proposals if row.stockout_date]
    return (min(days), max((min(days) - today).days, 0)) if days else None


def _errors(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """Back-test errors of the methods that were tried, the best first; below 1 beats repeating the last value."""
    ranked = sorted(
        ((name, value) for name, value in drawn["errors"].items() if isinstance(value, int | float)),
        key=lambda pair: pair[1],
    )
    worst = max((value for _, value in ranked), default=1) or 1
    return [
        {
            "method": name,
            "error": value,
            "bar": round(100 * value / worst),
            "is_chosen": name == drawn["method"],
        }
        for name, value in ranked
    ]


def _lots(item: Item, today: date) -> list[dict[str, Any]]:
    """Lots on hand in the order in which they would be used."""
    lots = Lot.objects.filter(item=item).in_stock().with_on_hand().first_expired_first()
    return [
        {
            "lot": lot,
            "page": address_of(lot),
            "level": LOT[Lot.Status(lot.status)],
            "days": (lot.expires_on - today).days if lot.expires_on else None,
        }
        for lot in lots[:LOTS_SHOWN]
    ]


def _made_of(item: Item) -> QuerySet[Component]:
    plans = ProcessPlan.objects.effective().filter(item=item)
    return Component.objects.filter(plan__in=plans).select_related("item").order_by("step__sequence", "pk")


def _used_in(item: Item) -> QuerySet[Component]:
    plans = ProcessPlan.objects.effective()
    return (
        Component.objects.filter(item=item, plan__in=plans)
        .select_related("plan__item")
        .order_by("plan__item__number", "pk")
    )
