"""Beyond the planner: an inspector records results, a customer follows an order from a telephone."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from mes.core.roles import ensure_roles
from tests.e2e.conftest import BrowserPage, Login
from tests.orders.desk import make_customer, make_order
from tests.plant import MONDAY, make_inspection, make_inspection_plan, make_item, make_lot, make_user

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY


def test_an_inspector_records_the_last_result_and_the_lot_is_released(page: Page, login: Login):
    inspector = make_user("inspector", is_staff=True)
    inspector.groups.add(next(group for group in ensure_roles() if group.name == "inspector"))
    plan = make_inspection_plan(
        characteristics=[{"name": "Bore", "lower_limit": 9, "upper_limit": 11}, {"name": "Surface"}]
    )
    inspection = make_inspection(plan)
    login(page, inspector)

    page.goto(f"/admin/quality/inspection/{inspection.pk}/change/")
    page.get_by_label("Bore").fill("10.2")
    page.get_by_label("Surface").select_option("conforms")
    page.get_by_role("button", name="Record").click()

    expect(page.get_by_text("2 of 2 recorded")).to_be_visible()
    inspection.refresh_from_db()
    inspection.lot.refresh_from_db()
    assert (inspection.status, inspection.lot.status) == ("passed", "released")


def test_a_customer_follows_an_order_on_a_telephone(browser_page: BrowserPage):
    item = make_item(description="Hinge bracket")
    make_lot(item, 12)
    order = make_order(
        (item, 12, NOW.date() + timedelta(days=5)),
        customer=make_customer("Aldergrove"),
        customer_reference="PO-77",
        confirmed=True,
        at=NOW,
    )
    page = browser_page(390, 844)

    page.goto(f"/track/{order.tracking_token}/")

    expect(page.get_by_role("heading", name=f"Order {order.number}")).to_be_visible()
    expect(page.get_by_text("Hinge bracket")).to_be_visible()
    expect(page.get_by_text("PO-77")).to_be_visible()
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide == 0
    stranger = page.goto("/track/guessed-by-a-stranger/")
    assert stranger is not None
    assert stranger.status == 404
