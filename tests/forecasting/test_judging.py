"""Forecasts held against reality, on hand arithmetic and on published run lengths."""

import numpy as np
import pytest

from forecasting.judging import (
    DRIFT_LIMIT,
    TRACKING_LIMIT,
    Compared,
    drift,
    judge,
    sense,
    tracking_signal,
)


def test_error_and_bias_are_shares_of_demand():
    judged = judge([Compared(actual=100, statistical=120), Compared(actual=100, statistical=90)])

    assert judged.statistical is not None
    assert judged.statistical.error == pytest.approx(30 / 200)
    assert judged.statistical.bias == pytest.approx(10 / 200)
    assert judged.override is None
    assert judged.added is None


def test_value_added_counts_only_the_weeks_in_which_somebody_gave_a_number():
    judged = judge(
        [
            Compared(actual=100, statistical=60, override=90),  # 40 off, then 10
            Compared(actual=100, statistical=10),  # nobody's
        ]
    )

    assert judged.added == pytest.approx(0.4 - 0.1)
    assert judged.final is not None
    assert judged.final.error == pytest.approx((10 + 90) / 200)


def test_a_number_that_made_it_worse_adds_less_than_nothing():
    judged = judge([Compared(actual=100, statistical=98, override=140)])

    assert judged.added == pytest.approx(0.02 - 0.40)


def test_the_agreed_number_counts_before_the_override():
    judged = judge([Compared(actual=100, statistical=50, override=80, consensus=100)])

    assert judged.final is not None
    assert judged.final.error == 0
    assert judged.override is not None
    assert judged.override.error == pytest.approx(0.2)


def test_weeks_without_any_demand_have_no_error():
    judged = judge([Compared(actual=0, statistical=5, override=1)])

    assert judged.statistical is None
    assert judged.added is None
    assert judged.weeks == 1


def test_the_tracking_signal_is_one_when_demand_is_always_above_forecast():
    assert tracking_signal([5, 3, 8, 1, 4, 6]) == pytest.approx(1)
    assert tracking_signal([-5, -3, -8, -1, -4, -6]) == pytest.approx(-1)
    assert tracking_signal([5, 3, 8]) is None
    assert tracking_signal([0] * 10) is None


def test_without_bias_the_tracking_signal_goes_beyond_its_limit_in_about_one_week_of_fifty():
    drawn = np.random.default_rng(3).normal(size=(4_000, 26))

    beyond = sum(abs(tracking_signal(row.tolist()) or 0) > TRACKING_LIMIT for row in drawn)

    assert 0.005 < beyond / 4_000 < 0.035


def run_length(shift: float, limit: float, generator: np.random.Generator) -> int:
    """Weeks until the cumulative sum signals."""
    up = down = 0.0
    for week in range(1, 20_000):
        error = generator.normal(shift)
        up, down = max(0.0, up + error - 0.5), max(0.0, down - error - 0.5)
        if max(up, down) > limit:
            return week
    return 20_000


@pytest.mark.parametrize(("shift", "published"), [(0.0, 465), (1.0, 10.4), (2.0, 4.01)])
def test_the_cumulative_sum_signals_after_as_many_weeks_as_published(shift, published):
    """Montgomery's table of average run lengths, k = 1/2, h = 5."""
    generator = np.random.default_rng(11)

    lengths = [run_length(shift, DRIFT_LIMIT, generator) for _ in range(600)]

    assert np.mean(lengths) == pytest.approx(published, rel=0.12)


def test_drift_is_what_its_definition_says():
    errors = [2.0, 0.0, 3.0]  # of a standard deviation of 2: 1, 0, 1.5

    assert drift(errors, 2.0) == pytest.approx((1 - 0.5) - 0.5 + (1.5 - 0.5))
    assert drift([-error for error in errors], 2.0) == pytest.approx(-1.0)
    assert drift(errors, 0.0) == 0


def test_demand_within_the_band_adjusts_nothing():
    known = sense([110], [100], week_mean=100, week_low=80, week_high=125)

    assert known is not None
    assert not known.is_outside
    assert (known.low, known.high) == (80, 125)


def test_demand_above_the_band_lifts_what_is_to_come_by_half_of_the_gap_of_a_whole_week():
    known = sense([150], [100], week_mean=100, week_low=80, week_high=120)

    assert known is not None
    assert known.is_outside
    assert known.factor == pytest.approx(1.25)


def test_of_a_single_day_less_is_concluded_than_of_a_week():
    day = sense([30], [100 / 7], week_mean=100, week_low=80, week_high=120)
    week = sense([210], [100], week_mean=100, week_low=80, week_high=120)

    assert day is not None
    assert week is not None
    assert day.is_outside
    assert 1 < day.factor < week.factor


def test_what_comes_in_lumps_is_not_outside_for_one_lump():
    known = sense([8], [2 / 7], week_mean=2, week_low=0, week_high=10)

    assert known is not None
    assert not known.is_outside


def test_where_nothing_was_forecast_nothing_is_sensed():
    assert sense([5], [0], 0, 0, 0) is None
    assert sense([], [], 10, 5, 15) is None
