"""Pins set on the board, and the way back."""

from datetime import datetime, timedelta

import pytest

from production import board_changes, services
from production.changes import Pin, Unpin, UseMachine
from production.models import BoardChange, Operation, Schedule, Slot
from production.planning import reschedule
from production.replanning import replan_if_needed
from production.what_ifs import try_changes
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def shop():
    """Two operations of four hours on two machines, planned; and a planner."""
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    operations = [operations_of(plan_order(item, 4))[0] for _ in range(2)]
    reschedule(reason="test", at=MONDAY, seconds=0)
    return operations, list(center.machines.order_by("pk")), make_user()


def pin(*changes, by, at=MONDAY) -> board_changes.OnBoard:
    return board_changes.pin_on_board(changes, by=by, at=at)


def undo(by, at=MONDAY) -> board_changes.OnBoard:
    return board_changes.undo_on_board(by=by, at=at)


def pin_of(operation: Operation):
    operation.refresh_from_db()
    return operation.pinned_machine, operation.pinned_start_at


def starts() -> dict[int, datetime]:
    return {slot.operation_id: slot.starts_at for slot in Slot.objects.published()}


def test_a_pin_set_on_the_board_is_in_the_plan_at_once(shop):
    (operation, _), (one, _), planner = shop

    done = pin(Pin(operation.pk, one.pk, MONDAY + 6 * HOUR), by=planner)

    slot = Slot.objects.published().get(operation=operation)
    assert (slot.machine, slot.starts_at) == (one, MONDAY + 6 * HOUR)
    assert done.schedule.reason == f"Pin {operation} to {one} at Mon 02 Mar 14:00"
    assert done.undo == done.change
    assert done.sentence.startswith(f"Pin {operation} to {one} at Mon 02 Mar 14:00. 1 operation moved")


def test_a_pin_makes_one_version_though_it_is_known_before_its_plan_is(shop, monkeypatch):
    (operation, _), (one, _), planner = shop
    looked = []

    def plan_while_a_worker_looks(**asked):
        looked.append(replan_if_needed(at=MONDAY, seconds=0))
        return reschedule(**asked)

    monkeypatch.setattr(board_changes, "reschedule", plan_while_a_worker_looks)
    pin(Pin(operation.pk, one.pk, MONDAY + 6 * HOUR), by=planner)
    undo(planner)

    assert looked == [None, None]
    assert Schedule.objects.count() == 3
    assert replan_if_needed(at=MONDAY, seconds=0) is None, "and both are known afterwards"


def test_a_pin_moves_what_it_pushes_and_puts_nothing_else_right():
    """One order is ten minutes late behind another: less than a repair moves two operations for, and none of the pin's doing."""
    site = make_site()
    busy, quiet = make_work_center(site=site), make_work_center(site=site)
    item = make_made_item([{"work_center": busy, "run_seconds": 3600}], site=site)
    apart = make_made_item([{"work_center": quiet, "run_seconds": 3600}], site=site)
    first = operations_of(plan_order(item, 1, due_at=MONDAY + 90 * HOUR))[0]
    plan_order(item, 1, due_at=MONDAY + timedelta(minutes=110))
    alone = operations_of(plan_order(apart, 1, due_at=MONDAY + 90 * HOUR))[0]
    services.pin_operation(first, busy.machines.get(), MONDAY, by=make_user(), at=MONDAY)
    reschedule(reason="test", at=MONDAY, seconds=0)
    services.unpin_operation(first, by=make_user(), at=MONDAY)
    reschedule(reason="test", at=MONDAY, seconds=0, repair=True)
    asked = Pin(alone.pk, quiet.machines.get().pk, MONDAY + 6 * HOUR)

    price = try_changes([asked], by=make_user(), at=MONDAY)
    done = pin(asked, by=make_user())

    assert price.comparison.moved == len(done.schedule.moved) == 1


def test_a_pin_does_not_count_as_a_search(shop):
    (operation, _), (one, _), planner = shop

    done = pin(Pin(operation.pk, one.pk, MONDAY + 6 * HOUR), by=planner)

    assert done.schedule not in Schedule.objects.searched(), (
        "the hourly search is still due an hour after the last"
    )


def test_several_steps_are_taken_back_one_by_one_and_the_former_pins_come_back(shop):
    (first, second), (one, two), planner = shop
    services.pin_operation(first, two, MONDAY + 20 * HOUR, by=make_user(), at=MONDAY)
    pin(Pin(first.pk, one.pk, MONDAY + 6 * HOUR), by=planner)
    pin(Pin(first.pk, two.pk, MONDAY + HOUR), UseMachine(second.pk, one.pk), by=planner)
    pin(Unpin(first.pk), by=planner)

    assert undo(planner).change.label.startswith("Taken back: Let ")
    assert pin_of(first) == (two, MONDAY + HOUR)
    undo(planner)
    assert (pin_of(first), pin_of(second)) == ((one, MONDAY + 6 * HOUR), (None, None))
    last = undo(planner)
    assert pin_of(first) == (two, MONDAY + 20 * HOUR)
    assert Slot.objects.published().get(operation=first).starts_at == MONDAY + 20 * HOUR
    assert last.undo is None
    with pytest.raises(board_changes.NothingToUndo):
        undo(planner)
    assert BoardChange.objects.count() == 6


def test_what_was_moved_for_a_pin_moves_back_when_it_is_taken_back(shop):
    (first, _), (one, two), planner = shop
    before = starts()
    other = one if Slot.objects.published().get(operation=first).machine == two else two
    pin(Pin(first.pk, other.pk, MONDAY + 2 * HOUR), by=planner)
    assert starts() != before

    undo(planner)

    assert starts() == before


def test_what_was_moved_for_a_pin_moves_back_also_after_a_repair_moved_it_on():
    site = make_site()
    center = make_work_center(site=site, machines=1)
    item = make_made_item([{"work_center": center, "run_seconds": 3600, "may_pause": False}], site=site)
    first, second = (operations_of(plan_order(item, 4))[0] for _ in range(2))
    reschedule(reason="test", at=MONDAY, seconds=0)
    before = starts()
    if before[first.pk] > before[second.pk]:
        first, second = second, first
    machine, planner = center.machines.get(), make_user()
    pin(Pin(first.pk, machine.pk, MONDAY + 2 * HOUR), by=planner)
    moved = starts()[second.pk]
    services.plan_downtime(machine, moved + 3 * HOUR, moved + 4 * HOUR, "Belt", by=make_user(), at=MONDAY)
    reschedule(reason="test", at=MONDAY, seconds=0, repair=True)
    assert starts()[second.pk] > moved > before[second.pk]

    undo(planner)

    assert starts() == before


def test_what_moved_again_since_stays_where_it_is(shop):
    (first, second), (one, _), planner = shop
    pin(Pin(first.pk, one.pk, MONDAY + 6 * HOUR), by=planner)
    services.pin_operation(second, one, MONDAY + 20 * HOUR, by=make_user(), at=MONDAY)
    reschedule(reason="test", at=MONDAY, seconds=0)

    undo(planner)

    assert Slot.objects.published().get(operation=first).starts_at == MONDAY
    assert Slot.objects.published().get(operation=second).starts_at == MONDAY + 20 * HOUR


def test_what_others_did_is_not_mine_to_take_back(shop):
    (operation, _), (one, _), planner = shop
    pin(UseMachine(operation.pk, one.pk), by=planner)

    with pytest.raises(board_changes.NothingToUndo):
        undo(make_user())

    assert pin_of(operation) == (one, None)


def test_what_has_started_meanwhile_cannot_be_taken_back(shop):
    (operation, _), (one, _), planner = shop
    pin(Pin(operation.pk, one.pk, MONDAY), by=planner)
    services.start_operation(operation, machine=one, by=make_user(), at=MONDAY)

    with pytest.raises(services.AlreadyStarted, match="is running"):
        undo(planner)

    assert pin_of(operation) == (one, MONDAY)
    assert Schedule.objects.count() == 2


def test_what_another_planner_pinned_since_stays(shop):
    (operation, _), (one, two), planner = shop
    pin(UseMachine(operation.pk, one.pk), by=planner)
    services.pin_operation(operation, two, by=make_user(), at=MONDAY)

    with pytest.raises(board_changes.ChangedSince, match="Pin it where you want it"):
        undo(planner)

    assert pin_of(operation) == (two, None)


def test_several_pins_are_set_together_or_not_at_all(shop):
    (first, second), (one, _), planner = shop
    stranger = make_work_center().machines.get()

    with pytest.raises(services.MachineNotEligible):
        pin(UseMachine(first.pk, one.pk), UseMachine(second.pk, stranger.pk), by=planner)

    assert (pin_of(first), pin_of(second)) == ((None, None), (None, None))
    assert BoardChange.objects.count() == 0
    assert Schedule.objects.count() == 1


def test_a_pin_that_cannot_hold_is_told(shop):
    (first, second), (one, _), planner = shop
    pin(Pin(first.pk, one.pk, MONDAY + 6 * HOUR), by=planner)

    done = pin(Pin(second.pk, one.pk, MONDAY + 8 * HOUR), by=planner)

    assert f"{second} cannot be where it was pinned" in done.sentence
