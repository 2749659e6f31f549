"""Sums of forecasts: means exactly, quantiles by how the items moved together."""

import numpy as np
import pytest
from scipy.stats import norm

from forecasting.adding_up import Part, Sum

LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def part(key, history, mean=100.0, spread=10.0, weeks=3):
    quantiles = mean + spread * norm.ppf(LEVELS)
    return Part(
        key, np.asarray(history, float), np.full(weeks, mean), np.tile(quantiles[:, None], weeks), LEVELS
    )


def noise(seed, weeks=104):
    return 100 + 10 * np.random.default_rng(seed).normal(size=weeks)


def summed(*parts):
    whole = Sum(3)
    for one in parts:
        whole.add(one)
    return whole


def test_means_add_up_exactly():
    whole = summed(part(1, noise(1), mean=30), part(2, noise(2), mean=12.5))

    assert whole.mean.tolist() == [42.5] * 3
    assert whole.items == 2


def test_of_items_that_move_by_themselves_the_band_grows_with_the_root_of_their_number():
    whole = summed(*(part(key, noise(key)) for key in range(1, 26)))

    low, high = whole.quantiles([0.05, 0.95])[:, 0]

    assert (high - low) / 2 == pytest.approx(1.645 * 10 * 5, rel=0.2)
    assert whole.correlation == pytest.approx(0, abs=0.05)


def test_of_items_that_move_as_one_the_quantiles_are_the_sum_of_quantiles():
    together = noise(1)
    whole = summed(*(part(key, together) for key in range(1, 5)))

    low, high = whole.quantiles([0.05, 0.95])[:, 0]

    assert (high - low) / 2 == pytest.approx(1.645 * 10 * 4, rel=0.05)
    assert whole.correlation == pytest.approx(1, abs=0.01)


def test_a_plant_is_the_sum_of_its_families():
    first, second = summed(part(1, noise(1)), part(2, noise(1))), summed(part(3, noise(3)))
    plant = Sum(3)
    plant.add_sum(first)
    plant.add_sum(second)
    directly = summed(part(1, noise(1)), part(2, noise(1)), part(3, noise(3)))

    assert plant.mean.tolist() == (first.mean + second.mean).tolist()
    assert np.allclose(plant.quantiles(LEVELS), directly.quantiles(LEVELS))


def test_an_item_without_history_moves_by_itself_and_the_same_each_time():
    first, again = summed(part(7, [])), summed(part(7, []))

    assert np.array_equal(first.quantiles(LEVELS), again.quantiles(LEVELS))
    assert first.quantiles([0.5])[0, 0] == pytest.approx(100, abs=0.5)


def test_the_band_of_a_sum_covers_what_was_drawn_together():
    """Two items with a shared shock: nine in ten of the sums of fresh weeks lie within the band."""
    generator = np.random.default_rng(5)
    shared = generator.normal(size=104)
    own = [100 + 7 * shared + 7 * generator.normal(size=104) for _ in range(2)]
    whole = summed(*(part(key, history) for key, history in enumerate(own)))
    fresh = generator.normal(size=20_000)
    totals = sum(100 + 7 * fresh + 7 * generator.normal(size=20_000) for _ in range(2))

    low, high = whole.quantiles([0.05, 0.95])[:, 0]

    assert 0.85 < np.mean((totals >= low) & (totals <= high)) < 0.95
