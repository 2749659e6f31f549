"""What is known of single buckets is not learnt as ordinary demand, and comes back where it is known to come."""

from datetime import date

import numpy as np
import pytest

from forecasting.methods import Bucket, Series, forecast_one
from forecasting.methods.clearing import clear, fill
from forecasting.methods.series import Cycle

MONDAY = date(2024, 1, 1)


def weeks(values, **known):
    return Series("pine 1 l", MONDAY, np.asarray(values, dtype=float), Bucket.WEEK, **known)


def noise(count: int, seed: int = 1, spread: float = 0.05):
    return np.exp(spread * np.random.default_rng(seed).standard_normal(count))


def test_weeks_out_of_stock_leave_no_mark_on_the_forecast():
    values = 100 * noise(60)
    out = np.arange(60) >= 56
    values[out] = 3.0

    blind, told = forecast_one(weeks(values), 4), forecast_one(weeks(values, skip=out), 4)

    assert blind.mean[0] < 60
    assert told.mean == pytest.approx([100] * 4, rel=0.1)
    assert "Not learnt from: 4 weeks marked as not ordinary." in told.why


def test_the_errors_of_a_forecast_are_not_measured_against_weeks_that_say_nothing():
    values = 100 * noise(60)
    out = np.isin(np.arange(60), [50, 53, 57])
    disturbed = np.where(out, 2_000.0, values)

    made = forecast_one(weeks(disturbed, skip=out), 4)

    assert made.quantile(0.95)[0] < 125


def test_an_intermittent_item_out_of_stock_is_forecast_from_the_weeks_it_could_be_sold():
    sold = np.tile([0.0, 0, 6, 0], 15)
    out = np.arange(60) >= 40
    sold[out] = 0.0

    assert forecast_one(weeks(sold, skip=out), 4).mean[0] == pytest.approx(1.5, rel=0.2)
    assert forecast_one(weeks(sold), 4).mean[0] < 0.9


def test_a_stated_promotion_is_divided_out_of_the_past_and_multiplies_the_future():
    lift = np.ones(64)
    lift[[20, 40, 58]] = 3.0
    lift[62] = 2.0
    made = forecast_one(weeks(100 * noise(60) * lift[:60], lift=lift), 4)

    assert made.mean == pytest.approx([100, 100, 200, 100], rel=0.1)
    assert made.quantile(0.95)[2] == pytest.approx(2 * made.quantile(0.95)[1], rel=0.1)
    assert made.mean_sums[3] == pytest.approx(500, rel=0.1)
    assert made.sums[:, 3].min() > 350


def test_demand_that_follows_working_days_is_forecast_by_them():
    generator = np.random.default_rng(4)
    days = generator.choice([3.0, 4, 5, 5, 5, 5], size=84)
    days[80:] = [5, 5, 2, 5]
    made = forecast_one(weeks(20 * days[:80] * noise(80), working=days), 4)

    assert made.mean == pytest.approx([100, 100, 40, 100], rel=0.12)
    assert (
        "more working days bring +10% demand" in made.why or "more working days bring +9% demand" in made.why
    )


def test_working_days_that_do_nothing_are_left_alone():
    days = np.random.default_rng(4).choice([3.0, 4, 5, 5], size=84)
    made = forecast_one(weeks(100 * noise(80, seed=8), working=days), 4)

    assert made.mean == pytest.approx([100] * 4, rel=0.06)


def test_a_recurring_sale_is_learnt_from_its_past_and_expected_when_it_comes_again():
    sale = np.isin(np.arange(64), [12, 25, 38, 51, 62])
    values = 100 * noise(60, spread=0.1) * np.where(sale[:60], 2.5, 1.0)

    made = forecast_one(weeks(values, events={"clearance sale": sale}), 4)

    assert made.mean[2] == pytest.approx(250, rel=0.15)
    assert made.mean[[0, 1, 3]] == pytest.approx([100] * 3, rel=0.1)
    assert "Clearance sale: +1" in made.why


def test_an_event_seen_once_in_a_wild_series_counts_for_little():
    event = np.isin(np.arange(44), [20, 42])
    values = 100 * noise(40, seed=3, spread=1.0)
    values[20] = 400.0

    assert clear(weeks(values, events={"fair": event}), 4, Bucket.WEEK.cycles()).ahead[2] < 2.2


def test_gaps_are_bridged_between_their_neighbours_in_season():
    pattern = np.array([0.5, 1.5, 1.2, 0.8])
    values = np.tile(pattern, 8) * 100
    known = np.isin(np.arange(32), [9, 10, 22], invert=True)

    filled = fill(np.where(known, values, 0.0), known, [Cycle(4)])

    assert filled == pytest.approx(values, rel=0.1)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (np.nan, "Not learnt from: 1 week without a quantity that can be demand."),
        (-40.0, "Not learnt from: 1 week without a quantity that can be demand."),
        (1e15, "Not learnt from: 1 week without a quantity that can be demand."),
        (5e6, "Not learnt from: 1 week more than a thousand times the usual demand."),
    ],
)
def test_a_value_that_cannot_be_demand_is_left_out_and_said_so(wrong, sentence):
    values = 100 * noise(60)
    values[30] = wrong

    made = forecast_one(weeks(values), 4)

    assert made.mean == pytest.approx([100] * 4, rel=0.1)
    assert sentence in made.why


@pytest.mark.parametrize(
    "known", [{"skip": np.zeros(3, bool)}, {"lift": np.ones(3)}, {"events": {"x": np.ones(3, bool)}}]
)
def test_knowledge_that_does_not_fit_its_series_is_refused(known):
    with pytest.raises(ValueError, match="has 3 entries for 10 values"):
        weeks(np.ones(10), **known)
