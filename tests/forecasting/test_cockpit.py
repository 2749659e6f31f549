"""All that is known of one item, in one call: what it holds adds up, and it costs as many queries however much there is."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forecasting import services
from forecasting.cockpit import Cockpit, cockpit
from inventory.models import Item
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, plan_stock
from tests.forecasting.test_edges import as_role
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_plan, make_work_center, plan_order

pytestmark = pytest.mark.django_db


def look(item: Item) -> Cockpit:
    return cockpit(Item.objects.with_stock().select_related("site", "supplier").get(pk=item.pk), at=MONDAY)


def test_the_chance_to_run_out_falls_with_the_stock():
    """Fourteen days of lead time and review at ten a day."""
    site = make_site()
    scarce, ample = (make_stocked_item(per_day=10, site=site) for _ in range(2))
    make_lot(scarce, 100)
    make_lot(ample, 400)
    plan_stock()

    assert look(scarce).bridging_days == 14
    assert look(scarce).chance_out == pytest.approx(1, abs=0.05)
    assert look(ample).chance_out == pytest.approx(0, abs=0.01)


def test_peoples_numbers_stand_beside_the_forecast_by_day_week_and_month():
    item = make_stocked_item(per_day=10)
    plan_stock()
    services.add_override(
        item,
        first_date=TODAY,
        last_date=TODAY + timedelta(days=6),
        quantity=Decimal(210),
        reason="A fair",
        by=make_user(),
        at=MONDAY,
    )

    forecast = look(item).chart["forecast"]

    assert sum(day["planned"] for day in forecast["days"][:7]) == pytest.approx(210, abs=0.1)
    assert [round(week["planned"] - week["mean"]) > 100 for week in forecast["weeks"]] == [True, *[False] * 5]
    assert sum(month["planned"] for month in forecast["months"]) == pytest.approx(
        sum(day["planned"] for day in forecast["days"]), abs=0.1
    )


def test_batches_tell_their_yield_and_how_late_they_were():
    center = make_work_center()
    item = make_made_item([center], site=center.site)
    order = plan_order(item, 100, at=MONDAY, due_at=MONDAY + timedelta(days=4))
    batch = order.batches.get()
    type(batch).objects.filter(pk=batch.pk).update(
        lot=make_lot(item, 80), status="released", good_quantity=80, scrap_quantity=20
    )
    type(batch).objects.filter(pk=batch.pk).update(status="running")
    type(batch).objects.filter(pk=batch.pk).update(status="done", finished_at=MONDAY + timedelta(days=6))

    (row,) = look(item).batches

    assert (row.planned, row.good, row.scrap, row.yield_percent) == (100, 80, 20, 80)
    assert row.late_days == pytest.approx(2)


def test_a_component_says_what_the_forecast_of_its_products_asks_of_it():
    site = make_site()
    bottle = make_item("BOTTLE", site=site, supply="buy")
    product = make_stocked_item(per_day=10, site=site, supply="make", lead_time_days=3)
    make_plan(product, components={bottle: 2})
    plan_stock()

    (use,) = look(bottle).uses

    assert (use.product, use.quantity_per) == (product, 2)
    assert use.asked == pytest.approx(2 * 28 * 10, rel=0.1)


def test_it_costs_as_many_queries_however_much_there_is():
    site = make_site()
    small, large = (make_stocked_item(per_day=10, site=site, supply="make") for _ in range(2))
    part = make_item(site=site, supply="buy")
    for item, lots in ((small, 1), (large, 6)):
        for number in range(lots):
            make_lot(item, 20 + number)
    make_plan(large, components={part: 2})
    for number, used in enumerate([small, *[large] * 4]):
        product = make_stocked_item(days=60, site=site, supply="make")
        make_plan(product, components={used: number + 1})
    plan_stock()

    counts = []
    for item in (small, large):
        with CaptureQueriesContext(connection) as found:
            look(item).as_json()
        counts.append(len(found))

    assert counts[0] == counts[1]
    assert counts[0] <= 52


def test_the_api_tells_all_of_it_in_one_call():
    item = make_stocked_item(days=0)
    make_history(item, days=120, until=timezone.localdate())
    make_lot(item, 60)
    plan_stock(at=timezone.now())

    told: dict[str, Any] = as_role("planner").get(f"/api/v1/cockpits/{item.pk}/").json()

    assert told["item"]["number"] == item.number
    assert told["stock"]["free"] == 60
    assert len(told["projection"]["days"]) == len(told["projection"]["with_proposals"]["chance_out"]) == 42
    assert told["proposals"]
    assert told["chance_out"] == pytest.approx(1, abs=0.2)


def test_the_api_knows_no_item_that_is_not_there():
    assert as_role("planner").get("/api/v1/cockpits/999999/").status_code == 404
    assert as_role("planner").get("/api/v1/cockpits/none/").status_code == 404
    assert as_role("planner").get("/api/v1/cockpits/none/pegging/").status_code == 404
    assert as_role("planner").get("/api/v1/replenishments/none/serves/").status_code == 404
