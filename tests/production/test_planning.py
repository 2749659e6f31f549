"""From the plant to a published schedule: calendars, capacity, set-ups, pins, material, gates, versions."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inventory import services as inventory
from inventory.models import Item, Lot
from production import services
from production.material import uncommitted
from production.models import Changeover, Downtime, Operation, ProductionOrder, Schedule, Slot
from production.planning import reschedule
from production.publishing import VERSIONS_WITH_SLOTS
from quality import services as quality
from quality.models import Stage
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_site, make_user
from tests.shop import (
    make_machine,
    make_made_item,
    make_plan,
    make_shift,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def plan(at: datetime = MONDAY, **fields) -> Schedule:
    return reschedule(reason="test", at=at, seconds=0, **fields)


def slot_of(operation: Operation) -> Slot:
    return Slot.objects.published().get(operation=operation)


def test_operations_run_in_sequence_within_shifts_and_pause_over_breaks():
    site = make_site()
    saw, mill = make_work_center(site=site), make_work_center(site=site)
    for center in (saw, mill):
        make_shift(center, "08:00", "16:00", pause=("12:00", "13:00"))
    order = plan_order(
        make_made_item(
            [{"work_center": saw, "run_seconds": 1800}, {"work_center": mill, "run_seconds": 3600}], site=site
        ),
        6,
    )

    plan()

    first, second = (slot_of(operation) for operation in operations_of(order))
    assert (first.starts_at, first.ends_at) == (MONDAY, MONDAY + 3 * HOUR)
    # 6 h from 11:00 with an hour's break: done at 16:00 leaves 2 h for Tuesday.
    assert (second.starts_at, second.ends_at) == (MONDAY + 3 * HOUR, MONDAY + 26 * HOUR)


def test_a_machine_twice_as_fast_takes_half_the_time_and_is_preferred():
    site = make_site()
    center = make_work_center(site=site, machines=0)
    make_machine(center)
    quick = make_machine(center, speed=2)
    order = plan_order(make_made_item([{"work_center": center, "run_seconds": 3600}], site=site), 4)

    plan()

    slot = slot_of(operations_of(order)[0])
    assert (slot.machine, slot.ends_at - slot.starts_at) == (quick, 2 * HOUR)


def test_two_operations_on_one_machine_follow_each_other_and_two_machines_share_the_work():
    site = make_site()
    item = make_made_item([{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site)
    shared = make_made_item(
        [{"work_center": make_work_center(site=site, machines=2), "run_seconds": 3600}], site=site
    )
    alone = [plan_order(item, 1), plan_order(item, 1)]
    both = [plan_order(shared, 1), plan_order(shared, 1)]

    plan()

    assert sorted(slot_of(operations_of(order)[0]).starts_at for order in alone) == [MONDAY, MONDAY + HOUR]
    assert [slot_of(operations_of(order)[0]).starts_at for order in both] == [MONDAY, MONDAY]


def test_outside_processing_takes_any_number_at_once_around_the_clock():
    site = make_site()
    heat = make_work_center(site=site, kind="outside", is_unlimited=True)
    item = make_made_item([{"work_center": heat, "run_seconds": 0, "fixed_seconds": 3 * 86400}], site=site)
    orders = [plan_order(item, 5), plan_order(item, 5)]

    plan()

    slots = [slot_of(operations_of(order)[0]) for order in orders]
    assert [(slot.machine, slot.starts_at, slot.ends_at - slot.starts_at) for slot in slots] == [
        (None, MONDAY, timedelta(days=3))
    ] * 2


def test_a_rush_order_goes_before_one_that_can_wait():
    site = make_site()
    item = make_made_item([{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site)
    patient = plan_order(item, 10, due_at=MONDAY + timedelta(days=20))
    rush = plan_order(item, 10, due_at=MONDAY + timedelta(hours=10), priority=1)

    plan()

    assert slot_of(operations_of(rush)[0]).starts_at == MONDAY
    assert slot_of(operations_of(patient)[0]).starts_at == MONDAY + 10 * HOUR


def test_batches_of_one_family_need_no_set_up_and_a_stated_changeover_counts_instead_of_the_steps_own():
    site = make_site()
    mixing = make_work_center(site=site)
    Changeover.objects.create(work_center=mixing, from_family="light", to_family="dark", seconds=600)
    step = {"work_center": mixing, "run_seconds": 60, "setup_seconds": 3600}
    light = make_made_item([step | {"setup_family": "light"}], site=site)
    dark = make_made_item([step | {"setup_family": "dark"}], site=site)
    orders = [
        plan_order(light, 10, due_at=MONDAY + timedelta(hours=2)),
        plan_order(light, 10, due_at=MONDAY + timedelta(hours=3)),
        plan_order(dark, 10, due_at=MONDAY + timedelta(hours=4)),
    ]

    plan()

    slots = [slot_of(operations_of(order)[0]) for order in orders]
    assert [(slot.setup_ends_at - slot.starts_at).total_seconds() for slot in slots] == [3600, 0, 600]


def test_the_set_up_left_by_the_last_finished_operation_is_used():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item(
        [{"work_center": center, "run_seconds": 60, "setup_seconds": 3600, "setup_family": "M8"}], site=site
    )
    done, order = plan_order(item, 1), plan_order(item, 1)
    Operation.objects.filter(batch__order=done).update(
        status="running", machine=center.machines.get(), started_at=MONDAY - HOUR, running_since=MONDAY - HOUR
    )
    Operation.objects.filter(batch__order=done).update(status="done", finished_at=MONDAY, running_since=None)

    plan()

    slot = slot_of(operations_of(order)[0])
    assert slot.setup_ends_at == slot.starts_at


def test_a_batch_too_large_for_every_vessel_is_listed_with_the_reason():
    site = make_site()
    center = make_work_center(site=site, machines=0)
    vessel = make_machine(center, batch_limit=500)
    order = plan_order(make_made_item([center], site=site, uom="LTR"), 500)
    vessel.batch_limit = 400
    vessel.save()

    schedule = plan()

    assert not Slot.objects.published().filter(operation__batch__order=order).exists()
    (row,) = schedule.unplanned
    assert row["order"] == order.number
    assert "more than any machine of" in row["reason"]
    assert "400 l); cancel it and plan smaller batches" in row["reason"]


def test_work_that_may_not_pause_and_fits_no_shift_is_listed_with_the_reason():
    site = make_site()
    oven = make_work_center(site=site)
    plan_order(
        make_made_item([{"work_center": oven, "fixed_seconds": 9 * 3600, "may_pause": False}], site=site), 1
    )
    make_shift(oven, "08:00", "16:00")

    schedule = plan()

    assert "must not pause" in schedule.unplanned[0]["reason"]
    assert schedule.figures["operations"] == 0


def test_a_machine_that_is_down_gets_nothing_until_it_is_expected_back():
    site = make_site()
    center = make_work_center(site=site)
    Downtime.objects.create(
        machine=center.machines.get(),
        kind="breakdown",
        starts_at=MONDAY - HOUR,
        expected_until=MONDAY + 5 * HOUR,
        reason="Spindle",
    )
    order = plan_order(make_made_item([center], site=site), 1)

    plan()

    assert slot_of(operations_of(order)[0]).starts_at == MONDAY + 5 * HOUR


def test_only_what_a_planner_pinned_is_a_wish_that_could_not_be_kept(settings):
    settings.MES = settings.MES | {"SCHEDULE_FROZEN_MINUTES": 60}
    center = make_work_center()
    orders = [plan_order(make_made_item([center], site=center.site), 10) for _ in range(3)]
    plan()
    at = MONDAY + timedelta(minutes=20)  # and nobody has begun

    assert plan(at).figures["broken_pins"] == []

    operations = [operations_of(order)[0] for order in orders[:2]]
    Operation.objects.filter(pk__in=[each.pk for each in operations]).update(
        pinned_machine=center.machines.get(), pinned_start_at=at + 5 * HOUR
    )
    (wish,) = plan(at).figures["broken_pins"]
    assert wish["batch"] in {f"{order}-01" for order in orders[:2]}


def test_a_pin_is_kept():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    order = plan_order(make_made_item([center], site=site), 1)
    wanted = center.machines.last()
    Operation.objects.filter(batch__order=order).update(
        pinned_machine=wanted, pinned_start_at=MONDAY + 7 * HOUR
    )

    plan()

    slot = slot_of(operations_of(order)[0])
    assert (slot.machine, slot.starts_at) == (wanted, MONDAY + 7 * HOUR)


def test_a_running_operation_stays_where_it_is_for_what_is_left_of_it():
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center, "08:00", "16:00")
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    begun, waiting = plan_order(item, 10), plan_order(item, 1)
    Operation.objects.filter(batch__order=begun).update(
        status="running", machine=center.machines.get(), started_at=MONDAY, running_since=MONDAY
    )

    plan(at=MONDAY + timedelta(days=1))  # 8 of 10 hours are worked

    assert slot_of(operations_of(begun)[0]).starts_at == MONDAY
    assert slot_of(operations_of(begun)[0]).ends_at == MONDAY + timedelta(days=1, hours=2)
    assert slot_of(operations_of(waiting)[0]).starts_at == MONDAY + timedelta(days=1, hours=2)


def test_work_that_takes_longer_than_planned_is_expected_to_take_a_little_longer_still():
    site = make_site()
    center = make_work_center(site=site)
    order = plan_order(make_made_item([{"work_center": center, "run_seconds": 3600}], site=site), 10)
    Operation.objects.filter(batch__order=order).update(
        status="running", machine=center.machines.get(), started_at=MONDAY, running_since=MONDAY
    )

    plan(at=MONDAY + 30 * HOUR)

    assert slot_of(operations_of(order)[0]).ends_at == MONDAY + 30.5 * HOUR


def test_an_assembly_waits_for_its_sub_order_at_the_step_that_takes_it():
    site = make_site()
    lathe, bench = make_work_center(site=site), make_work_center(site=site)
    shaft = make_made_item([{"work_center": lathe, "run_seconds": 3600}], site=site)
    gearbox = make_made_item([{"work_center": bench, "run_seconds": 3600}], {shaft: 2}, site=site)
    order = plan_order(gearbox, 3)

    plan()

    (below,) = operations_of(order.sub_orders.get())
    assert slot_of(below).ends_at == MONDAY + 6 * HOUR
    assert slot_of(operations_of(order)[0]).starts_at == MONDAY + 6 * HOUR


def test_an_operation_waits_for_the_delivery_of_its_material():
    site = make_site(time_zone="Europe/Berlin")
    bar = make_item(site=site, supply=Item.Supply.BUY)
    item = make_made_item(components={bar: 1}, site=site)
    make_lot(bar, 3)
    covered, waiting = plan_order(item, 3), plan_order(item, 5, due_at=MONDAY + timedelta(days=20))
    inventory.expect_receipt(bar, Decimal(5), (MONDAY + timedelta(days=4)).date())

    schedule = plan()

    assert slot_of(operations_of(covered)[0]).starts_at == MONDAY
    assert slot_of(operations_of(waiting)[0]).starts_at == datetime(
        2026, 3, 6, 11, tzinfo=UTC
    )  # noon in Berlin
    assert schedule.figures["shortages"] == []


def test_material_that_waits_for_its_verdict_is_expected_within_the_hour():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    make_lot(bar, 50, status=Lot.Status.QUARANTINE)
    order = plan_order(make_made_item(components={bar: 2}, site=site), 5)

    schedule = plan()

    assert slot_of(operations_of(order)[0]).starts_at == MONDAY + HOUR
    assert schedule.figures["shortages"] == []


def test_an_operation_behind_a_gate_waits_for_the_verdict_and_one_of_a_held_lot_for_its_decision():
    site = make_site()
    item = make_item(site=site)
    gate = make_inspection_plan(item, Stage.IN_PROCESS)
    center = make_work_center(site=site)
    make_plan(item, [{"work_center": center, "inspection_plan": gate}, {"work_center": center}])
    order = plan_order(item, 1)
    first, second = operations_of(order)
    plan()
    assert slot_of(second).starts_at == slot_of(first).ends_at + HOUR

    by = make_user()
    services.start_operation(first, by=by, at=MONDAY)
    now = MONDAY + 2 * HOUR
    services.finish_operation(first, good=Decimal(1), by=by, at=now)
    plan(now)
    assert slot_of(second).starts_at == now + HOUR

    found = quality.open_nonconformance(
        Lot.objects.get(number=order.batches.get().number), Decimal(1), "Scratched", by=by, at=now
    )
    plan(now)
    assert slot_of(second).starts_at == now + 24 * HOUR
    found.due_date = MONDAY.date() + timedelta(days=3)
    found.save()
    plan(now)
    assert slot_of(second).starts_at.date() == MONDAY.date() + timedelta(days=4)


def test_what_cannot_go_on_because_its_lot_is_rejected_is_listed():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    order = plan_order(item, 1)
    lot = Lot.objects.get(number=order.batches.get().number)
    inventory.reject_lot(lot, "Wrong steel", by=make_user(), at=MONDAY)

    (row,) = plan().unplanned

    assert (row["order"], row["reason"]) == (order.number, f"its lot {lot} is rejected")


def test_material_that_nobody_ordered_is_a_shortage_expected_after_its_lead_time():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, lead_time_days=9)
    order = plan_order(make_made_item(components={bar: 2}, site=site), 5)

    schedule = plan()

    assert slot_of(operations_of(order)[0]).starts_at == MONDAY + timedelta(days=9)
    (shortage,) = schedule.figures["shortages"]
    assert (shortage["item"], shortage["order"], shortage["quantity"]) == (str(bar), order.number, "10")


def test_an_order_does_not_start_before_its_earliest_start():
    order = plan_order(make_made_item(), 1, earliest_start_at=MONDAY + timedelta(days=2))

    plan()

    assert slot_of(operations_of(order)[0]).starts_at == MONDAY + timedelta(days=2)


def test_each_plan_is_a_version_that_replaces_the_one_before_and_says_what_moved():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    order = plan_order(item, 2, due_at=MONDAY + timedelta(hours=3))
    first = plan()
    rush = plan_order(item, 1, due_at=MONDAY + timedelta(minutes=61), priority=1)

    second = plan()

    assert (second.version, second.reason) == (first.version + 1, "test")
    assert [(row["order"], row["delay_seconds"]) for row in second.moved] == [(order.number, 3600)]
    assert not Slot.objects.published().filter(schedule=first).exists()
    assert Slot.objects.published().filter(schedule=second).count() == 2
    assert slot_of(operations_of(rush)[0]).starts_at == MONDAY
    assert second.figures["late_orders"] == 0


def test_what_only_ends_at_another_time_is_told_with_its_ends():
    center = make_work_center()
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    order = plan_order(item, 2)
    plan()
    first = slot_of(operations_of(order)[0])
    order.batches.update(quantity=3)

    (row,) = plan().moved

    assert row["from"] == {
        "machine": first.machine_id,
        "start": MONDAY.isoformat(),
        "end": (MONDAY + timedelta(hours=2)).isoformat(),
    }
    assert row["to"] == {
        "machine": first.machine_id,
        "start": MONDAY.isoformat(),
        "end": (MONDAY + timedelta(hours=3)).isoformat(),
    }


def test_planning_again_moves_nothing_while_nothing_happened():
    site = make_site()
    centers = [make_work_center(site=site) for _ in range(3)]
    for center in centers:
        make_shift(center, "08:00", "16:00", pause=("09:00", "09:30"))
    item = make_made_item(
        [
            {"work_center": center, "setup_seconds": 1800, "setup_family": f"F{n}"}
            for n, center in enumerate(centers)
        ],
        site=site,
    )
    for _ in range(4):
        plan_order(item, 20)
    plan()

    assert plan().moved == []


def test_the_projection_of_an_order_is_the_end_of_its_last_slot():
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    late = plan_order(item, 10, due_at=MONDAY + 4 * HOUR)
    unscheduled = plan_order(item, 1)
    plan()
    Slot.objects.filter(operation__batch__order=unscheduled).update(is_published=False)

    found = {order.pk: order for order in ProductionOrder.objects.with_projection()}

    assert found[late.pk].projected_end == slot_of(operations_of(late)[0]).ends_at
    assert found[late.pk].lateness > timedelta(hours=5)
    assert found[unscheduled.pk].projected_end is None
    assert late in ProductionOrder.objects.late()
    assert unscheduled not in ProductionOrder.objects.late()


def test_a_slot_that_stays_belongs_to_every_version_and_what_moves_is_written_anew():
    site = make_site()
    item = make_made_item([{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site)
    alone, crowded = make_made_item(site=site), plan_order(item, 2)
    stays = operations_of(plan_order(alone, 1))[0]
    (moves,) = operations_of(crowded)
    first = plan()
    kept, was = slot_of(stays), slot_of(moves)
    plan_order(item, 1, due_at=MONDAY + HOUR, priority=1)

    second = plan()

    assert slot_of(stays) == kept
    assert slot_of(moves) != was
    assert set(Slot.objects.of(first)) == {kept, was}
    assert set(Slot.objects.of(second)) == set(Slot.objects.published())
    assert (second.figures["moved"], second.figures["unstarted"]) == (1, 3)


def test_the_slot_of_an_operation_that_was_done_belongs_to_the_versions_until_then():
    site = make_site()
    order = plan_order(make_made_item([make_work_center(site=site)] * 2, site=site), 1)
    first, _ = operations_of(order)
    before = plan()
    services.start_operation(first, by=make_user(), at=MONDAY)
    services.finish_operation(first, good=Decimal(1), by=make_user(), at=MONDAY + HOUR)

    after = plan(MONDAY + HOUR)

    assert Slot.objects.of(before).filter(operation=first).count() == 1
    assert not Slot.objects.of(after).filter(operation=first).exists()


def test_a_version_says_which_orders_end_at_another_time():
    site = make_site()
    item = make_made_item([{"work_center": make_work_center(site=site), "run_seconds": 3600}], site=site)
    order = plan_order(item, 2, due_at=MONDAY + 3 * HOUR)
    plan()
    rush = plan_order(item, 1, due_at=MONDAY + HOUR, priority=1)

    rows = plan().orders

    assert [(row["number"], row["delay_seconds"]) for row in rows] == [
        (order.number, 3600),
        (rush.number, None),
    ]
    assert rows[0]["was"] == (MONDAY + 2 * HOUR).isoformat()
    assert rows[1]["was"] is None


def test_slots_of_old_versions_are_pruned_and_the_versions_stay():
    plan_order(make_made_item(), 10)
    first = plan()
    for minutes in range(1, VERSIONS_WITH_SLOTS + 2):
        plan(MONDAY + timedelta(minutes=minutes))  # it has not started yet, so its slot moves on

    assert Schedule.objects.count() == VERSIONS_WITH_SLOTS + 2
    assert not Slot.objects.of(first).exists()
    assert Slot.objects.count() == VERSIONS_WITH_SLOTS


def test_an_empty_plant_has_an_empty_plan():
    schedule = plan()

    assert (schedule.figures["operations"], schedule.unplanned, schedule.moved) == (0, [], [])


def test_planning_takes_as_many_queries_for_ten_orders_as_for_two(django_assert_max_num_queries):
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    item = make_made_item([make_work_center(site=site)] * 1, {bar: 1}, site=site)
    by = make_user()
    for _ in range(10):
        plan_order(item, 2, by=by)

    with django_assert_max_num_queries(55):
        plan()


def test_a_sub_order_is_late_only_with_the_order_that_waits_for_it():
    site = make_site()
    lathe, bench = make_work_center(site=site), make_work_center(site=site)
    shaft = make_made_item([{"work_center": lathe, "run_seconds": 3600}], site=site)
    gearbox = make_made_item([{"work_center": bench, "run_seconds": 3600}], {shaft: 2}, site=site)
    order = plan_order(gearbox, 3, due_at=MONDAY + timedelta(days=9))
    ProductionOrder.objects.filter(parent=order).update(due_at=MONDAY - timedelta(days=30))
    plan()

    found = {one.pk: one for one in ProductionOrder.objects.with_projection()}

    (below,) = ProductionOrder.objects.filter(parent=order)
    assert found[below.pk].lateness == found[order.pk].lateness < timedelta()
    assert not ProductionOrder.objects.late().exists()


def test_stock_that_is_too_old_where_its_plant_is_is_counted_on_by_nobody():
    item = make_item(site=make_site(time_zone="Pacific/Auckland"), supply=Item.Supply.BUY)
    make_lot(item, 10, expires_on=MONDAY.date())
    tuesday_there = MONDAY.replace(hour=20)

    found = [uncommitted({item.pk: item}, at=at)[item.pk] for at in (MONDAY, tuesday_there)]

    assert [[supply.quantity for supply in each] for each in found] == [[10], []]


def test_what_goes_on_while_the_plant_was_read_keeps_a_length_although_its_time_is_over():
    """The plan's moment is a little before; by then it had taken an hour for a minute's work, and stood still."""
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 60}], site=site)
    [operation] = operations_of(plan_order(item, 1))
    by, resumed = make_user(), MONDAY + timedelta(minutes=9)
    services.start_operation(operation, by=by, at=MONDAY - HOUR)
    operation.refresh_from_db()
    services.pause_operation(operation, by=by, at=MONDAY)
    operation.refresh_from_db()
    services.resume_operation(operation, by=by, at=resumed)

    plan()

    slot = slot_of(operation)
    assert slot.starts_at == resumed
    assert slot.ends_at > resumed
