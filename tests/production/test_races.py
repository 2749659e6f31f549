"""Two people at once, with real threads on PostgreSQL: one wins, the other is told, and nothing is double-booked."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from inventory import services as inventory
from inventory.models import Item
from mes.core.models import User
from mes.core.refusals import DomainError
from production import planning, services
from production.models import Batch, Downtime, Machine, Operation, ProductionOrder, Schedule, Slot
from production.publishing import publish
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user
from tests.racing import at_once, held_up
from tests.shop import make_made_item, make_tool, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db(transaction=True)


def starting(operation: Operation) -> Callable[[], Any]:
    by, key = make_user(), operation.pk

    def act() -> Operation:
        mine = Operation.objects.select_related("step__work_center").get(pk=key)
        return services.start_operation(mine, by=by, at=MONDAY)

    return act


def finish(operation: Operation, by: User) -> None:
    mine = Operation.objects.select_related("step").get(pk=operation.pk)
    services.finish_operation(mine, good=Decimal(10), by=by, at=MONDAY)


def refusals(outcomes: list[Any]) -> list[DomainError]:
    return [outcome for outcome in outcomes if isinstance(outcome, DomainError)]


def test_of_two_operators_who_start_the_same_operation_one_is_told():
    (operation,) = operations_of(plan_order(make_made_item()))

    outcomes = at_once(starting(operation), starting(operation))

    (refusal,) = refusals(outcomes)
    assert refusal.code == "illegal_transition"
    assert Operation.objects.get(pk=operation.pk).status == "running"
    assert Batch.objects.get(pk=operation.batch_id).transformation is not None


def test_of_two_operations_started_on_one_machine_one_waits():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    operations = [operations_of(plan_order(item))[0] for _ in range(2)]

    outcomes = at_once(*(starting(operation) for operation in operations))

    (refusal,) = refusals(outcomes)
    assert isinstance(refusal, services.MachineBusy)
    assert Operation.objects.running().count() == 1


def test_of_two_operations_started_at_once_with_one_tool_one_is_told_where_it_is():
    site = make_site()
    vice = make_tool(site, name="Vice")
    operations = [
        operations_of(
            plan_order(
                make_made_item([{"work_center": make_work_center(site=site), "tools": {vice: 1}}], site=site)
            )
        )[0]
        for _ in range(2)
    ]

    outcomes = at_once(*(starting(operation) for operation in operations))

    (refusal,) = refusals(outcomes)
    assert isinstance(refusal, services.ToolNotFree)
    (running,) = Operation.objects.running()
    assert f"in use at {running.machine} for {running}" in str(refusal)


def test_of_two_operators_who_finish_the_same_operation_one_is_told_and_material_is_consumed_once():
    site = make_site()
    bar = make_item(site=site, supply=Item.Supply.BUY)
    lot = make_lot(bar, 100)
    (operation,) = operations_of(plan_order(make_made_item(components={bar: 1}, site=site)))
    services.start_operation(operation, by=make_user(), at=MONDAY)
    by = make_user()

    def finishing() -> Operation:
        mine = Operation.objects.select_related("step").get(pk=operation.pk)
        return services.finish_operation(mine, good=Decimal(10), by=by, at=MONDAY)

    outcomes = at_once(finishing, finishing)

    assert len(refusals(outcomes)) == 1
    assert inventory.on_hand(lot) == 90


def test_two_last_batches_finished_at_once_end_their_order():
    site = make_site()
    item = make_made_item([make_work_center(site=site, machines=2)], site=site, plan={"batch_maximum": 5})
    order = plan_order(item, 10)
    planning.reschedule(reason="test", at=MONDAY, seconds=0)
    operations = operations_of(order)
    by = make_user()
    for operation in operations:
        services.start_operation(operation, by=by, at=MONDAY)

    def finishing(key: int) -> Callable[[], Any]:
        return lambda: services.finish_operation(
            Operation.objects.select_related("step").get(pk=key), good=Decimal(5), by=by, at=MONDAY
        )

    outcomes = at_once(*(finishing(operation.pk) for operation in operations))

    assert refusals(outcomes) == []
    assert ProductionOrder.objects.get(pk=order.pk).status == "done"


def test_two_batches_of_one_order_that_are_split_at_once_leave_every_batch_its_own_number():
    order = plan_order(make_made_item(plan={"batch_maximum": 5}), 10)
    first, second = order.batches.order_by("pk")
    by = make_user()

    held_up(
        lambda: services.split_batch(Batch.objects.get(pk=second.pk), 2, by=by, at=MONDAY),
        by=lambda: services.split_batch(first, 2, by=by, at=MONDAY),
    )

    numbers = sorted(order.batches.values_list("number", flat=True))
    assert numbers == [f"{order}-{n:02d}" for n in range(1, 5)]


def test_an_order_that_is_released_while_its_batch_is_split_is_released_with_all_of_them():
    order = plan_order(make_made_item(), released=False)
    batch, by = order.batches.get(), make_user()

    held_up(
        lambda: services.release_order(ProductionOrder.objects.get(pk=order.pk), by=by, at=MONDAY),
        by=lambda: services.split_batch(batch, 2, by=by, at=MONDAY),
    )

    made = Batch.objects.filter(order=order)
    assert [(each.status, each.lot is not None) for each in made] == [("released", True)] * 2


def test_two_planners_who_plan_orders_at_once_do_not_count_on_the_same_stock():
    site = make_site()
    part = make_made_item(site=site)
    make_lot(part, 10)
    item = make_made_item(components={part: 1}, site=site)
    by = make_user()

    def ordering() -> ProductionOrder:
        mine = Item.objects.select_related("site").get(pk=item.pk)
        return services.plan_production(mine, Decimal(8), MONDAY + timedelta(days=9), by=by, at=MONDAY)

    orders = at_once(ordering, ordering)

    below = ProductionOrder.objects.filter(parent__in=orders)
    assert [order.quantity for order in below] == [6]


def test_two_planners_who_publish_at_once_publish_two_versions_and_the_later_one_stands():
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    for _ in range(5):
        plan_order(item)

    def publishing() -> Schedule:
        return planning.reschedule(reason="race", at=MONDAY, seconds=0)

    schedules = at_once(publishing, publishing)

    assert sorted(schedule.version for schedule in schedules) == [1, 2]
    later = max(schedules, key=lambda schedule: schedule.version)
    assert Slot.objects.published().of(later).count() == Slot.objects.published().count() == 5


def test_an_operation_started_while_the_plan_is_made_keeps_its_machine(monkeypatch):
    site = make_site()
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=site)
    first, second = plan_order(item, 1), plan_order(item, 1, due_at=MONDAY + timedelta(days=20))
    begun = operations_of(second)[0]
    solved: list[Any] = []

    def solve_and_let_somebody_start(problem, **options):
        result = planning_solve(problem, **options)
        if not solved:
            services.start_operation(begun, by=make_user(), at=MONDAY)
        solved.append(result)
        return result

    planning_solve = planning.solve
    monkeypatch.setattr(planning, "solve", solve_and_let_somebody_start)

    schedule = planning.reschedule(reason="test", at=MONDAY, seconds=0)

    assert schedule.figures["attempts"] == 2
    running, waiting = (
        Slot.objects.published().get(operation__batch__order=order) for order in (second, first)
    )
    assert running.starts_at == MONDAY
    assert waiting.starts_at >= running.ends_at


def test_an_operation_finished_while_the_plan_is_made_gets_no_slot(monkeypatch):
    (operation,) = operations_of(plan_order(make_made_item()))
    services.start_operation(operation, by=make_user(), at=MONDAY)

    def publish_after_it_is_finished(*args, **options):
        services.finish_operation(operation, good=Decimal(10), by=make_user(), at=MONDAY)
        return publish(*args, **options)

    monkeypatch.setattr(planning, "publish", publish_after_it_is_finished)
    planning.reschedule(reason="test", at=MONDAY, seconds=0)

    assert not Slot.objects.published().exists()


def test_a_breakdown_while_the_operation_is_finished_is_reported_all_the_same():
    (operation,) = operations_of(plan_order(make_made_item()))
    machine = services.start_operation(operation, by=make_user(), at=MONDAY).machine
    by = make_user()

    def breaking() -> Downtime:
        mine = Machine.objects.get(pk=machine.pk)
        return services.report_breakdown(mine, "Spindle", by=by, at=MONDAY)

    # The breakdown sees it run, and waits for its batch.
    downtime = held_up(breaking, by=partial(finish, operation, by))

    assert isinstance(downtime, Downtime)
    assert Operation.objects.get(pk=operation.pk).status == "done"


def test_a_pause_waits_for_whoever_finishes_the_operation_and_is_told():
    (operation,) = operations_of(plan_order(make_made_item()))
    services.start_operation(operation, by=make_user(), at=MONDAY)
    by = make_user()

    def pausing() -> Operation:
        return services.pause_operation(Operation.objects.get(pk=operation.pk), by=by, at=MONDAY)

    with pytest.raises(DomainError, match="is done and cannot become paused"):
        held_up(pausing, by=partial(finish, operation, by))
