"""What to make or buy: by hand on small plants, by properties on random ones."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.netting import CircularBill, Demand, Part, Peg, Plan, Rule, Supply, batches, plan


def daily(item: str, quantity: float, days: int) -> list[Demand]:
    return [Demand(item, day, quantity) for day in range(days)]


def summary(made: Plan) -> list[tuple[str, float, int, int]]:
    return [(p.item, p.quantity, p.start_day, p.due_day) for p in made.proposals]


def test_stock_that_lasts_is_left_alone():
    made = plan(
        [Rule("pine", lead_days=2)],
        supplies=[Supply("pine", 0, 100)],
        demands=daily("pine", 10, 10),
        horizon=10,
    )

    assert made.proposals == ()
    assert made.stock["pine"] == tuple(range(90, -1, -10))


def test_lot_for_lot_follows_demand_one_lead_time_ahead():
    made = plan(
        [Rule("pine", lead_days=2)],
        supplies=[Supply("pine", 0, 25)],
        demands=daily("pine", 10, 4),
        horizon=6,
    )

    assert summary(made) == [("pine", 5, 0, 2), ("pine", 10, 1, 3)]


def test_a_replenishment_covers_its_days_and_keeps_the_safety_stock():
    made = plan(
        [Rule("pine", lead_days=3, safety_stock=20, cover_days=5)],
        supplies=[Supply("pine", 0, 65), Supply("pine", 2, 15, "PO-7")],
        demands=daily("pine", 10, 20),
        horizon=20,
    )

    # 80 in all: the sixth day would end at 20, the seventh (day 6) at 10.
    assert summary(made) == [("pine", 50, 3, 6), ("pine", 50, 8, 11), ("pine", 40, 13, 16)]
    assert min(made.stock["pine"]) == 20
    assert made.proposals[0].why == (
        "Without it stock falls to 10 on day 6, below the safety stock of 20; it covers 5 days."
    )


def test_what_cannot_come_in_time_is_proposed_for_the_earliest_day_and_says_how_late():
    made = plan([Rule("pine", lead_days=4)], demands=daily("pine", 10, 6), horizon=6)

    first = made.proposals[0]
    assert (first.start_day, first.due_day, first.needed_day, first.stockout_day) == (0, 4, 0, 0)
    assert first.why == "Without it 10 are short on day 4; needed on day 0, but the lead time is 4 days."
    assert first.quantity == 10  # forecast demand that met no stock is lost, not made up
    assert first.pegs == (Peg("forecast", 4, 4, 10),)


def test_demand_of_orders_waits_and_is_made_up():
    orders = [Demand("pine", day, 10, f"SO-{day}", is_forecast=False) for day in range(5)]

    made = plan([Rule("pine", lead_days=4)], demands=orders, horizon=6)

    assert made.proposals[0].quantity == 50
    assert made.proposals[0].pegs[0] == Peg("SO-0", 0, 0, 10)


def test_needs_go_down_the_bill_and_batches_fit_the_vessel():
    rules = [
        Rule("lemon 1 l", lead_days=1, cover_days=7, multiple=12),
        Rule("lemon 5 l", lead_days=1, cover_days=7),
        Rule("lemon bulk", lead_days=2, batch_maximum=2_000, minimum=300),
        Rule("water", lead_days=0),
    ]
    parts = [
        Part("lemon 1 l", "lemon bulk", 1.0),
        Part("lemon 5 l", "lemon bulk", 5.0),
        Part("lemon bulk", "water", 0.9),
        Part("lemon 1 l", "bottle", 1.0),  # no rule: always there
    ]
    demands = [Demand("lemon 1 l", 10, 1_000), Demand("lemon 5 l", 10, 250)]

    made = plan(rules, parts=parts, demands=demands, horizon=20)

    assert summary(made) == [
        ("lemon 1 l", 1_008, 9, 10),
        ("lemon 5 l", 250, 9, 10),
        ("lemon bulk", 2_000, 7, 9),
        ("lemon bulk", 300, 7, 9),
        ("water", 2_070, 7, 7),
    ]
    assert made.levels == {"lemon 1 l": 0, "lemon 5 l": 0, "lemon bulk": 1, "water": 2}
    bulk = made.proposals[2]
    assert [(peg.what, peg.quantity) for peg in bulk.pegs] == [
        ("lemon 1 l due day 10", 1_008),
        ("lemon 5 l due day 10", 992),
    ]


def test_a_bill_that_goes_in_a_circle_is_refused_by_name():
    with pytest.raises(CircularBill, match="circle: a, b"):
        plan([Rule("a"), Rule("b"), Rule("c")], parts=[Part("a", "b", 1), Part("b", "a", 1)], horizon=5)


@pytest.mark.parametrize(
    ("quantity", "rule", "sizes"),
    [
        (5_000, Rule("x", batch_maximum=2_000), [2_000, 2_000, 1_000]),
        (4_000, Rule("x", batch_maximum=2_000), [2_000, 2_000]),
        (4_100, Rule("x", batch_maximum=2_000, minimum=500), [2_000, 2_000, 500]),
        (130, Rule("x", multiple=50), [150]),
        (1_000, Rule("x", multiple=300, batch_maximum=700), [600, 600]),
        (3, Rule("x", minimum=10), [10]),
    ],
)
def test_lots_are_raised_to_minimum_and_multiple_and_split_by_the_vessel(quantity, rule, sizes):
    assert batches(quantity, rule) == pytest.approx(sizes)


def test_no_more_is_made_than_may_be_held():
    made = plan([Rule("pine", cover_days=30, most=100)], demands=daily("pine", 10, 30), horizon=30)

    assert max(made.stock["pine"]) <= 100
    assert min(made.stock["pine"]) >= 0


@settings(max_examples=60, deadline=None)
@given(
    on_hand=st.floats(0, 100),
    sold=st.lists(st.floats(0, 30), min_size=5, max_size=40),
    lead=st.integers(0, 6),
    safety=st.floats(0, 40),
    cover=st.integers(1, 10),
    vessel=st.sampled_from([0.0, 25.0, 60.0]),
)
def test_no_stock_out_after_the_lead_time_and_every_unit_is_accounted_for(
    on_hand, sold, lead, safety, cover, vessel
):
    demands = [Demand("pine", day, quantity) for day, quantity in enumerate(sold)]
    rule = Rule("pine", lead, safety, cover, batch_maximum=vessel)

    made = plan([rule], supplies=[Supply("pine", 0, on_hand)], demands=demands, horizon=len(sold))

    assert all(stock >= safety - 1e-4 for stock in made.stock["pine"][lead:])
    assert all(p.due_day - p.start_day == lead for p in made.proposals)
    assert all(not vessel or p.quantity <= vessel + 1e-4 for p in made.proposals)
    for proposal in made.proposals:
        assert sum(peg.quantity for peg in proposal.pegs) == pytest.approx(proposal.quantity, abs=1e-3)


@pytest.mark.slow
def test_five_levels_of_two_thousand_items_are_netted_within_seconds():
    rules = [Rule(f"{level}-{n}", 3, 10, 7) for level in range(5) for n in range(2_000)]
    parts = [Part(f"{level}-{n}", f"{level + 1}-{n}", 1.5) for level in range(4) for n in range(2_000)]
    demands = [Demand(f"0-{n}", day, 5.0) for n in range(2_000) for day in range(91)]

    begun = time.process_time()
    made = plan(rules, parts=parts, demands=demands, horizon=91)

    assert len(made.proposals) > 20_000
    assert time.process_time() - begun < 20


def test_a_later_replenishment_names_the_day_on_which_stock_would_run_out_without_it():
    made = plan(
        [Rule("pine", lead_days=2, safety_stock=20, cover_days=5)],
        supplies=[Supply("pine", 0, 15), Supply("pine", 2, 60, "PO-7")],
        demands=daily("pine", 10, 20),
        horizon=20,
    )

    # Short of 5 on day 1 with no time to mend it; then 60 more, which would run out on day 8.
    assert [(p.due_day, p.stockout_day) for p in made.proposals] == [(6, 8), (11, 13), (16, 18)]
