"""What the page of an item shows of stock that follows demand, as sheets to keep."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from forecasting.cockpit import Cockpit
from mes.core.sheets import Sheet

LEVELS = ("0.05", "0.25", "0.5", "0.75", "0.95")


def cockpit_sheets(found: Cockpit) -> list[Sheet]:
    """Stock to come, demand, forecast by day, week and month, proposals, overrides, target, methods, lots and batches of one item."""
    return [
        _summary(found),
        _projection(found),
        _demand(found),
        *(_fan(name, found.chart["forecast"][grain]) for name, grain in _GRAINS),
        _proposals(found),
        _overrides(found),
        _events(found),
        _value_added(found),
        _methods(found),
        _lots(found),
        _batches(found),
    ]


_GRAINS = (("Forecast by day", "days"), ("Forecast by week", "weeks"), ("Forecast by month", "months"))


def _summary(found: Cockpit) -> Sheet:
    target = found.target or {}
    told: list[tuple[str, Any, str]] = [
        ("Item", str(found.item), found.item.description),
        ("Unit", found.item.unit, ""),
        ("As of", found.today, ""),
        ("Free", found.stock.free, "usable less reserved"),
        ("On hand", found.stock.on_hand, ""),
        ("Purchased, on its way", found.stock.expected, ""),
        (
            "Chance to run out %",
            found.chance_percent,
            f"within {found.bridging_days} days if nothing is done",
        ),
        ("Safety stock", target.get("safety_stock"), target.get("why", "")),
        ("Reorder point", target.get("reorder_point"), ""),
        ("Order up to", target.get("order_up_to"), ""),
        ("Method", found.chart["method"], found.chart["why"]),
    ]
    return Sheet("Item", ["What", "Value", "Note"], told)


def _projection(found: Cockpit) -> Sheet:
    shown = found.projection
    both, alone = shown.with_proposals, shown.without
    rows = []
    for number, stock in enumerate(both.stock):
        known = bool(both.chance_out)
        rows.append(
            [
                shown.first + timedelta(days=number),
                round(stock, 3),
                round(alone.stock[number], 3),
                round(both.low[number], 3) if known else None,
                round(both.high[number], 3) if known else None,
                round(both.chance_out[number], 4) if known else None,
                round(alone.chance_out[number], 4) if known else None,
            ]
        )
    headings = ["Date", "With proposals", "Without them", "Low", "High", "Chance out", "Chance out without"]
    return Sheet("Stock to come", headings, rows)


def _demand(found: Cockpit) -> Sheet:
    return Sheet(
        "Demand",
        ["Date", "Quantity"],
        [[_day(row["date"]), row["quantity"]] for row in found.chart["history"]["days"]],
    )


def _proposals(found: Cockpit) -> Sheet:
    return Sheet(
        "Proposals",
        ["Quantity", "Start", "Due", "Runs out without it", "Why"],
        [[r.quantity, r.start_date, r.due_date, r.stockout_date, r.why] for r in found.proposals],
    )


def _overrides(found: Cockpit) -> Sheet:
    return Sheet(
        "Overrides",
        ["First day", "Last day", "Quantity", "Owner", "Reason"],
        [
            [_day(r["first_date"]), _day(r["last_date"]), r["quantity"], r["owner"], r["reason"]]
            for r in found.chart["overrides"]
        ],
    )


def _events(found: Cockpit) -> Sheet:
    return Sheet(
        "Events",
        ["Event", "Kind", "Status", "Of", "First day", "Last day", "Effect", "Learnt from"],
        [
            [
                r["name"],
                r["kind"],
                r["status"],
                r["scope"],
                _day(r["first_date"]),
                _day(r["last_date"]) if r["last_date"] else None,
                r["factor"],
                "yes" if r["is_learnt"] else "no",
            ]
            for r in found.chart["events"]
        ],
    )


def _value_added(found: Cockpit) -> Sheet:
    return Sheet(
        "Value added",
        [
            "Weeks ahead",
            "Whose",
            "Weeks",
            "Naive",
            "Statistics",
            "Overrides",
            "Agreed",
            "Counted",
            "Added",
        ],
        [
            [
                r.horizon,
                str(r.owner) if r.owner else "all",
                r.weeks,
                r.naive_error,
                r.error,
                r.override_error,
                r.consensus_error,
                r.final_error,
                r.added,
            ]
            for r in found.accuracies
        ],
    )


def _methods(found: Cockpit) -> Sheet:
    return Sheet(
        "Methods",
        ["Method", "Error in back-test", "Measure"],
        [[row.method, row.error, found.chart["measure"]] for row in found.errors],
    )


def _lots(found: Cockpit) -> Sheet:
    return Sheet(
        "Lots",
        ["Lot", "Disposition", "On hand", "Expires"],
        [[str(r.lot), r.lot.get_status_display(), _on_hand(r.lot), r.lot.expires_on] for r in found.lots],
    )


def _batches(found: Cockpit) -> Sheet:
    return Sheet(
        "Batches",
        [
            "Batch",
            "Status",
            "Planned",
            "Good",
            "Scrap",
            "Yield %",
            "Inspections failed",
            "Done",
            "Days late",
        ],
        [
            [
                r.batch.number,
                r.batch.get_status_display(),
                r.planned,
                r.good,
                r.scrap,
                r.yield_percent,
                r.failed,
                r.done_at,
                round(r.late_days, 1),
            ]
            for r in found.batches
        ],
    )


def _fan(title: str, rows: Iterable[dict[str, Any]]) -> Sheet:
    return Sheet(
        title,
        ["From", "Forecast", "Planned, with overrides", *(f"Quantile {level}" for level in LEVELS)],
        [
            [_day(row["date"]), row["mean"], row["planned"], *(row["q"].get(level) for level in LEVELS)]
            for row in rows
        ],
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _on_hand(lot: Any) -> Decimal:
    return Decimal(lot.on_hand)
