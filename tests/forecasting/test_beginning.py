"""A new item is forecast from items like it: their season and launch, its own level as soon as there is one."""

from datetime import date, timedelta

import numpy as np
import pytest

from forecasting.methods import LEVELS, Bucket, Series, forecast_new

MONDAY = date(2022, 1, 3)


def weeks(values, start=MONDAY, name="new"):
    return Series(name, start, np.asarray(values, dtype=float), Bucket.WEEK)


def sold(level: float, count: int, seed: int, *, launch: float = 0.0, swing: float = 0.0):
    """Demand that grows into its level over ``launch`` weeks and swings with the year, first high in spring."""
    ages = np.arange(count)
    year = 1 + swing * np.sin(2 * np.pi * ages / 52.18)
    grown = 1 - np.exp(-(ages + 1) / launch) if launch else 1.0
    return level * year * grown * np.exp(0.15 * np.random.default_rng(seed).standard_normal(count))


def like(**known):
    return [
        weeks(sold(level, 156, seed, **known), name=str(seed)) for seed, level in enumerate((80, 100, 125))
    ]


def test_before_its_first_sale_it_gets_the_level_of_like_items_with_their_spread():
    made = forecast_new(weeks([]), like(), 8)

    assert made.mean == pytest.approx([100] * 8, rel=0.1)
    assert made.quantile(0.05)[0] < 70
    assert made.quantile(0.95)[0] > 140
    assert made.why.startswith(
        "Nothing is known of it yet: the level, season and launch curve of 3 like items"
    )


def test_its_own_weeks_soon_speak_louder_than_its_kind():
    own = 300 * np.exp(0.15 * np.random.default_rng(9).standard_normal(7))
    three, seven = forecast_new(weeks(own[:3]), like(), 4), forecast_new(weeks(own), like(), 4)

    assert 180 < three.mean[0] < 260
    assert 230 < seven.mean[0] < 320
    width = [made.quantile(0.95)[0] / made.quantile(0.05)[0] for made in (three, seven)]
    assert width[1] < width[0]
    assert "7 weeks known: 3.0" in seven.why or "7 weeks known: 2.9" in seven.why


def test_the_season_of_like_items_comes_by_the_calendar():
    begun = MONDAY + timedelta(weeks=52 + 24)  # half a year after spring
    made = forecast_new(weeks([95.0, 92.0], start=begun), like(swing=0.5), 30)

    low, high = made.mean[10:16].mean(), made.mean[-4:].mean()
    assert low < 70
    assert high > 1.5 * low


def test_a_launch_goes_on_growing_as_those_before_it_did():
    own = sold(200, 4, 5, launch=12)
    made = forecast_new(weeks(own), like(launch=12), 40)

    assert made.mean[-8:].mean() > 1.8 * own.mean()


def test_totals_are_less_sure_than_if_weeks_were_independent():
    made = forecast_new(weeks([100.0, 110.0]), like(), 8)

    of_week, of_sum = (made.quantile(0.95) - made.mean)[0], made.sums[LEVELS.index(0.95), 7] - made.mean.sum()
    assert of_sum > np.sqrt(8) * of_week
    assert (np.diff(made.sums, axis=0) >= 0).all()


def test_what_has_no_demand_lends_nothing():
    with pytest.raises(ValueError, match="no like item has any demand"):
        forecast_new(weeks([3.0]), [weeks(np.zeros(20))], 4)
    with pytest.raises(ValueError, match="same buckets"):
        forecast_new(weeks([3.0]), [Series("m", MONDAY, np.ones(20), Bucket.MONTH)], 4)
