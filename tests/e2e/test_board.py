"""The board in a real browser: bars are found, chosen and followed; a planner carries one to another time, sees the price, and decides."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from mes.core.models import User
from production import planning
from production.models import Operation, ProductionOrder
from tests.e2e.conftest import Login
from tests.plant import grant, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime.now(UTC)
BOARD = "document.getElementById('board').board"


@pytest.fixture
def planner() -> User:
    return make_user("planner", is_staff=True, is_superuser=True)


def plan_a_shop(orders: int = 4) -> list[ProductionOrder]:
    """Two machines and some orders of two steps of 90 minutes each, scheduled from now on."""
    center = make_work_center(machines=2)
    item = make_made_item([center, center], site=center.site)
    made = [plan_order(item, 90, at=NOW, due_at=NOW + timedelta(days=3)) for _ in range(orders)]
    planning.reschedule(reason="The first plan", at=NOW, seconds=0)
    return made


def open_board(page: Page, bars: int, address: str = "/console/board/") -> None:
    page.goto(address)
    expect(page.locator("#board")).to_have_attribute("data-ready", str(bars))


def place_of(page: Page, operation: Operation) -> tuple[float, float]:
    """The middle of an operation's bar on the screen."""
    x, y = page.evaluate(
        """(key) => {
            const { state, drawing } = document.getElementById("board").board;
            const [x, y, width, height] = drawing.place(state.data.byOperation.get(key));
            const box = document.getElementById("board").getBoundingClientRect();
            return [box.left + x + width / 2, box.top + y + height / 2];
        }""",
        operation.pk,
    )
    return x, y


def test_the_board_shows_its_bars_by_machine_and_by_order(page: Page, login: Login, planner: User):
    orders = plan_a_shop(orders=4)
    login(page, planner)
    open_board(page, bars=8)

    assert colours_in(page) > 3, "bars are drawn, not only a frame"
    rows = f"{BOARD}.state.view.rows.length"
    assert (page.evaluate(f"{BOARD}.drawing.bars"), page.evaluate(rows)) == (8, 2)
    page.get_by_label("Rows").select_option("order")
    assert (page.evaluate(f"{BOARD}.drawing.bars"), page.evaluate(rows)) == (8, 4)
    page.get_by_label("Find on the board").fill(orders[2].number)
    expect(page.locator("#board-count")).to_have_text("2 found")
    assert page.evaluate(rows) == 1


def test_a_bar_leads_to_its_operation_and_the_operation_back_to_its_bar(
    page: Page, login: Login, planner: User
):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    login(page, planner)
    open_board(page, bars=2)

    place = place_of(page, operation)
    page.mouse.move(*place)
    expect(page.locator(".mes-hover")).to_contain_text("Step 20")
    page.mouse.click(*place)
    chosen = page.get_by_role("dialog", name="Chosen operation")
    expect(chosen).to_contain_text(order.number)
    chosen.get_by_role("link", name="Operation", exact=True).click()
    page.wait_for_url(f"**/admin/production/operation/{operation.pk}/change/")

    page.get_by_role("link", name="On the board").click()
    expect(chosen).to_contain_text("Step 20")


def test_the_view_is_moved_by_keys_wheel_and_buttons(page: Page, login: Login, planner: User):
    plan_a_shop()
    login(page, planner)
    open_board(page, bars=8)
    seen = f"{BOARD}.state.window.to - {BOARD}.state.window.from"
    hours = 3_600_000

    page.get_by_role("button", name="Day", exact=True).click()
    assert page.evaluate(seen) == pytest.approx(24 * hours)
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function(f"{seen} < 15 * {hours}")
    page.locator("#board").focus()
    page.keyboard.press("-")
    page.wait_for_function(f"{seen} > 20 * {hours}")
    page.locator("#board").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    page.wait_for_function(f"{seen} < 18 * {hours}")

    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="Chosen operation")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Chosen operation")).to_be_hidden()


def test_a_new_version_of_the_plan_appears_by_itself(page: Page, login: Login, planner: User):
    plan_a_shop(orders=1)
    login(page, planner)
    open_board(page, bars=2)
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(200)
    before = page.evaluate(f"{BOARD}.state.window.from")

    plan_order(ProductionOrder.objects.get().item, 5, at=NOW)
    planning.reschedule(reason="Another order", at=datetime.now(UTC), seconds=0)

    expect(page.locator("#board")).to_have_attribute("data-ready", "4", timeout=20_000)
    expect(page.get_by_text("Another order")).to_be_visible()
    assert page.evaluate(f"{BOARD}.state.window.from") == pytest.approx(before, abs=1000)


def test_whoever_may_not_plan_looks_and_carries_nothing(page: Page, login: Login):
    plan_a_shop(orders=1)
    operation = Operation.objects.get(sequence=20)
    login(page, grant(make_user("visitor", is_staff=True), "production.view_slot"))
    open_board(page, bars=2)

    x, y = place_of(page, operation)
    page.mouse.click(x, y)
    expect(page.get_by_role("dialog", name="Chosen operation")).to_contain_text("Step 20")
    expect(page.get_by_role("button", name="Pin…")).to_have_count(0)
    page.keyboard.press("Escape")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 20, steps=4)
    assert page.evaluate(f"{BOARD}.state.drag") is None
    page.mouse.up()
    expect(page.locator("#board-answer")).to_be_hidden()


def colours_in(page: Page) -> int:
    """How many colours cover more than a few dots of the board."""
    found = page.evaluate("""() => {
        const canvas = document.querySelector("#board canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const seen = new Map();
        for (let i = 0; i < data.length; i += 64) {
            const key = `${data[i] >> 4},${data[i + 1] >> 4},${data[i + 2] >> 4},${data[i + 3] >> 4}`;
            seen.set(key, (seen.get(key) ?? 0) + 1);
        }
        return [...seen.values()].filter((count) => count > 50).length;
    }""")
    return int(found)
