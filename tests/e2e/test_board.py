"""The board in a real browser: bars are found, chosen and followed; a planner carries one to another time, sees the price, and decides."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from mes.core.models import User
from production import planning, services, what_ifs
from production.changes import UseMachine
from production.models import CalendarException, Machine, Operation, ProductionOrder, Schedule, Slot
from tests.e2e.conftest import BrowserPage, Login
from tests.plant import MONDAY, grant, make_user
from tests.shop import make_made_item, make_work_center, plan_order

pytestmark = pytest.mark.django_db(transaction=True)
NOW = MONDAY
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
    page.wait_for_load_state(
        "networkidle"
    )  # what-if plans come later, and may push the board down under the pointer


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


def test_what_a_supplier_does_side_by_side_is_seen_side_by_side(page: Page, login: Login, planner: User):
    outside = make_work_center(kind="outside", is_unlimited=True)
    item = make_made_item([outside], site=outside.site)
    for _ in range(12):
        plan_order(item, 90, at=NOW, due_at=NOW + timedelta(days=3))
    planning.reschedule(reason="The first plan", at=NOW, seconds=0)
    login(page, planner)
    open_board(page, bars=12)

    lanes = page.evaluate(f"[...{BOARD}.state.data.byOperation.values()].map((bar) => bar.lane)")
    assert sorted(lanes) == list(range(12))


def test_a_bar_that_stands_still_is_hatched_there_and_its_words_stand_where_it_is_worked_on(
    page: Page, login: Login, planner: User
):
    center = make_work_center()
    machine = center.machines.get()
    machine.downtimes.create(
        kind="planned",
        starts_at=NOW + timedelta(hours=1),
        ends_at=NOW + timedelta(hours=4),
        reason="Maintenance",
    )
    today = NOW.astimezone(center.site.zone).date()
    CalendarException.objects.create(work_center=center, date=today + timedelta(days=1), reason="Holiday")
    plan_order(
        make_made_item([{"work_center": center, "fixed_seconds": 24 * 3600}], site=center.site), 1, at=NOW
    )
    planning.reschedule(reason="The first plan", at=NOW, seconds=0)
    login(page, planner)
    open_board(page, bars=1)

    still, words, bar = page.evaluate(f"""(() => {{
        const {{ state, drawing }} = {BOARD};
        const [{{ start, end }}] = state.data.bars;
        drawing.show({{ from: start - 3600e3, to: end + 3600e3 }});
        const [x, , width] = drawing.place(state.data.bars[0]);
        return [drawing.still, drawing.words.map((word) => word.style.x), [x, x + width]];
    }})()""")

    stretches = [(still[at], still[at] + still[at + 2]) for at in range(0, len(still), 4)]
    assert len(stretches) == 2, "over the maintenance and over the holiday"
    assert all(bar[0] < start < end < bar[1] for start, end in stretches)
    (word,) = words
    assert not any(start - 5 <= word < end for start, end in stretches)


def test_what_runs_longer_than_planned_goes_on_up_to_now(page: Page, login: Login, planner: User):
    center = make_work_center()
    begun = NOW - timedelta(minutes=100)
    order = plan_order(make_made_item([center], site=center.site), 90, at=begun)
    planning.reschedule(reason="The first plan", at=begun, seconds=0)
    services.start_operation(Operation.objects.get(batch__order=order), by=planner, at=begun)
    login(page, planner)
    open_board(page, bars=1)

    over, bar, now = page.evaluate(f"""(() => {{
        const {{ state, drawing }} = {BOARD};
        return [drawing.overrun, drawing.place(state.data.bars[0]), drawing.frame.x(state.now())];
    }})()""")

    assert over[0] == pytest.approx(bar[0] + bar[2], abs=2), "the bar itself ends where it was planned to"
    assert over[0] + over[2] == pytest.approx(now, abs=2)


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


def test_a_bar_chosen_by_keys_is_told_to_whoever_hears_the_board(page: Page, login: Login, planner: User):
    (order,) = plan_a_shop(orders=1)
    first = Operation.objects.get(batch__order=order, sequence=10)
    second = Operation.objects.get(batch__order=order, sequence=20)
    Operation.objects.filter(pk=first.pk).update(pinned_machine=Slot.objects.get(operation=first).machine)
    login(page, planner)
    open_board(page, bars=2)
    heard = page.locator("#board-heard[aria-live=polite]")

    page.locator("#board").focus()
    page.keyboard.press("ArrowRight")
    expect(heard).to_contain_text(f"{first.batch.number} / Step 10; order {order.number}")
    expect(heard).to_contain_text(f"on {Slot.objects.get(operation=first).machine.name}; ")
    expect(heard).to_contain_text(re.compile(r"\d\d:\d\d to .*\d\d:\d\d; .*in time; pinned$"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(heard).to_contain_text(f"{second.batch.number} / Step 20")
    page.keyboard.press("Escape")
    expect(heard).to_be_empty()


def test_a_new_version_of_the_plan_appears_by_itself(page: Page, login: Login, planner: User):
    plan_a_shop(orders=1)
    login(page, planner)
    open_board(page, bars=2)
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(200)
    before = page.evaluate(f"{BOARD}.state.window.from")

    plan_order(ProductionOrder.objects.get().item, 5, at=NOW)
    planning.reschedule(reason="Another order", at=timezone.now(), seconds=0)

    expect(page.locator("#board")).to_have_attribute("data-ready", "4")
    expect(page.get_by_text("Another order")).to_be_visible()
    assert page.evaluate(f"{BOARD}.state.window.from") == pytest.approx(before, abs=1000)


def carry(page: Page, operation: Operation, hours: float, *, machine: Machine | None = None) -> None:
    """Drag an operation's bar so many hours to the right, and to the row of another machine if one is named."""
    x, y = place_of(page, operation)
    over, row = page.evaluate(
        """([hours, key]) => {
            const { state, drawing } = document.getElementById("board").board;
            const row = state.view.rows.find((line) => line.key === key);
            const box = document.getElementById("board").getBoundingClientRect();
            return [hours * 3600e3 * drawing.frame.perMs, row ? box.top + drawing.frame.y(row.top) + row.height / 2 : null];
        }""",
        [hours, f"m-{machine.pk}" if machine else ""],
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + over / 2, row or y, steps=5)
    page.mouse.move(x + over, row or y, steps=5)
    page.mouse.up()


def test_a_bar_is_carried_to_another_machine_priced_pinned_and_taken_back(
    page: Page, login: Login, planner: User
):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    before = Slot.objects.published().get(operation=operation)
    (other,) = [machine for machine in Machine.objects.all() if machine != before.machine]
    login(page, planner)
    open_board(page, bars=2)
    page.get_by_role("button", name="Day", exact=True).click()
    seen = page.evaluate(f"{BOARD}.state.window")

    carry(page, operation, hours=5, machine=other)
    answer = page.locator("#board-answer")
    expect(answer).to_contain_text("Possible")
    expect(answer.get_by_role("columnheader", name="Late orders")).to_be_visible()
    assert page.evaluate(f"{BOARD}.state.ghosts.length") >= 1
    operation.refresh_from_db()
    assert operation.pinned_machine is None, "nothing happens before somebody chooses"

    answer.get_by_role("button", name="Pin it").click()
    expect(page.locator("#board")).to_have_attribute("data-plan", "2")
    operation.refresh_from_db()
    pinned = Slot.objects.published().get(operation=operation)
    assert operation.pinned_machine == pinned.machine == other
    assert pinned.starts_at == operation.pinned_start_at
    assert pinned.starts_at > before.starts_at + timedelta(hours=4)
    assert page.evaluate(f"{BOARD}.state.window.from") == pytest.approx(seen["from"], abs=1000)

    expect(
        page.get_by_role("button", name=re.compile(f"^Undo: Pin {operation.batch.number}"))
    ).to_be_visible()
    page.locator("#board").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#board")).to_have_attribute("data-plan", "3")
    operation.refresh_from_db()
    assert operation.pinned_machine is None
    expect(page.get_by_role("button", name=re.compile("^Undo"))).to_be_hidden()


def test_a_bar_that_is_dropped_where_it_may_not_be_is_told_where_it_may(
    page: Page, login: Login, planner: User
):
    lathe = make_work_center("LATHE", machines=2)
    saw = make_work_center("SAW", site=lathe.site)
    item = make_made_item([saw, lathe], site=lathe.site)
    order = plan_order(item, 90, at=NOW, due_at=NOW + timedelta(days=3))
    planning.reschedule(reason="The first plan", at=NOW, seconds=0)
    login(page, planner)
    open_board(page, bars=2)

    carry(page, Operation.objects.get(batch__order=order, sequence=20), hours=5, machine=saw.machines.get())

    told = page.locator("#board-told")
    expect(told).to_contain_text(f"{saw.machines.get()} may not do {order}-01 / Step 20; ")
    expect(told).to_contain_text("LATHE-M-")


def test_escape_leaves_everything_as_it_was(page: Page, login: Login, planner: User):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    login(page, planner)
    open_board(page, bars=2)

    carry(page, operation, hours=4)
    expect(page.locator("#board-answer")).to_contain_text("Possible")
    page.keyboard.press("Escape")

    expect(page.locator("#board-answer")).to_be_hidden()
    assert page.evaluate(f"{BOARD}.state.ghosts.length") == 0
    operation.refresh_from_db()
    assert operation.pinned_machine is None


def test_a_pin_is_asked_for_without_a_mouse_and_what_cannot_be_says_why(
    page: Page, login: Login, planner: User
):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    login(page, planner)
    open_board(page, bars=2, address=f"/console/board/?operation={operation.pk}")

    page.locator("#board").focus()
    page.keyboard.press("p")
    answer = page.locator("#board-answer")
    start = answer.get_by_label(re.compile("^Start"))
    start.fill((timezone.now() + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M"))
    answer.get_by_role("button", name="What does it cost?").click()

    expect(answer.get_by_role("alert")).to_contain_text("Not possible")
    expect(answer.get_by_role("button", name="Pin it")).to_have_count(0)
    answer.get_by_role("button", name="Change…").click()
    start.fill((timezone.now() + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M"))
    answer.get_by_role("button", name="What does it cost?").click()
    answer.get_by_role("button", name="Pin it").click()
    expect(page.locator("#board")).to_have_attribute("data-plan", "2")
    operation.refresh_from_db()
    assert operation.pinned_machine is not None


def test_a_what_if_is_made_compared_and_published(page: Page, login: Login, planner: User):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    login(page, planner)
    open_board(page, bars=2)

    carry(page, operation, hours=6)
    answer = page.locator("#board-answer")
    answer.get_by_role("button", name="Keep in a what-if…").click()
    answer.get_by_label("Name of the what-if").fill("Later is better")
    answer.get_by_role("button", name="Make it").click()

    tab = page.get_by_role("tab", name="What if: Later is better")
    expect(tab).to_have_attribute("aria-selected", "true")
    page.wait_for_function(f"{BOARD}.state.data.byOperation.get({operation.pk}).flags & mes.board.MOVED")
    operation.refresh_from_db()
    assert (operation.pinned_machine, Schedule.objects.count()) == (None, 1), "nobody works by it yet"

    carry(page, operation, hours=9)
    expect(answer).to_be_visible()
    page.get_by_role("tab", name="Compare").click()
    expect(answer).to_be_hidden()
    plan = page.locator("#board-plan")
    expect(plan.get_by_role("row", name=re.compile("^Operations that move"))).to_contain_text("1")
    expect(plan.get_by_role("cell", name=order.number)).to_be_visible()

    tab.click()
    plan.get_by_role("button", name="Publish it").click()
    plan.get_by_role("button", name="Yes, publish").click()
    expect(page.locator("#board")).to_have_attribute("data-plan", "2")
    expect(page.get_by_role("link", name="How to take it back")).to_have_attribute(
        "href", re.compile("#back$")
    )
    expect(page.locator("#board-tabs")).to_be_hidden()
    operation.refresh_from_db()
    assert operation.pinned_machine is not None


def test_a_plan_published_while_a_what_if_is_looked_at_is_named_in_the_head_and_its_comparison_says_so(
    page: Page, login: Login, planner: User
):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    at = timezone.now()
    machine = Machine.objects.order_by("-pk")[0]
    what_ifs.create_what_if("Later", [UseMachine(operation.pk, machine.pk)], seconds=0, by=planner, at=at)
    login(page, planner)
    open_board(page, bars=2)
    page.get_by_role("tab", name="What if: Later").click()
    expect(page.locator("#board-plan")).to_contain_text("against version 1")
    planning.reschedule(reason="Another plan", at=timezone.now(), seconds=0)

    page.get_by_role("tab", name="Compare").click()

    expect(page.locator("#board-head")).to_contain_text("Version 2")
    head = page.locator("#board-plan thead")
    expect(head).to_contain_text("Version 1")
    expect(head).to_contain_text("older plan, version 1")


def test_a_bar_is_taken_up_with_a_finger_that_rests_on_it(
    browser_page: BrowserPage, login: Login, planner: User
):
    (order,) = plan_a_shop(orders=1)
    operation = Operation.objects.get(batch__order=order, sequence=20)
    page = browser_page(1024, 768, has_touch=True)
    login(page, planner)
    open_board(page, bars=2)
    x, y = place_of(page, operation)
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": px, "y": py} for px, py in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    before = page.evaluate(f"{BOARD}.state.window.from")
    finger("touchStart", (x, y))
    finger("touchMove", (x - 60, y))
    finger("touchMove", (x - 90, y))
    finger("touchEnd")
    page.wait_for_function(f"{BOARD}.state.window.from > {before}")
    expect(page.locator("#board-answer")).to_be_hidden()

    x, y = place_of(page, operation)
    finger("touchStart", (x, y))
    page.wait_for_function(f"{BOARD}.state.drag !== null")
    finger("touchMove", (x + 60, y))
    finger("touchMove", (x + 120, y))
    finger("touchEnd")
    expect(page.locator("#board-answer")).to_contain_text("Possible")


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
