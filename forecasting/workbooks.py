"""What the pages of stock that follows demand show, as sheets to keep: of one item, and of all of them."""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from forecasting.cockpit import Cockpit
from forecasting.models import MonthlyAccuracy
from forecasting.models.monthly_accuracy import SUMS
from forecasting.portfolio import Holding
from forecasting.scaling_up import ScaledUp
from forecasting.track_record import Errors, TrackRecord
from mes.core.sheets import Sheet

LEVELS = ("0.05", "0.25", "0.5", "0.75", "0.95")


def cockpit_sheets(found: Cockpit) -> list[Sheet]:
    """Stock to come, demand, forecast by day, week and month, proposals, overrides, target, methods, lots and batches of one item."""
    drawn = found.chart
    return [
        _summary(found),
        _projection(found),
        Sheet(
            "Demand",
            ["Date", "Quantity"],
            [[_day(row["date"]), row["quantity"]] for row in drawn["history"]["days"]],
        ),
        *(_fan(name, drawn["forecast"][grain]) for name, grain in _GRAINS),
        Sheet(
            "Proposals",
            ["Quantity", "Start", "Due", "Runs out without it", "Why"],
            [[r.quantity, r.start_date, r.due_date, r.stockout_date, r.why] for r in found.proposals],
        ),
        Sheet(
            "Overrides",
            ["First day", "Last day", "Quantity", "Owner", "Reason"],
            [
                [_day(r["first_date"]), _day(r["last_date"]), r["quantity"], r["owner"], r["reason"]]
                for r in drawn["overrides"]
            ],
        ),
        Sheet(
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
                for r in drawn["events"]
            ],
        ),
        Sheet(
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
        ),
        Sheet(
            "Methods",
            ["Method", "Error in back-test", "Measure"],
            [[row.method, row.error, found.chart["measure"]] for row in found.errors],
        ),
        Sheet(
            "Lots",
            ["Lot", "Disposition", "On hand", "Expires"],
            [[str(r.lot), r.lot.get_status_display(), _on_hand(r.lot), r.lot.expires_on] for r in found.lots],
        ),
        Sheet(
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
        ),
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


def _fan(title: str, rows: Iterable[dict[str, Any]]) -> Sheet:
    return Sheet(
        title,
        ["From", "Forecast", "Planned, with overrides", *(f"Quantile {level}" for level in LEVELS)],
        [
            [_day(row["date"]), row["mean"], row["planned"], *(row["q"].get(level) for level in LEVELS)]
            for row in rows
        ],
    )


def scaled_up_sheets(answer: ScaledUp) -> list[Sheet]:
    """What breaks first and when, and what was asked."""
    return [
        Sheet(
            "What breaks first",
            ["From", "What", "Kind", "Needed", "There", "Unit", "Also with demand as it is", "Why"],
            [
                [
                    limit.date,
                    limit.what,
                    limit.breaks,
                    round(limit.needed, 4),
                    round(limit.available, 4),
                    limit.unit,
                    "yes" if limit.anyway else "",
                    limit.sentence,
                ]
                for limit in answer.limits
            ],
        ),
        Sheet(
            "Asked",
            ["What", "Value"],
            [
                ["Times the forecast", answer.factor],
                ["Items", answer.items],
                ["Planned until", answer.until],
                ["Answer", answer.sentence],
            ],
        ),
    ]


def portfolio_sheet(rows: Iterable[Holding], *, months: int) -> Sheet:
    """Every column of the portfolio, an item a row."""
    headings = [
        "Item",
        "Description",
        "Family",
        "Site",
        "Unit",
        "State",
        "Free",
        "On hand",
        "On its way",
        "Safety stock",
        "Reorder point",
        "Order up to",
        "Chance to run out %",
        "Runs out",
        "Open proposals",
        "Months of demand",
        f"Beyond {months} months",
        "Expires before it is used",
        "Money at stake",
        "Capital",
        "Capital at the end of the horizon",
        "Capital at target",
        "Volume m3",
        "Method",
        "Forecast error",
        "Measure of error",
        "People added %",
        "Bias %",
    ]
    return Sheet("Portfolio", headings, [_holding(row) for row in rows])


def _holding(row: Holding) -> list[Any]:
    return [
        str(row.item),
        row.item.description,
        row.item.family,
        row.item.site.code,
        row.item.unit,
        row.state[1],
        row.free,
        row.on_hand,
        row.expected,
        row.target.safety_stock,
        row.target.reorder_point,
        row.target.order_up_to,
        None if row.chance_out is None else round(100 * row.chance_out, 1),
        row.runs_out,
        row.proposals,
        None if row.months is None else round(row.months, 1),
        round(row.beyond, 1),
        round(row.expires, 1),
        round(row.at_stake, 2),
        round(row.capital, 2),
        round(row.capital_later, 2),
        round(row.capital_at_target, 2),
        round(row.volume_m3, 2),
        row.method,
        None if row.error is None else round(row.error, 3),
        row.measure,
        None if row.added_percent is None else round(row.added_percent, 2),
        None if row.bias_percent is None else round(row.bias_percent, 2),
    ]


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _on_hand(lot: Any) -> Decimal:
    return Decimal(lot.on_hand)


def months_sheet(found: TrackRecord) -> Sheet:
    """Error and bias by month in per cent of demand, the newest first."""
    rows = [[row.first_date, *_errors(row.errors)] for row in found.months[::-1]]
    return Sheet("Accuracy by month", ["Month", *_ERRORS], rows)


def track_record_sheets(found: TrackRecord, rows: QuerySet[MonthlyAccuracy]) -> list[Sheet]:
    """Errors by month in per cent of demand, the newest first; how families and people did lately; and the sums of every item behind it."""
    sheets = [months_sheet(found)]
    for title, courses in (("By family", found.families), ("By person", found.owners)):
        told = [
            [course.name, when, *_errors(errors)]
            for course in courses
            for when, errors in (("lately", course.lately), ("before", course.before))
            if errors is not None
        ]
        sheets.append(Sheet(title, ["Who or what", "When", *_ERRORS], told))
    columns = ("item__number", "item__family", "owner__username", "month", "weeks", "worth", *SUMS)
    by_item = rows.order_by("item__number", "month", "owner__username", "pk").values_list(*columns)
    headings = ["Item", "Family", "Owner", "Month", "Weeks", "Worth of a unit", *_SUM_HEADINGS]
    return [*sheets, Sheet("By item", headings, [list(row) for row in by_item])]


_ERRORS = (
    "Weeks",
    "Items",
    "Naive %",
    "Statistics %",
    "Statistics' bias %",
    "Overrides %",
    "Overrides' bias %",
    "Agreed %",
    "Agreed bias %",
    "Counted %",
    "Bias %",
    "People added %",
)
_SUM_HEADINGS = [name.replace("_", " ").capitalize() for name in SUMS]


def _errors(errors: Errors) -> list[Any]:
    weeks, items, *shares = astuple(errors)
    return [weeks, items, *(None if value is None else round(100 * value, 2) for value in shares)]
