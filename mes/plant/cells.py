"""Cells: how the text of one cell of a plant file becomes a value.

Every reader takes the trimmed text of a cell and the `Clock` the folder is read by, and returns a typed value or
raises `CellError`, saying what would have been accepted. Dates may be relative to the day of loading, so that a
plant stays fresh: `today`, `+12`, `today-30`, `+8wd` (working days, Monday to Friday), or ISO `2026-03-31`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal, InvalidOperation

from mes.papers.drawing import gs1

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LEAP_YEAR = 2000

_RELATIVE_DATE = re.compile(r"(?:today)?\s*(?:([+-])\s*(\d+)\s*(wd|w|d)?)?", re.IGNORECASE)
_DURATION = re.compile(
    r"(?:P)?(?:(?P<days>\d+(?:\.\d+)?)d)?\s*T?\s*(?:(?P<hours>\d+(?:\.\d+)?)h)?\s*"
    r"(?:(?P<minutes>\d+(?:\.\d+)?)m(?:in)?)?\s*(?:(?P<seconds>\d+(?:\.\d+)?)s)?",
    re.IGNORECASE,
)


class CellError(ValueError):
    """The text of a cell is not what its column holds."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Clock:
    """What relative dates count from, and the zone that bare times of day are meant in."""

    today: date
    zone: tzinfo = UTC


def text(cell: str, _clock: Clock) -> str:
    return cell


def identifier(cell: str, _clock: Clock) -> str:
    """Blanks at the ends are trimmed and inner runs of them become one, as identifiers carry them in life."""
    return " ".join(cell.split())


def identifiers(cell: str, _clock: Clock) -> tuple[str, ...]:
    """Several identifiers in one cell, separated by `;` or blanks."""
    return tuple(cell.replace(";", " ").split())


def number(cell: str, _clock: Clock) -> Decimal:
    try:
        value = Decimal(cell)
    except InvalidOperation:
        raise CellError(
            f"“{cell}” is not a number.", "Write digits with a decimal point, e.g. 1250.5."
        ) from None
    if not value.is_finite():
        raise CellError(
            f"“{cell}” is not a finite number.", "Write digits with a decimal point, e.g. 1250.5."
        )
    return value


def quantity(cell: str, clock: Clock) -> Decimal:
    value = number(cell, clock)
    if value < 0:
        raise CellError(f"{cell} is below zero.", "Write zero or more.")
    return value


def positive(cell: str, clock: Clock) -> Decimal:
    value = number(cell, clock)
    if value <= 0:
        raise CellError(f"{cell} is not above zero.", "Write a number above zero or leave the row out.")
    return value


def fraction(cell: str, clock: Clock) -> Decimal:
    """A share: `0.95` or `95 %`."""
    value = number(cell.rstrip("% "), clock) / 100 if cell.endswith("%") else number(cell, clock)
    if not 0 <= value <= 1:
        raise CellError(
            f"“{cell}” is not a share.", "Write a number from 0 to 1, or a percentage such as 95%."
        )
    return value


def whole(cell: str, clock: Clock) -> int:
    value = number(cell, clock)
    if value != int(value) or value < 0:
        raise CellError(f"“{cell}” is not a whole number.", "Write a whole number, zero or more.")
    return int(value)


def yes_no(cell: str, _clock: Clock) -> bool:
    lowered = cell.lower()
    if lowered in {"yes", "y", "true", "1"}:
        return True
    if lowered in {"no", "n", "false", "0"}:
        return False
    raise CellError(f"“{cell}” is neither yes nor no.", "Write yes or no.")


def gtin(cell: str, _clock: Clock) -> str:
    try:
        gs1.gtin_14(cell)
    except gs1.NotGs1 as fault:
        raise CellError(str(fault), "Write the 8, 12, 13 or 14 digits of a GTIN.") from fault
    return cell


def day(cell: str, clock: Clock) -> date:
    """An ISO date, or a date relative to the day of loading."""
    try:
        return date.fromisoformat(cell)
    except ValueError:
        pass
    match = _RELATIVE_DATE.fullmatch(cell.strip())
    if match is None or not cell:
        raise CellError(
            f"“{cell}” is not a date.", "Write it as 2026-03-31, or relative to today: today, +12, -30, +8wd."
        )
    sign, count, unit = match.groups()
    days = int(count or 0) * (-1 if sign == "-" else 1)
    match (unit or "d").lower():
        case "wd":
            return _working_days_from(clock.today, days)
        case "w":
            return clock.today + timedelta(weeks=days)
        case _:
            return clock.today + timedelta(days=days)


def _working_days_from(start: date, days: int) -> date:
    """`days` working days on; counting from a weekend starts at the Monday after it (before it, backwards)."""
    step = timedelta(days=1 if days >= 0 else -1)
    while start.weekday() > 4:
        start += step
    weeks, rest = divmod(abs(days), 5)
    start += step * weeks * 7
    while rest:
        start += step
        rest -= start.weekday() < 5
    return start


def moment(cell: str, clock: Clock) -> datetime:
    """A date and a time of day in the plant's zone: `+3 06:30`, `2026-03-31 06:30`; a bare date means midnight."""
    on, _, at = cell.rpartition(" ") if ":" in cell else (cell, "", "00:00")
    return datetime.combine(day(on.strip() or "today", clock), time_of_day(at, clock), tzinfo=clock.zone)


def time_of_day(cell: str, _clock: Clock) -> time:
    try:
        return time.fromisoformat("00:00" if cell == "24:00" else cell.zfill(5))
    except ValueError:
        raise CellError(f"“{cell}” is not a time of day.", "Write it as 06:30.") from None


def duration(cell: str, _clock: Clock) -> timedelta:
    """A length of time with its units: `2h30m`, `45m`, `30s`, `5d`, or ISO 8601 `PT2H30M`; a bare `0` is none."""
    compact = cell.replace(" ", "")
    if compact == "0":
        return timedelta()
    match = _DURATION.fullmatch(compact)
    parts = {unit: float(value) for unit, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise CellError(f"“{cell}” is not a length of time.", "Write it with its units: 2h30m, 45m, 30s, 5d.")
    return timedelta(**parts)


def weekdays(cell: str, _clock: Clock) -> tuple[int, ...]:
    """Days of the week, Monday = 0: `Mon-Fri`, `Sat`, `Mon Wed Fri`."""
    parts = [_week_days(part) for part in cell.lower().replace(",", " ").replace("–", "-").split()]
    if not parts or not all(parts):
        raise CellError(
            f"“{cell}” names no days of the week.", "Write Mon-Fri (in that order), Sat, or Mon Wed Fri."
        )
    return tuple(day for part in parts for day in part)


def _week_days(part: str) -> range:
    """The days from `mon-fri` or of `sat`; none where it names none, or the last one before the first."""
    ends = [name[:3] for name in part.split("-")]
    if len(ends) > 2 or any(name not in WEEKDAYS for name in ends):
        return range(0)
    return range(WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1]) + 1)


def one_of(*choices: str) -> Callable[[str, Clock], str]:
    """A reader that accepts exactly `choices`, in any case, with blanks or hyphens for underscores."""

    def read(cell: str, _clock: Clock) -> str:
        value = cell.lower().replace(" ", "_").replace("-", "_")
        if value not in choices:
            raise CellError(f"“{cell}” is not one of the choices.", f"Write one of: {', '.join(choices)}.")
        return value

    return read


def numbers(cell: str, clock: Clock) -> tuple[float, ...]:
    """Several numbers in one cell, separated by blanks."""
    return tuple(float(number(part, clock)) for part in cell.replace(";", " ").split())


def spans(cell: str, clock: Clock) -> tuple[tuple[date, int], ...]:
    """Stretches of days, separated by `;`: `-200 for 9; 2026-01-05 for 4`."""
    found = []
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        start, separator, length = part.partition(" for ")
        if not separator:
            raise CellError(
                f"“{part}” is not a stretch of days.", "Write its first day and length: -200 for 9."
            )
        found.append((day(start, clock), whole(length, clock)))
    return tuple(found)


def season(cell: str, _clock: Clock) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last day of a season that comes every year, as month and day: `10-01 12-20`."""
    try:
        first, last = (date.fromisoformat(f"{_LEAP_YEAR}-{part}") for part in cell.split())
    except ValueError:
        raise CellError(
            f"“{cell}” is not a season.", "Write its first and last day as month-day: 10-01 12-20."
        ) from None
    return (first.month, first.day), (last.month, last.day)


def attributes(cell: str, _clock: Clock) -> Mapping[str, str]:
    """Names with values: `heat=H4471; melt_source=VDM Unna`."""
    found: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        name, separator, value = part.partition("=")
        if not separator or not name.strip():
            raise CellError(
                f"“{part}” is not name=value.", "Write pairs separated by “;”: heat=H4471; grade=2."
            )
        found[name.strip()] = value.strip()
    return found
