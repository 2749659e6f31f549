"""The load of the days or weeks to come as a table of coloured cells, work centers down, time across."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from inventory.models import Site
from production.load import Load, add_up, by_week, load_by_day, monday_of
from production.models import WorkCenter

FULL = 0.85
OVERFULL = 1.0
WEEK = 7


@dataclass(frozen=True)
class Cell:
    """One day or week of a work center."""

    load: Load

    @property
    def text(self) -> str:
        if not self.load.available_hours and not self.load.planned_hours:
            return "·"
        return f"{100 * self.load.share:.0f}" if self.load.available_hours else "!"

    @property
    def level(self) -> str:
        if self.load.share > OVERFULL:
            return "late"
        return "risk" if self.load.share >= FULL else "running"

    @property
    def depth(self) -> int:
        """How deep the colour is, in per cent."""
        return round(min(self.load.share, 1.0) * 55)


@dataclass(frozen=True)
class Row:
    """One work center over time."""

    work_center: WorkCenter
    cells: Sequence[Cell]

    @property
    def is_busy(self) -> bool:
        return any(cell.load.planned_hours for cell in self.cells)

    @property
    def whole(self) -> Load:
        """All of its days or weeks as one."""
        loads = [cell.load for cell in self.cells]
        return add_up(loads, day=loads[0].day)

    @property
    def full(self) -> Sequence[Cell]:
        """The days or weeks that leave too little room for anything to go wrong."""
        return [cell for cell in self.cells if cell.load.share >= FULL]

    @property
    def percent(self) -> int:
        return round(100 * self.whole.planned_hours / hours) if (hours := self.whole.available_hours) else 0


@dataclass(frozen=True)
class LoadTable:
    """Work centers with something planned, the fullest first; `days` are the days, or the Mondays of the weeks."""

    days: Sequence[date]
    rows: Sequence[Row]
    is_weekly: bool = False

    @property
    def bottleneck(self) -> Row | None:
        return self.rows[0] if self.rows else None

    @property
    def last_day(self) -> date:
        return self.days[-1] + timedelta(days=WEEK - 1 if self.is_weekly else 0)

    def as_json(self) -> dict[str, Any]:
        """What the chart draws: hours of each work center by what they go to."""
        return {
            "days": [day.isoformat() for day in self.days],
            "weekly": self.is_weekly,
            "rows": [_series(row) for row in self.rows],
        }


def load_table(at: datetime, *, days: int, site: Site | None = None) -> LoadTable:
    """The load from today on, day by day; today is the site's, or that of UTC where all are asked for."""
    first = today(at, site)
    loads = load_by_day(first, first + timedelta(days=days - 1), at=at, site=site)
    return LoadTable([first + timedelta(days=number) for number in range(days)], _busy(loads))


def load_by_weeks(at: datetime, *, weeks: int, site: Site | None = None) -> LoadTable:
    """The load from today on, by calendar weeks of the sites; of the first one, what is left of it."""
    first = today(at, site)
    monday = monday_of(first)
    last = monday + timedelta(days=WEEK * weeks - 1)
    loads = by_week(load_by_day(first, last, at=at, site=site))
    mondays = [monday + timedelta(days=WEEK * number) for number in range(weeks)]
    return LoadTable(mondays, _busy(loads), is_weekly=True)


def today(at: datetime, site: Site | None) -> date:
    return at.astimezone(site.zone).date() if site is not None else at.date()


def _busy(loads: Sequence[Load]) -> list[Row]:
    rows = [
        Row(center, [Cell(load) for load in own])
        for center, own in groupby(loads, key=lambda load: load.work_center)
    ]
    return sorted((row for row in rows if row.is_busy), key=lambda row: (-row.percent, row.work_center.pk))


def _series(row: Row) -> dict[str, Any]:
    loads = [cell.load for cell in row.cells]
    parts = {
        "order": [load.to_order_hours for load in loads],
        "stock": [load.to_stock_hours for load in loads],
        "setup": [load.setup_hours for load in loads],
        "free": [load.free_hours for load in loads],
        "lost": [load.closed_hours + load.down_hours + load.past_hours for load in loads],
    }
    center = row.work_center
    return {"id": center.pk, "name": center.name, "site": center.site.code, "percent": row.percent} | {
        name: [round(hours, 1) for hours in values] for name, values in parts.items()
    }
