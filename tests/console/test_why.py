"""“Why ▸”: the chain behind a late order, in place, on every page that shows the order, and by the API."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from rest_framework.test import APIClient

from inventory import services as inventory
from mes.core.models import User
from orders.models import CustomOrder
from orders.services import promise_line
from production import planning
from production.models import ProductionOrder
from tests.orders.desk import line_of, make_order, make_part, production_of
from tests.plant import MONDAY, grant, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db
NOW = MONDAY
PART = {"HX-Request": "true"}


def late_order() -> tuple[ProductionOrder, ProductionOrder]:
    """An order that is late because a rush order has its machine, and that one."""
    center = make_work_center("LATHE")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    rush = plan_order(item, 8, at=NOW, due_at=NOW + timedelta(hours=8), priority=1)
    late = plan_order(item, 2, at=NOW, due_at=NOW + timedelta(hours=5))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return late, rush


def late_customer_order() -> CustomOrder:
    """An order promised for today whose material comes in a week."""
    part = make_part()
    order = make_order((part.item, 12, NOW.date()), confirmed=True)
    promise_line(line_of(order), promised_date=NOW.date(), by=make_user(), at=NOW)
    inventory.expect_receipt(part.bar, Decimal(12), NOW.date() + timedelta(days=7), at=NOW)
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return order


def test_the_chain_of_a_late_order_names_and_links_what_it_waits_for(
    boss: Client, django_assert_max_num_queries
):
    late, rush = late_order()

    with django_assert_max_num_queries(26):
        part = boss.get(f"/console/orders/{late.pk}/why/", headers=PART).text
    page = boss.get(f"/console/orders/{late.pk}/why/").text

    assert f"is busy with {rush} (rush)" in part
    assert f"/admin/production/productionorder/{rush.pk}/change/" in part
    assert "<html" not in part
    assert "<html" in page
    assert f"/console/board/?find={late}" in page


def test_a_late_line_opens_its_chain_at_home_and_on_the_pages_of_its_order(boss: Client):
    order = late_customer_order()
    line, made = line_of(order), production_of(order)

    assert f"/console/lines/{line.pk}/why/" in boss.get("/admin/").text
    assert f"/console/orders/{made.pk}/why/" in boss.get(f"/admin/orders/customorder/{order.pk}/change/").text
    assert (
        f"/console/orders/{made.pk}/why/"
        in boss.get(f"/admin/production/productionorder/{made.pk}/change/").text
    )
    assert str(made) in boss.get(f"/console/lines/{line.pk}/why/", headers=PART).text


def test_the_list_of_lines_offers_the_chain_of_those_that_need_it_and_reads_none(
    boss: Client, django_assert_max_num_queries
):
    item = make_item()
    make_lot(item, 5)
    calm = line_of(make_order((item, 5, NOW.date() + timedelta(days=9)), confirmed=True))
    needy = line_of(late_customer_order())

    with django_assert_max_num_queries(20):
        text = boss.get("/admin/orders/orderline/").text

    assert f"/console/lines/{needy.pk}/why/" in text
    assert f"/console/lines/{calm.pk}/why/" not in text


def test_a_line_that_production_does_not_keep_says_what_does(boss: Client):
    item = make_item(supply="buy")
    line = line_of(make_order((item, 5, NOW.date()), confirmed=True))

    assert "wait for the purchase" in boss.get(f"/console/lines/{line.pk}/why/", headers=PART).text


def test_an_order_without_a_place_says_so(boss: Client):
    order = plan_order(make_made_item(site=make_site()), 5, at=NOW)

    assert "has no place in the published plan yet" in boss.get(f"/console/orders/{order.pk}/why/").text


def test_who_may_not_see_the_plan_is_refused():
    order, _ = late_order()
    browser = Client()
    browser.force_login(make_user(is_staff=True))

    assert browser.get(f"/console/orders/{order.pk}/why/").status_code == 403
    assert Client().get(f"/console/orders/{order.pk}/why/").status_code == 302


def api_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_api_answers_with_links_that_add_up_and_the_binding_cause_first():
    late, rush = late_order()
    client = api_of(grant(make_user(), "production.view_productionorder"))

    answer = client.get(f"/api/v1/production-orders/{late.pk}/why/").json()

    assert (answer["order"], answer["number"]) == (late.pk, late.number)
    assert answer["causes"][0]["kind"] == "machine"
    first, *_, last = answer["links"]
    assert (first["busy_with"]["order"], first["busy_with"]["priority"]) == (rush.pk, 1)
    assert (first["starts_at"], last["ends_at"]) == (answer["at"], answer["projected_end"])
    span = datetime.fromisoformat(answer["projected_end"]) - datetime.fromisoformat(answer["at"])
    assert sum(link["hours"] for link in answer["links"]) == pytest.approx(
        span.total_seconds() / 3600, abs=0.01
    )
    assert answer["late_hours"] == pytest.approx(5, abs=0.1)


def test_the_api_names_material_and_refuses_strangers():
    bar = make_item(supply="buy")
    order = plan_order(make_made_item(components={bar: 1}, site=bar.site), 5, at=NOW, due_at=NOW)
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    client = api_of(grant(make_user(), "production.view_productionorder"))

    answer = client.get(f"/api/v1/production-orders/{order.pk}/why/").json()

    assert answer["links"][0]["material"]["item_number"] == bar.number
    assert answer["links"][0]["material"]["source"] == "nobody"
    assert api_of(make_user()).get(f"/api/v1/production-orders/{order.pk}/why/").status_code == 403
    assert client.get("/api/v1/production-orders/0/why/").status_code == 404
