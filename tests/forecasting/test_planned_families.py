"""What people say of items adds up in the numbers of their family and their plant."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forecasting import services
from forecasting.models import FamilyForecast, Override
from forecasting.planned_families import changes_of
from inventory.models import Item
from tests.forecasting.stock import make_stocked_item, plan_stock
from tests.forecasting.test_edges import as_role
from tests.plant import make_site, make_user

pytestmark = pytest.mark.django_db


def override(item: Item, quantity: int) -> None:
    """For the week that begins today."""
    today = timezone.localdate()
    services.add_override(
        item,
        first_date=today,
        last_date=today + timedelta(days=6),
        quantity=Decimal(quantity),
        reason="A fair",
        by=make_user(),
        at=timezone.now(),
    )


def make_family() -> tuple[Item, Item, Item]:
    site = make_site()
    soap, cream = (make_stocked_item(site=site, family="care", unit_price=Decimal(price)) for price in (2, 5))
    other = make_stocked_item(site=site, family="tea", unit_price=Decimal(1))
    return soap, cream, other


def test_an_override_changes_its_family_and_its_plant_by_as_much_and_no_other_family():
    soap, cream, _ = make_family()
    run = plan_stock(at=timezone.now())
    override(soap, 500)
    override(cream, 0)

    changes = changes_of(run)

    care = FamilyForecast.objects.get(run=run, family="care")
    plant = FamilyForecast.objects.get(run=run, level="plant")
    tea = changes.of(FamilyForecast.objects.get(run=run, family="tea"))
    own = changes.of(care)
    assert own.units[0] + care.weeks[0]["mean"] == pytest.approx(500, abs=0.5)
    assert not own.units[1:].any()
    assert changes.of(plant).units == pytest.approx(own.units)
    assert (own.items, tea.items, tea.units.any()) == (2, 0, False)
    # 500 soaps at 2 instead of the forecast, and none of the cream at 5.
    assert own.value[0] + care.weeks[0]["value"] == pytest.approx(1_000, abs=3)


def test_the_api_tells_both_numbers_and_reads_peoples_once():
    soap, _, _ = make_family()
    plan_stock(at=timezone.now())
    override(soap, 500)
    client = as_role("planner")
    client.get("/api/v1/family-forecasts/")  # who may what is read once

    with CaptureQueriesContext(connection) as one:
        client.get("/api/v1/family-forecasts/", {"family": "care"})
    with CaptureQueriesContext(connection) as all_of_them:
        found = client.get("/api/v1/family-forecasts/").json()["results"]

    care = next(row for row in found if row["family"] == "care")
    tea = next(row for row in found if row["family"] == "tea")
    assert len(all_of_them) == len(one)
    assert care["planned"] - care["mean"] > 400
    assert care["planned"] == pytest.approx(sum(week["planned"] for week in care["weeks"]), abs=0.1)
    assert (care["items_changed"], tea["planned"]) == (1, tea["mean"])
    # The statistical number stays beside it.
    assert care["weeks"][0]["planned"] > care["weeks"][0]["mean"]
    one_row = client.get(f"/api/v1/family-forecasts/{care['id']}/").json()
    assert one_row["planned"] == care["planned"]


def test_the_page_says_by_how_much_people_changed_the_sum(admin_client):
    soap, _, _ = make_family()
    plan_stock(at=timezone.now())
    override(soap, 500)

    page = admin_client.get("/admin/forecasting/familyforecast/").content.decode()
    care = FamilyForecast.objects.get(family="care")
    detail = admin_client.get(f"/admin/forecasting/familyforecast/{care.pk}/change/").content.decode()

    assert "by people for 1" in page
    assert "With people’s numbers" in detail


def test_an_override_that_ended_counts_no_more():
    soap, _, _ = make_family()
    run = plan_stock(at=timezone.now())
    override(soap, 500)
    services.end_override(soap_override(soap), by=make_user(), at=timezone.now())

    assert changes_of(run).found == {}


def soap_override(item: Item) -> Override:
    return Override.objects.get(item=item)
