"""A level to order up to serves what it promises when demand that finds no stock is lost."""

from dataclasses import replace

import numpy as np
import pytest

from forecasting import policy
from forecasting.policy.lost_sales import Futures


def normal(mean: float, deviation: float) -> policy.NormalDemand:
    return policy.NormalDemand(mean, deviation)


def lived_through(level: float, lead: int, mean: float, deviation: float, periods: int = 60_000) -> float:
    """Share of independent normal demand that is lost, by living through it once, long."""
    demand = np.maximum(np.random.default_rng(7).normal(mean, deviation, periods), 0.0)
    stock, coming, missed = level, [0.0] * (lead - 1), 0.0
    for asked in demand:
        coming.append(level - stock - sum(coming))
        missed += max(asked - stock, 0.0)
        stock = max(stock - asked, 0.0) + coming.pop(0)
    return missed / float(demand.sum())


@pytest.mark.parametrize("lead", [1, 2, 4])
@pytest.mark.parametrize("cover", [0.0, 0.5, 1.0])
def test_lost_demand_is_what_a_long_life_loses(lead, cover):
    mean, deviation = 100.0, 30.0
    level = (lead + 1) * mean + cover * deviation * (lead + 1) ** 0.5
    futures = Futures(
        normal((lead + 1) * mean, deviation * (lead + 1) ** 0.5),
        normal(lead * mean, deviation * lead**0.5),
        lead_time=lead,
        review=1,
    )
    assert futures.lost(np.array([level]))[0] == pytest.approx(
        lived_through(level, lead, mean, deviation), abs=0.006
    )


def test_the_target_serves_what_is_asked_where_demand_is_lost():
    mean, deviation = 100.0, 30.0
    question = policy.Question(
        item="pine 1 l",
        bridging=normal(2 * mean, deviation * 2**0.5),
        lead=normal(mean, deviation),
        rate=mean / 7,
        lead_days=7,
        review_days=7,
        cover_days=7,
        service_level=0.95,
        unmet=policy.Unmet.LOST,
    )
    level = policy.target(question).order_up_to
    assert 1 - lived_through(level, 1, mean, deviation) == pytest.approx(0.95, abs=0.005)


def test_losing_demand_takes_less_stock_than_letting_it_wait():
    waits = policy.Question(
        item="pine 1 l",
        bridging=normal(200.0, 60.0),
        lead=normal(100.0, 40.0),
        rate=100 / 7,
        lead_days=7,
        review_days=7,
        cover_days=7,
        service_level=0.9,
    )
    lost = replace(waits, unmet=policy.Unmet.LOST)
    assert policy.target(lost).order_up_to < policy.target(waits).order_up_to


def test_nothing_asked_loses_nothing():
    nothing = policy.QuantileDemand(np.array([0.1, 0.5, 0.9]), np.zeros(3))
    assert Futures(nothing, nothing, lead_time=7, review=7).lost(np.zeros(1)) == 0.0
