"""The board and the load: what is drawn of the published schedule."""

from datetime import UTC, date, datetime, timedelta

import pytest

from production.board import board, load_by_day
from production.models import Operation
from production.planning import reschedule
from production.services import plan_downtime, report_breakdown, start_operation
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

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
    assert [row["id"] for row in found["machines"]] == [f"wc-{heat.pk}", f"m-{machine.pk}"]
    first, second = found["slots"]
    assert (first["machine"], first["order"], first["is_ready"]) == (f"m-{machine.pk}", order.number, True)
    assert (second["machine"], second["is_ready"], second["is_blocked"]) == (f"wc-{heat.pk}", False, False)
    assert first["is_late"]
    closed = [
        (shade["start"] - MONDAY, shade["end"] - MONDAY)
        for shade in found["shades"]
        if shade["kind"] == "closed"
    ]
    assert closed == [(-8 * HOUR, 0 * HOUR), (8 * HOUR, 24 * HOUR), (32 * HOUR, 40 * HOUR)]


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

    (slot,) = found["slots"]
    assert (slot["status"], slot["is_pinned"]) == ("running", True)
    assert {row["id"]: row["is_down"] for row in found["machines"]} == {
        f"m-{one.pk}": False,
        f"m-{two.pk}": True,
    }
    assert [(shade["machine"], shade["end"]) for shade in found["shades"] if shade["kind"] == "down"] == [
        (f"m-{two.pk}", MONDAY + 3 * HOUR)
    ]


def test_one_site_is_drawn_alone():
    here, there = make_site(), make_site()
    for site in (here, there):
        plan_order(make_made_item([make_work_center(site=site)], site=site))
    reschedule(reason="test", at=MONDAY, seconds=0)

    found = board(MONDAY, MONDAY + 10 * HOUR, at=MONDAY, site=here)

    assert {row["site"] for row in (*found["machines"], *found["slots"])} == {here.code}


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


def test_the_board_takes_as_many_queries_for_many_slots_as_for_few(django_assert_max_num_queries):
    site = make_site()
    item = make_made_item([make_work_center(site=site, machines=3)], site=site)
    for _ in range(12):
        plan_order(item)
    reschedule(reason="test", at=MONDAY, seconds=0)

    with django_assert_max_num_queries(11):
        assert len(board(MONDAY, MONDAY + 100 * HOUR, at=MONDAY)["slots"]) == 12
