"""The compiled loops say what independent implementations say: statsforecast's, SciPy's and plain recursions."""

import numpy as np
import pytest
from scipy import stats
from statsforecast import ces as published_ces
from statsforecast import theta as published_theta

from forecasting.methods import LEVELS, smooth
from forecasting.methods.kernel import ces, ets, negative_binomial, rates, theta

END = np.array([60])
ONE = np.ones(1)


def wandering(seed: int = 1, count: int = 60):
    generator = np.random.default_rng(seed)
    return 200 + generator.standard_normal(count).cumsum() * 4 + generator.standard_normal(count) * 6


def test_the_dynamic_theta_model_is_that_of_statsforecast():
    values = wandering()
    free = float("nan")
    known = published_theta.thetamodel(values, 1, "DOTM", free, free, free, 3)
    par = known["par"]
    alpha, share = np.array([par["alpha"]]), np.array([1 - 1 / par["theta"]])

    made = theta.roll(values, ONE, alpha, share, np.array([par["initial_smoothed"]]), END, 12)[0]

    assert made == pytest.approx(published_theta.forecast_theta(known, 12)["mean"], rel=1e-6)


def test_the_first_level_of_theta_is_the_best_for_its_parameters():
    values = wandering(2)
    free = float("nan")
    known = published_theta.thetamodel(values, 1, "DOTM", free, free, free, 3)

    errors, _ = theta.fit(
        values, np.array([known["par"]["alpha"]]), np.array([1 - 1 / known["par"]["theta"]])
    )

    assert errors[0] <= float(np.square(known["residuals"][3:]).sum()) * (1 + 1e-9)


def test_smoothing_with_a_damped_trend_follows_its_recursion_from_the_best_first_state():
    values = wandering(3)
    parameters = np.array([0.4]), np.array([0.08]), np.array([0.9])
    errors, levels, slopes = ets.fit(values, *parameters, np.array([True]))

    def squared(first: float, slope: float) -> float:
        total = 0.0
        for value in values:
            error = value - first - 0.9 * slope
            first, slope = first + 0.9 * slope + 0.4 * error, 0.9 * slope + 0.08 * error
            total += error**2
        return total

    assert errors[0] == pytest.approx(squared(levels[0], slopes[0]))
    for nudge in (-1.0, 1.0):
        assert squared(levels[0] + nudge, slopes[0]) > errors[0]
        assert squared(levels[0], slopes[0] + nudge) > errors[0]


def test_complex_smoothing_follows_its_recursion_from_the_states_of_statsforecast():
    values = wandering(4)
    free = float("nan")
    known = published_ces.cesmodel(values, 1, "N", free, free, free, free, 3)
    real, imaginary = known["par"]["alpha_0"], known["par"]["alpha_1"]
    first, content = known["states"][0][:2]

    made = ces.roll(
        values, ONE, np.array([real]), np.array([imaginary]), np.array([first]), np.array([content]), END, 1
    )

    plain_level, plain_content = first, content
    for value in values:
        error = value - plain_level
        plain_level, plain_content = (
            plain_level - (1 - imaginary) * plain_content + (real - imaginary) * error,
            plain_level + (1 - real) * plain_content + (real + imaginary) * error,
        )
    assert made[0, 0] == pytest.approx(plain_level)


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.5), (4.0, 0.1), (40.0, 1.2), (250.0, 0.02)])
def test_quantiles_of_counts_lie_within_a_piece_of_the_exact_ones(mean, spread):
    made = negative_binomial.quantiles(np.array([mean]), np.array([spread]), np.array(LEVELS))[:, 0]

    size = 1 / spread
    exact = stats.nbinom.ppf(LEVELS, size, size / (size + mean))
    assert np.abs(made - exact).max() <= 1.0
    assert (np.diff(made) >= 0).all()


def test_intervals_of_counts_cover_what_they_say():
    counts = np.random.default_rng(5).negative_binomial(4, 4 / (4 + 6), 40_000)
    low, high = negative_binomial.quantiles(np.array([6.0]), np.array([0.25]), np.array([0.05, 0.95]))[:, 0]

    assert ((counts >= low) & (counts <= high)).mean() == pytest.approx(0.9, abs=0.03)


def test_large_counts_are_counted_in_larger_pieces():
    made = negative_binomial.quantiles(np.array([5_000.0]), np.array([0.1]), np.array(LEVELS))[:, 0]

    assert made == pytest.approx(stats.nbinom.ppf(LEVELS, 10, 10 / 5_010), rel=0.02)


def test_blocks_of_buckets_are_smoothed_apart_and_averaged():
    # Blocks of one: 4, then +0.5 · (0 - 4) = 2, then +0.5 · (6 - 2) = 4; of two, the last whole one: (0 + 6) / 2 = 3.
    assert rates.aggregated(np.array([4.0, 0, 6]), 0.5, 2)[3] == pytest.approx((4 + 3) / 2)


def test_settings_that_hardly_explain_the_past_have_no_weight():
    weights = smooth.weigh(np.array([100.0, 101.0, 900.0]), 3.0, 50)

    assert weights.sum() == pytest.approx(1)
    assert weights[0] > weights[1] > 0
    assert weights[2] == 0


def test_errors_grow_where_the_level_wanders_and_not_where_it_stays():
    steady = 100 + np.random.default_rng(1).standard_normal(80)
    walk = 100 + np.random.default_rng(1).standard_normal(80).cumsum()
    flat = np.full((3, 12), 100.0)

    _, of_steady, sums_of_steady = smooth.growth(steady, flat)
    _, of_walk, _ = smooth.growth(walk, flat)

    assert of_steady[-1] < 1.2
    assert of_walk[-1] > 2.5
    assert sums_of_steady[-1] == pytest.approx(np.sqrt(12), rel=0.3)
