"""Full pegging: which stock each demand uses, and which demand each proposal serves up to the customer's order or the forecast."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forecasting import services
from forecasting.models import Replenishment, StockPolicy
from forecasting.pegged import Covered, Pegging
from forecasting.pegging import pegging, serves
from inventory import services as inventory
from inventory.models import ExpectedReceipt, Item, Lot
from tests.forecasting.stock import TODAY, make_history, make_stocked_item, plan_stock, proposals_of
from tests.forecasting.test_edges import as_role
from tests.orders.desk import line_of, make_order
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.shop import make_made_item, plan_order

pytestmark = pytest.mark.django_db


def look(item: Item) -> Pegging:
    return pegging(Item.objects.select_related("site").get(pk=item.pk), at=MONDAY)


def covered(found: Pegging) -> list[tuple[Any, ...]]:
    return [
        (row.what, round(row.quantity), [(s.what, round(s.quantity), s.lateness) for s in row.sources])
        for row in found.demands
    ]


def of_kind(found: Pegging, kind: str) -> list[Covered]:
    return [row for row in found.demands if row.kind == kind]


def test_demand_uses_the_lot_that_expires_first_then_purchases_then_proposals():
    item = make_stocked_item(per_day=10)
    old = make_lot(item, 30, expires_on=TODAY + timedelta(days=20))
    fresh = make_lot(item, 20)
    receipt = inventory.expect_receipt(item, Decimal(40), TODAY + timedelta(days=2), at=MONDAY)
    plan_stock()

    found = look(item)

    sources = [source for row in found.demands for source in row.sources]
    assert [source.kind for source in sources][:4] == ["stock", "stock", "purchase", "proposal"]
    assert [source.about for source in sources][:3] == [old, fresh, receipt]
    assert [round(source.quantity) for source in sources][:3] == [30, 20, 40]
    assert sources[3].about == proposals_of(item)[0]
    # Demand of the horizon is all there: what is covered and what is not.
    asked = sum(row.quantity for row in found.demands)
    assert asked == pytest.approx(sum(row.quantity for row in of_kind(found, "forecast")))
    assert asked == pytest.approx(420, rel=0.05)


def test_what_finds_no_stock_is_short_and_says_when():
    item = make_stocked_item(per_day=10)
    make_lot(item, 30)
    plan_stock()

    (short,) = look(item).short

    # Three days or so in stock, and nothing that is ordered now is there before the eighth.
    assert TODAY + timedelta(days=2) <= short.first_date <= TODAY + timedelta(days=4)
    assert short.last_date == TODAY + timedelta(days=6)
    assert short.short == pytest.approx(40, abs=3)
    assert short.sources == ()


def test_an_order_waits_for_what_comes_and_the_days_are_told():
    item = make_item(supply="buy", lead_time_days=7)
    order = make_order((item, 50), confirmed=True)
    inventory.cancel_expected_receipt(ExpectedReceipt.objects.get(), at=MONDAY)  # what was ordered for it
    inventory.expect_receipt(item, Decimal(30), TODAY + timedelta(days=60), at=MONDAY)

    (row,) = look(item).demands

    assert (row.kind, row.about, row.quantity, row.short) == ("order", line_of(order), 50, 20)
    assert [source.kind for source in row.sources] == ["purchase"]
    assert row.lateness == (TODAY + timedelta(days=60) - row.first_date).days > 0


def make_jam() -> tuple[Item, Item]:
    """Jam, two glasses of sugar in each."""
    sugar = make_item("SUGAR", supply="buy", lead_time_days=3)
    jam = make_made_item((), {sugar: 2}, number="JAM", strategy="mts", supply="make", lead_time_days=5)
    make_history(jam, per_day=10)
    return jam, sugar


def test_a_components_proposal_serves_the_forecast_of_its_product_in_the_end():
    jam, sugar = make_jam()
    plan_stock()
    first = proposals_of(sugar)[0]

    ends = serves(first, at=MONDAY)

    forecast = [end for end in ends if end.kind == "forecast"]
    assert {end.item for end in ends} == {jam}
    # In jam, of which one takes two.
    assert sum(end.quantity for end in ends) == pytest.approx(float(first.quantity) / 2, rel=0.01)
    assert forecast[0].first_date >= TODAY
    asked = of_kind(look(sugar), "product")
    assert asked[0].what == "JAM, to be made"
    assert asked[0].about == proposals_of(jam)[0]
    assert sum(end.quantity for end in asked[0].ends) == pytest.approx(asked[0].quantity / 2, rel=0.01)


def test_a_component_between_is_followed_through():
    sugar = make_item("SUGAR", supply="buy", lead_time_days=3)
    syrup = make_made_item((), {sugar: 3}, number="SYRUP", strategy="mto", supply="make")
    cola = make_made_item((), {syrup: 2}, number="COLA", strategy="mts", supply="make", lead_time_days=4)
    make_history(cola, per_day=10)
    plan_stock()

    ends = serves(proposals_of(sugar)[0], at=MONDAY)

    assert {end.item for end in ends} == {cola}
    assert sum(end.quantity for end in ends) == pytest.approx(
        float(proposals_of(sugar)[0].quantity) / 6, rel=0.01
    )
    (row, *_) = of_kind(look(syrup), "product")
    assert (row.what, row.sources[0].what) == ("COLA, to be made", "to be made with it")


def test_what_an_open_batch_lacks_is_for_the_customer_whose_order_it_is_for():
    sugar = make_item("SUGAR", supply="buy", lead_time_days=3)
    cake = make_made_item((), {sugar: 2}, number="CAKE", supply="make", strategy="mto")
    order = make_order((cake, 20), confirmed=True)
    make_stocked_item()
    plan_stock()

    (row,) = look(sugar).demands
    (proposal,) = proposals_of(sugar)

    assert (row.kind, row.quantity) == ("batch", 40)
    assert [(end.kind, end.about, end.quantity) for end in row.ends] == [("order", line_of(order), 20)]
    assert [(end.kind, end.about) for end in serves(proposal, at=MONDAY)] == [("order", line_of(order))]
    assert row.sources[0].about == proposal


def test_a_batch_for_stock_passes_its_need_on_to_who_uses_the_stock():
    jam, sugar = make_jam()
    order = plan_order(jam, 100)
    plan_stock()

    (row,) = of_kind(look(sugar), "batch")

    assert (row.about, row.quantity) == (order, 200)
    assert {end.kind for end in row.ends} <= {"forecast", "safety stock"}
    assert sum(end.quantity for end in row.ends) == pytest.approx(100, rel=0.01)


def test_stock_that_waits_for_its_verdict_is_told_as_such():
    item = make_stocked_item(per_day=10)
    make_lot(item, 60, status=Lot.Status.QUARANTINE)
    plan_stock()

    assert "quarantine" in {source.kind for row in look(item).demands for source in row.sources}


def test_a_proposal_that_is_not_open_serves_nobody():
    item = make_stocked_item()
    plan_stock()
    row = proposals_of(item)[0]
    services.dismiss_replenishment(row, "Sister plant", by=make_user(), at=MONDAY)

    assert serves(row, at=MONDAY) == ()


def test_it_costs_as_many_queries_however_much_there_is():
    few, many = make_stocked_item(days=60), make_stocked_item()
    StockPolicy.objects.create(item=many, cover_days=1, review_days=1)
    make_lot(few, 10)
    for number in range(12):
        make_lot(many, 10, number=f"L{number}")
        inventory.expect_receipt(many, Decimal(5), TODAY + timedelta(days=number), at=MONDAY)
    inventory.expect_receipt(few, Decimal(5), TODAY, at=MONDAY)
    plan_stock()
    assert len(proposals_of(many)) > len(proposals_of(few))

    with CaptureQueriesContext(connection) as one:
        look(few)
    with CaptureQueriesContext(connection) as other:
        look(many)

    assert len(other) == len(one) <= 40


def test_the_api_tells_both_ways_page_by_page():
    jam, sugar = make_jam()
    plan_stock(at=timezone.now())
    client = as_role("planner")

    told = client.get(f"/api/v1/cockpits/{sugar.pk}/pegging/", {"page_size": 1})
    proposal = proposals_of(sugar)[0]
    served = client.get(f"/api/v1/replenishments/{proposal.pk}/serves/")

    assert told.status_code == served.status_code == 200
    (row,) = told.json()["results"]
    assert told.json()["count"] >= 1
    assert row["what"] == "JAM, to be made"
    assert row["ends"][0]["item_number"] == "JAM"
    assert row["sources"][0]["kind"] == "proposal"
    assert {end["item"] for end in served.json()["results"]} == {jam.pk}
    assert client.get("/api/v1/cockpits/999999/pegging/").status_code == 404
    assert client.get("/api/v1/replenishments/999999/serves/").status_code == 404


def test_the_page_shows_what_covers_what(admin_client):
    jam, sugar = make_jam()
    plan_stock(at=timezone.now())
    proposal = proposals_of(sugar)[0]

    page = admin_client.get(f"/console/items/{sugar.pk}/")
    part = admin_client.get(f"/console/items/{sugar.pk}/pegging/")
    ends = admin_client.get(f"/console/proposals/{proposal.pk}/serves/")

    assert f"/console/items/{sugar.pk}/pegging/" in page.content.decode()
    assert "JAM, to be made" in part.content.decode()
    assert f'<a href="/console/items/{jam.pk}/">forecast</a>' in ends.content.decode()
    assert Replenishment.objects.proposed().filter(pk=proposal.pk).exists()
