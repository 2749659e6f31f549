"""The weeks or months that a grid of overrides has: whole ones from the next on, for as far as is forecast."""

import re
from calendar import month_abbr, month_name, monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Grain(StrEnum):
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Bucket:
    """A week (``2026-W12``, Monday to Sunday, as ISO 8601 counts) or a month (``2026-03``)."""

    name: str
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def buckets(grain: Grain, *, today: date, until: date) -> list[Bucket]:
    """Every whole week or month that begins after today and not after `until`."""
    found = [_next(grain, today)]
    while (following := _next(grain, found[-1].last)).first <= until:
        found.append(following)
    return found


def named(text: str, known: dict[str, Bucket]) -> Bucket | None:
    """The bucket that a heading names: by its name, or by any way that spreadsheets write its first day or month."""
    wanted = text.strip()
    if wanted in known:
        return known[wanted]
    day = _day(wanted)
    return next((each for each in known.values() if day is not None and each.first == day), None)


def _next(grain: Grain, day: date) -> Bucket:
    """The first bucket that begins after a day."""
    if grain is Grain.WEEK:
        monday = day + timedelta(days=7 - day.weekday())
        year, week, _ = monday.isocalendar()
        return Bucket(f"{year}-W{week:02}", monday, monday + timedelta(days=6))
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Bucket(f"{first:%Y-%m}", first, first.replace(day=monthrange(first.year, first.month)[1]))


_MONTHS = {
    name.lower(): number for names in (month_abbr, month_name) for number, name in enumerate(names) if name
}
_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d")


def _day(text: str) -> date | None:
    if week := re.fullmatch(r"(\d{4})[-\s]?W(\d{1,2})", text, re.IGNORECASE):
        return _monday(int(week[1]), int(week[2]))
    if month := re.fullmatch(r"([A-Za-z]+)[-\s]+(\d{4})", text):
        number = _MONTHS.get(month[1].lower())
        return date(int(month[2]), number, 1) if number and int(month[2]) else None
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _monday(year: int, week: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
