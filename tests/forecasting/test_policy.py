"""Stock targets: the textbook's optima, and the service promised is the service given."""

from typing import Any

import numpy as np
import pytest

from forecasting import policy
from forecasting.policy import (
    Bounds,
    Measure,
    NormalDemand,
    PoissonDemand,
    QuantileDemand,
    Question,
    fit_into,
    service_of,
    sized,
    target,
)
from tests.forecasting.textbook.lots import backorder_lot, newsvendor, newsvendor_cost, production_lot

LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99])


def question(item: str = "pine 1 l", daily: float = 10.0, noise: float = 0.3, **changes: Any) -> Question:
    """Independent normal days: lead time 7, review 7."""
    values: dict[str, Any] = {
        "item": item,
        "bridging": NormalDemand(14 * daily, noise * daily * 14**0.5),
        "lead": NormalDemand(7 * daily, noise * daily * 7**0.5),
        "rate": daily,
        "lead_days": 7,
        "review_days": 7,
        "cover_days": 7,
        "unit_cost": 2.0,
    }
    return Question(**{**values, **changes})


def of_model(cases: list[Any], model: str) -> list[Any]:
    found = [case for case in cases if case["model"] == model]
    assert found
    return found


def test_economic_lots_are_the_published_ones(known_optima):
    for case in of_model(known_optima, "EOQ"):
        p = case["params"]
        assert policy.economic_lot(p["fixed_cost"], p["holding_cost"], p["demand_rate"]) == pytest.approx(
            case["optimum"]["Q"]
        )
    for case in of_model(known_optima, "EPQ"):
        p = case["params"]
        lot = production_lot(p["fixed_cost"], p["holding_cost"], p["demand_rate"], p["production_rate"])
        assert lot == pytest.approx(case["optimum"]["Q"])
    for case in of_model(known_optima, "EOQ with backorders"):
        p = case["params"]
        lot, fraction = backorder_lot(
            p["fixed_cost"], p["holding_cost"], p["stockout_cost"], p["demand_rate"]
        )
        assert lot == pytest.approx(case["optimum"]["Q"])
        assert fraction == pytest.approx(case["optimum"]["stockout_fraction"])


def test_newsvendor_stock_and_cost_are_the_published_ones(known_optima):
    for case in of_model(known_optima, "newsvendor normal"):
        p = case["params"]
        demand = NormalDemand(p["demand_mean"], p["demand_sd"])
        stock = newsvendor(demand, p["holding_cost"], p["stockout_cost"])
        assert stock == pytest.approx(case["optimum"]["S"])
        cost = newsvendor_cost(demand, p["holding_cost"], p["stockout_cost"], stock)
        assert cost == pytest.approx(case["optimum"]["cost"])
    for case in of_model(known_optima, "newsvendor Poisson"):
        p = case["params"]
        poisson = PoissonDemand(p["demand_mean"])
        stock = newsvendor(poisson, p["holding_cost"], p["stockout_cost"])
        assert stock == case["optimum"]["S"]
        cost = newsvendor_cost(poisson, p["holding_cost"], p["stockout_cost"], stock)
        assert cost == pytest.approx(case["optimum"]["cost"])


def test_what_is_planned_at_least_cost_is_the_published_newsvendors_stock(known_optima):
    """The code that sets targets, asked the textbook's question: one review a period, what is ordered is there at once."""
    for case in (c for c in known_optima if c["model"].startswith("newsvendor")):
        p = case["params"]
        demand = (
            NormalDemand(p["demand_mean"], p["demand_sd"])
            if "demand_sd" in p
            else PoissonDemand(p["demand_mean"])
        )
        made = target(
            Question(
                item="newspaper",
                bridging=demand,
                lead=NormalDemand(0, 1e-9),
                rate=p["demand_mean"],
                lead_days=0,
                review_days=1,
                cover_days=1,
                measure=Measure.COST,
                holding_cost=p["holding_cost"],
                shortage_cost=p["stockout_cost"],
            )
        )
        assert made.order_up_to == pytest.approx(case["optimum"]["S"], rel=1e-4)
        cost = newsvendor_cost(demand, p["holding_cost"], p["stockout_cost"], made.order_up_to)
        assert cost == pytest.approx(case["optimum"]["cost"])


def test_the_lot_that_is_planned_is_the_published_economic_lot(known_optima):
    for case in of_model(known_optima, "EOQ"):
        p = case["params"]
        asked = question(
            daily=p["demand_rate"] / 365,
            cover_days=1,
            review_days=1,
            fixed_cost=p["fixed_cost"],
            holding_cost=p["holding_cost"] / 365,
        )
        assert policy.lot_size(asked) == pytest.approx(case["optimum"]["Q"])


def test_base_stock_over_a_lead_time_is_the_published_one(known_optima):
    for case in of_model(known_optima, "base-stock, lead time"):
        p = case["params"]
        periods = p["lead_time"] + 1
        demand = NormalDemand(periods * p["demand_mean"], periods**0.5 * p["demand_sd"])
        stock = newsvendor(demand, p["holding_cost"], p["stockout_cost"])
        assert stock == pytest.approx(case["optimum"]["S"])


def test_a_cycle_service_level_is_a_quantile_of_demand_over_lead_time_and_review():
    made = target(question(measure=Measure.CYCLE, service_level=0.975))

    assert made.safety_stock == pytest.approx(1.96 * 0.3 * 10 * 14**0.5, rel=1e-3)
    assert made.reorder_point == pytest.approx(140 + made.safety_stock)
    assert made.order_up_to == made.reorder_point  # a lot of one review's demand: order at every review


@pytest.mark.parametrize("cover_days", [7, 28])
@pytest.mark.parametrize("level", [0.9, 0.98])
def test_the_fill_rate_asked_for_is_reached_in_simulation(level, cover_days):
    asked = question(noise=1.0, service_level=level, cover_days=cover_days)
    made = target(asked)

    generator = np.random.default_rng(7)
    weeks = 10 + 10 * generator.standard_normal((40_000, 7))
    stock, due, short, demanded = made.order_up_to, 0.0, 0.0, 0.0
    for week in weeks.sum(axis=1):
        position = stock + due
        order = made.order_up_to - position if position <= made.reorder_point else 0.0
        stock += due  # ordered a week ago, comes at the end of its lead time
        due = order
        before = min(stock, 0.0)
        stock -= week
        short += max(before - stock, 0.0) if stock < 0 else 0.0
        demanded += week
    assert 1 - short / demanded == pytest.approx(level, abs=0.02)


def test_quantiles_of_a_normal_give_nearly_the_normals_shortage():
    normal = NormalDemand(100, 20)
    known = QuantileDemand(LEVELS, np.array([normal.quantile(level) for level in LEVELS]))

    assert known.mean == pytest.approx(100, rel=0.01)
    assert known.quantile(0.995) == pytest.approx(normal.quantile(0.995), rel=0.03)
    for stock in (80, 100, 130):
        assert known.shortage(stock) == pytest.approx(normal.shortage(stock), abs=0.5)


def test_a_lead_time_that_varies_takes_more_stock_than_its_mean():
    short, mean, long = (NormalDemand(10 * days, 3 * days**0.5) for days in (4, 10, 16))

    varied = policy.mix([(0.5, short), (0.5, long)])

    assert varied.mean == pytest.approx(100, rel=0.03)
    assert varied.quantile(0.95) > mean.quantile(0.95) + 40


def test_a_higher_service_level_takes_more_stock_at_a_rising_price():
    stocks = [
        target(question(noise=1.0, service_level=level)).safety_stock for level in (0.9, 0.95, 0.98, 0.99)
    ]

    assert stocks == sorted(stocks)
    assert (stocks[3] - stocks[2]) / 0.01 > (stocks[1] - stocks[0]) / 0.05


def test_stock_never_exceeds_what_sells_within_the_shelf_life():
    made = target(question(cover_days=60, bounds=Bounds(shelf_life_days=30)))

    assert made.order_up_to == pytest.approx(200)
    assert "20 of 30 days of shelf life at 10 a day" in made.why


def test_lots_respect_minimum_multiple_and_the_vessel():
    assert sized(130, Bounds(minimum=200)) == 200
    assert sized(130, Bounds(multiple=50)) == 150
    assert sized(2_600, Bounds(multiple=300, maximum=2_000)) == 1_800 + 900
    assert sized(4_100, Bounds(minimum=500, maximum=2_000)) == 2_000 + 2_000 + 500
    assert sized(6_000, Bounds(maximum=2_000)) == 6_000
    assert sized(150, Bounds(multiple=50)) == 150


def test_an_item_without_demand_needs_no_stock():
    made = target(
        question(
            daily=0.0, bridging=QuantileDemand(LEVELS, LEVELS * 0), lead=QuantileDemand(LEVELS, LEVELS * 0)
        )
    )

    assert (made.safety_stock, made.reorder_point, made.order_up_to) == (0, 0, 0)


def test_a_full_warehouse_gives_room_to_what_prevents_the_most_shortage():
    dear = question("dear", noise=1.0, unit_cost=20.0, bounds=Bounds(volume_m3=0.1))
    bulky = question("bulky", noise=1.0, unit_cost=2.0, bounds=Bounds(volume_m3=0.5))
    free = [target(dear), target(bulky)]
    needed = 0.1 * (free[0].safety_stock + 35) + 0.5 * (free[1].safety_stock + 35)

    assert fit_into([dear, bulky], free, needed + 1) == free
    cut = fit_into([dear, bulky], free, needed - 10)

    assert cut[0].safety_stock == pytest.approx(free[0].safety_stock)
    assert cut[1].safety_stock == pytest.approx(free[1].safety_stock - 20, abs=free[1].safety_stock / 30)
    assert cut[1].service < 0.95
    assert "the warehouse has room for" in cut[1].why


def test_a_target_shows_its_arithmetic():
    made = target(question())

    assert [line.what for line in made.lines] == [
        "mean demand over lead time and review",
        "stock that the service level asks for",
        "lot",
        "replenishments a year",
        "safety stock",
        "service reached",
    ]
    assert made.why.startswith("Demand over 7 days of lead time and 7 of review averages 140;")
    assert service_of(question(), made.covering, made.lot) == pytest.approx(0.95, abs=0.001)


def test_costs_that_weigh_stock_find_the_newsvendors_balance():
    # One day of lead time short of nothing and a review of one day: the single-period newsvendor.
    asked = question(
        bridging=NormalDemand(50, 8),
        lead=NormalDemand(0.001, 0.001),
        rate=50.0,
        lead_days=0,
        review_days=1,
        cover_days=1,
        measure=Measure.COST,
        holding_cost=0.18,
        shortage_cost=0.7,
    )
    made = target(asked)

    assert made.covering == pytest.approx(56.604, rel=0.005)  # Snyder and Shen, example 4.3
    assert made.lines[1].what == "stock that costs the least"
    assert "holding at 65.7 a unit and year in balance with missing at 0.7 a unit" in made.why


def test_dearer_shortage_takes_more_stock_and_none_takes_none():
    stocks = [
        target(question(noise=1.0, measure=Measure.COST, holding_cost=0.01, shortage_cost=cost)).covering
        for cost in (0.0, 0.1, 1.0, 10.0)
    ]

    assert stocks[0] == 0
    assert stocks == sorted(stocks)
    assert stocks[3] > stocks[1] + 30


def test_a_budget_goes_where_it_is_most_likely_wanted():
    dear = question("dear", noise=1.0, unit_cost=20.0)
    cheap = question("cheap", noise=1.0, unit_cost=2.0)
    free = [target(dear), target(cheap)]
    needed = sum(policy.needed_capital(*pair) for pair in zip([dear, cheap], free, strict=True))

    assert policy.fit_budget([dear, cheap], free, needed + 1) == free
    cut = policy.fit_budget([dear, cheap], free, needed - 200)

    spent = sum(policy.needed_capital(*pair) for pair in zip([dear, cheap], cut, strict=True))
    assert needed - 250 < spent <= needed - 200
    risks = [one.bridging.exceeds(made.covering) for one, made in zip([dear, cheap], cut, strict=True)]
    assert risks[0] == pytest.approx(risks[1], abs=0.06)  # up to a step of each
    assert "the budget for stock pays for" in cut[0].why
    assert [line.note for line in cut[0].lines if line.what == "safety stock that the budget pays for"] == [
        "the budget for stock is spent"
    ]
