"""The schedule board's data: what `production.board` knows, written small for the browser.

Moments are milliseconds since 1970, machines and orders are named once and referred to by their place in the list.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Max
from django.urls import reverse

from production.board import board
from production.models import Slot

BEFORE: Final = timedelta(days=2)
AT_LEAST: Final = timedelta(days=14)
AT_MOST: Final = timedelta(days=180)
FIRST_VIEW: Final = (timedelta(hours=12), timedelta(days=6))
LEGEND: Final = (
    ("running", "Running"),
    ("planned", "Planned"),
    ("late", "Order late"),
    ("held", "Waits for a verdict"),
    ("risk", "Paused"),
)


def board_json(at: datetime) -> dict[str, Any]:
    """Everything the board draws, from shortly before `at` to the end of the published schedule."""
    last = Slot.objects.published().aggregate(last=Max("ends_at"))["last"] or at
    end = min(max(last + timedelta(hours=12), at + AT_LEAST), at + AT_MOST)
    found = board(at - BEFORE, end, at=at)
    rows = {row["id"]: place for place, row in enumerate(found["machines"])}
    orders: dict[int, int] = {}
    named: list[dict[str, Any]] = []
    slots = []
    for slot in found["slots"]:
        if slot["order_id"] not in orders:
            orders[slot["order_id"]] = len(named)
            named.append(_order(slot))
        slots.append(_slot(slot, rows[slot["machine"]], orders[slot["order_id"]]))
    return {
        "from": _ms(found["start"]),
        "to": _ms(found["end"]),
        "now": _ms(at),
        "view": [_ms(at - FIRST_VIEW[0]), _ms(at + FIRST_VIEW[1])],
        "operation": reverse("admin:production_operation_change", args=[0]),
        "machines": [
            {"name": row["name"], "center": row["work_center"], "site": row["site"], "down": row["is_down"]}
            for row in found["machines"]
        ],
        "orders": named,
        "slots": slots,
        "shades": [
            [rows[shade["machine"]], _ms(shade["start"]), _ms(shade["end"]), int(shade["kind"] == "down")]
            for shade in found["shades"]
        ],
    }


def _order(slot: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": slot["order"],
        "item": slot["item"],
        "due": _ms(slot["due_at"]),
        "parent": slot["parent"],
        "reason": slot["reason"],
        "late": round(max(slot["lateness"].total_seconds(), 0) / 3600, 1),
    }


def _slot(slot: Mapping[str, Any], row: int, order: int) -> dict[str, Any]:
    level, word = status_of(slot)
    return {
        "row": row,
        "order": order,
        "start": _ms(slot["starts_at"]),
        "setup": _ms(slot["setup_ends_at"]),
        "end": _ms(slot["ends_at"]),
        "batch": slot["batch"],
        "step": slot["step"],
        "family": slot["family"],
        "quantity": f"{slot['quantity'].normalize():f}",
        "id": slot["operation"],
        "level": level,
        "word": word,
        "flags": (1 if slot["is_pinned"] else 0)
        | (2 if slot["is_blocked"] else 0)
        | (4 if slot["is_late"] else 0),
    }


def status_of(slot: Mapping[str, Any]) -> tuple[str, str]:
    """Level and word of a slot: what it does now counts before what will become of its order."""
    if slot["status"] == "running":
        return "running", "Running"
    if slot["status"] == "paused":
        return "risk", "Paused"
    if slot["is_blocked"]:
        return "held", "Waits for a verdict or a held lot"
    if slot["is_late"]:
        return "late", "Its order will be late"
    return "planned", "Ready to start" if slot["is_ready"] else "Planned"


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
