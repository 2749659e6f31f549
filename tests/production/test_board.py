"""The board and the load: what is drawn of the published schedule."""

from datetime import UTC, date, datetime, timedelta

import pytest

from production.board import board
from production.load import load_by_day
from production.models import Operation, Slot
from production.planning import reschedule
from production.publishing import Place
from production.services import plan_downtime, report_breakdown, start_operation
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_machine, make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_the_board_shows_machines_slots_and_closed_hours():
    site = make_site()
    mill = make_work_center("MILL", site=site)
    make_shift(mill, "08:00", "16:00")
    heat = make_work_center("HEAT", site=site, kind="outside", is_unlimited=True)
    item = make_made_item([{"work_center": mill, "run_seconds": 3600}, heat], site=site)
    order = plan_order(item, 10, due_at=MONDAY + 5 * HOUR)
    reschedule(reason="test", at=MONDAY, seconds=0)

    found = board(MONDAY - 8 * HOUR, MONDAY + 40 * HOUR, at=MONDAY)

    machine = mill.machines.get()
    assert [row.key for row in found.rows] == [f"wc-{heat.pk}", f"m-{machine.pk}"]
    first, second = found.bars
    assert (first.row, first.batch, first.is_ready) == (f"m-{machine.pk}", order.batches.get().pk, True)
    assert (second.row, second.is_ready, second.is_blocked) == (f"wc-{heat.pk}", False, False)
    assert found.orders[order.pk].is_late
    closed = [(start - MONDAY, end - MONDAY) for start, end in found.closed[f"m-{machine.pk}"]]
    assert closed == [(-8 * HOUR, 0 * HOUR), (8 * HOUR, 24 * HOUR), (32 * HOUR, 40 * HOUR)]
    assert list(found.closed) == [f"m-{machine.pk}"]


def test_the_board_shows_what_is_down_pinned_and_running():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    one, two = center.machines.order_by("pk")
    order = plan_order(make_made_item([center], site=site), 10)
    (operation,) = operations_of(order)
    Operation.objects.filter(pk=operation.pk).update(pinned_machine=one)
    start_operation(operation, machine=one, by=make_user(), at=MONDAY)
    report_breakdown(two, "Spindle", expected_until=MONDAY + 3 * HOUR, by=make_user(), at=MONDAY)
    reschedule(reason="test", at=MONDAY, seconds=0)

    found = board(MONDAY, MONDAY + 10 * HOUR, at=MONDAY)

    (bar,) = found.bars
    assert (bar.status, bar.is_pinned) == ("running", True)
    assert {row.key: row.is_down for row in found.rows} == {f"m-{one.pk}": False, f"m-{two.pk}": True}
    assert [(key, stretches[0][1]) for key, stretches in found.down.items()] == [
        (f"m-{two.pk}", MONDAY + 3 * HOUR)
    ]


def test_the_board_tells_which_machines_may_take_an_operation():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    small = make_machine(center, batch_limit=5)
    one, two = center.machines.exclude(pk=small.pk).order_by("pk")
    for quantity, steps in ((10, [center]), (4, [center]), (4, [{"work_center": center, "machines": [two]}])):
        plan_order(make_made_item(steps, site=site), quantity)
    reschedule(reason="test", at=MONDAY, seconds=0)

    found = board(MONDAY, MONDAY + 50 * HOUR, at=MONDAY)

    told = {frozenset(keys) for keys in found.eligible.values()}
    everyone = frozenset({f"m-{one.pk}", f"m-{two.pk}", f"m-{small.pk}"})
    assert told == {everyone - {f"m-{small.pk}"}, everyone, frozenset({f"m-{two.pk}"})}


def test_a_plan_that_is_tried_shows_what_it_would_move_and_whom_it_makes_late():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([center], site=site)
    orders = [plan_order(item, 60, due_at=MONDAY + 2 * HOUR) for _ in range(2)]
    reschedule(reason="test", at=MONDAY, seconds=0)
    one, two = [
        Place(slot.operation_id, slot.machine_id, slot.starts_at, slot.setup_ends_at, slot.ends_at)
        for slot in Slot.objects.published().order_by("operation")
    ]
    later = two._replace(
        **{name: getattr(two, name) + 3 * HOUR for name in ("starts_at", "setup_ends_at", "ends_at")}
    )

    found = board(MONDAY, MONDAY + 50 * HOUR, at=MONDAY, instead=[one, later])

    assert {bar.operation: bar.is_moved for bar in found.bars} == {one.operation: False, two.operation: True}
    assert [found.orders[order.pk].lateness for order in orders] == [-1 * HOUR, 2 * HOUR]


def test_a_sub_order_is_as_late_as_the_order_that_waits_for_it():
    site = make_site()
    part = make_made_item([make_work_center(site=site)], site=site, strategy="mto")
    product = make_made_item([make_work_center(site=site)], {part: 1}, site=site, strategy="mto")
    order = plan_order(product, 60, due_at=MONDAY + HOUR)
    reschedule(reason="test", at=MONDAY, seconds=0)

    found = board(MONDAY, MONDAY + 50 * HOUR, at=MONDAY)

    below = order.sub_orders.get()
    assert found.orders[below.pk].lateness == found.orders[order.pk].lateness == HOUR
    assert found.orders[below.pk].parent == order.number


def test_one_site_is_drawn_alone():
    here, there = make_site(), make_site()
    for site in (here, there):
        plan_order(make_made_item([make_work_center(site=site)], site=site))
    reschedule(reason="test", at=MONDAY, seconds=0)

    found = board(MONDAY, MONDAY + 10 * HOUR, at=MONDAY, site=here)

    assert {row.center.site for row in found.rows} == {here}
    assert {bar.row for bar in found.bars} == {row.key for row in found.rows}


def test_a_slot_that_stands_still_overnight_loads_only_the_hours_in_which_the_machine_works():
    site = make_site(time_zone="Europe/Berlin")
    center = make_work_center(site=site)
    make_shift(center, "08:00", "16:00")
    plan_order(make_made_item([{"work_center": center, "run_seconds": 3600}], site=site), 10)
    start = datetime(2026, 3, 2, 7, tzinfo=UTC)  # 08:00 in Berlin
    plan_downtime(
        center.machines.get(), start + 48 * HOUR, start + 50 * HOUR, "Oil", by=make_user(), at=start
    )
    reschedule(reason="test", at=start, seconds=0)

    monday, tuesday, wednesday = load_by_day(date(2026, 3, 2), date(2026, 3, 4), at=start)

    assert (monday.planned_hours, monday.available_hours, monday.share) == (8, 8, 1)
    assert (tuesday.planned_hours, tuesday.available_hours) == (2, 8)
    assert (wednesday.planned_hours, wednesday.available_hours, wednesday.share) == (0, 6, 0)


@pytest.mark.parametrize("orders", [2, 12])
def test_the_board_takes_as_many_queries_for_many_bars_as_for_few(orders: int, django_assert_num_queries):
    site = make_site()
    item = make_made_item([make_work_center(site=site, machines=3)], site=site)
    for _ in range(orders):
        plan_order(item)
    reschedule(reason="test", at=MONDAY, seconds=0)

    with django_assert_num_queries(15):
        assert len(board(MONDAY, MONDAY + 100 * HOUR, at=MONDAY).bars) == orders
