"""A planner asks what breaks first when demand doubles, on a page and by API; nothing is changed by asking."""

from datetime import timedelta
from decimal import Decimal
from unittest.mock import ANY

import pytest
from django.urls import reverse
from django.utils import timezone

from forecasting.models import Replenishment
from forecasting.scaling_up import NothingPlanned, NothingSelected, WrongFactor, scale_up
from mes.core.sheets import read
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item

pytestmark = pytest.mark.django_db


def make_plant():
    """Lemonade, 10 a day, from bottles that take 20 days to come and of which there are 250."""
    site = make_site()
    bottle = make_item("bottle", site=site, supply="buy", strategy="mto", kind="packaging", lead_time_days=20)
    make_lot(bottle, 250)
    lemonade = make_made_item((), {bottle: 1}, site=site, strategy="mts", lead_time_days=2, family="drinks")
    make_history(lemonade)
    make_lot(lemonade, 150)
    return lemonade, bottle


def test_doubled_demand_says_which_material_is_short_and_when():
    make_plant()
    plan_stock()
    before = list(Replenishment.objects.order_by("pk").values_list("pk", "status"))

    usual = scale_up(factor=Decimal(1), at=MONDAY)
    doubled = scale_up(factor=Decimal(2), family="drinks", at=MONDAY)

    assert [limit.breaks for limit in usual.limits] == []
    assert usual.sentence.startswith("1 times the demand can be met until ")
    material = next(limit for limit in doubled.limits if limit.breaks == "material")
    assert material.what == "bottle"
    assert MONDAY.date() <= material.date < MONDAY.date() + timedelta(days=20)
    assert material.sentence.endswith("are missing, and what is ordered today comes in 20 days.")
    assert doubled.items == 1
    assert list(Replenishment.objects.order_by("pk").values_list("pk", "status")) == before


def test_a_warehouse_that_would_overflow_is_named_with_its_room():
    site = make_site()
    site.locations.filter(kind="finished").update(capacity_m3="4")
    make_stocked_item(site=site, storage_volume_m3=Decimal("0.02"), unit_cost=5)
    plan_stock()

    answer = scale_up(factor=Decimal(5), at=MONDAY)

    (hall,) = [limit for limit in answer.limits if limit.breaks == "warehouse"]
    assert hall.needed > hall.available == 4
    assert hall.sentence.startswith(f"The room for finished goods of {site} is full on ")


def test_what_makes_no_sense_is_refused_by_field():
    with pytest.raises(NothingPlanned, match="no forecasts to multiply"):
        scale_up(factor=Decimal(2), at=MONDAY)
    make_plant()
    plan_stock()
    with pytest.raises(WrongFactor) as wrong:
        scale_up(factor=Decimal(0), at=MONDAY)
    with pytest.raises(NothingSelected) as unknown:
        scale_up(factor=Decimal(2), family="tractors", at=MONDAY)

    assert wrong.value.errors == {"factor": ["A factor is above 0 and at most 100."]}
    assert unknown.value.errors == {"family": ["No item that is forecast is of family tractors."]}


def test_the_page_and_the_api_answer_and_refuse_at_the_field(client):
    make_plant()
    plan_stock(timezone.now())
    client.force_login(make_user(is_superuser=True, is_staff=True))

    page = client.get(reverse("console:scale-up"), {"factor": "2", "family": "drinks"})
    wrong = client.get(reverse("console:scale-up"), {"factor": "2", "item": "tractor"})
    told = client.get("/api/v1/scale-up/", {"factor": "2"})
    refused = client.get("/api/v1/scale-up/", {"factor": "0"})

    assert "2 times the demand" in page.content.decode()
    assert 'href="?factor=2&amp;family=drinks&amp;as=xlsx"' in page.content.decode()
    assert "There is no item tractor." in wrong.content.decode()
    assert told.json()["items"] == 1
    assert {limit["breaks"] for limit in told.json()["limits"]} <= {"machine", "warehouse", "material"}
    assert refused.status_code == 422


def test_the_answer_is_taken_away_as_a_workbook(client):
    make_plant()
    plan_stock(timezone.now())
    client.force_login(make_user(is_superuser=True, is_staff=True))
    shown = client.get(reverse("console:scale-up"), {"factor": "2"}).context["answer"]

    taken = client.get(reverse("console:scale-up"), {"factor": "2", "as": "xlsx"})
    refused = client.get(reverse("console:scale-up"), {"factor": "0", "as": "xlsx"})

    book = read(taken.content)
    rows = [row[:8] for row in book.rows("What breaks first")]
    assert [row[7] for row in rows[1:]] == [limit.sentence for limit in shown.limits]
    assert [row[2] for row in rows[1:]] == [limit.breaks for limit in shown.limits]
    assert [row[1] for row in book.rows("Asked")] == ["Value", 2, shown.items, ANY, shown.sentence]
    assert "is above 0" in refused.text or "greater than" in refused.text
