"""Planners who decide at the same moment: with real threads on PostgreSQL, each change is made once or somebody is told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from production import board_changes, services, what_ifs
from production.changes import Change, Pin, Split, UseMachine
from production.models import BoardChange, Machine, Operation, Schedule, Slot, WhatIf
from production.planning import reschedule
from tests.plant import MONDAY, make_site, make_user
from tests.production.test_races import at_once, refusals
from tests.shop import make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> tuple[list[Operation], list[Machine]]:
    """Four operations of an hour on two machines, planned."""
    site = make_site()
    center = make_work_center(site=site, machines=2)
    item = make_made_item([{"work_center": center, "run_seconds": 900}], site=site)
    operations = [operations_of(plan_order(item, 4))[0] for _ in range(4)]
    reschedule(reason="test", at=MONDAY, seconds=0)
    return operations, list(center.machines.order_by("pk"))


def publishing(key: int) -> Callable[[], Any]:
    by = make_user()
    return lambda: what_ifs.publish_what_if(WhatIf.objects.get(pk=key), by=by, at=MONDAY)


def make(*changes: Change) -> int:
    return what_ifs.create_what_if("Race", changes, seconds=0, by=make_user(), at=MONDAY).pk


def test_of_two_planners_who_publish_the_same_what_if_plan_one_is_told(shop):
    operations, (one, _) = shop
    key = make(Pin(operations[0].pk, one.pk, MONDAY + 5 * HOUR), Split(operations[1].batch_id, 2))

    outcomes = at_once(publishing(key), publishing(key))

    (refusal,) = refusals(outcomes)
    assert refusal.code in {"illegal_transition", "stale"}
    assert WhatIf.objects.get(pk=key).published_as is not None
    assert operations[1].batch.order.batches.count() == 2  # split once
    assert Schedule.objects.count() == 2


def test_two_planners_who_publish_different_what_if_plans_both_get_theirs(shop):
    operations, (one, two) = shop
    keys = [
        make(Pin(operations[0].pk, one.pk, MONDAY + 5 * HOUR)),
        make(Pin(operations[1].pk, two.pk, MONDAY + 7 * HOUR)),
    ]

    outcomes = at_once(*(publishing(key) for key in keys))

    assert refusals(outcomes) == []
    reschedule(reason="test", at=MONDAY, seconds=0)  # whoever was last may not have known of the other's pin
    starts = {slot.operation_id: slot.starts_at for slot in Slot.objects.published()}
    assert starts[operations[0].pk] == MONDAY + 5 * HOUR
    assert starts[operations[1].pk] == MONDAY + 7 * HOUR
    assert len(starts) == 4


def test_a_what_if_plan_is_published_or_dropped_but_not_both(shop):
    operations, (one, _) = shop
    key = make(Pin(operations[0].pk, one.pk, MONDAY + 5 * HOUR))
    by = make_user()

    outcomes = at_once(
        publishing(key), lambda: what_ifs.drop_what_if(WhatIf.objects.get(pk=key), by=by, at=MONDAY)
    )

    assert len(refusals(outcomes)) == 1
    plan = WhatIf.objects.get(pk=key)
    operation = Operation.objects.get(pk=operations[0].pk)
    assert (plan.status == "published") == (operation.pinned_machine_id == one.pk)


def test_an_operation_that_is_started_while_it_is_pinned_ends_on_one_machine(shop):
    operations, (one, two) = shop
    key = operations[0].pk
    planner, operator = make_user(), make_user()

    def starting() -> Any:
        operation = Operation.objects.select_related("step__work_center").get(pk=key)
        return services.start_operation(operation, machine=two, by=operator, at=MONDAY)

    outcomes = at_once(
        starting,
        lambda: board_changes.pin_on_board([UseMachine(key, one.pk)], by=planner, at=MONDAY),
    )

    assert all(refusal.code == "production.already_started" for refusal in refusals(outcomes))
    operation = Operation.objects.get(pk=key)
    assert (operation.status, operation.machine) == ("running", two)
    slots = list(Slot.objects.published().filter(operation=key))
    assert len(slots) == 1


def test_undo_pressed_twice_at_once_takes_back_two_changes_not_one_twice(shop):
    operations, (one, two) = shop
    planner = make_user()
    for machine in (one, two):
        board_changes.pin_on_board([UseMachine(operations[0].pk, machine.pk)], by=planner, at=MONDAY)

    def undoing() -> Any:
        return board_changes.undo_on_board(by=planner, at=MONDAY)

    outcomes = at_once(undoing, undoing)

    assert refusals(outcomes) == []
    assert BoardChange.objects.standing().count() == 0
    assert Operation.objects.get(pk=operations[0].pk).pinned_machine is None
