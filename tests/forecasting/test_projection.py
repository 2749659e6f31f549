"""The stock to come: what is forecast and not there is lost, what is ordered waits, proposals keep it up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from forecasting.netting import Demand, Supply
from forecasting.projection import outcome, project, walk
from forecasting.risk import Spread
from inventory import services
from tests.forecasting.stock import make_stocked_item, plan_stock
from tests.orders.desk import make_order
from tests.plant import MONDAY, make_item, make_lot, make_site
from tests.shop import make_plan


def supply(day: int, quantity: float) -> Supply:
    return Supply("x", day, quantity)


def demand(day: int, quantity: float, *, ordered: bool = False) -> Demand:
    return Demand("x", day, quantity, is_forecast=not ordered)


def test_stock_falls_by_demand_and_rises_by_what_comes():
    assert walk([supply(0, 10), supply(2, 5)], [demand(1, 4), demand(2, 4)], 4).stock == [10, 6, 7, 7]


def test_forecast_demand_that_meets_no_stock_is_lost():
    assert walk([supply(0, 3), supply(2, 5)], [demand(1, 10)], 3).stock == [3, 0, 5]


def test_ordered_demand_waits_for_what_comes():
    assert walk([supply(0, 3), supply(2, 9)], [demand(1, 10, ordered=True)], 3).stock == [3, -7, 2]


def test_what_is_overdue_counts_today_and_what_is_far_off_is_left_out():
    assert walk([supply(-5, 4)], [demand(9, 100)], 2).stock == [4, 4]


def test_what_expires_first_goes_first_and_is_gone_after_its_last_day():
    old, fresh = Supply("x", 0, 10, last_day=1), supply(0, 20)

    found = walk([fresh, old], [demand(day, 4) for day in range(4)], 4)

    assert found.stock == [26, 22, 16, 12], "two of the old ones are thrown away"
    assert found.there == [30, 30, 28, 28]


def test_the_chance_to_run_out_is_that_demand_until_then_is_more_than_what_has_come():
    """Demand over four days is even between 0 and 80; as of the first day it has half its mean's width."""
    spread = Spread(4, 40, [0.05, 0.25, 0.5, 0.75, 0.95], [4, 20, 40, 60, 76])
    wanted = [demand(day, 10) for day in range(4)]

    found = outcome([supply(0, 60)], wanted, spread, 4)

    assert found.stock == [50, 40, 30, 20]
    assert found.chance_out[-1] == pytest.approx(0.25, abs=0.01)
    assert found.chance_out[0] == 0
    assert sorted(found.chance_out) == found.chance_out
    assert found.low[-1] == 0, "what cannot be sold is not owed"
    assert found.high[-1] == pytest.approx(60 - 4, abs=0.5)


def test_what_is_ordered_and_not_there_is_lacking_for_sure():
    spread = Spread(2, 2, [0.05, 0.95], [1, 3])

    found = outcome([supply(1, 50)], [demand(0, 5, ordered=True), demand(1, 1)], spread, 2)

    assert found.chance_out == [1, 0]


@pytest.mark.django_db
def test_proposals_keep_the_stock_up_where_it_would_run_out():
    item = make_stocked_item(per_day=10)
    make_lot(item, 60)
    plan_stock()

    found = project(item, at=MONDAY, horizon_days=35)

    assert found.without.stock[-1] == pytest.approx(0, abs=0.5)
    assert min(found.with_proposals.stock[7:]) > 0
    assert {event["what"] for event in found.events if event["proposed"]} == {"proposal"}


@pytest.mark.django_db
def test_open_purchases_and_orders_are_named_on_their_days():
    item = make_item(site=make_site(), supply="buy")
    make_lot(item, 5)
    purchase = services.expect_receipt(item, Decimal(40), date(2026, 3, 9))
    order = make_order((item, 30, date(2026, 3, 12)), confirmed=True)

    found = project(item, at=MONDAY, horizon_days=14)

    named = {event["what"]: (event["date"], event["quantity"]) for event in found.events}
    assert named[purchase.number] == ("2026-03-09", 40)
    assert named[f"{order}/1"] == ("2026-03-12", -25)
    assert found.without.stock[0] == 0, "five pieces are reserved for the order"
    assert found.without.stock[-1] == 15


@pytest.mark.django_db
def test_what_is_proposed_for_a_product_is_asked_of_its_components():
    site = make_site()
    bottle = make_item("BOTTLE", site=site, supply="buy")
    product = make_stocked_item(per_day=10, site=site, supply="make", lead_time_days=3)
    make_plan(product, components={bottle: 2})
    make_lot(bottle, 5000)
    plan_stock()

    found = project(bottle, at=MONDAY, horizon_days=28)

    asked = [event for event in found.events if event["what"] == f"proposed {product}"]
    assert asked
    assert all(event["quantity"] < 0 for event in asked)
    assert found.without.stock[-1] < 5000


@pytest.mark.django_db
def test_a_projection_takes_as_many_queries_for_many_orders_as_for_one(django_assert_max_num_queries):
    item = make_stocked_item(per_day=5)
    plan_stock()
    for day in range(5):
        make_order((item, 3, MONDAY.date() + timedelta(days=day + 2)), confirmed=True)
    with django_assert_max_num_queries(20):
        project(item, at=MONDAY)
