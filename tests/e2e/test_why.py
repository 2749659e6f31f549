"""Why, ways out and load in a real browser: opened in place, tried while one looks on, taken by a button."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from mes.core.models import User
from production import planning
from production.models import ProductionOrder
from tests.e2e.conftest import BrowserPage, Login
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY


@pytest.fixture
def planner() -> User:
    return make_user("planner", is_staff=True, is_superuser=True)


def late_batch() -> ProductionOrder:
    """A batch of ten hours, due in six, where a second machine is free."""
    center = make_work_center("MILL", site=make_site(), machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site, strategy="mto")
    order = plan_order(item, 10, at=NOW, due_at=NOW + timedelta(hours=6))
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return order


def test_a_late_order_opens_its_chain_on_its_page_and_a_way_out_is_taken_there(
    page: Page, login: Login, planner: User
):
    order = late_batch()
    login(page, planner)

    page.goto(f"/admin/production/productionorder/{order.pk}/change/")
    expect(page.get_by_text("the work itself takes")).to_be_visible()
    page.get_by_role("button", name="Ways out ▸").click()
    split = page.get_by_role("row", name=re.compile("Split"))
    expect(split).to_be_visible()
    split.get_by_role("button", name="Do it").click()

    expect(page.get_by_text("is in force")).to_be_visible()
    assert order.batches.count() == 2


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1024, "dark")])
def test_the_load_page_draws_and_follows_a_click(
    browser_page: BrowserPage, login: Login, planner: User, width: int, scheme: str
):
    late_batch()
    page = browser_page(width, 900, color_scheme=scheme)
    login(page, planner)

    page.goto("/console/load/")
    expect(page.locator("#load-chart")).to_have_attribute("data-ready", "1")
    expect(page.get_by_text("No bottleneck until")).to_be_visible()
    page.get_by_label("By", exact=True).select_option("week")
    expect(page.locator("#load-chart")).to_have_attribute("data-ready", "1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Board", exact=True).last.click()
    expect(page).to_have_url(re.compile(r"/console/board/\?find=MILL"))
