"""A rush order displaces a stock batch: which, by how long, and what that risks."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from forecasting import services
from forecasting.displacement import Delay, Risk, risks_of
from forecasting.models import Displacement
from inventory.models import Item
from production.models import Batch, ProductionOrder, Schedule, Slot, WorkCenter
from production.planning import reschedule
from tests.forecasting.stock import make_history, plan_stock
from tests.orders.desk import deliver_news
from tests.plant import MONDAY, make_lot, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_soap(center: WorkCenter, *, stock: int = 30, **fields) -> Item:
    """Ten are sold a day; it takes half a day to make fifty more."""
    soap = make_made_item(
        [{"work_center": center, "run_seconds": 864}],
        site=center.site,
        strategy="mts",
        supply="make",
        **fields,
    )
    make_history(soap)
    if stock:
        make_lot(soap, stock)
    return soap


def batch_of(order: ProductionOrder) -> Batch:
    return Batch.objects.get(order=order)


def plan(at=MONDAY) -> Schedule:
    return reschedule(reason="test", at=at, seconds=0)


def end_of(order: ProductionOrder):
    return Slot.objects.published().get(operation__batch__order=order).ends_at


def risk_of(order: ProductionOrder, days: int) -> Risk:
    """What it risks when the batch of an order, planned for tomorrow, comes so many days later."""
    (risk,) = risks_of([Delay(batch_of(order).pk, MONDAY + DAY, MONDAY + (1 + days) * DAY)], at=MONDAY)
    return risk


def test_a_batch_that_comes_while_there_is_stock_risks_nothing_and_says_so():
    soap = make_soap(make_work_center(), stock=300)
    order = plan_order(soap, 50)
    plan_stock()

    risk = risk_of(order, 3)

    assert risk.now.probability < 0.01
    assert risk.sentence == (
        f"{batch_of(order)} (50 pcs of {soap}) comes 3 days later, Fri 06 Mar instead of Tue 03 Mar; stock lasts until then."
    )


def test_a_batch_that_comes_when_stock_is_gone_tells_the_chance_and_what_will_be_lacking():
    soap = make_soap(make_work_center(), stock=30)
    order = plan_order(soap, 50)
    plan_stock()

    risk = risk_of(order, 5)

    assert risk.before.probability < 0.1
    assert risk.now.probability > 0.95
    assert risk.bought.units_short == pytest.approx(30, abs=8)
    assert risk.bought.days_short == pytest.approx(3, abs=1)
    assert re.search(r"with a chance of (9\d|more than 99) % instead of less than 1 %", risk.sentence)
    assert "more days without stock" in risk.sentence


def test_a_batch_that_would_have_come_too_late_anyway_says_so_instead_of_one_chance_twice():
    soap = make_soap(make_work_center(), stock=30)
    order = plan_order(soap, 50)
    plan_stock()

    found = risk_of(order, 12)
    risk = replace(found, before=replace(found.now, units_short=0, days_short=0))

    assert "with a chance of more than 99 % either way, about" in risk.sentence


def test_stock_that_comes_otherwise_meanwhile_counts():
    center = make_work_center()
    soap = make_soap(center, stock=30)
    order, sooner = plan_order(soap, 50), plan_order(soap, 100, due_at=MONDAY + DAY)
    plan_stock()
    Slot.objects.all().delete()

    assert risk_of(order, 5).now.probability < 0.05
    assert batch_of(sooner).quantity == 100


def test_batches_of_one_item_that_come_later_together_lack_together():
    center = make_work_center()
    soap = make_soap(center, stock=30)
    orders = [plan_order(soap, 50), plan_order(soap, 50)]
    plan_stock()

    risks = risks_of(
        [Delay(batch_of(order).pk, MONDAY + DAY, MONDAY + 10 * DAY) for order in orders], at=MONDAY
    )

    assert [risk.before.probability < 0.1 for risk in risks] == [True, True]
    # 100 are sold in ten days; the thirty in stock are all there is, and it was to be 130.
    assert [risk.bought.units_short for risk in risks] == pytest.approx([70, 70], abs=12)


def test_what_is_made_for_a_customer_or_for_another_order_or_is_not_forecast_is_not_told_of():
    center = make_work_center()
    plan_stock()
    orders = [
        plan_order(make_made_item([center], site=center.site), 5, strategy="mto"),
        plan_order(make_made_item([center], site=center.site), 5, strategy="mts"),
    ]

    delays = [Delay(batch_of(order).pk, MONDAY + DAY, MONDAY + 5 * DAY) for order in orders]
    assert risks_of(delays, at=MONDAY) == []


def test_a_delay_within_the_day_is_none():
    order = plan_order(make_soap(make_work_center(), stock=0), 50)
    plan_stock()

    delays = [Delay(batch_of(order).pk, MONDAY, MONDAY + timedelta(hours=5))]
    assert risks_of(delays, at=MONDAY) == []


def displace() -> tuple[ProductionOrder, Schedule]:
    """A stock batch that a rush order pushes four days back."""
    center = make_work_center()
    soap = make_soap(center)
    order = plan_order(soap, 50, due_at=MONDAY + DAY, priority=3)
    plan_stock()
    plan()
    bracket = make_made_item([{"work_center": center, "run_seconds": 34_560}], site=center.site)
    plan_order(bracket, 10, due_at=MONDAY + 4 * DAY, priority=1, strategy="mto")
    return order, plan()


def test_a_rush_order_that_displaces_a_stock_batch_leaves_a_note_of_what_it_risks():
    order, schedule = displace()

    deliver_news()
    deliver_news()

    (noted,) = Displacement.objects.all()
    assert (noted.schedule, noted.batch) == (schedule, batch_of(order))
    assert noted.ends_at == end_of(order)
    assert noted.ends_at - noted.was_at == 4 * DAY
    assert noted.probability > 0.9 > noted.probability_before
    assert services.note_displacements(schedule, at=MONDAY) == [noted]


def test_a_displacement_stands_until_the_batch_is_planned_sooner_again():
    order, schedule = displace()
    services.note_displacements(schedule, at=MONDAY)
    assert Displacement.objects.standing(MONDAY).count() == 1

    ProductionOrder.objects.exclude(pk=order.pk).update(due_at=MONDAY + 60 * DAY, priority=3)
    plan()

    assert end_of(order) < MONDAY + 2 * DAY
    assert Displacement.objects.standing(MONDAY).count() == 0


def test_a_version_of_the_plan_does_not_take_what_it_displaced_along():
    _, schedule = displace()
    (noted,) = services.note_displacements(schedule, at=MONDAY)

    with pytest.raises(ProtectedError) as refused:
        schedule.delete()

    assert noted in refused.value.protected_objects
    assert Displacement.objects.get() == noted


def test_displacements_are_told_over_http():
    order, schedule = displace()
    services.note_displacements(schedule, at=MONDAY)
    client = APIClient()
    client.force_authenticate(make_user(is_superuser=True))

    (row,) = client.get(f"/api/v1/displacements/?version={schedule.version}").json()["results"]

    assert (row["batch_number"], row["item"], row["version"]) == (
        str(batch_of(order)),
        order.item_id,
        schedule.version,
    )
    assert row["probability"] > row["probability_before"]
    assert row["why"].endswith("without stock.")
    stranger = APIClient()
    stranger.force_authenticate(make_user())
    assert stranger.get("/api/v1/displacements/").status_code == 403


def test_risks_take_as_many_queries_for_many_batches_as_for_one():
    center = make_work_center()
    orders = [plan_order(make_soap(center), 50) for _ in range(4)]
    plan_stock()
    delays = [Delay(batch_of(order).pk, MONDAY + DAY, MONDAY + 5 * DAY) for order in orders]

    with CaptureQueriesContext(connection) as one:
        assert len(risks_of(delays[:1], at=MONDAY)) == 1
    with CaptureQueriesContext(connection) as many:
        assert len(risks_of(delays, at=MONDAY)) == 4

    assert len(many) == len(one)


def test_the_plan_of_a_site_elsewhere_counts_days_there():
    center = make_work_center(site=make_site(time_zone="Pacific/Auckland"))
    order = plan_order(make_soap(center), 50)
    plan_stock()

    # 09:00 and 13:00 UTC are two days in Auckland.
    delay = Delay(batch_of(order).pk, MONDAY + timedelta(hours=1), MONDAY + timedelta(hours=5))

    assert len(risks_of([delay], at=MONDAY)) == 1
