"""The fast netting finds what the slow one finds, on plants drawn at random."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.netting import Demand, Part, Rule, Sizing, Supply, Trace, plan
from tests.forecasting import slow_netting

HORIZON = 24
ITEMS = ["a", "b", "c", "d"]
quantities = st.integers(1, 60).map(float)


@st.composite
def plants(draw):
    rules = [
        Rule(
            item,
            lead_days=draw(st.integers(0, 5)),
            inspection_days=draw(st.sampled_from([0, 0, 2])),
            safety_stock=draw(st.sampled_from([0.0, 10.0])),
            cover_days=draw(st.integers(1, 8)),
            minimum=draw(st.sampled_from([0.0, 15.0])),
            multiple=draw(st.sampled_from([0.0, 4.0])),
            batch_maximum=draw(st.sampled_from([0.0, 40.0])),
            most=draw(st.sampled_from([0.0, 90.0])),
            sizing=draw(st.sampled_from([Sizing.PERIOD, Sizing.PERIOD, Sizing.FIXED, Sizing.LEAST_COST])),
            fixed_lot=30.0,
            order_cost=draw(st.sampled_from([0.0, 50.0])),
            holding_cost=draw(st.sampled_from([0.1, 1.0])),
        )
        for item in ITEMS
    ]
    parts = [
        Part(product, component, draw(st.sampled_from([0.5, 1.0, 2.0])))
        for place, product in enumerate(ITEMS)
        for component in ITEMS[place + 1 :]
        if draw(st.booleans())
    ]
    supplies = [
        Supply(
            draw(st.sampled_from(ITEMS)),
            day := draw(st.integers(-2, HORIZON)),
            draw(quantities),
            f"PO-{number}",
            last_day=draw(st.sampled_from([2**30, max(day, 0) + draw(st.integers(0, 12))])),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    demands = [
        Demand(
            draw(st.sampled_from(ITEMS[:2])),
            draw(st.integers(-1, HORIZON)),
            draw(quantities),
            "forecast" if guessed else f"SO-{number}",
            is_forecast=guessed,
        )
        for number in range(draw(st.integers(0, 25)))
        for guessed in [draw(st.booleans())]
    ]
    return rules, parts, supplies, demands


@settings(max_examples=120, deadline=None)
@given(plants())
def test_the_fast_netting_is_the_slow_one(plant):
    rules, parts, supplies, demands = plant

    made = plan(rules, parts=parts, supplies=supplies, demands=demands, horizon=HORIZON)
    expected, stock = slow_netting.plan(rules, parts, supplies, demands, HORIZON)

    def told(each):
        return (each.item, round(each.quantity, 4), each.start_day, each.needed_day)

    assert [told(each) for each in made.proposals] == [
        (each.item, round(each.quantity, 4), each.start, each.needed) for each in expected
    ]
    for item in ITEMS:
        assert made.stock[item] == pytest.approx(stock[item], abs=1e-3)
    for fast, slow in zip(made.proposals, expected, strict=True):
        assert fast.stockout_day == slow.out
        pegs = {
            (peg.what, -1 if peg.what == "forecast" else peg.first_day): peg.quantity for peg in fast.pegs
        }
        assert pegs == pytest.approx(slow.pegs, abs=1e-3)


@settings(max_examples=50, deadline=None)
@given(plants())
def test_what_is_used_adds_up_from_both_sides(plant):
    rules, parts, supplies, demands = plant

    made = plan(rules, parts=parts, supplies=supplies, demands=demands, horizon=HORIZON)

    for item in ITEMS:
        uses = Trace(made).uses(item)
        own = made.proposals_of(item)
        by_proposals = sum(use.quantity for use in uses if use.supply < 0)
        assert by_proposals == pytest.approx(sum(each.quantity for each in own), abs=1e-3)
        for what in {each.what for each in supplies if each.item == item}:
            used = sum(use.quantity for use in uses if use.supplied_by == what)
            assert used <= sum(each.quantity for each in supplies if each.what == what) + 1e-3
        for each in own:
            assert sum(peg.quantity for peg in each.pegs) == pytest.approx(each.quantity, abs=1e-3)
