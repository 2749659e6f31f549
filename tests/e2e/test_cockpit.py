"""Stock that follows demand in a real browser: an item is judged, its forecast overridden, a proposal firmed, a grid filled in."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from forecasting.models import DemandEvent, Override, Replenishment
from mes.core.models import User
from mes.core.sheets import XLSX
from tests.e2e.conftest import BrowserPage, Login
from tests.e2e.test_console import pixels_too_wide, stock_an_item
from tests.plant import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def planner() -> User:
    return make_user("planner", is_staff=True, is_superuser=True)


def drag_over_days_ahead(page: Page) -> None:
    """With the mouse over the right part of the demand chart, where the forecast is."""
    box = page.locator("#demand-chart").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.70, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=4)
    page.mouse.move(box["x"] + box["width"] * 0.80, y, steps=4)
    page.mouse.up()


def test_an_item_is_looked_at_by_day_week_and_month(page: Page, login: Login, planner: User):
    item = stock_an_item()
    login(page, planner)
    page.goto(f"/console/items/{item.pk}/")

    for grain, word in (("Day", "day"), ("Month", "month"), ("Week", "week")):
        page.get_by_role("button", name=grain, exact=True).click()
        expect(page.locator("#grain-word")).to_have_text(word)
        expect(page.locator("#demand-chart")).to_have_attribute("data-grain", f"{word}s")
    page.reload()
    expect(page.get_by_role("button", name="Week", exact=True)).to_have_attribute("aria-pressed", "true")


def test_days_are_overridden_by_dragging_over_them_and_the_refusal_keeps_what_was_typed(
    page: Page, login: Login, planner: User
):
    item = stock_an_item()
    login(page, planner)
    page.goto(f"/console/items/{item.pk}/")

    page.get_by_role("button", name="Override days…").click()
    drag_over_days_ahead(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The forecast for these days is")
    dialog.get_by_label("Quantity for all of it").fill("1.5")
    dialog.get_by_label("Why").fill("A fair")
    dialog.get_by_role("button", name="Override").click()
    expect(dialog.get_by_role("alert")).to_contain_text("whole numbers")
    assert dialog.get_by_label("Why").input_value() == "A fair"
    dialog.get_by_label("Quantity for all of it").fill("900")
    dialog.get_by_role("button", name="Override").click()

    expect(page.get_by_role("table", name="Overrides")).to_contain_text("planner: A fair")
    override = Override.objects.get()
    assert (override.quantity, override.owner) == (900, planner)
    page.get_by_role("button", name=re.compile("^End the override")).click()
    expect(page.get_by_text("the forecast counts again")).to_be_visible()
    override.refresh_from_db()
    assert not override.is_active


def test_an_event_is_added_from_the_chart(page: Page, login: Login, planner: User):
    item = stock_an_item()
    login(page, planner)
    page.goto(f"/console/items/{item.pk}/")

    page.get_by_role("button", name="Event…").click()
    drag_over_days_ahead(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Kind").select_option("promotion")
    dialog.get_by_label("Name").fill("Laundry weeks")
    dialog.get_by_label("Multiplies demand by").fill("1.6")
    dialog.get_by_role("button", name="Add the event").click()

    expect(page.get_by_text("1 event that explains demand")).to_be_visible()
    event = DemandEvent.objects.get()
    assert (event.item, event.kind, event.name, event.factor) == (
        item,
        "promotion",
        "Laundry weeks",
        Decimal("1.6"),
    )
    assert event.last_date is not None
    assert event.last_date > event.first_date


def test_the_portfolio_leads_to_the_item_whose_proposal_is_firmed(page: Page, login: Login, planner: User):
    item = stock_an_item()
    login(page, planner)
    page.goto("/console/portfolio/")

    assert page.locator("canvas").count() == 2
    page.get_by_role("link", name=str(item)).click()
    page.wait_for_url(f"**/console/items/{item.pk}/")
    page.get_by_role("button", name=re.compile("^Firm ")).first.click()

    expect(page.get_by_text("is firm")).to_be_visible()
    assert Replenishment.objects.filter(item=item, status=Replenishment.Status.FIRM).count() == 1


def test_a_block_is_pasted_into_the_grid_looked_at_and_saved(page: Page, login: Login, planner: User):
    item = stock_an_item()
    login(page, planner)
    page.goto("/console/overrides/")

    first = page.locator("#override-grid input").first
    first.focus()
    first.evaluate(
        """input => {
            const data = new DataTransfer();
            data.setData("text/plain", "120\\t1.5");
            input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.get_by_role("button", name="Check 2 changes").click()
    expect(page.get_by_text("Nothing is saved: 1 thing to put right")).to_be_visible()
    expect(page.locator("#override-grid input").nth(1)).to_have_value("1.5")
    page.locator("#override-grid input").nth(1).fill("140")
    page.get_by_role("button", name="Check 2 changes").click()
    expect(page.get_by_role("table", name="What would change")).to_contain_text("140")
    assert not Override.objects.exists()
    page.get_by_label("Why").fill("A fair")
    page.get_by_role("button", name="Save 2 numbers").click()

    expect(page.get_by_text("2 numbers saved")).to_be_visible()
    assert sorted(Override.objects.filter(item=item).values_list("quantity", flat=True)) == [120, 140]
    expect(page.locator("#override-grid input").first).to_have_value("120")


def test_a_file_is_chosen_on_the_page_of_overrides_and_no_script_fails(
    page: Page, login: Login, planner: User
):
    stock_an_item()
    login(page, planner)
    page.goto("/console/overrides/")
    page.evaluate("document.body.append(document.createElement('i'))")  # what other scripts wait for

    page.set_input_files("input[name=file]", {"name": "a.xlsx", "mimeType": XLSX, "buffer": b"x"})

    assert page.evaluate("document.querySelector('input[name=file]').files.length") == 1


def test_the_pages_fit_by_day_and_by_night(browser_page: BrowserPage, login: Login, planner: User):
    item = stock_an_item()
    for width, height, scheme in ((1440, 900, "light"), (1024, 768, "dark")):
        page = browser_page(width, height, color_scheme=scheme)
        login(page, planner)
        for address in (
            f"/console/items/{item.pk}/",
            "/console/portfolio/?view=stale",
            "/console/overrides/",
        ):
            page.goto(address)
            assert pixels_too_wide(page) == 0, address
