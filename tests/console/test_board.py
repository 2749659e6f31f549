"""The board's page and its data: their shape, who may see and who may plan, and that looking costs little."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from mes.console.board import Flag
from production import planning, services
from production.models import ProductionOrder
from tests.console.conftest import As
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db

NOW = MONDAY


def plan_a_shop(orders: int = 4, due: timedelta = timedelta(days=3)) -> list[ProductionOrder]:
    """Two machines, and orders of two steps each that take half an hour a step."""
    center = make_work_center(machines=2)
    item = make_made_item([center, center], site=center.site)
    made = [plan_order(item, 30, at=NOW, due_at=NOW + due) for _ in range(orders)]
    planning.reschedule(reason="Test", at=NOW, seconds=0)
    return made


def read(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/console/board/data/").json()
    return found


def test_the_board_names_everything_once(boss: Client):
    orders = plan_a_shop(due=timedelta(minutes=5))

    data = read(boss)

    assert len(data["bars"]) == 8
    assert {order[1] for order in data["orders"]} == {order.number for order in orders}
    for operation, row, batch, step, start, setup, length, state, flags, choice in data["bars"]:
        assert operation
        assert data["batches"][batch][1].startswith(data["orders"][data["batches"][batch][2]][1])
        assert data["steps"][step][0] in {"Step 10", "Step 20"}
        assert start >= 0
        assert 0 <= setup <= length == 1800
        assert data["states"][state][0] == "late", "five minutes are too short for any of them"
        assert flags == Flag.LATE
        assert row in data["choices"][choice] == [0, 1]
    assert data["version"] == 1
    assert data["links"]["operation"] == "/admin/production/operation/0/change/"


def test_a_step_that_hands_on_says_how_many_at_a_time(boss: Client):
    center = make_work_center(machines=2)
    item = make_made_item([{"work_center": center, "transfer_quantity": 4}, center], site=center.site)
    plan_order(item, 10, at=NOW)
    planning.reschedule(reason="Test", at=NOW, seconds=0)

    assert [(name, handed_on) for name, _, _, handed_on in read(boss)["steps"]] == [
        ("Step 10", "4"),
        ("Step 20", "0"),
    ]


def test_pinned_is_a_sign_and_what_has_begun_stays_where_it_is(boss: Client):
    first, second = plan_a_shop(orders=2)
    (running, _), (pinned, _) = operations_of(first), operations_of(second)
    one, two = running.step.work_center.machines.order_by("pk")
    services.start_operation(running, machine=one, by=make_user(), at=NOW)
    services.pin_operation(pinned, two, by=make_user(), at=NOW)

    data = read(boss)

    bars = {bar[0]: bar for bar in data["bars"]}
    assert data["states"][bars[running.pk][7]][1] == "Running"
    assert data["choices"][bars[running.pk][9]] == []
    assert bars[pinned.pk][8] == Flag.PINNED


def test_work_centers_with_the_same_hours_share_a_calendar(boss: Client):
    site = make_site(time_zone="Europe/Berlin")
    for _ in range(3):
        make_shift(make_work_center(site=site, machines=2), "08:00", "16:00")

    data = read(boss)

    assert len(data["calendars"]) == 1
    assert {row[4] for row in data["rows"]} == {0}
    assert data["sites"] == {site.code: "Europe/Berlin"}
    edges = data["calendars"][0]
    assert all(minutes > 0 for minutes in edges[1:])
    assert edges[2::2].count(480) >= 10, "two weeks of workdays, eight hours each"


@pytest.mark.parametrize("orders", [1, 6])
def test_the_board_takes_as_many_queries_whatever_its_size(
    boss: Client, orders: int, django_assert_num_queries
):
    plan_a_shop(orders)

    with django_assert_num_queries(21):
        read(boss)


def test_the_data_is_compressed_for_the_browser(boss: Client):
    plan_a_shop()
    answer = boss.get("/console/board/data/", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"


def test_a_browser_asks_cheaply_whether_the_board_has_changed(boss: Client, django_assert_num_queries):
    (order,) = plan_a_shop(orders=1)
    operation = operations_of(order)[0]
    machine = operation.step.work_center.machines.order_by("pk")[0]
    before = boss.get("/console/board/version/").json()

    services.pin_operation(operation, machine, by=make_user(), at=NOW)
    with django_assert_num_queries(4):
        pinned = boss.get("/console/board/version/").json()
    planning.reschedule(reason="Again", at=NOW, seconds=0)
    after = boss.get("/console/board/version/").json()

    assert (before["version"], pinned["version"], after["version"]) == (1, 1, 2)
    assert pinned["fact"] > before["fact"]


def test_operators_see_the_board_and_planners_plan_on_it(as_role: As):
    plan_a_shop(orders=1)
    operator, planner = as_role("operator"), as_role("planner")

    assert len(read(operator)["bars"]) == 2
    assert 'data-may-plan="1"' not in operator.get("/console/board/").text
    assert 'data-may-plan="1"' in planner.get("/console/board/").text
