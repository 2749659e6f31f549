"""Lots: the published dynamic programme, families that are set up together, stock that expires, inspection, and what it costs to wait."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.netting import (
    Demand,
    Part,
    Rule,
    Sizing,
    Supply,
    Trace,
    cheapest_orders,
    joint_orders,
    plan,
)

# Wagner and Whitin (1958), Management Science 5(1), table 1.
DEMAND_1958 = [69, 29, 36, 61, 61, 26, 34, 67, 45, 67, 79, 56]
SET_UPS_1958 = [85, 102, 102, 101, 98, 114, 105, 86, 119, 110, 98, 114]


def test_wagner_and_whitins_own_example_costs_864():
    orders, cost = cheapest_orders(DEMAND_1958, SET_UPS_1958, 1.0)

    assert cost == 864
    assert [period + 1 for period in orders] == [1, 3, 5, 8, 10, 11]


def cost_of(orders, needs, costs, holding):
    total = 0.0
    for period, need in enumerate(needs):
        if need:
            made = max((o for o in orders if o <= period), default=None)
            if made is None:
                return float("inf")
            total += holding * (period - made) * need
    return total + sum(costs[o] for o in orders)


@settings(max_examples=80, deadline=None)
@given(
    needs=st.lists(st.sampled_from([0, 0, 5, 12, 40]), min_size=1, max_size=8),
    costs=st.lists(st.integers(1, 60), min_size=8, max_size=8),
    holding=st.sampled_from([0.1, 1.0, 3.0]),
)
def test_no_choice_of_order_days_costs_less(needs, costs, holding):
    costs = costs[: len(needs)]
    periods = range(len(needs))
    choices = [chosen for count in range(len(needs) + 1) for chosen in combinations(periods, count)]

    orders, cost = cheapest_orders(needs, costs, holding)

    assert cost == pytest.approx(min(cost_of(chosen, needs, costs, holding) for chosen in choices))
    assert cost_of(orders, needs, costs, holding) == pytest.approx(cost)


def test_a_family_is_set_up_once_for_all_its_items():
    needs = [[30, 0, 0, 30, 0, 0], [0, 20, 0, 0, 20, 0]]

    together = joint_orders(needs, [5, 5], [0.1, 0.1], family_cost=80)
    cheap = joint_orders(needs, [5, 5], [9.0, 9.0], family_cost=1)

    assert together == [(0, 5)]
    assert [begin for begin, _ in cheap] == [0, 1, 3, 4]


def test_one_item_alone_is_silver_and_meals_own_heuristic():
    """The worked example of Silver, Pyke and Peterson, 3rd ed. 1998, chapter 6: seven lots that cost 501.20."""
    needs = [10, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]

    spans = joint_orders([needs], [0], [0.4], family_cost=54)
    lots = [sum(needs[begin:end]) for begin, end in spans]
    held = sum(0.4 * (period - begin) * needs[period] for begin, end in spans for period in range(begin, end))

    assert lots == [84, 130, 283, 140, 124, 160, 279]
    assert 54 * len(lots) + held == pytest.approx(501.20)
    assert cheapest_orders(needs, 54.0, 0.4)[1] == pytest.approx(501.20)


def test_items_of_one_family_are_proposed_on_the_same_day():
    family: dict[str, Any] = {
        "sizing": Sizing.JOINT,
        "family": "white",
        "family_cost": 500.0,
        "holding_cost": 0.01,
        "lead_days": 1,
    }
    demands = [Demand("gloss", 5, 40), Demand("matt", 7, 30), Demand("matt", 9, 10)]

    made = plan(
        [Rule("gloss", **family), Rule("matt", **family), Rule("red", 1)], demands=demands, horizon=12
    )

    assert [(p.item, p.quantity, p.due_day) for p in made.proposals] == [("gloss", 40, 5), ("matt", 40, 5)]
    assert made.proposals[1].why.startswith("white is set up on day 5 anyway, and stock of 0 does not last")


def test_an_item_with_set_up_cost_is_ordered_on_the_cheapest_days():
    demands = [Demand("pine", day, quantity) for day, quantity in enumerate(DEMAND_1958)]
    rule = Rule("pine", sizing=Sizing.LEAST_COST, order_cost=102, holding_cost=1)

    made = plan([rule], demands=demands, horizon=12)

    orders, _ = cheapest_orders(DEMAND_1958, 102.0, 1.0)
    assert [p.due_day for p in made.proposals] == orders
    assert "which costs the least in set-up and holding" in made.proposals[0].why


def test_fixed_lots_come_in_whole_multiples():
    rule = Rule("pine", sizing=Sizing.FIXED, fixed_lot=50)

    made = plan([rule], demands=[Demand("pine", 3, 60), Demand("pine", 6, 30)], horizon=9)

    assert [(p.quantity, p.due_day) for p in made.proposals] == [(100, 3)]
    assert "lots are of 50" in made.proposals[0].why


def test_lots_that_expire_before_they_are_asked_for_do_not_count():
    stock = [Supply("milk", 0, 60, "old", last_day=3), Supply("milk", 0, 40, "fresh")]
    demands = [Demand("milk", day, 10) for day in range(10)]

    made = plan([Rule("milk", lead_days=2)], supplies=stock, demands=demands, horizon=10)

    # Of the old lot 40 are asked for until day 3 and 20 spoil; the fresh one lasts until day 7.
    assert [(p.quantity, p.due_day) for p in made.proposals] == [(10, 8), (10, 9)]
    assert made.stock["milk"][3] == 60
    assert made.stock["milk"][4] == 30
    used = [(use.supplied_by, use.first_day, use.last_day, use.quantity) for use in Trace(made).uses("milk")]
    assert used[:2] == [("old", 0, 3, 40), ("fresh", 4, 7, 40)]


def test_what_must_be_inspected_is_due_so_much_earlier():
    rule = Rule("resin", lead_days=4, inspection_days=3)

    made = plan(
        [rule], demands=[Demand("resin", 9, 25), Demand("resin", 2, 5, "SO-1", is_forecast=False)], horizon=12
    )

    first, second = made.proposals
    assert (first.start_day, first.due_day, first.needed_day) == (0, 4, 2)
    assert (second.start_day, second.due_day) == (2, 6)
    assert first.why.endswith("needed on day 2, but the lead time is 4 days and 3 of inspection.")


def test_a_proposal_says_what_doing_nothing_costs():
    demands = [Demand("pine", 4, 30), Demand("pine", 5, 10, "SO-7", is_forecast=False, late_cost=0.5)]

    made = plan([Rule("pine", lead_days=2, cover_days=7, margin=4.0)], demands=demands, horizon=12)

    (only,) = made.proposals
    # 40 short: 30 not sold at 4.00; the order's 10 would wait from day 5 to day 11 at 0.50 a day.
    assert only.cost == pytest.approx(30 * 4 + 10 * 6 * 0.5)
    assert (
        only.cost_why == "30 expected to be short × 4 margin = 120; 10 of orders would wait, which costs 30"
    )


def test_safety_stock_alone_is_worth_what_is_expected_to_be_short_without_it():
    sure, unsure = (
        Rule("a", safety_stock=50, margin=2.0),
        Rule("b", safety_stock=50, margin=2.0, deviation=30, deviation_days=4),
    )
    demands = [Demand(item, 3, 10) for item in "ab"]

    made = plan([sure, unsure], supplies=[Supply(item, 0, 30) for item in "ab"], demands=demands, horizon=5)

    a, b = made.proposals[0], made.proposals[-1]
    assert (a.item, a.cost) == ("a", 0)
    assert b.item == "b"
    assert 0 < made.proposals_of("b")[0].cost < 50 * 2


def test_a_component_is_worth_what_its_products_lose_without_it():
    made = plan(
        [Rule("jam", margin=3.0), Rule("glass")],
        parts=[Part("jam", "glass", 0.5)],
        demands=[Demand("jam", 2, 20)],
        horizon=4,
    )

    jam, glass = made.proposals
    assert (jam.cost, glass.cost) == (60, 60)
    ends = Trace(made).ends(-1 - glass.number)
    assert [(end.what, end.item, end.quantity) for end in ends] == [("forecast", "jam", 20)]
