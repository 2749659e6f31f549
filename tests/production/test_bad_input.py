"""A plant with impossible rows: what can be planned still is, and the rest is listed with its reason."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from rest_framework.test import APIClient

from inventory import services as inventory
from inventory.models import Item
from mes.core.refusals import DomainError, InvalidInput
from production import services
from production.models import (
    Batch,
    Component,
    Machine,
    Operation,
    ProcessPlan,
    ProductionOrder,
    Schedule,
    Shift,
    Slot,
)
from production.planning import reschedule
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def plan() -> Schedule:
    return reschedule(reason="test", at=MONDAY, seconds=0)


def reason_for(schedule: Schedule, order: Any) -> str:
    """Why an order found no place; every one of its operations is then without a slot."""
    reasons = {row["reason"] for row in schedule.unplanned if row["order"] == order.number}
    assert reasons, f"{order} is dropped silently"
    assert not Slot.objects.published().filter(operation__batch__order=order).exists()
    return " / ".join(sorted(reasons))


def everything_is_accounted_for(schedule: Schedule) -> bool:
    listed = {row["batch"] for row in schedule.unplanned}
    placed = set(Slot.objects.published().values_list("operation", flat=True))
    return all(
        operation.pk in placed or operation.batch.number in listed
        for operation in Operation.objects.unfinished().select_related("batch")
    )


def make_good_order() -> Any:
    return plan_order(make_made_item(), 1)


def with_draft(plan: ProcessPlan, *, takes: Item) -> None:
    """Give a plan in force another component, past the trigger that keeps it as it is."""
    with pgtrigger.ignore("production.Component:plan_in_force_stands_still"):
        Component.objects.create(plan=plan, step=plan.steps.get(), item=takes, quantity_per=1)


def test_an_operation_too_long_for_any_shift_that_it_must_not_pause_over():
    good, site = make_good_order(), make_site()
    center = make_work_center(site=site, machines=1)
    step = {"work_center": center, "run_seconds": 3600, "may_pause": False}
    order = plan_order(make_made_item([step], site=site), 10)
    make_shift(
        center, "08:00", "16:00", pause=("12:00", "12:30")
    )  # the plan was approved before there were shifts

    schedule = plan()

    assert "must not pause" in reason_for(schedule, order)
    assert Slot.objects.published().filter(operation__batch__order=good).count() == 1
    assert everything_is_accounted_for(schedule)


def test_a_machine_without_working_time_and_a_work_center_without_any_machine():
    good, site = make_good_order(), make_site()
    closed, empty = make_work_center(site=site), make_work_center(site=site)
    on_closed = plan_order(make_made_item([closed], site=site), 1)
    on_empty = plan_order(make_made_item([empty], site=site), 1)
    # A shift of no length: the break takes it all.
    Shift.objects.create(
        work_center=closed,
        weekday=0,
        starts="08:00",
        ends="09:00",
        break_starts="08:00",
        break_ends="09:00",
    )
    Machine.objects.filter(work_center=empty).update(is_active=False)

    schedule = plan()

    assert reason_for(schedule, on_closed)
    assert "no active machine" in reason_for(schedule, on_empty)
    assert Slot.objects.published().filter(operation__batch__order=good).count() == 1
    assert everything_is_accounted_for(schedule)


def test_a_machine_that_is_down_for_as_long_as_the_plan_looks_ahead():
    order = make_good_order()
    machine = operations_of(order)[0].step.work_center.machines.get()
    machine.downtimes.create(
        kind="planned", starts_at=MONDAY - HOUR, ends_at=MONDAY + timedelta(days=900), reason="Rebuilt"
    )

    schedule = plan()

    assert reason_for(schedule, order)
    assert everything_is_accounted_for(schedule)


def test_an_operation_whose_machine_holds_no_such_batch_takes_who_waits_for_it_along():
    site = make_site()
    oven = make_work_center(site=site)
    part = make_made_item([oven], site=site)
    order = plan_order(make_made_item([make_work_center(site=site)], {part: 1}, site=site), 10)
    Machine.objects.filter(work_center=oven).update(batch_limit=Decimal(2))

    schedule = plan()

    [below] = order.sub_orders.all()
    assert reason_for(schedule, below)
    [batch] = below.batches.all()
    assert reason_for(schedule, order) == f"it waits for batch {batch}, which cannot be planned"
    assert everything_is_accounted_for(schedule)


def test_who_waits_for_a_batch_whose_machine_has_no_hours_is_told_so_in_a_planners_words():
    site = make_site()
    shut = make_work_center(site=site)
    part = make_made_item([shut], site=site)
    order = plan_order(make_made_item([make_work_center(site=site)], {part: 1}, site=site), 10)
    make_shift(shut, "08:00", "09:00", pause=("08:00", "09:00"))

    schedule = plan()

    [batch] = order.sub_orders.get().batches.all()
    assert reason_for(schedule, order) == f"it waits for batch {batch}, which cannot be planned"
    assert "has no working time; give it shifts" in reason_for(schedule, order.sub_orders.get())


def test_orders_that_wait_for_each_other_are_named_and_the_rest_is_planned():
    good, site = make_good_order(), make_site()
    one = make_made_item([make_work_center(site=site)], site=site)
    two = make_made_item([make_work_center(site=site)], {one: 1}, site=site)
    order = plan_order(two, 5)
    [below] = order.sub_orders.all()
    # Somebody changed the tables by hand: the part waits for the assembly that waits for it.
    below.parent, order.parent = order, below
    order.save(update_fields=["parent"])
    plan_of_below = Batch.objects.get(order=below).plan
    with_draft(plan_of_below, takes=two)

    schedule = plan()

    for circular in (order, below):
        assert "wait" in reason_for(schedule, circular)
    assert Slot.objects.published().filter(operation__batch__order=good).count() == 1
    assert everything_is_accounted_for(schedule)


def test_a_due_date_already_past_is_planned_and_shown_as_late():
    order = plan_order(make_made_item(), 10, due_at=MONDAY - timedelta(days=3))

    schedule = plan()

    assert schedule.figures["late"] == [order.number]
    assert schedule.unplanned == []


def test_a_due_date_in_the_last_year_there_is_keeps_nothing_else_from_being_planned():
    good, odd = make_good_order(), make_good_order()
    ProductionOrder.objects.filter(pk=odd.pk).update(due_at=datetime.max.replace(tzinfo=UTC))

    schedule = plan()

    assert Slot.objects.published().filter(operation__batch__order__in=[good, odd]).count() == 2
    assert everything_is_accounted_for(schedule)


@pytest.mark.parametrize("year", [1, 1969, 2200, 9999])
def test_a_date_in_a_year_that_nobody_plans_for_is_refused_by_its_field(year):
    never, by = datetime(year, 12, 31, tzinfo=UTC), make_user()
    order = make_good_order()
    operation = operations_of(order)[0]
    machine = operation.step.work_center.machines.get()
    acts = {
        "due_at": [
            lambda: plan_order(make_made_item(), 1, due_at=never),
            lambda: services.reprioritise_order(order, due_at=never, by=by, at=MONDAY),
        ],
        "earliest_start_at": [lambda: plan_order(make_made_item(), 1, earliest_start_at=never)],
        "start_at": [lambda: services.pin_operation(operation, machine, never, by=by, at=MONDAY)],
    }
    for field, refused in acts.items():
        for act in refused:
            with pytest.raises(InvalidInput if year > 2026 else DomainError) as refusal:
                act()
            assert field in refusal.value.errors
    order.refresh_from_db()
    assert order.due_at.year == MONDAY.year


@pytest.mark.parametrize(("field", "value"), [("speed", "0"), ("speed", "-1"), ("batch_limit", "0")])
def test_a_machine_that_does_or_holds_nothing_is_refused_by_its_field(field, value):
    client, center = APIClient(), make_work_center()
    client.force_authenticate(make_user(is_superuser=True))
    body = {"work_center": center.pk, "code": "M-X", "name": "Mill", field: value}

    answer = client.post("/api/v1/machines/", body, format="json")

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]


@pytest.mark.parametrize(
    ("where", "body", "field"),
    [
        ("shifts", {"weekday": 5, "starts": "06:00", "ends": "14:00", "break_starts": "10:00"}, "break_ends"),
        ("calendar-exceptions", {"date": "2026-12-24", "starts": "06:00", "reason": "Half"}, "ends"),
    ],
)
def test_half_a_break_and_half_a_day_are_refused_by_their_field(where, body, field):
    client, center = APIClient(), make_work_center()
    client.force_authenticate(make_user(is_superuser=True))

    answer = client.post(f"/api/v1/{where}/", {"work_center": center.pk, **body}, format="json")

    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]


def test_material_that_comes_after_every_calendar_is_what_its_step_waits_for():
    part = make_item(supply="buy")
    center = make_work_center(site=part.site)
    make_shift(center)
    order = plan_order(make_made_item([center], {part: 1}, site=part.site), 1)
    inventory.expect_receipt(part, Decimal(1), date(2198, 3, 1), by=make_user(), at=MONDAY)

    assert reason_for(plan(), order) == (
        f"it waits for {part} until 01 Mar 2198, longer than plans look ahead; have it sooner"
    )


def test_who_waits_for_an_operation_without_a_place_is_told_so_in_a_planners_words():
    site = make_site()
    center = make_work_center(site=site)
    make_shift(center)
    steps = [{"work_center": center, "run_seconds": 3600} for _ in range(2)]
    order = plan_order(make_made_item(steps, site=site), 100_000)
    number = f"{order.number}-01"

    told = reason_for(plan(), order)

    assert f"it waits for operation 10 of batch {number}, which could not be planned" in told
    assert "or lower the quantity: it takes 100000 h, and there are" in told
