"""The planner's day in a real browser: what needs somebody, the board, an item, a number looked up, a page that fits."""

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TookTooLong

from inventory import services as inventory
from inventory.models import Item, Lot
from mes.core.models import User
from production import planning
from tests.console.test_decisions import make_proposal
from tests.e2e.conftest import Login
from tests.forecasting.stock import make_history, make_stocked_item, plan_stock
from tests.plant import MONDAY, make_item, make_lot, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY


@pytest.fixture
def planner() -> User:
    return make_user("planner", is_staff=True, is_superuser=True)


def plan_a_shop(orders: int = 4) -> Item:
    """Two machines and some orders of two steps each, scheduled from now on."""
    center = make_work_center(machines=2)
    item = make_made_item([center, center], site=center.site)
    for _ in range(orders):
        plan_order(item, 90, at=NOW, due_at=NOW + timedelta(days=3))
    planning.reschedule(reason="The first plan", at=NOW, seconds=0)
    return item


def stock_an_item() -> Item:
    item = make_stocked_item(days=0)
    make_history(item, days=180, until=NOW.date())
    make_lot(item, 60)
    plan_stock(at=NOW)
    return item


def serial_numbers(count: int = 6) -> Lot:
    lot = make_lot(make_item(tracking="serial"), count, number="B-7")
    inventory.serialise(
        lot, numbers=[f"SN-{number}" for number in range(1, count + 1)], by=make_user(), at=NOW
    )
    return lot


def test_home_opens_with_decisions_and_a_proposal_is_firmed_there(page: Page, login: Login, planner: User):
    proposal = make_proposal(start_date=NOW.date(), due_date=NOW.date(), stockout_date=NOW.date())
    login(page, planner)

    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Today needs you (1)")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Firm 500 pcs")).click()

    expect(page.get_by_text("is firm")).to_be_visible()
    expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    proposal.refresh_from_db()
    assert proposal.status == "firm"


def test_an_item_is_judged_on_one_page(page: Page, login: Login, planner: User):
    item = stock_an_item()
    login(page, planner)

    page.goto(f"/console/items/{item.pk}/")
    expect(page.locator("#projection-chart")).to_have_attribute("data-ready", "42")
    assert page.locator("canvas").count() == 3
    proposals = page.get_by_role("heading", name=re.compile("^Proposals"))
    before = int(re.findall(r"\d+", proposals.inner_text())[0])
    page.get_by_role("button", name=re.compile("^Firm ")).first.click()
    expect(page.get_by_text("is firm")).to_be_visible()
    page.get_by_text("Dismiss…").first.click()
    page.get_by_label("Why it is dismissed").first.fill("Phased out")
    page.get_by_role("button", name="Dismiss", exact=True).first.click()

    expect(page.get_by_text("is dismissed")).to_be_visible()
    expect(proposals).to_have_text(re.compile(rf"Proposals \({before - 2}\)"))


def test_a_number_is_found_from_the_keyboard(page: Page, login: Login, planner: User):
    lot = serial_numbers()
    login(page, planner)
    page.goto("/admin/")

    page.keyboard.press("/")
    expect(page.get_by_placeholder("Type to search")).to_be_focused()
    page.keyboard.type("B-7")
    expect(page.get_by_role("link", name=re.compile("B-7 • Lot of"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/admin/inventory/lot/{lot.pk}/change/")
    page.get_by_role("link", name="Where it came from and went").click()
    expect(page.get_by_role("link", name="SN-1 … SN-6")).to_be_visible()

    page.keyboard.press("g")
    page.keyboard.press("b")
    page.wait_for_url("**/console/board/")
    expect(page.get_by_text("Nothing is scheduled.")).to_be_visible()


def test_every_page_fits_its_screen_by_day_and_by_night(page: Page, login: Login, planner: User):
    plan_a_shop(orders=2)
    item, lot = stock_an_item(), serial_numbers()
    login(page, planner)
    for address in (
        "/admin/",
        "/console/board/",
        "/console/portfolio/",
        "/console/runs/",
        f"/console/items/{item.pk}/",
        f"/console/lots/{lot.pk}/genealogy/",
    ):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        assert pixels_too_wide(page) == 0, address
        page.evaluate("document.documentElement.classList.add('dark')")
        page.set_viewport_size({"width": 1024, "height": 768})
        assert pixels_too_wide(page) == 0, address


def pixels_too_wide(page: Page) -> int:
    """Charts that were drawn for another width have a moment to be drawn anew."""
    with suppress(TookTooLong):
        page.wait_for_function(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth", timeout=10_000
        )
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
