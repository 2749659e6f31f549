"""Numbers that are stated over a forecast: each in its turn, the later prevails. Days are whole numbers from 0, the first forecast.

A stated total keeps the pattern of the days it falls on. A fading factor is full on its first day and gone on the day
after its last. Daily numbers stand as they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Total:
    """``quantity`` in all from ``first_day`` to ``last_day``; the part of a stretch that is past takes its share with it."""

    first_day: int
    last_day: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Daily:
    """These numbers from ``first_day`` on, one for each day."""

    first_day: int
    means: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Fading:
    """Demand is ``factor`` times what was forecast, ever less so until ``last_day``."""

    first_day: int
    last_day: int
    factor: float


Statement = Total | Daily | Fading


def stated(means: Sequence[float], statements: Iterable[Statement]) -> list[float]:
    """Daily means with what was stated put in, in the order given."""
    days = [float(mean) for mean in means]
    for statement in statements:
        if isinstance(statement, Total):
            _put_total(days, statement)
        elif isinstance(statement, Daily):
            _put_daily(days, statement)
        else:
            _put_factor(days, statement)
    return days


def _put_total(days: list[float], total: Total) -> None:
    first, last = max(total.first_day, 0), min(total.last_day, len(days) - 1)
    if last < first:
        return
    count = last - first + 1
    wanted = total.quantity * count / (total.last_day - total.first_day + 1)
    known = sum(days[first : last + 1])
    for day in range(first, last + 1):
        days[day] = days[day] * wanted / known if known > 0 else wanted / count


def _put_daily(days: list[float], daily: Daily) -> None:
    for number, mean in enumerate(daily.means):
        if 0 <= daily.first_day + number < len(days):
            days[daily.first_day + number] = mean


def _put_factor(days: list[float], fading: Fading) -> None:
    length = fading.last_day - fading.first_day + 1
    for number in range(length):
        day = fading.first_day + number
        if 0 <= day < len(days):
            days[day] *= 1 + (fading.factor - 1) * (length - number) / length
