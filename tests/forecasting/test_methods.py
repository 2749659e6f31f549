"""Forecasts of demand: right on worked examples, honest about their bands, calm about bad series."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from forecasting.methods import (
    LEVELS,
    Bucket,
    Series,
    Shape,
    backtest,
    choosing,
    forecast_many,
    forecast_one,
    gather,
    intermittent,
    seasonal,
    shape_of,
    smooth,
    weekday_profile,
)
from forecasting.methods.series import Cycle, FloatArray

MONDAY = date(2025, 1, 6)
YEAR = Bucket.WEEK.cycles()


def weekly(values: Any, name: str = "pine 1 l") -> Series:
    return Series(name, MONDAY, np.asarray(values, dtype=float), Bucket.WEEK)


def noisy(level: float, count: int, seed: int = 1, spread: float = 0.1) -> FloatArray:
    return np.asarray(level * (1 + spread * np.random.default_rng(seed).standard_normal(count)))


def test_croston_follows_a_hand_worked_example():
    # Sizes 4, 2, 6 after intervals 2, 3, 1 with alpha 0.5: size 4 → 3 → 4.5, interval 2 → 2.5 → 1.75.
    rates = intermittent.croston(np.array([0.0, 4, 0, 0, 2, 6, 0]), alpha=0.5)

    assert rates[1:] == pytest.approx([0, 2, 2, 2, 3 / 2.5, 4.5 / 1.75, 4.5 / 1.75])
    corrected = intermittent.syntetos_boylan(np.array([0.0, 4, 0, 0, 2, 6, 0]), alpha=0.5)
    assert corrected[1:] == pytest.approx(rates[1:] * 0.75)


@pytest.mark.parametrize("name", [*intermittent.METHODS, "ETS", backtest.MIXED])
@pytest.mark.parametrize("first_demand", [0, 6])
def test_a_back_test_of_rare_demand_does_not_see_what_comes_after_its_origins(name, first_demand):
    values = np.array([2.0, 0, 0, 5, 0, 0, 1, 0, 3, 0, 0, 2])
    values[:first_demand] = 0
    at = np.array([5, 7, 9])
    told = backtest.rates_at(values, at, 3, regular=True)[name]

    for row, origin in enumerate(at):
        other = values.copy()
        other[origin:] = [0.0, 90, 40, 0, 70, 0, 60][: len(values) - origin]
        assert backtest.rates_at(other, at, 3, regular=True)[name][: row + 1] == pytest.approx(
            told[: row + 1]
        )


def test_the_tsb_rate_falls_while_nothing_is_asked_for_and_crostons_does_not():
    dying = np.array([5.0, 0, 5, 0, 5, 0, 5, *[0.0] * 20])

    assert intermittent.teunter(dying)[-1] < 0.3 * intermittent.teunter(dying)[7]
    assert intermittent.croston(dying)[-1] == intermittent.croston(dying)[7]


@pytest.mark.parametrize("name", list(smooth.METHODS))
def test_a_backtest_never_sees_its_own_future(name):
    values = noisy(100, 60).cumsum() / 10
    other = np.concatenate([values[:40], values[40:] * 3])
    at = np.array([35, 40])

    assert smooth.METHODS[name](values, 30, at, 6) == pytest.approx(smooth.METHODS[name](other, 30, at, 6))


def test_a_season_is_found_removed_and_put_back():
    pattern = np.array([0.5, 1.5, 1.2, 0.8])
    values = np.tile(pattern, 8) * 100 * (1 + 0.01 * np.random.default_rng(3).standard_normal(32))

    found = seasonal.find(values, [Cycle(4)])

    assert found.multiplies
    assert found.seasons[0].indices == pytest.approx(pattern, abs=0.02)
    assert found.put_back(found.remove(values), 0) == pytest.approx(values)


def test_hardly_any_season_is_seen_in_noise():
    found = [seasonal.find(noisy(100, 60, seed=seed), [Cycle(12)]) for seed in range(50)]

    assert sum(one is seasonal.NONE for one in found) >= 40
    assert max(np.abs(one.seasons[0].indices - 1).max() for one in found if one.seasons) < 0.08


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        (np.zeros(30), Shape.EMPTY),
        (np.array([3.0, 4, 5]), Shape.TINY),
        (noisy(100, 30), Shape.SMOOTH),
        (np.tile([1.0, 1, 9, 1, 30], 6), Shape.ERRATIC),
        (np.tile([0.0, 0, 5], 10), Shape.INTERMITTENT),
        (np.tile([0.0, 1, 0, 0, 20, 0], 6), Shape.LUMPY),
    ],
)
def test_series_are_classified_by_how_often_and_how_evenly_demand_comes(values, shape):
    assert shape_of(values) is shape


def test_a_yearly_peak_in_week_46_is_forecast_a_year_later():
    year = 100 + 60 * np.exp(-(((np.arange(52) - 46) / 2.5) ** 2))
    values = np.tile(year, 3) * (1 + 0.05 * np.random.default_rng(5).standard_normal(156))

    made = forecast_one(weekly(values), 52)

    assert made.mean[44:48].mean() > 1.3 * made.mean[10:30].mean()
    assert "seasonal" in made.why


def test_what_is_sold_in_spring_alone_is_no_slow_mover():
    year = np.where((np.arange(52) >= 8) & (np.arange(52) < 22), 300.0, 0.0)
    values = np.tile(year, 3) * (1 + 0.1 * np.random.default_rng(5).standard_normal(156))

    made = forecast_one(weekly(values), 52)

    assert made.mean[:6].max() < 40
    assert made.quantile(0.95)[:6].max() < 100
    assert made.mean[10:20].mean() == pytest.approx(300, rel=0.2)


def test_a_broad_bump_is_seen_through_the_noise_of_single_weeks():
    year = 100 + 40 * np.exp(-(((np.arange(52) - 14) / 3.4) ** 2) / 2)
    seen = sum(
        seasonal.find(np.tile(year, 3) * (1 + 0.25 * np.random.default_rng(seed).standard_normal(156)), YEAR)
        is not seasonal.NONE
        for seed in range(20)
    )
    imagined = sum(
        seasonal.find(noisy(100, 156, seed=seed, spread=0.25), YEAR) is not seasonal.NONE
        for seed in range(40)
    )

    assert seen >= 10
    assert imagined <= 2


def test_the_year_keeps_its_place_over_twenty_years_of_weeks():
    days = 7 * np.arange(20 * 52)
    year = 100 + 80 * np.exp(-((((days % 365.25) - 350) / 20) ** 2))
    made = forecast_one(weekly(year * (1 + 0.03 * np.random.default_rng(2).standard_normal(len(days)))), 52)

    ahead = (7 * (20 * 52 + np.arange(52))) % 365.25
    assert made.mean == pytest.approx(100 + 80 * np.exp(-(((ahead - 350) / 20) ** 2)), rel=0.12)


def test_days_have_a_week_and_a_year():
    days = np.arange(3 * 365)
    week = np.array([1.3, 1.2, 1.1, 1.0, 1.4, 0.6, 0.4])
    values = 50 * week[days % 7] * (1 + 0.4 * np.sin(2 * np.pi * days / 365.25))
    noise = 1 + 0.1 * np.random.default_rng(6).standard_normal(len(days))
    made = forecast_one(Series("bread", MONDAY, values * noise, Bucket.DAY), 90)

    ahead = 3 * 365 + np.arange(90)
    came = 50 * week[ahead % 7] * (1 + 0.4 * np.sin(2 * np.pi * ahead / 365.25))
    assert np.mean(np.abs(made.mean - came)) / came.mean() < 0.08


def test_hours_have_a_day_and_a_week():
    hours = np.arange(24 * 7 * 6)
    day = 1 + 0.6 * np.sin(2 * np.pi * (hours % 24) / 24)
    free = np.where(hours // 24 % 7 >= 5, 0.3, 1.0)
    noise = 1 + 0.1 * np.random.default_rng(6).standard_normal(len(hours))
    known = slice(0, 24 * 7 * 5)
    made = forecast_one(Series("calls", MONDAY, (40 * day * free * noise)[known], Bucket.HOUR), 24 * 7)

    came = (40 * day * free)[24 * 7 * 5 :]
    assert np.mean(np.abs(made.mean - came)) / came.mean() < 0.1


def test_a_series_without_demand_is_forecast_as_zero_and_says_why():
    made = forecast_one(weekly(np.zeros(20)), 4)

    assert not made.mean.any()
    assert not made.quantiles.any()
    assert made.why == "No demand in the 20 weeks known: the forecast is zero until there is some."


def test_two_points_are_too_few_for_a_backtest_but_not_for_an_answer():
    made = forecast_one(weekly([10.0, 14.0]), 4)

    assert made.mean == pytest.approx([12, 12, 12, 12])
    assert made.quantile(0.05)[0] < 12 < made.quantile(0.95)[0]
    assert "Only 2 weeks are known" in made.why


def test_one_absurd_series_does_not_stop_the_others():
    absurd = weekly([np.nan, np.inf, -5.0, 1e300, *[1.0] * 30], name="absurd")
    made = forecast_many([weekly(noisy(100, 40), name="good"), absurd, weekly([], name="none")], 4)

    assert [one.id for one in made] == ["good", "absurd", "none"]
    assert made[0].mean == pytest.approx([100] * 4, rel=0.15)
    assert np.isfinite(made[1].mean).all()
    assert not made[2].mean.any()


def test_quantiles_rise_and_the_sum_over_a_lead_time_is_surer_than_its_weeks():
    made = forecast_many([weekly(noisy(100, 80, seed=s), name=str(s)) for s in range(30)], 8)[0]

    assert (np.diff(made.quantiles, axis=0) >= 0).all()
    assert (np.diff(made.sums, axis=0) >= 0).all()
    last = LEVELS.index(0.95)
    assert made.sums[last, 7] < made.quantiles[last].sum()
    assert made.sums[last, 7] > made.mean.sum()


def test_bands_of_noise_cover_what_they_promise():
    generator = np.random.default_rng(11)
    whole = 200 + 30 * generator.standard_normal((120, 70))
    made = forecast_many([weekly(row[:60], name=str(i)) for i, row in enumerate(whole)], 10)

    inside = [
        (one.quantile(0.05) <= row[60:]) & (row[60:] <= one.quantile(0.95))
        for one, row in zip(made, whole, strict=True)
    ]
    total = [row[60:].sum() <= one.sums[LEVELS.index(0.95), 9] for one, row in zip(made, whole, strict=True)]
    assert 0.86 <= np.mean(inside) <= 0.95
    assert 0.90 <= np.mean(total) <= 0.995


def test_intermittent_demand_gets_a_rate_and_whole_futures():
    generator = np.random.default_rng(2)
    values = np.where(generator.random(100) < 0.3, generator.integers(1, 6, 100), 0).astype(float)

    made = forecast_one(weekly(values), 6)

    assert made.shape.is_intermittent
    assert made.measure == "RMSSE"
    assert made.mean[0] == pytest.approx(values.mean(), rel=0.35)
    assert made.quantile(0.05)[0] == 0
    assert made.quantile(0.95)[0] >= 3


def test_the_average_of_methods_is_kept_unless_one_beats_it_clearly():
    narrow = {backtest.AVERAGE: 1.0, "theta": 0.95, "seasonal naive": 1.2}
    clear = narrow | {"theta": 0.75}

    assert choosing.choose(narrow, backtest.AVERAGE) == backtest.AVERAGE
    assert choosing.choose(clear, backtest.AVERAGE) == "theta"


def test_a_clear_winner_takes_half_of_the_weight_and_the_average_the_rest():
    scores = {backtest.AVERAGE: 1.0, "ETS": 1.0, "theta": 1.0, "CES": 0.5, "naive": 0.4}

    assert backtest.weights(scores, backtest.AVERAGE, backtest.AVERAGE, backtest.AVERAGED) == pytest.approx(
        {"ETS": 1 / 6, "theta": 1 / 6, "CES": 2 / 3}
    )
    assert backtest.weights(scores, "naive", backtest.AVERAGE, backtest.AVERAGED) == pytest.approx(
        {"ETS": 1 / 12, "theta": 1 / 12, "CES": 1 / 3, "naive": 1 / 2}
    )


def test_the_why_names_the_method_its_error_and_its_rivals():
    made = forecast_one(weekly(noisy(100, 60)), 4)

    assert set(made.errors) == {backtest.AVERAGE, "naive", "ETS", "theta", "CES", "autoregression"}
    assert f"error {made.errors[made.method]:.2f} (MASE) in" in made.why
    assert "naive" in made.why


def test_workers_give_the_same_forecasts_as_one_process():
    series = [weekly(noisy(50 + i, 40, seed=i), name=str(i)) for i in range(40)]

    alone, shared = forecast_many(series, 3), forecast_many(series, 3, workers=2)

    assert [one.id for one in alone] == [one.id for one in shared]
    assert np.array([one.quantiles for one in alone]) == pytest.approx(
        np.array([one.quantiles for one in shared])
    )


def test_points_in_any_order_become_whole_weeks_that_end_yesterday():
    days = ["2025-03-02", "2025-02-24", "2025-02-17", "2025-02-20", "2025-02-18", "2025-02-19"]

    series, remarks = gather(
        ["a", "a", "a", "a", "b", "b"], days, [5, 1, 2, 3, -4, 7], bucket=Bucket.WEEK, until=date(2025, 3, 3)
    )

    assert [(one.id, one.start, one.values.tolist()) for one in series] == [
        ("a", date(2025, 2, 17), [5, 6]),
        ("b", date(2025, 2, 17), [7, 0]),
    ]
    assert series[0].end == date(2025, 3, 3)
    assert [(one.id, one.text) for one in remarks] == [
        ("b", "1 points are negative, beyond 10¹² or not a number; they were left out.")
    ]


def test_months_follow_the_calendar_and_a_month_cut_short_is_left_out():
    series, _ = gather(
        ["a"] * 3,
        ["2025-01-31", "2025-02-10", "2025-03-05"],
        [1, 2, 4],
        bucket=Bucket.MONTH,
        until=date(2025, 3, 9),
    )

    assert (series[0].start, series[0].values.tolist()) == (date(2025, 1, 1), [1, 2])


def test_the_weekday_profile_is_monday_first_and_even_without_enough_days():
    days = np.arange("2025-01-06", "2025-03-03", dtype="datetime64[D]")
    amounts = np.where(np.arange(len(days)) % 7 == 0, 10.0, 0.0)

    assert weekday_profile(days, amounts) == pytest.approx([1, 0, 0, 0, 0, 0, 0])
    assert weekday_profile(days[:5], amounts[:5]) == pytest.approx([1 / 7] * 7)


def test_a_season_whose_level_sinks_to_nothing_does_not_run_away():
    weeks = [24, 30, 0, 0, 0, 0, 0, 14, 0, 0, 0, 27, 15, 15, 0, 18, 0, 0, 18, 0, 26, 0, 0, 18, 26, 0, 0, 0, 21, 0, 0, 0, 0, 0, 14, 0, 15, 0, 0, 24, 0, 16, 20, 0, 0, 0, 0, 16, 0, 0, 20, 0, 0, 0, 0, 0, 0, 32, 31, 0, 0, 0, 0, 31, 23, 0, 0, 25, 0, 0, 22, 0, 0, 23, 0, 0, 0, 0, 0, 25, 0, 0, 0, 0, 27, 18, 0, 0, 0, 0, 0, 0, 0, 24, 18, 0, 0, 24, 0, 33, 0, 17, 20, 19, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 15, 17, 20, 23, 0, 0, 0, 0, 0, 0, 27, 0, 0, 0, 0, 19, 0, 0, 15, 15, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 25, 0, 23, 0]  # fmt: skip

    made = forecast_one(Series("S", date(2023, 3, 6), np.array(weeks, dtype=np.float64), Bucket.WEEK), 13)

    assert made.mean.max() < max(weeks)
    assert made.sums.max() < 13 * max(weeks)
