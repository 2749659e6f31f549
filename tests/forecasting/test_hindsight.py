"""Curves are corrected by what past reviews would have served, and a class shares its service where that costs least."""

from typing import Any

import numpy as np
import pytest

from forecasting import policy
from forecasting.policy import (
    CHANCES,
    UNTRIED,
    NormalDemand,
    Past,
    Question,
    experience,
    service_curve,
    share,
    weight,
)
from forecasting.policy.hindsight import PRIOR, missed_in


def question(item: str, *, noise: float, **changes: Any) -> Question:
    """Ten a day, independent normal days; lead time 7, review 7."""
    values: dict[str, Any] = {
        "item": item,
        "bridging": NormalDemand(140, noise * 10 * 14**0.5),
        "lead": NormalDemand(70, noise * 10 * 7**0.5),
        "rate": 10.0,
        "lead_days": 7,
        "review_days": 7,
        "cover_days": 7,
        "unit_cost": 2.0,
    }
    return Question(**{**values, **changes})


def past_of(asked: Question, demand: np.ndarray, *, reviews: int, **changes: Any) -> Past:
    """So many reviews of one item by the same curve; the periods of `demand` are its review periods."""
    curve = service_curve(asked)
    values: dict[str, Any] = {
        "levels": np.tile(curve.stocks, (reviews, 1, 1)),
        "foretold": np.tile(curve.missed, (reviews, 1, 1)),
        "weights": np.ones((reviews, 1)),
        "demand": demand,
        "lead": 1,
        "review": 1,
    }
    return Past(**{**values, **changes})


def one_life(levels: list[float], demand: list[float], lead: int, review: int, *, waits: bool) -> list[float]:
    coming: dict[int, float] = {}
    stock, missed = levels[0], []
    for period, asked in enumerate(demand):
        if period % review == 0:
            short = levels[period // review] - stock - sum(coming.values())
            coming[period + lead] = coming.get(period + lead, 0.0) + max(short, 0.0)
        stock += coming.pop(period, 0.0)
        there = max(stock, 0.0)
        missed.append(max(asked - there, 0.0))
        stock = stock - asked if waits else there - min(asked, there)
    return missed


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize(("lead", "review"), [(0, 1), (1, 1), (3, 1), (2, 5), (7, 3)])
def test_reviews_are_lived_through_once_more_as_one_by_one(lead, review, waits):
    drawn = np.random.default_rng(lead + 10 * review)
    demand = drawn.poisson(5.0, size=(30, 2)).astype(float)
    levels = drawn.uniform(5, 12 * (lead + review), size=(30 // review, 2, 3))
    past = Past(levels, levels * 0, levels[..., 0], demand, lead, review, waits)

    missed = missed_in(past)

    for item in range(2):
        for chance in range(3):
            told = one_life(
                levels[:, item, chance].tolist(), demand[:, item].tolist(), lead, review, waits=waits
            )
            assert missed[:, item, chance] == pytest.approx(told)


def test_curves_that_were_right_stay_as_they_are():
    asked = question("pine", noise=1.0)
    weeks = np.random.default_rng(4).normal(70, 10 * 7**0.5, size=(3_000, 1))

    learnt = experience([past_of(asked, weeks, reviews=3_000, waits=True)])

    told = service_curve(asked).missed > 0.01
    assert learnt.ratios[told] == pytest.approx(1.0, abs=0.12)
    assert learnt.reviews == 2_999


def test_curves_that_feared_too_much_are_believed_less():
    feared = question("pine", noise=3.0)
    calm = np.random.default_rng(4).normal(70, 5, size=(60, 1))

    learnt = experience([past_of(feared, calm, reviews=60)])
    middle = int(np.searchsorted(CHANCES, 0.7))
    [plain], [corrected] = (share([feared], [service_curve(feared)], 0.95, one) for one in (UNTRIED, learnt))

    assert learnt.ratios[middle] < 0.3
    assert corrected.covering < plain.covering - 20
    assert corrected.service == pytest.approx(0.95, abs=0.002)


def test_few_reviews_teach_little():
    feared = question("pine", noise=3.0)
    curve = service_curve(feared)
    place = int(np.searchsorted(CHANCES, 0.7))

    learnt = experience([past_of(feared, np.full((2, 1), 1.0), reviews=2)])

    assert learnt.ratios[place] == pytest.approx(PRIOR / (PRIOR + curve.missed[place]))
    assert experience([]) is UNTRIED
    assert experience([past_of(feared, np.zeros((9, 1)), reviews=9)]) is UNTRIED


def test_a_class_meets_its_service_together_with_less_stock_than_each_item_alone():
    questions = [question(f"noise {noise}", noise=noise, service_level=0.97) for noise in (0.2, 1.0, 3.0)]
    curves = [service_curve(one) for one in questions]

    shared = share(questions, curves, 0.97)
    each = [policy.alone(one, curve, UNTRIED) for one, curve in zip(questions, curves, strict=True)]

    assert np.mean([made.service for made in shared]) == pytest.approx(0.97, abs=0.002)
    assert np.mean([made.service for made in each]) == pytest.approx(0.97, abs=0.002)
    assert sum(made.covering for made in shared) < sum(made.covering for made in each)
    risks = [one.bridging.exceeds(made.covering) for one, made in zip(questions, shared, strict=True)]
    assert risks == pytest.approx([risks[0]] * 3, abs=0.01)
    assert "97.0% of the demand of 3 items together" in shared[0].why


def test_no_way_to_share_takes_less_stock():
    questions = [question("calm", noise=0.3), question("wild", noise=2.0)]
    curves = [service_curve(one) for one in questions]
    calm, wild = (made.covering for made in share(questions, curves, 0.95))

    def served(stocks: tuple[float, float]) -> float:
        return float(
            np.mean([1 - curve.missed_at(stock) for curve, stock in zip(curves, stocks, strict=True)])
        )

    best = min(
        more + less
        for more in np.linspace(100, 250, 151)
        for less in np.linspace(100, 350, 251)
        if served((more, less)) >= 0.95
    )
    assert calm + wild <= best * 1.01


def test_an_item_counts_by_the_demand_that_is_decided_on():
    assert weight(question("even", noise=1.0)) == pytest.approx(1.0)
    assert weight(question("off season", noise=1.0, usual=40.0)) == pytest.approx(0.25)
    assert weight(question("launch", noise=1.0, usual=0.1)) == pytest.approx(1.0)


def test_service_against_capital_rises_ever_more_steeply():
    curve = service_curve(question("pine", noise=1.0))
    points = policy.what_if(curve, policy.Worth(unit_cost=2, volume_m3=0.01), holding_rate=0.25)

    capital = [point.capital for point in points]
    assert capital == sorted(capital)
    assert [point.service for point in points] == pytest.approx(list(policy.SERVICES), abs=0.003)
    assert (capital[-1] - capital[-2]) / 0.003 > (capital[1] - capital[0]) / 0.05
    for point in points:
        assert point.capital == pytest.approx(2 * point.stock)
        assert point.holding_cost == pytest.approx(point.capital / 4)
        assert point.volume_m3 == pytest.approx(point.stock / 100)
        assert point.missed_value == pytest.approx((1 - point.service) * 3_650 * 2)


def test_the_same_risk_for_all_takes_less_capital_than_the_same_service_for_all():
    worth = policy.Worth(unit_cost=2)
    items = [(service_curve(question(f"noise {noise}", noise=noise)), worth) for noise in (0.2, 1.0, 3.0)]
    alike = policy.all_alike(items, holding_rate=0.25, services=(0.95, 0.98))
    risky = policy.all_at_one_risk(items, holding_rate=0.25)

    for point in alike:
        capital = np.interp(point.service, [each.service for each in risky], [each.capital for each in risky])
        assert capital < 0.97 * point.capital
    assert [point.service for point in alike] == pytest.approx([0.95, 0.98], abs=0.003)
