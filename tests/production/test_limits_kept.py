"""Published plans keep to tools, people and reserved shares: seen in the slots, whatever the solver says of itself."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from inventory.models import Item
from production import services
from production.models import Machine, Operation, SchedulingRules, Slot, ToolAbsence
from production.planning import reschedule
from tests.plant import MONDAY, make_site, make_user
from tests.shop import (
    make_made_item,
    make_operator,
    make_shift,
    make_tool,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def plan(at=MONDAY, seconds: float = 1):
    return reschedule(reason="test", at=at, seconds=seconds)


def slots_of(*operations: Operation) -> list[Slot]:
    return list(Slot.objects.published().filter(operation__in=operations).order_by("starts_at"))


def overlap(one: Slot, other: Slot) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def test_operations_at_different_machines_that_need_the_one_fixture_never_run_at_once():
    site = make_site()
    fixture = make_tool(site)
    steps = [
        {"work_center": make_work_center(site=site), "run_seconds": 1800, "tools": {fixture: 1}}
        for _ in range(3)
    ]
    orders = [plan_order(make_made_item([step], site=site), 4) for step in steps for _ in range(3)]

    schedule = plan()

    slots = slots_of(*(operations_of(order)[0] for order in orders))
    assert (len(slots), schedule.unplanned) == (9, [])
    assert not any(overlap(one, other) for one, other in combinations(slots, 2))


def test_two_of_a_tool_let_two_run_at_once_and_no_third():
    site = make_site()
    fixture = make_tool(site, 2)
    center = make_work_center(site=site, machines=3)
    item = make_made_item([{"work_center": center, "run_seconds": 3600, "tools": {fixture: 1}}], site=site)
    orders = [plan_order(item, 1) for _ in range(6)]

    plan()

    starts = sorted(slot.starts_at for slot in slots_of(*(operations_of(order)[0] for order in orders)))
    assert starts == [MONDAY] * 2 + [MONDAY + HOUR] * 2 + [MONDAY + 2 * HOUR] * 2


def test_nothing_that_needs_it_runs_while_the_only_fixture_is_away():
    site = make_site()
    fixture = make_tool(site)
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY - DAY, ends_at=MONDAY + 2 * DAY)
    item = make_made_item([{"work_center": make_work_center(site=site), "tools": {fixture: 1}}], site=site)
    (operation,) = operations_of(plan_order(item))

    plan()

    assert slots_of(operation)[0].starts_at == MONDAY + 2 * DAY


def test_one_inspector_inspects_one_part_at_a_time_on_two_benches():
    site = make_site()
    ndt = make_work_center(site=site, machines=2, is_limited_by_people=True)
    make_operator(site, "NDT-II")
    item = make_made_item(
        [{"work_center": ndt, "run_seconds": 3600, "required_qualification": "NDT-II"}], site=site
    )
    orders = [plan_order(item, 1) for _ in range(4)]

    plan()

    slots = slots_of(*(operations_of(order)[0] for order in orders))
    assert not any(overlap(one, other) for one, other in combinations(slots, 2))


def test_what_already_runs_with_a_tool_that_has_gone_away_goes_on_and_the_rest_is_planned():
    site = make_site()
    fixture = make_tool(site)
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600, "tools": {fixture: 1}}], site=site)
    orders = [plan_order(item, 4) for _ in range(2)]
    first, second = (operations_of(order)[0] for order in orders)
    machine = Machine.objects.filter(work_center=center).order_by("pk")[0]
    services.start_operation(first, machine=machine, by=make_user(), at=MONDAY)
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY + HOUR, ends_at=MONDAY + DAY)

    schedule = plan(at=MONDAY + 2 * HOUR)

    assert schedule.unplanned == []
    (running,) = slots_of(first)
    assert running.starts_at == MONDAY
    assert slots_of(second)[0].starts_at >= MONDAY + DAY


def test_stock_leaves_orders_their_share_of_every_week_beyond_the_release_horizon():
    site = make_site()
    SchedulingRules.objects.update_or_create(pk=1, defaults={"reserves_released_days": 7})
    mill = make_work_center(site=site, order_share=Decimal("0.6"))
    make_shift(mill, "08:00", "16:00")
    pin = make_made_item(
        [{"work_center": mill, "run_seconds": 3600}], site=site, strategy=Item.Strategy.TO_STOCK
    )
    orders = [plan_order(pin, 4, due_at=MONDAY + DAY) for _ in range(40)]

    plan()

    slots = slots_of(*(operations_of(order)[0] for order in orders))
    assert len(slots) == 40
    hours: dict[int, float] = defaultdict(float)
    for slot in slots:
        hours[(slot.starts_at - MONDAY + 8 * HOUR) // WEEK] += 4
    # Seven days from Monday at 8:00 lies in the second week, so shares bind from the third on.
    assert [hours[week] for week in (0, 1)] == [40, 40]
    assert all(hours[week] <= 0.4 * 40 for week in hours if week > 1)


def test_more_that_already_run_than_people_hold_the_qualification_go_on_and_the_rest_waits():
    site = make_site()
    ndt = make_work_center(site=site, machines=3, is_limited_by_people=True)
    inspector = make_operator(site, "NDT-II")
    item = make_made_item(
        [{"work_center": ndt, "run_seconds": 3600, "required_qualification": "NDT-II"}], site=site
    )
    operations = [operations_of(plan_order(item, 2))[0] for _ in range(3)]
    for operation, machine in zip(operations[:2], ndt.machines.order_by("pk"), strict=False):
        services.start_operation(operation, machine=machine, by=inspector.user, at=MONDAY)

    schedule = plan(at=MONDAY + HOUR)

    assert schedule.unplanned == []
    assert slots_of(operations[2])[0].starts_at >= MONDAY + 2 * HOUR


def test_what_runs_with_a_tool_that_is_away_until_further_notice_goes_on_and_the_rest_is_listed():
    site = make_site()
    fixture = make_tool(site)
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600, "tools": {fixture: 1}}], site=site)
    first, second = (operations_of(plan_order(item, 4))[0] for _ in range(2))
    services.start_operation(first, machine=center.machines.all()[0], by=make_user(), at=MONDAY)
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY + HOUR)

    schedule = plan(at=MONDAY + 2 * HOUR)

    assert [row["batch"] for row in schedule.unplanned] == [str(second.batch)]
    assert [slot.operation for slot in slots_of(first, second)] == [first]
