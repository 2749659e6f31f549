"""The load of the next days as a table of coloured cells, work centers down, days across."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from production.load import Load, load_by_day
from production.models import WorkCenter

FULL = 0.85
OVERFULL = 1.0


@dataclass(frozen=True)
class Cell:
    """One day of a work center."""

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
    """One work center over the days."""

    work_center: WorkCenter
    cells: Sequence[Cell]

    @property
    def is_busy(self) -> bool:
        return any(cell.load.planned_hours for cell in self.cells)

    @property
    def percent(self) -> int:
        available = sum(cell.load.available_hours for cell in self.cells)
        planned = sum(cell.load.planned_hours for cell in self.cells)
        return round(100 * planned / available) if available else 0


@dataclass(frozen=True)
class LoadTable:
    """Work centers with something planned, the fullest first."""

    days: Sequence[date]
    rows: Sequence[Row]

    @property
    def bottleneck(self) -> Row | None:
        return self.rows[0] if self.rows else None


def load_table(at: datetime, *, days: int) -> LoadTable:
    """The load from the day of `at` on."""
    first = at.date()
    loads = load_by_day(first, first + timedelta(days=days - 1), at=at)
    rows = [
        Row(center, [Cell(load) for load in own])
        for center, own in groupby(loads, key=lambda load: load.work_center)
    ]
    busy = sorted((row for row in rows if row.is_busy), key=lambda row: (-row.percent, row.work_center.pk))
    return LoadTable([first + timedelta(days=number) for number in range(days)], busy)
