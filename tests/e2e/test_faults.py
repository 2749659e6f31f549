"""What the server cannot do is said in the dialog that was asked for, never by an empty one."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from mes.core.models import User
from orders.models import CustomOrder
from tests.e2e.conftest import BrowserPage, Login
from tests.orders.desk import make_order, make_part
from tests.plant import make_lot, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def planner() -> User:
    return make_user("planner", is_staff=True, is_superuser=True)


def test_the_dialog_of_a_row_that_is_gone_says_so(page: Page, login: Login, planner: User):
    order = make_order((make_part().item, 4))
    login(page, planner)
    page.goto(reverse("admin:orders_customorder_change", args=[order.pk]))
    CustomOrder.objects.filter(pk=order.pk).update(status="cancelled")
    order.lines.all().delete()

    page.locator("a[hx-get*='do/require']").first.click()

    told = page.locator("#modal-content [role=alert]")
    expect(told).to_have_text(re.compile("no longer there; the list has changed"))
    expect(page.locator("#modal-content h1")).to_have_text("Not done")
    page.locator("#modal-content").get_by_role("button", name="Close").click()
    expect(page.locator("#modal-content")).to_be_hidden()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(403, "You may not do this"), (409, "Somebody else changed this"), (500, "The server failed")],
)
def test_every_fault_of_a_dialog_is_told_and_the_next_try_works(
    page: Page, login: Login, planner: User, status: int, sentence: str
):
    lot = make_lot()
    login(page, planner)
    page.goto(reverse("admin:inventory_lot_change", args=[lot.pk]))
    page.route("**/do/hold/**", lambda route: route.fulfill(status=status, body="<h1>Fault</h1>"))

    page.get_by_role("link", name="Hold…").click()
    expect(page.locator("#modal-content [role=alert]")).to_contain_text(sentence)
    page.locator("#modal-content").get_by_role("button", name="Close").click()
    page.unroute("**/do/hold/**")
    page.get_by_role("link", name="Hold…").click()

    expect(page.locator("#modal-content textarea, #modal-content input[name=reason]")).to_be_visible()
    expect(page.locator("#modal-content [role=alert]")).to_have_count(0)


def test_a_server_that_fails_or_is_away_keeps_what_was_typed(page: Page, login: Login, planner: User):
    lot = make_lot()
    login(page, planner)
    page.goto(reverse("admin:inventory_lot_change", args=[lot.pk]))
    page.get_by_role("link", name="Hold…").click()
    reason = page.locator("#modal-content [name=reason]")
    reason.fill("Waiting for a certificate")
    page.route("**/do/hold/**", lambda route: route.fulfill(status=503))

    page.locator("#modal-content button[type=submit]").click()
    expect(page.locator("#dialog-form [role=alert]")).to_contain_text("at this moment")
    page.unroute("**/do/hold/**")
    page.route("**/do/hold/**", lambda route: route.abort())
    page.locator("#modal-content button[type=submit]").click()
    expect(page.locator("#dialog-form [role=alert]")).to_contain_text("cannot be reached")

    expect(reason).to_have_value("Waiting for a certificate")


def test_whoever_was_signed_out_is_told_in_the_dialog(page: Page, login: Login, planner: User):
    lot = make_lot()
    login(page, planner)
    page.goto(reverse("admin:inventory_lot_change", args=[lot.pk]))
    page.context.clear_cookies()

    page.get_by_role("link", name="Hold…").click()

    expect(page.locator("#modal-content [role=alert]")).to_contain_text("signed out meanwhile")


def test_a_part_of_a_page_that_cannot_be_read_says_so_in_its_place(page: Page, login: Login, planner: User):
    lot = make_lot()
    login(page, planner)
    page.route("**/around/", lambda route: route.fulfill(status=500))

    page.goto(reverse("admin:inventory_lot_change", args=[lot.pk]))

    expect(page.locator("[hx-get*=around] [role=alert]")).to_contain_text("The server failed")


def test_what_is_refused_in_a_long_dialog_is_scrolled_to(
    browser_page: BrowserPage, login: Login, planner: User
):
    order = make_order((make_part().item, 4))
    page = browser_page(1024, 420)
    login(page, planner)
    page.goto(reverse("admin:orders_customorder_change", args=[order.pk]))
    page.locator("a[hx-get*='do/require']").first.click()
    dialog = page.locator("#modal-content")
    dialog.locator("#dialog-form input").last.scroll_into_view_if_needed()
    expect(dialog.locator("[name=text]")).not_to_be_in_viewport()

    dialog.get_by_role("button", name="Require").click()

    expect(dialog.locator(".errors").first).to_be_in_viewport()
    expect(dialog.locator("[name=text]")).to_be_in_viewport()
