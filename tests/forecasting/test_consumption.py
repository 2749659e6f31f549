"""How orders consume the forecast they are part of, and how stated numbers are put over it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.consumption import Order, consume
from forecasting.stating import Daily, Fading, Total, stated


def test_an_order_takes_its_own_day_first_then_the_days_before_then_those_after():
    taken = consume([10, 10, 10, 10], [Order(2, 35)], backward_days=1, forward_days=1)

    assert taken.left == (10, 0, 0, 0)
    assert taken.unforeseen == (5,)


def test_what_finds_no_forecast_in_the_window_was_not_foreseen():
    taken = consume([10, 10, 10], [Order(1, 25)], backward_days=0, forward_days=0)

    assert taken.left == (10, 0, 10)
    assert taken.unforeseen == (15,)


def test_the_order_that_is_wanted_first_takes_first_whatever_came_first():
    late_one_first = consume([10, 0, 0], [Order(2, 10), Order(0, 10)], backward_days=2, forward_days=0)

    assert late_one_first.left == (0, 0, 0)
    assert late_one_first.unforeseen == (10, 0)


def test_an_order_for_a_day_before_the_forecast_takes_from_its_first_days():
    assert consume([4, 4], [Order(-1, 6)], forward_days=2).left == (0, 2)


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(-5, 25), st.floats(0, 200)), max_size=10),
)
def test_what_orders_take_is_what_the_forecast_loses(means, orders):
    taken = consume(means, [Order(day, quantity) for day, quantity in orders])

    assert all(left >= 0 for left in taken.left)
    gone = sum(means) - sum(taken.left)
    asked = sum(quantity for _, quantity in orders)
    assert gone == pytest.approx(asked - sum(taken.unforeseen), abs=1e-6)


def test_a_stated_total_keeps_the_pattern_of_its_days():
    assert stated([1, 3, 1, 5], [Total(0, 1, 40)]) == [10, 30, 1, 5]


def test_of_a_stretch_that_began_in_the_past_only_the_rest_is_put_in():
    assert stated([1, 1], [Total(-2, 1, 40)]) == [10, 10]


def test_where_nothing_was_forecast_a_total_is_spread_evenly():
    assert stated([0, 0], [Total(0, 1, 6)]) == [3, 3]


def test_the_later_statement_prevails():
    assert stated([1, 1], [Total(0, 1, 40), Daily(1, (7,)), Total(0, 0, 5)]) == [5, 7]


def test_an_adjustment_fades_to_nothing():
    assert stated([100] * 5, [Fading(0, 3, 1.4)]) == pytest.approx([140, 130, 120, 110, 100])
