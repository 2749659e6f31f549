"""All items with a target: which run out, which lie too long, how full the warehouse gets, in as many queries however many they are."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forecasting.portfolio import Holding, Portfolio, Wanted, portfolio, totals
from forecasting.room import Weeks, weeks_ahead
from inventory import services as inventory
from inventory.models import Item
from tests.forecasting.stock import TODAY, make_stocked_item, plan_stock
from tests.forecasting.test_cockpit import look
from tests.forecasting.test_edges import as_role
from tests.plant import MONDAY, make_lot, make_site, make_user

pytestmark = pytest.mark.django_db


def all_of_it(**asked: str) -> Portfolio:
    return portfolio(Wanted(**asked), at=MONDAY)


def weeks_of(found: Portfolio) -> Weeks:
    assert found.ahead is not None
    return weeks_ahead(found.holdings, found.ahead)


def row_of(item: Item) -> Holding:
    return next(row for row in all_of_it().holdings if row.item == item)


def test_what_most_likely_runs_out_comes_first_with_the_chance_its_cockpit_tells():
    site = make_site()
    items = [make_stocked_item(per_day=10, site=site) for _ in range(3)]
    for item, stock in zip(items, (400, 140, 60), strict=True):
        make_lot(item, stock)
    plan_stock()

    rows = all_of_it().in_order("risk")

    assert [row.item for row in rows] == [items[2], items[1], items[0]]
    assert [row.chance_out for row in rows] == [pytest.approx(look(row.item).chance_out) for row in rows]
    assert 0.1 < (rows[1].chance_out or 0) < 0.9


def test_stock_beyond_six_months_of_demand_lies_too_long():
    item = make_stocked_item(per_day=10, unit_cost=2)
    make_lot(item, 3000)
    plan_stock()

    row = row_of(item)

    assert row.months == pytest.approx(3000 / 304, rel=0.1)
    assert row.beyond == pytest.approx(3000 - 6 * 304, rel=0.1)
    assert row.at_stake == pytest.approx(2 * row.beyond)
    assert row.capital == 6000


def test_what_expires_before_it_is_used_is_counted_the_first_to_expire_going_first():
    """Ten a day: of 200 that expire in 10 days 100 go; the 500 that expire in 30 days find 200 asked for until then."""
    item = make_stocked_item(per_day=10, shelf_life_days=90)
    make_lot(item, 500, expires_on=TODAY + timedelta(days=30))
    make_lot(item, 200, expires_on=TODAY + timedelta(days=10))
    plan_stock()

    assert row_of(item).expires == pytest.approx(100 + 300, rel=0.1)


def test_lots_that_are_used_in_time_are_not_at_stake():
    item = make_stocked_item(per_day=10, shelf_life_days=90)
    make_lot(item, 100, expires_on=TODAY + timedelta(days=80))
    plan_stock()

    assert row_of(item).expires == 0


def test_the_warehouse_fills_by_what_is_proposed_and_empties_by_what_is_asked():
    item = make_stocked_item(per_day=10, storage_volume_m3=Decimal("0.1"), unit_cost=3)
    item.site.locations.filter(kind="finished").update(capacity_m3=60)
    make_lot(item, 280)
    inventory.expect_receipt(item, Decimal(500), TODAY + timedelta(days=10))
    plan_stock()
    found = all_of_it()

    weeks = weeks_of(found)

    (warehouse,) = weeks.warehouses
    assert warehouse.capacity_m3 == 60
    assert warehouse.filled_m3[0] == pytest.approx(28 - 7, abs=1.5)
    assert warehouse.filled_m3[1] == pytest.approx(28 - 14 + 50, abs=2)
    assert warehouse.fullest == (1, pytest.approx(64 / 60, abs=0.03))
    assert warehouse.is_full
    assert warehouse.fullest_day == TODAY + timedelta(days=7)
    assert weeks.capital[1] == pytest.approx(30 * warehouse.filled_m3[1])


def test_stock_that_is_held_stays_in_the_warehouse_and_is_counted_once():
    item = make_stocked_item(per_day=10, storage_volume_m3=Decimal("0.1"))
    make_lot(item, 100)
    make_lot(item, 40, status="held")
    make_lot(item, 60, status="quarantine")
    plan_stock()
    found = all_of_it()

    assert row_of(item).bound == 40
    weeks = weeks_of(found)
    assert weeks.warehouses[0].filled_m3[0] == pytest.approx(20 - 7, abs=1.5)


def test_errors_of_rare_demand_are_told_as_such_and_ordered_for_themselves():
    site = make_site()
    rare = [make_stocked_item(per_day=per_day, site=site) for per_day in (0.1, 0.2)]
    usual = [make_stocked_item(per_day=per_day, site=site) for per_day in (30, 60)]
    plan_stock()

    rows = all_of_it().in_order("error")

    assert [row.measure for row in rows] == ["MASE", "MASE", "RMSSE", "RMSSE"]
    assert {row.item for row in rows[:2]} == set(usual)
    errors = [row.error or 0.0 for row in rows]
    assert min(errors) > 0
    assert errors == [*sorted(errors[:2], reverse=True), *sorted(errors[2:], reverse=True)]
    assert look(rare[0]).as_json()["measure"] == "RMSSE"
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = client.get(f"/console/items/{rare[0].pk}/").content.decode()
    assert ">RMSSE</abbr>" in page
    assert "MASE" not in page


def test_only_the_wanted_items_are_told():
    here, there = make_site("HERE"), make_site("THERE")
    syrup = make_stocked_item(days=60, site=here, family="Syrup")
    soda = make_stocked_item(days=60, site=there, family="Soda")
    plan_stock()

    assert [row.item for row in all_of_it(site="HERE").holdings] == [syrup]
    assert [row.item for row in all_of_it(family="Soda").holdings] == [soda]
    assert [row.item for row in all_of_it(term=soda.number).holdings] == [soda]
    assert all_of_it(family="Beer").holdings == []


def test_a_narrow_question_reads_the_targets_it_asks_for_without_their_curves_and_reasons():
    site = make_site()
    syrup, _, _ = (make_stocked_item(days=60, site=site, family=name) for name in ("Syrup", "Soda", "Beer"))
    run = plan_stock()

    (target,) = Wanted(family="Syrup").targets(run)

    assert target.item_id == syrup.pk
    assert target.get_deferred_fields() == {"curve", "explanation"}
    assert target.lot == target.explanation["lot"] > 0
    assert row_of(syrup).capital_at_target == pytest.approx(
        (float(target.safety_stock) + target.lot / 2) * float(syrup.unit_cost)
    )


def test_what_is_asked_of_targets_and_forecasts_does_not_grow_with_the_items():
    site = make_site()
    asked = []
    for more in (1, 3):
        for _ in range(more):
            make_stocked_item(days=60, site=site, unit_cost=2)
        plan_stock(MONDAY + timedelta(minutes=more))
        with CaptureQueriesContext(connection) as found:
            all_of_it(site=site.code)
        tables = ("forecasting_stocktarget", "forecasting_itemforecast")
        told = [
            query["sql"]
            for query in found
            if f'FROM "{tables[0]}"' in query["sql"] or tables[1] in query["sql"]
        ]
        asked.append([re.sub(r"\b\d+\b", "1", sql) for sql in told])

    assert len(asked[0]) >= 4
    assert asked[0] == asked[1]


def test_it_costs_as_many_queries_however_many_items_there_are():
    site = make_site()
    counts = []
    for more in (1, 4):
        for _ in range(more):
            make_lot(
                make_stocked_item(days=60, site=site, shelf_life_days=90), 40, expires_on=date(2026, 4, 1)
            )
        plan_stock(MONDAY + timedelta(minutes=more))
        with CaptureQueriesContext(connection) as found:
            got = all_of_it()
            weeks_of(got)
            totals(got.holdings)
        counts.append(len(found))

    assert counts[0] == counts[1]
    assert counts[0] <= 32


def test_the_api_lists_it_and_names_what_it_does_not_understand():
    make_lot(make_stocked_item(days=60), 40)
    plan_stock()
    client = as_role("planner")

    told = client.get("/api/v1/cockpits/?order=capital").json()
    refused = client.get("/api/v1/cockpits/?order=colour&months=0")

    assert told["count"] == 1
    assert told["results"][0]["state"] in {"out", "stockout", "below", "over", "fine"}
    assert refused.status_code == 400
    assert {error["parameter"] for error in refused.json()["errors"]} == {"order", "months"}
