"""Whom a new version of the plan concerns: the customers' lines that come on another day."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory.models import Item
from orders.concerned import Concern, concerned_by
from orders.models import CustomOrder
from production.models import Schedule
from production.planning import reschedule
from tests.orders.desk import make_customer, make_order
from tests.plant import MONDAY, grant, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def plan() -> Schedule:
    return reschedule(reason="test", at=MONDAY, seconds=0)


def make_part() -> Item:
    """A piece takes an hour on the one machine there is, which works around the clock."""
    site = make_site()
    step = {"work_center": make_work_center(site=site), "run_seconds": 3600}
    return make_made_item([step], site=site, strategy=Item.Strategy.TO_ORDER, lead_time_days=1)


def make_line(part: Item, quantity: int, due_in: timedelta, **fields: Any) -> CustomOrder:
    return make_order((part, quantity, (MONDAY + due_in).date()), confirmed=True, **fields)


def told(concern: Concern) -> tuple[Any, ...]:
    return str(concern.line), concern.was, concern.now, concern.was_late, concern.is_late


def test_a_rush_order_that_pushes_a_customers_line_to_another_day_names_line_customer_and_both_days():
    part = make_part()
    order = make_line(part, 20, DAY, customer=make_customer("Hydra"))
    plan()
    plan_order(part, 30, due_at=MONDAY + timedelta(hours=30), priority=1)

    [concern] = concerned_by(plan())

    was, now = (MONDAY + 20 * timedelta(hours=1)).date(), (MONDAY + 50 * timedelta(hours=1)).date()
    assert told(concern) == (f"{order}/1", was, now, False, True)
    assert concern.line.order.customer.name == "Hydra"
    assert concern.delay_days == 1


def test_a_line_that_comes_on_the_same_day_is_not_concerned_nor_is_one_that_does_not_move():
    part = make_part()
    make_line(part, 2, 3 * DAY)
    make_line(make_part(), 20, DAY)
    plan()
    plan_order(part, 1, due_at=MONDAY + timedelta(hours=1), priority=1)

    version = plan()

    assert [row["delay_seconds"] for row in version.orders if row["delay_seconds"]] == [3600]
    assert concerned_by(version) == []


def test_a_line_of_two_production_orders_comes_with_the_later_of_them():
    part = make_part()
    order = make_line(part, 2, DAY)
    [peg] = order.lines.get().pegs.all()
    second = plan_order(make_part(), 30, due_at=MONDAY + 3 * DAY)
    order.lines.get().pegs.create(quantity=30, production_order=second)
    plan()
    plan_order(part, 20, due_at=MONDAY + timedelta(hours=20), priority=1)

    version = plan()

    assert peg.production_order_id in {row["order"] for row in version.orders}
    assert concerned_by(version) == []  # the other order, 30 hours long, binds the line before and after


def test_a_new_line_has_a_day_now_and_none_before():
    part = make_part()
    plan()
    order = make_line(part, 2, DAY)

    [concern] = concerned_by(plan())

    assert told(concern) == (f"{order}/1", None, MONDAY.date(), False, False)


def test_whom_a_version_concerns_is_found_in_three_queries_however_many(django_assert_num_queries):
    part = make_part()
    for _ in range(4):
        make_line(part, 5, 2 * DAY)
    plan()
    plan_order(part, 30, due_at=MONDAY + timedelta(hours=30), priority=1)
    version = plan()

    with django_assert_num_queries(3):
        found = concerned_by(version)

    assert len(found) == 4


def test_the_versions_page_and_the_interface_tell_them():
    part = make_part()
    order = make_line(part, 20, DAY, customer=make_customer("Hydra"))
    plan()
    plan_order(part, 30, due_at=MONDAY + timedelta(hours=30), priority=1)
    version = plan()
    client = Client()
    user = make_user(is_staff=True)
    client.force_login(grant(user, "orders.view_orderline", "production.view_schedule"))

    page = client.get(reverse("console:concerned", args=[version.pk])).content.decode()
    [row] = client.get(f"/api/v1/schedules/{version.pk}/customers/").json()

    assert f"{order}/1" in page
    assert "Hydra" in page
    assert "Now late" in page
    assert (row["number"], row["customer_name"], row["delay_days"]) == (f"{order}/1", "Hydra", 1)
    assert client.get("/api/v1/schedules/0/customers/").status_code == 404
