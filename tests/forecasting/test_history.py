"""Daily histories made ready to learn from, on numbers that can be checked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.history import Known, Stretch, joined, lay_out, less_returns, outliers

UNTIL = 700  # day 0 was a Thursday; 700 is one too


def even(days, amounts):
    return np.full(7, 1 / 7)


def laid_out(amounts, known=None, censored=(), weeks_ahead=2, profile=even):
    days = np.arange(UNTIL - len(amounts), UNTIL)
    starved = np.zeros(len(amounts), dtype=np.bool_)
    for place in censored:
        starved[place] = True
    return lay_out(
        days,
        np.array(amounts, dtype=float),
        starved,
        known or Known(),
        until=UNTIL,
        weeks_ahead=weeks_ahead,
        profile=profile,
    )


def test_weeks_are_counted_back_so_that_the_newest_is_whole():
    laid = laid_out([1] * 17)

    assert laid.values.tolist() == [3, 7, 7]
    assert not laid.skip.any()
    assert laid.lift.tolist() == [1] * 5


def test_an_outlier_is_replaced_by_the_same_weekday_of_other_weeks():
    amounts = [10, 20, 30, 40, 50, 0, 0] * 5
    amounts[16] = 900  # a Saturday-like place in the third week, ordinarily 30
    at = UNTIL - len(amounts) + 16

    laid = laid_out(amounts, Known(hidden=(Stretch(at, at),)))

    assert laid.values.tolist() == [150] * 5
    assert not laid.skip.any()
    assert laid.hidden_days == 1


def test_a_day_out_of_stock_keeps_what_was_sold_if_that_was_more():
    amounts = [10.0] * 35
    amounts[20], amounts[21] = 0, 14

    laid = laid_out(amounts, censored=(20, 21))

    assert laid.values.sum() == 10 * 34 + 14


def test_a_week_of_which_most_days_were_put_in_is_not_learnt_from():
    amounts = [10.0] * 35

    laid = laid_out(amounts, Known(starved=(Stretch(UNTIL - 14, UNTIL - 11),)))

    assert laid.skip.tolist() == [False, False, False, True, False]


def test_a_past_promotion_of_known_effect_is_divided_out_and_one_to_come_multiplies():
    amounts = [10.0] * 21
    amounts[7:14] = [15.0] * 7
    lifts = (Stretch(UNTIL - 14, UNTIL - 8, 1.5), Stretch(UNTIL, UNTIL + 6, 2.0))

    laid = laid_out(amounts, Known(lifts=lifts))

    assert laid.values.tolist() == [70, 70, 70]
    assert laid.lift.tolist() == [1, 1, 1, 2, 1]
    assert laid.day_factors.tolist() == [2.0] * 7 + [1.0] * 7


def test_a_promotion_of_three_days_lifts_its_week_by_their_share():
    laid = laid_out([10.0] * 21, Known(lifts=(Stretch(UNTIL, UNTIL + 2, 2.0),)))

    assert laid.lift[3] == pytest.approx(10 / 7)


def test_a_change_of_price_brings_the_days_before_it_to_the_present_level():
    laid = laid_out([10.0] * 14 + [8.0] * 7, Known(prices=(Stretch(UNTIL - 7, 10**7, 0.8),)))

    assert laid.values.tolist() == [56, 56, 56]


def test_nothing_before_a_launch_counts():
    laid = laid_out([10.0] * 21, Known(begins=UNTIL - 7))

    assert laid.values.tolist() == [70]


def test_what_ends_on_the_third_day_ahead_is_alive_for_three_sevenths_of_that_week():
    laid = laid_out([10.0] * 21, Known(ends=UNTIL + 3))

    assert laid.alive.tolist() == pytest.approx([3 / 7, 0])
    assert laid.day_factors.tolist() == [1] * 3 + [0] * 11


def test_a_holiday_that_closes_the_shop_is_not_divided_by_zero():
    amounts = [10.0] * 21
    amounts[10] = 0

    laid = laid_out(amounts, Known(lifts=(Stretch(UNTIL - 11, UNTIL - 11, 0.0),)))

    assert laid.values.tolist() == [70, 70, 70]


def test_a_return_takes_from_its_own_day_and_then_from_the_days_before():
    days = np.array([1, 2, 5])

    net = less_returns(days, np.array([10.0, 4.0, 3.0]), np.array([0.0, 0.0, 9.0]))

    assert net.amounts.tolist() == [8, 0, 0]
    assert net.left == 0


def test_a_return_is_not_put_down_to_deliveries_of_long_ago():
    net = less_returns(np.array([1, 200]), np.array([10.0, 0.0]), np.array([0.0, 4.0]))

    assert net.amounts.tolist() == [10, 0]
    assert net.left == 4


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=40))
def test_returns_never_make_demand_negative_and_nothing_is_lost(rows):
    asked, returned = (np.array(column, dtype=float) for column in zip(*rows, strict=True))

    net = less_returns(np.arange(len(rows)), asked, returned)

    assert (net.amounts >= 0).all()
    assert asked.sum() - returned.sum() == pytest.approx(net.amounts.sum() - net.left)


def test_a_new_item_borrows_the_history_of_like_ones_at_its_own_level():
    like = np.arange(1.0, 13.0)
    own = np.array([18.0, 20.0, 22.0, 24.0])  # twice what the like one sold in the same weeks

    values, factor = joined(own, [like], None)

    assert factor == pytest.approx(2)
    assert values.tolist() == pytest.approx((like[:8] * 2).tolist() + own.tolist())


def test_with_too_few_weeks_of_its_own_the_stated_share_counts():
    values, factor = joined(np.array([5.0]), [np.full(3, 10.0), np.full(3, 20.0)], 0.5)

    assert factor == 0.5
    assert values.tolist() == [7.5, 7.5, 5.0]


def test_an_unusual_day_is_found_and_an_ordinary_busy_one_is_not():
    drawn = np.random.default_rng(7).poisson(20, 200).astype(float)
    drawn[150] = 200
    drawn[120] = 34

    found = outliers(np.arange(200), drawn)

    assert [one.day for one in found] == [150]
    assert found[0].amount == 200
    assert found[0].usual == pytest.approx(20, abs=3)


def test_of_ordinary_demand_hardly_any_day_is_proposed():
    found = 0
    for seed in range(60):
        drawn = np.random.default_rng(seed).poisson(25, 364).astype(float)
        found += len(outliers(np.arange(364), drawn, most=99))

    assert found <= 2  # of 21,840 days


def test_what_is_asked_for_now_and_then_has_no_unusual_days():
    drawn = np.zeros(200)
    drawn[::9] = 5
    drawn[99] = 500

    assert outliers(np.arange(200), drawn) == []


def test_a_day_that_is_explained_is_neither_proposed_nor_compared_with():
    drawn = np.full(100, 20.0)
    drawn[50] = 400
    ignored = np.zeros(100, dtype=np.bool_)
    ignored[50] = True

    assert outliers(np.arange(100), drawn, ignored) == []
