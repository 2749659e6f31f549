"""Lots, reorder points and order-up-to levels of the textbook models that plans are held against are the published optima."""

import itertools
from typing import Any

import pytest

from forecasting.policy import NormalDemand
from tests.forecasting.textbook import optima
from tests.forecasting.textbook.lots import discounted_lot, joint_lots
from tests.forecasting.textbook.optima import Costs


def of_model(cases: list[Any], model: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    found = [(case["params"], case["optimum"]) for case in cases if case["model"] == model]
    assert found
    return found


def costs_of(params: dict[str, Any]) -> Costs:
    return Costs(params["fixed_cost"], params["holding_cost"], params["stockout_cost"])


@pytest.mark.parametrize(("model", "all_units"), [("all-units", True), ("incremental", False)])
def test_lots_at_falling_prices_are_the_published_ones(known_optima, model, all_units):
    for p, optimum in of_model(known_optima, f"EOQ {model} discount"):
        breaks = list(zip(p["breakpoints"], p["unit_costs"], strict=True))
        lot, cost = discounted_lot(
            p["fixed_cost"], p["holding_cost_rate"], p["demand_rate"], breaks, all_units=all_units
        )
        assert lot == pytest.approx(optimum["Q"])
        assert cost == pytest.approx(optimum["cost"])


def test_families_that_are_set_up_together_are_the_published_ones(known_optima):
    for p, optimum in of_model(known_optima, "joint replenishment (Silver)"):
        cycle, multiples = joint_lots(
            p["shared_fixed_cost"], p["individual_fixed_costs"], p["holding_costs"], p["demand_rates"]
        )
        assert multiples == optimum["multiples"]
        assert cycle == pytest.approx(optimum["T"])
        lots = [cycle * each * rate for each, rate in zip(multiples, p["demand_rates"], strict=True)]
        assert lots == pytest.approx(optimum["Q"])


def test_exact_reorder_points_are_the_published_ones(known_optima):
    for p, optimum in of_model(known_optima, "(r,Q) exact, Poisson"):
        point, lot, cost = optima.reorder_point_poisson(costs_of(p), p["demand_mean"], p["lead_time"])
        assert (point, lot) == (optimum["r"], optimum["Q"])
        assert cost == pytest.approx(optimum["cost"])


def test_exact_order_up_to_levels_are_the_published_ones(known_optima):
    for p, optimum in of_model(known_optima, "(s,S) exact, Poisson"):
        low, high, cost = optima.order_up_to_poisson(costs_of(p), p["demand_mean"])
        assert (low, high) == (optimum["s"], optimum["S"])
        assert cost == pytest.approx(optimum["cost"])


def test_the_power_approximation_is_the_published_one(known_optima):
    for p, optimum in of_model(known_optima, "(s,S) power approximation"):
        low, high = optima.power_approximation(costs_of(p), NormalDemand(p["demand_mean"], p["demand_sd"]))
        assert (low, high) == pytest.approx((optimum["s"], optimum["S"]))


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("EIL", optima.expected_inventory_level),
        ("EOQB", optima.lot_with_backorders),
        ("EOQSS", optima.lot_and_safety_stock),
        ("loss", optima.loss_function),
    ],
)
def test_approximate_reorder_points_and_what_they_truly_cost_are_the_published_ones(
    known_optima, name, method
):
    for p, found in of_model(known_optima, "(r,Q) continuous approximations (exact cost of each)"):
        optimum, rate = found[name], p["demand_mean"]
        demand = NormalDemand(rate * p["lead_time"], p["demand_sd"] * p["lead_time"] ** 0.5)

        point, lot = method(costs_of(p), demand, rate)

        assert (point, lot) == pytest.approx((optimum["r"], optimum["Q"]), rel=1e-4, abs=1e-3)
        assert optima.reorder_point_cost(costs_of(p), demand, rate, point, lot) == pytest.approx(
            optimum["exact_cost"], rel=1e-5
        )


def test_every_published_model_is_checked_here_or_beside_the_code_that_has_it(known_optima):
    beside = {  # test_policy.py; Wagner and Whitin: test_lots.py
        "EOQ",
        "EPQ",
        "EOQ with backorders",
        "newsvendor normal",
        "newsvendor Poisson",
        "base-stock, lead time",
        "Wagner-Whitin lot sizing",
    }
    here = {
        "EOQ all-units discount",
        "EOQ incremental discount",
        "joint replenishment (Silver)",
        "(r,Q) exact, Poisson",
        "(s,S) exact, Poisson",
        "(s,S) power approximation",
        "(r,Q) continuous approximations (exact cost of each)",
    }
    assert {case["model"] for case in known_optima} == beside | here


@pytest.mark.parametrize(("order", "waiting", "rate"), [(5, 4, 6.0), (40, 9, 3.0), (1, 20, 1.5)])
def test_no_other_levels_cost_less(order, waiting, rate):
    """Every s and S in reach, by the stationary distribution of the position."""
    costs = Costs(order, 1.0, waiting)
    low, high, cost = optima.order_up_to_poisson(costs, rate)

    tried = {
        (s, top): _long_run(costs, rate, s, top)
        for s, top in itertools.product(range(-4, 12), range(1, 24))
        if s < top
    }

    assert tried[low, high] == pytest.approx(cost, rel=1e-6)
    assert min(tried.values()) == pytest.approx(cost, rel=1e-6)


def _long_run(costs: Costs, rate: float, low: int, high: int) -> float:
    from_poisson = optima.PoissonDemand(rate)
    chances = [from_poisson.exceeds(count - 1) - from_poisson.exceeds(count) for count in range(60)]
    share = {high: 1.0}
    visits = dict.fromkeys(range(low + 1, high + 1), 0.0)
    # Expected visits to each position between two orders; it only falls.
    arriving = dict.fromkeys(visits, 0.0) | share
    for position in range(high, low, -1):
        visits[position] = arriving[position] / (1 - chances[0])
        for count in range(1, position - low):
            arriving[position - count] += visits[position] * chances[count]
    spent = 0.0
    for position, often in visits.items():
        spent += often * optima.newsvendor_cost(from_poisson, costs.holding, costs.waiting, position)
    return (costs.order + spent) / sum(visits.values())
