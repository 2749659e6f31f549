"""A customer on the telephone, in a real browser: asked, answered, held, ordered."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from inventory import services as inventory
from inventory.models import Item
from mes.core.models import User
from orders import services as orders
from orders.models import CustomOrder, Offer
from production import planning
from tests.e2e.conftest import Login
from tests.e2e.test_console import pixels_too_wide
from tests.orders.desk import make_customer
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.shop import make_made_item, make_work_center

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY


@pytest.fixture
def planner() -> User:
    return make_user("planner", is_staff=True, is_superuser=True)


def a_busy_shop() -> Item:
    """A bracket milled from titanium and then deburred, behind a week of less important orders."""
    site = make_site()
    mill = make_work_center("MILL", site=site, name="5-axis milling", machines=0)
    for number in (1, 2):
        mill.machines.create(code=f"MILL-{number}", name=f"5-axis {number}")
    bench = make_work_center("BENCH", site=site, name="Deburring", machines=0)
    bench.machines.create(code="BENCH-1", name="Bench 1")
    bar = make_item("TI-64-D40", site=site, supply="buy", kind="raw", lead_time_days=12, description="Bar")
    make_lot(bar, 900)
    bracket = make_made_item(
        [
            {"work_center": mill, "name": "Mill", "run_seconds": 1800, "setup_seconds": 3600},
            {"work_center": bench, "name": "Deburr", "run_seconds": 300},
        ],
        {bar: 1},
        site=site,
        number="HB-2040",
        description="Hinge bracket",
        strategy="mto",
    )
    for name, quantity, priority in (("Acme Pumps", 320, 3), ("Nordic Air", 260, 3), ("Hydra", 60, 2)):
        order = orders.create_order(
            make_customer(name),
            lines=[(bracket, Decimal(quantity), NOW.date() + timedelta(days=6), priority)],
            by=make_user(),
            at=NOW,
        )
        orders.confirm_order(order, by=make_user(), at=NOW)
    planning.reschedule(reason="The first plan", at=NOW, seconds=0)
    return bracket


def test_a_date_is_asked_for_held_and_becomes_an_order(page: Page, login: Login, planner: User):
    a_busy_shop()
    customer = make_customer("Aero Structures")
    login(page, planner)

    page.goto("/console/promise/")
    page.get_by_label("Item").press_sequentially("HB-2")
    expect(page.locator("#item-choices option")).to_have_count(1)
    page.get_by_label("Item").fill("HB-2040")
    page.get_by_label("Quantity").fill("12")
    page.get_by_label("Wanted by").fill(str(NOW.date()))
    page.get_by_label("Priority").select_option("Rush")
    page.get_by_label("Customer").fill("Aero")
    page.get_by_role("button", name="Ask").click()

    expect(page.get_by_role("heading", name="Why not sooner")).to_be_visible()
    expect(page.get_by_text(re.compile("after the day wanted"))).to_be_visible()
    expect(page.locator("td", has_text=re.compile("Acme Pumps|Nordic Air")).first).to_be_visible()
    assert not Offer.objects.exists(), "asking keeps nothing"

    page.get_by_role("button", name="Hold for 2 days").click()
    expect(page.get_by_text(re.compile(r"O-\d+ is held until"))).to_be_visible()
    expect(page.get_by_role("heading", name="What is kept")).to_be_visible()
    page.get_by_label("Their purchase order").fill("4500-17")
    page.get_by_role("button", name="Make the order").click()

    expect(page.get_by_text("It became order")).to_be_visible()
    order = CustomOrder.objects.get(customer_reference="4500-17")
    assert (order.customer, order.status) == (customer, "confirmed")
    page.get_by_role("link", name=str(order)).last.click()
    page.wait_for_url(re.compile(r"/admin/orders/customorder/\d+/change/"))


def test_a_wrong_question_keeps_what_was_typed(page: Page, login: Login, planner: User):
    a_busy_shop()
    login(page, planner)

    page.goto("/console/promise/")
    page.get_by_label("Item").fill("HB-2040")
    page.get_by_label("Quantity").fill("1.5")
    page.get_by_label("Wanted by").fill(str(NOW.date()))
    page.get_by_role("button", name="Ask").click()

    expect(page.get_by_text("pcs are counted in whole numbers")).to_be_visible()
    expect(page.get_by_label("Item")).to_have_value("HB-2040")


def test_the_page_fits_its_screen_by_day_and_by_night(page: Page, login: Login, planner: User):
    bracket = a_busy_shop()
    pin = make_item("PIN-4", strategy="mts", supply="buy", site=bracket.site)
    inventory.expect_receipt(pin, Decimal(50), NOW.date() + timedelta(days=4))
    for item in (bracket, pin):
        orders.make_offer(
            item=item,
            quantity=Decimal(12),
            wanted_date=NOW.date(),
            priority=1,
            customer=make_customer(),
            by=planner,
            at=NOW,
        )
    login(page, planner)
    wanted = f"item=HB-2040&quantity=12&wanted_date={NOW.date()}&priority=1&hold_hours=48"
    for address in (
        "/console/promise/",
        f"/console/promise/?{wanted}",
        *(f"/console/promise/?offer={offer.pk}" for offer in Offer.objects.order_by("pk")),
    ):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        assert pixels_too_wide(page) == 0, address
        page.evaluate("document.documentElement.classList.add('dark')")
        page.set_viewport_size({"width": 1024, "height": 768})
        assert pixels_too_wide(page) == 0, address
