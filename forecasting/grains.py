"""Demand by day brought to calendar months, for people who think in months. Pure: plain rows in, plain rows out.

A forecast is made and calibrated by week. The spread of a month is that of its weeks put together: their distances from the mean
are squared, added and rooted, as of independent weeks, and stretched by how much wider demand over the lead time was in back-test
than independent weeks would make it. Quantiles of weeks are never added.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

WEEK = 7
MOST_STRETCHED, LEAST_STRETCHED = 3.0, 0.5


@dataclass(frozen=True)
class Bridged:
    """Demand over the first `days` days, as the back-test knows it: quantiles by probability as text."""

    days: int
    quantiles: Mapping[str, float]


def month_of(day: date) -> date:
    """The first of its month."""
    return day.replace(day=1)


def past_months(past: Iterable[tuple[date, float]]) -> list[dict[str, Any]]:
    """What was asked for by calendar month, from the first month with demand to the last, silent months with 0."""
    totals: dict[date, float] = {}
    for day, quantity in past:
        totals[month_of(day)] = totals.get(month_of(day), 0.0) + quantity
    if not totals:
        return []
    found, month = [], min(totals)
    while month <= max(totals):
        found.append({"date": month.isoformat(), "quantity": round(totals.get(month, 0.0), 3)})
        month = month_of(month + timedelta(days=31))
    return found


def coming_months(
    begin: date, days: Sequence[Mapping[str, Any]], weeks: Sequence[Mapping[str, Any]], bridged: Bridged
) -> list[dict[str, Any]]:
    """The forecast by calendar month; the first and the last hold only those of their days that are forecast.

    :param days: rows with `date` and `mean`, :param weeks: rows with `mean` and `q`, of seven days from `begin` on.
    """
    stretch = _stretch(weeks, bridged)
    found = []
    for month, group in groupby(days, key=lambda row: month_of(date.fromisoformat(row["date"]))):
        rows = list(group)
        first = (date.fromisoformat(rows[0]["date"]) - begin).days
        mean = sum(row["mean"] for row in rows)
        spread = _spread(weeks, first, first + len(rows))
        found.append(
            {
                "date": month.isoformat(),
                "days": len(rows),
                "mean": round(mean, 3),
                "q": _not_falling(
                    (level, mean + sign * stretch * variance**0.5) for level, sign, variance in spread
                ),
            }
        )
    return found


def _spread(weeks: Sequence[Mapping[str, Any]], first: int, stop: int) -> list[tuple[str, float, float]]:
    """For each probability the side of the mean and the summed squares of the distances of the weeks that the days lie in."""
    levels = sorted(weeks[0]["q"], key=float) if weeks else []
    found = []
    for level in levels:
        squares = 0.0
        for number, week in enumerate(weeks):
            shared = min(stop, (number + 1) * WEEK) - max(first, number * WEEK)
            if shared > 0:
                away = week["q"][level] - week["mean"]
                squares += (1 if away >= 0 else -1) * away * away * shared / WEEK
        found.append((level, 1.0 if squares >= 0 else -1.0, abs(squares)))
    return found


def _stretch(weeks: Sequence[Mapping[str, Any]], bridged: Bridged) -> float:
    """How much wider demand over the lead time is than its weeks would make it if they were independent."""
    known = [level for level in bridged.quantiles if weeks and level in weeks[0]["q"] and level != "0.5"]
    if not known or bridged.days < WEEK:
        return 1.0
    middle = bridged.quantiles.get("0.5", 0.0)
    spread = {level: variance**0.5 for level, _, variance in _spread(weeks, 0, bridged.days)}
    ratios = [abs(bridged.quantiles[level] - middle) / spread[level] for level in known if spread[level] > 0]
    mean = sum(ratios) / len(ratios) if ratios else 1.0
    return min(max(mean, LEAST_STRETCHED), MOST_STRETCHED)


def _not_falling(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Values by probability, none below zero or below that of a smaller probability."""
    found, most = {}, 0.0
    for level, value in pairs:
        most = max(most, value)
        found[level] = round(most, 3)
    return found
