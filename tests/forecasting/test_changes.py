"""Orders that come too late, too early, too much or in vain; small differences are left alone."""

import pytest

from forecasting.netting import Demand, Rule, Supply, plan
from forecasting.netting.changes import Change, Kind, Tolerances, changes

TOLERANCES = Tolerances(days=3, share=0.1)


def judged(rule: Rule, supplies: list[Supply], demands: list[Demand], horizon: int = 30) -> list[Change]:
    made = plan([rule], supplies=supplies, demands=demands, horizon=horizon)
    return changes(made, TOLERANCES)


def daily(quantity: float, days: int = 30) -> list[Demand]:
    return [Demand("pine", day, quantity) for day in range(days)]


def test_an_order_that_comes_in_time_is_left_alone():
    supplies = [Supply("pine", 0, 100), Supply("pine", 10, 500, "PO-1", key=1)]

    assert judged(Rule("pine", lead_days=5), supplies, daily(10)) == []


def test_an_order_that_is_needed_sooner_is_to_be_expedited_and_says_what_is_lost():
    supplies = [Supply("pine", 0, 100), Supply("pine", 16, 500, "PO-1", key=1)]

    (change,) = judged(Rule("pine", lead_days=20, margin=2.0), supplies, daily(10))

    assert (change.kind, change.key, change.day, change.better_day) == (Kind.EXPEDITE, 1, 16, 10)
    assert change.why == "PO-1 brings 500 on day 16, but 10 are short on day 10."
    assert change.cost == pytest.approx(60 * 2)  # days 10 to 15


def test_an_order_that_is_needed_later_is_to_be_deferred():
    supplies = [Supply("pine", 0, 250), Supply("pine", 5, 300, "PO-1", key=1)]

    (change,) = judged(Rule("pine", safety_stock=20, holding_cost=0.01), supplies, daily(10))

    assert (change.kind, change.better_day) == (Kind.DEFER, 23)
    assert (
        change.why
        == "PO-1 brings 300 on day 5; it is not needed before stock falls to 10 on day 23, below the safety stock of 20."
    )
    assert change.cost == pytest.approx(300 * 0.01 * 18)


def test_differences_within_the_tolerances_are_left_alone():
    supplies = [Supply("pine", 0, 100), Supply("pine", 13, 520, "PO-1", key=1)]

    assert judged(Rule("pine"), supplies, daily(10)) == []


def test_what_nobody_asks_for_is_to_be_reduced_or_cancelled():
    supplies = [
        Supply("pine", 0, 100),
        Supply("pine", 10, 900, "PO-1", key=1),
        Supply("pine", 20, 50, "PO-2", key=2),
    ]

    second, first = judged(Rule("pine", multiple=100), supplies, daily(10))

    # 600 are asked for in 60 days: 100 are there, 500 of the first order are enough.
    assert (first.kind, first.key, first.better_quantity) == (Kind.CANCEL, 2, 0)
    assert first.why == "PO-2 brings 50 on day 20; stock lasts for all that is asked for in 60 days."
    assert (second.kind, second.key, second.better_quantity) == (Kind.REDUCE, 1, 500)
    assert second.why == "PO-1 brings 900 on day 10; 400 of it are asked for by nobody in 60 days."


def test_a_lot_that_will_expire_does_not_defer_an_order():
    supplies = [Supply("pine", 0, 300, "old", last_day=9), Supply("pine", 10, 500, "PO-1", key=1)]

    assert judged(Rule("pine"), supplies, daily(10)) == []


def test_orders_are_needed_one_after_another():
    supplies = [
        Supply("pine", 2, 100, "PO-1", key=1),
        Supply("pine", 3, 100, "PO-2", key=2),
        Supply("pine", 4, 400, "PO-3", key=3),
    ]

    found = judged(Rule("pine"), supplies, daily(10))

    assert [(change.key, change.kind, change.better_day) for change in found] == [
        (2, Kind.DEFER, 10),
        (3, Kind.DEFER, 20),
    ]


def two_batches(day: int = 5, quantity: float = 100) -> list[Supply]:
    return [Supply("pine", day, quantity, "MO-1", key=-1), Supply("pine", day, quantity, "MO-1", key=-1)]


def test_of_two_batches_one_of_which_can_wait_the_order_is_reduced_and_not_moved():
    found = judged(Rule("pine"), two_batches(), [Demand("pine", 5, 100), Demand("pine", 20, 100)])

    (change,) = found
    assert (change.kind, change.day, change.better_day) == (Kind.REDUCE, 5, 5)
    assert (change.quantity, change.better_quantity) == (200, 100)
    assert change.why == "MO-1 brings 200 in 2 batches on day 5; 100 of it are not needed before day 20."


def test_of_two_batches_one_of_which_nobody_needs_the_order_is_reduced_and_not_cancelled():
    (change,) = judged(Rule("pine"), two_batches(), [Demand("pine", 5, 20)])

    # 40 are asked for in 60 days: 20 in the first 30 and as many in the next.
    assert (change.kind, change.quantity, change.better_quantity) == (Kind.REDUCE, 200, pytest.approx(40))
    assert (
        change.why == "MO-1 brings 200 in 2 batches on day 5; 160 of it are asked for by nobody in 60 days."
    )


def test_an_order_is_deferred_when_all_its_batches_can_wait_until_the_first_of_them_is_needed():
    stock = Supply("pine", 0, 150)

    (change,) = judged(Rule("pine", holding_cost=0.01), [stock, *two_batches()], daily(10))

    assert (change.kind, change.better_day, change.quantity) == (Kind.DEFER, 15, 200)
    assert change.cost == pytest.approx(100 * 0.01 * 10 + 100 * 0.01 * 20)


def test_an_order_is_expedited_to_the_earliest_need_of_its_batches():
    (change,) = judged(Rule("pine", margin=1.0), two_batches(day=20), daily(10))

    assert (change.kind, change.day, change.better_day) == (Kind.EXPEDITE, 20, 0)
    assert (change.quantity, change.better_quantity) == (200, 200)


def test_an_order_is_cancelled_when_none_of_its_batches_is_needed():
    (change,) = judged(Rule("pine"), [Supply("pine", 0, 100), *two_batches()], [Demand("pine", 5, 20)])

    assert (change.kind, change.quantity, change.better_quantity) == (Kind.CANCEL, 200, 0)
