"""Bands that a plant can believe: no wider than what was ever asked for and how far forecasts were off allow."""

from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.methods import LEVELS, Bucket, Series, Shape, bands, choosing, forecast_one
from forecasting.methods.series import FloatArray

SCORES = np.array([NormalDist().inv_cdf(level) for level in LEVELS])

MOST_OF_THE_LARGEST = 6.0
"""Times the largest demand of a bucket that its 0.99 quantile may be; the largest seen in a thousand drawn histories was 3.5."""


def daily(values: FloatArray) -> Series:
    return Series("mug", date(2024, 1, 1), values, Bucket.DAY)


def just_begun(seed: int) -> FloatArray:
    """Nothing for nine months, then a few weeks of small and now and then large sales, nearly all of them on two days of the week."""
    drawn = np.random.default_rng(seed)
    values = np.zeros(320)
    for day in range(290, 320):
        if day % 7 in {0, 6}:
            values[day] = np.ceil(drawn.lognormal(4, 1))
        elif drawn.random() < 0.4:
            values[day] = np.ceil(drawn.lognormal(2, 1))
    return np.minimum(values, 254)


@pytest.mark.parametrize("seed", range(6))
def test_a_daily_item_that_sells_on_two_days_of_the_week_is_not_expected_to_sell_thousands(seed):
    values = just_begun(seed)

    made = forecast_one(daily(values), 14)

    assert made.shape is Shape.LUMPY
    assert made.quantile(0.9).max() <= 3 * values.max()
    assert made.sums[LEVELS.index(0.9), -1] <= 14 * values.max() / 2


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(8, 400),
    season=st.lists(st.floats(0, 1), min_size=2, max_size=13),
    silent=st.floats(0, 0.95),
    comes=st.floats(0.05, 1),
    wildness=st.integers(1, 3),
    bucket=st.sampled_from([Bucket.DAY, Bucket.WEEK, Bucket.MONTH]),
)
def test_the_0_99_quantile_of_a_bucket_stays_within_a_multiple_of_the_largest_demand(
    seed, count, season, silent, comes, wildness, bucket
):
    drawn = np.random.default_rng(seed)
    values = drawn.exponential(1, count) ** wildness * np.resize(season, count) ** 3
    values[drawn.random(count) > comes] = 0
    values[: int(silent * count)] = 0
    values = np.round(100 * values / max(float(values.max()), 1e-9))

    made = forecast_one(Series("mug", date(2024, 1, 1), values, bucket), 14)

    assert made.quantile(0.99).max() <= MOST_OF_THE_LARGEST * max(float(values.max()), 1.0)


def test_an_error_in_a_dead_season_does_not_speak_for_the_season():
    """Off by 3 where a twentieth of the usual is sold, exact otherwise: the season does not err by 60."""
    weights = np.tile([0.05, 1.0, 2.0], (10, 1))
    errors = np.tile([3.0, 0.0, 0.0], (10, 1))
    own = bands.Measured(errors / weights, weights, base=1.0)

    assert own.scale(np.ones(3)) == pytest.approx((9 / (0.05**2 + 1 + 4)) ** 0.5)


def test_back_tests_in_a_dead_season_leave_the_scale_to_the_history():
    dead = np.full((10, 3), 0.05)
    own = bands.Measured(np.full((10, 3), 2.0) / dead, dead, base=1.0)
    known = bands.calibrate([own], 3)

    assert known.ratio == 1.0
    assert bands.scale(own, known) == pytest.approx((2.0**2 / 2 + 1.0**2) ** 0.5, rel=0.01)


def test_where_all_errors_count_alike_the_pool_is_that_of_plain_quantiles():
    drawn = np.random.default_rng(3).standard_normal(101)

    assert bands._quantiles(drawn, np.full(101, 0.3)) == pytest.approx(np.quantile(drawn, LEVELS))


def test_the_season_of_a_draft_is_said_beside_its_errors_not_divided_into_them():
    tested = choosing.draft(daily(just_begun(0)), horizon=14).tested

    assert tested is not None
    assert np.nanmax(np.abs(tested.errors)) <= 2 * just_begun(0).max()
    assert tested.weights.min() > 0


def back_tested(buckets: int, *, horizon: int = 8, seen: int = 8, seed: int = 1) -> bands.Tested:
    """A series whose errors do not repeat, back-tested `seen` buckets ahead."""
    errors = np.full((8, horizon), np.nan)
    errors[:, :seen] = np.random.default_rng(seed).normal(0, 1, (8, seen))
    flat = np.ones(horizon)
    return bands.Tested(
        errors, np.ones_like(errors), 1.0, flat, np.sqrt(np.arange(1, horizon + 1)), flat, buckets
    )


def widths(known: bands.Tested) -> tuple[FloatArray, FloatArray]:
    """Of the 0.9 interval of single buckets and of totals, far above zero."""
    horizon = len(known.growth)
    calm = bands.Calibration(np.ones(horizon), np.ones((len(LEVELS), horizon)) * SCORES[:, None], 1.0)
    low, high = LEVELS.index(0.05), LEVELS.index(0.95)
    points, sums = bands.around(np.full(horizon, 1_000.0), known, calm, calm)
    return points[high] - points[low], sums[high] - sums[low]


def test_totals_of_a_short_history_are_less_sure_than_its_buckets_make_them():
    (_, few), (_, many) = widths(back_tested(44)), widths(back_tested(2_000))

    wider = few / many
    # The first total is the first bucket; from the second on, what level and season lack repeats.
    assert wider[0] == pytest.approx(1, abs=0.01)
    assert list(wider[:5]) == sorted(wider[:5])
    assert 1.15 < wider[-1] < 1.35


def test_errors_further_ahead_than_any_back_test_grow_as_the_last_that_was_seen():
    seen = [back_tested(100, seen=4, seed=seed).totals for seed in range(60)]
    for one in seen:
        one.errors[:, 3] *= 2

    growth = bands.calibrate(seen, 8).growth

    assert growth[3] > 1.4 * growth[1]
    assert growth[4:] == pytest.approx(np.full(4, growth[3]))
