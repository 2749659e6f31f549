"""What the pages of stock that follows demand show, as sheets to keep: of all items, of how good forecasts were, and of what breaks first."""

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from django.db.models import QuerySet

from forecasting.models import MonthlyAccuracy
from forecasting.models.monthly_accuracy import SUMS
from forecasting.portfolio import Holding
from forecasting.scaling_up import ScaledUp
from forecasting.track_record import Errors, TrackRecord
from mes.core.sheets import Sheet


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
