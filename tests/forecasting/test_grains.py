"""Demand and forecast as calendar months: sums of days, spreads of weeks put together and never quantiles added."""

from datetime import date, timedelta
from typing import Any

import pytest

from forecasting.grains import Bridged, coming_months, past_months

BEGIN = date(2026, 3, 2)


def a_forecast(weeks: int = 13, per_day: float = 10, away: float = 20) -> tuple[list[Any], list[Any]]:
    """Even days and weeks, each week as likely `away` above as below its mean."""
    days = [
        {"date": (BEGIN + timedelta(days=number)).isoformat(), "mean": per_day} for number in range(weeks * 7)
    ]
    mean = 7 * per_day
    return days, [{"mean": mean, "q": {"0.05": mean - away, "0.5": mean, "0.95": mean + away}}] * weeks


def test_past_months_hold_their_days_and_silent_months_are_there():
    past = [(date(2025, 11, 30), 3.0), (date(2025, 12, 1), 4.0), (date(2026, 2, 27), 5.0)]

    assert past_months(past) == [
        {"date": "2025-11-01", "quantity": 3.0},
        {"date": "2025-12-01", "quantity": 4.0},
        {"date": "2026-01-01", "quantity": 0.0},
        {"date": "2026-02-01", "quantity": 5.0},
    ]


def test_months_to_come_say_how_many_of_their_days_are_forecast():
    months = coming_months(BEGIN, *a_forecast(), Bridged(0, {}))

    assert [(month["date"], month["days"], month["mean"]) for month in months] == [
        ("2026-03-01", 30, 300),
        ("2026-04-01", 30, 300),
        ("2026-05-01", 31, 310),
    ]


def test_the_spread_of_independent_weeks_grows_with_the_root_of_their_number():
    months = coming_months(BEGIN, *a_forecast(away=20), Bridged(0, {}))

    april = months[1]["q"]
    assert april["0.95"] - 300 == pytest.approx(20 * (30 / 7) ** 0.5, abs=0.01)
    assert 300 - april["0.05"] == pytest.approx(20 * (30 / 7) ** 0.5, abs=0.01)
    assert april["0.95"] < 300 + 20 * 30 / 7, "quantiles of weeks are not added"


def test_the_spread_is_stretched_as_that_of_the_lead_time_was():
    """Four weeks in back-test strayed by 80: twice what independent weeks of 20 each would."""
    bridged = Bridged(28, {"0.05": 200.0, "0.5": 280.0, "0.95": 360.0})

    stretched = coming_months(BEGIN, *a_forecast(away=20), bridged)[1]["q"]

    assert stretched["0.95"] - 300 == pytest.approx(2 * 20 * (30 / 7) ** 0.5, abs=0.01)


def test_nothing_forecast_is_less_than_nothing():
    months = coming_months(BEGIN, *a_forecast(per_day=1, away=20), Bridged(0, {}))

    assert months[0]["q"]["0.05"] == 0


def test_without_a_forecast_there_are_no_months():
    assert coming_months(BEGIN, [], [], Bridged(0, {})) == []
