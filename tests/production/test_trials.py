"""Trying changes against the plan: what they cost, why they cannot be, and that nothing comes of it until somebody says so."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import services as inventory
from inventory.models import Item
from production import services
from production.changes import KINDS, from_json, to_json
from production.models import Machine, Operation, ProductionOrder, Schedule, Slot
from production.planning import reschedule
from production.trials import (
    Change,
    MaterialBy,
    Overtime,
    Pin,
    Reprioritise,
    Split,
    Trial,
    Unpin,
    UseMachine,
    try_out,
)
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def attempt(*changes: Change) -> Trial:
    return try_out(changes, at=MONDAY, seconds=0)


def operation_of(order: ProductionOrder) -> Operation:
    return operations_of(order)[0]


def hour_long(machines: int = 1, **fields):
    """An item of one step of an hour a piece, its work center and that one's first machine."""
    site = make_site()
    center = make_work_center(site=site, machines=machines)
    item = make_made_item([{"work_center": center, "run_seconds": 3600} | fields], site=site)
    return item, center, center.machines.order_by("pk").first()


def planned() -> Schedule:
    return reschedule(reason="test", at=MONDAY, seconds=0)


def test_a_pin_is_feasible_and_tells_which_orders_it_makes_late():
    item, _, machine = hour_long()
    first = plan_order(item, 4, due_at=MONDAY + 5 * HOUR)
    second = plan_order(item, 4, due_at=MONDAY + 9 * HOUR)
    planned()

    trial = attempt(Pin(operation_of(second).pk, machine.pk, MONDAY))

    assert trial.feasible
    assert [(place.operation, place.starts_at) for place in trial.places] == [
        (operation_of(second).pk, MONDAY),
        (operation_of(first).pk, MONDAY + 4 * HOUR),
    ]
    comparison = trial.comparison
    assert (comparison.before.late_orders, comparison.after.late) == (0, (first.number,))
    assert (comparison.after.tardiness_hours, comparison.moved) == (3, 2)
    worst, gains = comparison.orders
    assert (worst.number, worst.was, worst.now) == (first.number, MONDAY + 4 * HOUR, MONDAY + 8 * HOUR)
    assert (worst.late_before_hours, worst.late_after_hours) == (0, 3)
    assert gains.number == second.number
    assert trial.sentence == (
        f"Possible: 2 operations move; {first.number} ends 3 h late; 1 other order ends at another time."
    )


def test_how_late_an_order_ends_is_told_to_the_half_day_as_in_the_table_below_the_sentence():
    item, _, machine = hour_long()
    order = plan_order(item, 4, due_at=MONDAY + 12 * HOUR)
    planned()

    trial = attempt(Pin(operation_of(order).pk, machine.pk, MONDAY + 92 * HOUR))

    assert trial.sentence == f"Possible: 1 operation moves; {order.number} ends 3.5 days late."


def test_an_order_that_ends_days_later_and_still_in_time_is_named():
    item, _, machine = hour_long()
    order = plan_order(item, 4, due_at=MONDAY + 90 * HOUR)
    planned()

    trial = attempt(Pin(operation_of(order).pk, machine.pk, MONDAY + 72 * HOUR))

    assert trial.sentence == (
        f"Possible: 1 operation moves; 1 other order ends at another time, {order.number} 3 days later."
    )


def test_a_trial_changes_nothing_and_asks_the_database_nothing_but_what_the_plant_is():
    item, _, machine = hour_long()
    operation = operation_of(plan_order(item, 4))
    planned()
    before = list(Slot.objects.order_by("pk").values())

    with CaptureQueriesContext(
        connection,
    ) as queries:
        attempt(Pin(operation.pk, machine.pk, MONDAY + 5 * HOUR), Split(operation.batch_id, 2))

    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert list(Slot.objects.order_by("pk").values()) == before
    assert Schedule.objects.count() == 1
    operation.refresh_from_db()
    assert (operation.pinned_machine, operation.batch.quantity) == (None, 4)


def test_a_machine_that_may_not_do_the_step_is_refused_with_those_that_may():
    item, _, machine = hour_long()
    other = make_work_center().machines.get()
    operation = operation_of(plan_order(item, 4))
    planned()

    trial = attempt(Pin(operation.pk, other.pk, None))

    assert trial.refusals == (f"{other} may not do {operation}. Choose one of: {machine}.",)
    assert not trial.feasible
    assert trial.comparison.moved == 0
    assert len(trial.places) == 1


def test_a_start_before_anything_was_handed_on_is_refused_and_says_what_is():
    site = make_site()
    saw, mill = make_work_center(site=site), make_work_center(site=site)
    steps: list[dict[str, object]] = [{"work_center": saw, "transfer_quantity": 20}, {"work_center": mill}]
    order = plan_order(make_made_item(steps, site=site), 100)
    first, second = operations_of(order)
    planned()

    early = attempt(Pin(second.pk, mill.machines.get().pk, MONDAY + timedelta(minutes=10)))
    in_time = attempt(Pin(second.pk, mill.machines.get().pk, MONDAY + timedelta(minutes=30)))

    (refusal,) = early.refusals
    assert refusal == (
        f"{second} cannot start on {mill.machines.get()} at Mon 02 Mar 08:10: it waits for what {first} hands on, 20 pcs at a time. "
        "It could start there Mon 02 Mar 08:20."
    )
    assert in_time.feasible


def test_a_start_in_the_past_and_one_in_closed_hours_are_refused():
    item, center, machine = hour_long()
    make_shift(center, "08:00", "16:00")
    operation = operation_of(plan_order(item, 4))
    planned()

    past = attempt(Pin(operation.pk, machine.pk, MONDAY - HOUR))
    closed = attempt(Pin(operation.pk, machine.pk, MONDAY + 10 * HOUR))

    assert past.refusals == (
        f"{operation} cannot start on {machine} at Mon 02 Mar 07:00: that is past. Choose a later time.",
    )
    assert closed.refusals == (
        (
            f"{operation} cannot start on {machine} at Mon 02 Mar 18:00: it is closed. "
            "It opens again Tue 03 Mar 08:00; choose that, or plan overtime."
        ),
    )


def test_with_overtime_a_start_in_closed_hours_is_possible():
    item, center, machine = hour_long()
    make_shift(center, "08:00", "16:00")
    operation = operation_of(plan_order(item, 4))
    planned()

    trial = attempt(
        Pin(operation.pk, machine.pk, MONDAY + 10 * HOUR),
        Overtime(machine.pk, MONDAY + 9 * HOUR, MONDAY + 15 * HOUR),
    )

    assert trial.refusals == ()
    assert trial.places[0].ends_at == MONDAY + 14 * HOUR


def test_a_pin_before_what_it_waits_for_says_so_and_when_it_could_be():
    site = make_site()
    saw, mill = make_work_center(site=site), make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 3600} for center in (saw, mill)], site=site)
    first, second = operations_of(plan_order(item, 4))
    planned()
    machine = mill.machines.get()

    trial = attempt(Pin(second.pk, machine.pk, MONDAY + HOUR))

    assert trial.refusals == (
        (
            f"{second} cannot start on {machine} at Mon 02 Mar 09:00: it waits for {first}, which ends Mon 02 Mar 12:00. "
            "It could start there Mon 02 Mar 12:00."
        ),
    )
    assert len(trial.places) == 2


def test_a_pin_where_another_pin_is_names_it():
    item, _, machine = hour_long()
    one, two = (operation_of(plan_order(item, 4)) for _ in range(2))
    services.pin_operation(one, machine, MONDAY + 2 * HOUR, by=make_user(), at=MONDAY)
    planned()

    into, before = (attempt(Pin(two.pk, machine.pk, MONDAY + hours * HOUR)) for hours in (3, 1))

    assert f"{two} cannot start" in into.refusals[0]
    assert f"{one} is there from Mon 02 Mar 10:00 to Mon 02 Mar 14:00" in into.refusals[0]
    assert f"{one} cannot start" in before.refusals[0]
    assert f"{two} is there from Mon 02 Mar 09:00 to Mon 02 Mar 13:00" in before.refusals[0]


def test_what_has_started_and_what_is_frozen_stays(settings):
    settings.MES = settings.MES | {"SCHEDULE_FROZEN_MINUTES": 240}
    item, _, machine = hour_long()
    running, waiting, later = (
        operation_of(plan_order(item, 4, due_at=MONDAY + day * 24 * HOUR)) for day in (1, 2, 3)
    )
    services.start_operation(running, by=make_user(), at=MONDAY)
    reschedule(reason="test", at=MONDAY + HOUR, seconds=0)  # the second to start at 12:00

    changes = [
        Pin(running.pk, machine.pk, MONDAY + 9 * HOUR),
        Pin(waiting.pk, machine.pk, MONDAY + 9 * HOUR),
        Pin(later.pk, machine.pk, MONDAY + 2 * HOUR),
    ]
    trial = try_out(changes, at=MONDAY + HOUR, seconds=0)

    assert trial.refusals == (
        f"{running} is running; only operations that wait are moved. Choose another.",
        f"{waiting} starts before Mon 02 Mar 13:00, until when the plan is frozen. Move what starts later.",
        (
            f"{later} cannot start on {machine} at Mon 02 Mar 10:00: the plan is frozen until Mon 02 Mar 13:00. "
            "Choose a later time."
        ),
    )


def test_letting_a_pinned_operation_go_lets_it_start_at_once():
    item, _, machine = hour_long()
    operation = operation_of(plan_order(item, 4, due_at=MONDAY + 3 * HOUR))
    services.pin_operation(operation, machine, MONDAY + 20 * HOUR, by=make_user(), at=MONDAY)
    planned()

    trial = attempt(Unpin(operation.pk))

    assert trial.places[0].starts_at == MONDAY
    assert (trial.comparison.before.tardiness_hours, trial.comparison.after.tardiness_hours) == (21, 1)


def test_an_operation_goes_to_the_other_machine_that_may_do_it():
    item, center, _ = hour_long(machines=2)
    operation = operation_of(plan_order(item, 4))
    planned()
    slot = Slot.objects.get(operation=operation)
    other = Machine.objects.get(work_center=center, pk__in=center.machines.exclude(pk=slot.machine_id))

    trial = attempt(UseMachine(operation.pk, other.pk))

    assert (trial.places[0].machine, trial.comparison.moved) == (other.pk, 1)


def test_an_order_whose_batches_are_all_late_is_late_once():
    item, _, machine = hour_long()
    order = plan_order(item, 4, due_at=MONDAY + HOUR)
    published = planned()
    assert published.figures["tardiness_hours"] == 3

    trial = attempt(Split(order.batches.get().pk, 2), Pin(operation_of(order).pk, machine.pk, MONDAY))

    assert (trial.comparison.before.tardiness_hours, trial.comparison.after.tardiness_hours) == (3, 3)
    services.split_batch(order.batches.get(), 2, by=make_user(), at=MONDAY)
    assert planned().figures["tardiness_hours"] == 3


def test_a_batch_split_runs_side_by_side_on_two_machines():
    item, _, _ = hour_long(machines=2)
    order = plan_order(item, 9, due_at=MONDAY + 5 * HOUR)
    operation = operation_of(order)
    planned()

    trial = attempt(Split(operation.batch_id, 2))

    assert trial.feasible
    assert sorted((place.operation, (place.ends_at - MONDAY) / HOUR) for place in trial.places) == [
        (operation.pk, 4),
        (operation.pk, 5),
    ]
    assert len({place.machine for place in trial.places}) == 2
    assert (trial.comparison.before.tardiness_hours, trial.comparison.after.tardiness_hours) == (4, 0)


def test_a_batch_that_has_begun_and_one_of_too_few_pieces_are_not_split():
    item, _, _ = hour_long(machines=2)
    begun, small = (operation_of(plan_order(item, quantity)) for quantity in (4, 3))
    machine = begun.step.work_center.machines.order_by("pk").first()
    services.start_operation(begun, machine=machine, by=make_user(), at=MONDAY)
    planned()

    trial = attempt(Split(begun.batch_id, 2), Split(small.batch_id, 4))

    assert trial.refusals == (
        f"{begun.batch} has begun or is over; only a batch that has not begun is split.",
        f"{small.batch} cannot be split into 4. Choose 2 to 3.",
    )


def test_a_purchase_that_comes_sooner_lets_its_order_start_sooner():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, lead_time_days=30)
    item = make_made_item(components={bar: 1}, site=site)
    order = plan_order(item, 10, due_at=MONDAY + timedelta(days=5))
    inventory.expect_receipt(bar, Decimal(10), (MONDAY + timedelta(days=8)).date())
    planned()

    sooner = attempt(MaterialBy(bar.pk, MONDAY + timedelta(days=2), order.pk))
    other = attempt(MaterialBy(bar.pk, MONDAY + timedelta(days=2), plan_order(make_made_item()).pk))

    assert sooner.places[0].starts_at == MONDAY + timedelta(days=2)
    assert (sooner.comparison.before.late_orders, sooner.comparison.after.late_orders) == (1, 0)
    assert "waits longer" in other.refusals[0]


def test_an_order_made_urgent_goes_first_and_gets_the_material_first():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY, lead_time_days=30)
    item = make_made_item(components={bar: 1}, site=site)
    first = plan_order(item, 10, due_at=MONDAY + timedelta(days=5))
    second = plan_order(item, 10, due_at=MONDAY + timedelta(days=6))
    inventory.expect_receipt(bar, Decimal(10), (MONDAY + timedelta(days=1)).date())
    planned()

    trial = attempt(Reprioritise(second.pk, priority=1))

    (became_late, saved) = trial.comparison.orders
    assert (became_late.number, saved.number) == (first.number, second.number)
    assert saved.late_before_hours > saved.late_after_hours == 0


def test_an_order_due_later_is_no_longer_late():
    item, _, _ = hour_long()
    order = plan_order(item, 4, due_at=MONDAY + HOUR)
    planned()

    trial = attempt(Reprioritise(order.pk, due_at=MONDAY + 8 * HOUR))

    assert (trial.comparison.before.late_orders, trial.comparison.after.late_orders) == (1, 0)


def test_drift_is_not_blamed_on_the_change():
    item, _, machine = hour_long()
    plan_order(item, 2, due_at=MONDAY + 2 * HOUR)  # half an hour later it still goes first
    last = operation_of(plan_order(item, 2, due_at=MONDAY + timedelta(days=20)))
    planned()

    trial = try_out([Pin(last.pk, machine.pk, MONDAY + 30 * HOUR)], at=MONDAY + 0.5 * HOUR, seconds=0)

    assert (trial.comparison.moved, len(trial.comparison.orders)) == (1, 1)


def test_a_trial_takes_as_many_queries_for_many_orders_as_for_few():
    item, _, machine = hour_long()
    operation = operation_of(plan_order(item, 1))
    planned()

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            attempt(Pin(operation.pk, machine.pk, MONDAY + HOUR))
        return len(asked)

    few = queries()
    for _ in range(8):
        plan_order(item, 1)

    assert queries() == few


@pytest.mark.parametrize(
    "change",
    [
        Pin(1, 2, MONDAY),
        Pin(1, 2, None),
        Unpin(1),
        UseMachine(1, 2),
        Overtime(None, MONDAY, MONDAY + HOUR, work_center=3),
        MaterialBy(1, MONDAY, None),
        Split(1, 2),
        Reprioritise(1, None, MONDAY),
    ],
)
def test_a_change_is_kept_as_json_and_read_again(change):
    row = to_json(change)

    assert KINDS[row["kind"]] is type(change)
    assert from_json(row) == change


def test_what_search_alone_brings_is_credited_to_no_change():
    item, _, machine = hour_long()
    order = plan_order(item, 4, due_at=MONDAY + 9 * HOUR)
    wished = MONDAY + 20 * HOUR
    pinned = services.pin_operation(operation_of(order), machine, wished, by=make_user(), at=MONDAY)
    planned()
    services.unpin_operation(pinned, by=make_user(), at=MONDAY)
    change = Reprioritise(order.pk, priority=3)

    comparison = try_out([change], at=MONDAY, seconds=0.3).comparison

    assert comparison.before.late == (order.number,)
    assert comparison.after.late_orders == 0
    assert comparison.unaided is not None
    assert comparison.unaided.late_orders == 0
    assert attempt(change).comparison.unaided is None
