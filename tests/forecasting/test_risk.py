"""What it risks when stock comes later: chances against a simulation, and the cases that need no arithmetic."""

from itertools import accumulate

import numpy as np
import pytest

from forecasting.risk import Spread, demand_by_day, exposure, with_arrival

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
RNG = np.random.default_rng(7)


def poisson_spread(rate: float, days: int) -> Spread:
    totals = RNG.poisson(rate * days, 200_000)
    return Spread(days, rate * days, LEVELS, tuple(np.quantile(totals, LEVELS)))


def test_plenty_of_stock_risks_nothing():
    demand = demand_by_day([10.0] * 10, poisson_spread(10, 14))

    found = exposure([500.0] * 10, demand)

    assert (found.probability, found.days_short) == (0, 0)
    assert found.units_short == pytest.approx(0, abs=1e-6)


def test_no_stock_at_all_is_certain_to_lack_and_all_of_demand_is_lost():
    demand = demand_by_day([10.0] * 5, poisson_spread(10, 14))

    found = exposure([0.0] * 5, demand)

    assert found.probability == pytest.approx(1, abs=0.01)
    assert found.units_short == pytest.approx(50, rel=0.02)
    assert found.days_short == pytest.approx(5, abs=0.05)


def test_what_is_asked_for_by_name_beyond_the_stock_lacks_for_certain():
    found = exposure([-5.0], demand_by_day([0.0], Spread(7, 0.0, LEVELS, (0.0,) * 8)))

    assert (found.probability, found.units_short) == (1, 5)


def test_where_nothing_is_forecast_stock_lasts():
    found = exposure([0.0] * 3, demand_by_day([0.0] * 3, Spread(7, 0.0, LEVELS, (0.0,) * 8)))

    assert found.probability == 0


@pytest.mark.parametrize("stock", [80, 100, 110])
def test_the_chance_and_the_shortage_are_those_of_a_simulated_shop(stock):
    days, rate = 10, 10.0
    paths = RNG.poisson(rate, (40_000, days)).cumsum(axis=1)
    demand = demand_by_day([rate] * days, poisson_spread(rate, 14))

    found = exposure([float(stock)] * days, demand)

    assert found.probability == pytest.approx((paths[:, -1] > stock).mean(), abs=0.03)
    assert found.units_short == pytest.approx(np.maximum(paths[:, -1] - stock, 0).mean(), abs=0.5)
    assert found.days_short == pytest.approx((paths > stock).sum(axis=1).mean(), abs=0.15)


def test_a_batch_that_comes_in_time_takes_the_risk_away_and_a_later_one_buys_it():
    demand = demand_by_day([10.0] * 12, poisson_spread(10, 14))
    empty = [60.0] * 12

    kept = exposure(with_arrival(empty, 200, 4), demand)
    moved = exposure(with_arrival(empty, 200, 11)[:11], demand[:11])

    assert kept.probability < 0.05
    assert moved.probability > 0.95
    assert moved.beyond(kept).days_short == pytest.approx(5, abs=0.5)


def test_means_add_up_day_by_day_whatever_the_spread():
    means = [4.0, 0.0, 12.0]

    demand = demand_by_day(means, poisson_spread(5, 7))

    assert [one.mean for one in demand] == pytest.approx(list(accumulate(means)), rel=0.05)
