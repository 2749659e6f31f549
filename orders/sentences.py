"""Where a line stands, in words that a planner says and a customer may hear."""

from decimal import Decimal
from typing import Any

from inventory.quantities import plain


def why(line: Any) -> str:
    """What the state of `line` comes from, in one sentence.

    :param line: an order line with progress, its item loaded.
    """
    return _WHY[line.state](line)


def _shipped(line: Any) -> str:
    return f"All {plain(line.quantity)} shipped."


def _draft(line: Any) -> str:
    return "Not confirmed yet: nothing is reserved or planned."


def _cancelled(line: Any) -> str:
    return "The order was cancelled."


def _held(line: Any) -> str:
    if line.held_lot:
        return f"Lot {line.held_lot} is held: it waits for somebody's decision."
    return "Stock reserved for it may not be shipped: it is back in quarantine or has expired."


def _ready(line: Any) -> str:
    return f"{plain(line.ready_quantity)} {line.item.unit} reserved and released."


def _late(line: Any) -> str:
    if line.ready_quantity >= line.quantity - line.shipped_quantity:
        return f"Ready since it was wanted on {line.wanted_date:%d %b}; nobody shipped it. {_ready(line)}"
    if line.projected_date is None:
        return f"Wanted on {line.wanted_date:%d %b}. {_cause(line)}"
    days = (line.projected_date - line.wanted_date).days
    span = f"{days} day{'s' if days != 1 else ''}"
    return f"Projected {line.projected_date:%d %b}, {span} after {line.wanted_date:%d %b}. {_cause(line)}"


def _at_risk(line: Any) -> str:
    if line.blocked_step or line.projected_date is None:
        return _cause(line)
    day = "promised for" if line.promised_date else "wanted"
    return f"Planned to end on {line.projected_date:%d %b}, the very day it is {day}. {_cause(line)}"


def _on_time(line: Any) -> str:
    asked = "promised" if line.promised_date else "wanted"
    return f"Projected {line.projected_date:%d %b}, {asked} {line.wanted_date:%d %b}. {_cause(line)}"


def _cause(line: Any) -> str:
    """What comes next, or what is missing."""
    if line.uncovered_quantity > Decimal(0) and line.expected_date:
        return f"{plain(line.uncovered_quantity)} {line.item.unit} wait for the purchase due {line.expected_date:%d %b}."
    if line.uncovered_quantity > Decimal(0):
        return f"Neither in stock nor planned: {plain(line.uncovered_quantity)} {line.item.unit}."
    if line.blocked_step:
        return f"{line.blocked_step} waits for an inspection's verdict."
    if line.has_no_place:
        return f"{line.next_step} has no place in the plan: see why below the board."
    if line.is_step_running:
        return f"{line.next_step} is running."
    if line.is_unscheduled:
        return f"{line.next_step} has no place in the schedule yet."
    if line.next_step:
        return f"Next: {line.next_step}."
    if line.unjudged_quantity > Decimal(0):
        return "Made; waits for its final inspection."
    return "It is made."


_WHY = {
    "draft": _draft,
    "cancelled": _cancelled,
    "shipped": _shipped,
    "held": _held,
    "ready": _ready,
    "late": _late,
    "at_risk": _at_risk,
    "on_time": _on_time,
}
