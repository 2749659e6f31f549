"""Delays before they happen: how work went is measured, and orders with little slack are named before they are late."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache

from inventory.models import Item
from production import habits
from production.foreseeing import look_ahead
from production.foresight import Habit
from production.habits import measure, remembered
from production.models import Machine, Operation, TimeEntry, WorkCenter
from production.planning import reschedule
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_made_item, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def an_hour_a_piece(center: WorkCenter, **fields) -> Item:
    return make_made_item([{"work_center": center, "run_seconds": 3600} | fields], site=center.site)


def work_done(item: Item, pieces: int, hours: float, *, ended: datetime = MONDAY - HOUR) -> Operation:
    """An operation that was planned to take an hour a piece and took so many hours."""
    (operation,) = operations_of(plan_order(item, pieces))
    machine = Machine.objects.get(work_center=operation.step.work_center)
    begun = ended - hours * HOUR
    Operation.objects.filter(pk=operation.pk).update(
        status="running", machine=machine, started_at=begun, running_since=begun
    )
    Operation.objects.filter(pk=operation.pk).update(status="done", finished_at=ended, running_since=None)
    TimeEntry.objects.create(
        operation=operation, machine=machine, by=make_user(), started_at=begun, ended_at=ended
    )
    return operation


def test_work_that_takes_longer_than_planned_shows_as_a_habit_of_its_work_center():
    slow, steady = make_work_center(site=make_site()), make_work_center(site=make_site())
    slow_item, steady_item = an_hour_a_piece(slow), an_hour_a_piece(steady)
    for day in range(5):
        work_done(slow_item, 4, 6, ended=MONDAY - day * 24 * HOUR)
        work_done(steady_item, 4, 4, ended=MONDAY - day * 24 * HOUR)
    work_done(slow_item, 4, 40, ended=MONDAY - timedelta(days=90))

    habits = measure(at=MONDAY)

    assert (habits[slow.pk].count, habits[slow.pk].spread) == (5, 0)
    assert habits[slow.pk].overrun == pytest.approx(0.25)
    assert habits[steady.pk].overrun == 0


def test_what_was_measured_is_remembered_until_enough_more_time_is_booked(
    monkeypatch, django_assert_num_queries
):
    cache.clear()
    monkeypatch.setattr(habits, "NEWS", 1)
    center = make_work_center(site=make_site())
    item = an_hour_a_piece(center)
    work_done(item, 4, 4)
    first = remembered(at=MONDAY)

    with django_assert_num_queries(1):
        assert remembered(at=MONDAY) == first
    work_done(item, 4, 6)

    assert (first[center.pk].count, remembered(at=MONDAY)[center.pk].count) == (1, 2)


def test_only_hours_in_which_the_machine_was_open_count_as_work():
    center = make_work_center(site=make_site())
    make_shift(center, "08:00", "16:00")
    work_done(an_hour_a_piece(center), 4, 20, ended=MONDAY + 2 * HOUR)  # from Sunday afternoon
    (habit,) = measure(at=MONDAY + 3 * HOUR).values()
    assert habit.overrun < 0, "two open hours for four planned"


def test_a_set_up_that_the_work_before_had_done_is_not_expected_again():
    center = make_work_center(site=make_site())
    item = an_hour_a_piece(center, setup_seconds=3600, setup_family="M8")
    work_done(item, 4, 5, ended=MONDAY - 24 * HOUR)
    work_done(item, 4, 4)
    (habit,) = measure(at=MONDAY).values()
    assert (habit.count, habit.overrun, habit.spread) == (2, 0, 0)


def test_an_order_with_little_slack_on_a_machine_that_runs_late_is_named_with_its_reason():
    center = make_work_center("LATHE", site=make_site())
    item = an_hour_a_piece(center)
    tight = plan_order(item, 10, due_at=MONDAY + 11 * HOUR)
    easy = plan_order(item, 10, due_at=MONDAY + 60 * HOUR)
    late = plan_order(item, 10, due_at=MONDAY + HOUR, priority=3)
    reschedule(reason="test", at=MONDAY, seconds=0)
    habits = {center.pk: Habit(count=40, overrun=0.2, spread=0.1)}

    outlook = look_ahead(habits, at=MONDAY)

    assert [risk.order for risk in outlook.risks] == [tight.pk]
    (risk,) = outlook.risks
    assert (risk.slack_hours, risk.delay_hours) == (pytest.approx(1), pytest.approx(2))
    assert risk.chance > 0.8
    assert risk.share == 1
    assert "1.0 working hours to spare, 2.0 of delay expected: work at LATHE takes 20% longer" in risk.why
    assert outlook.queues[center.pk].late_orders == {late.pk}
    assert easy.pk not in {each.order for each in outlook.risks}


def test_a_delay_on_the_machine_before_reaches_the_next_order_and_the_next_step():
    site = make_site()
    saw, mill = make_work_center("SAW", site=site), make_work_center("MILL", site=site)
    steps = [{"work_center": each, "run_seconds": 3600} for each in (saw, mill)]
    plan_order(an_hour_a_piece(saw), 10, due_at=MONDAY + 30 * HOUR, priority=1)
    order = plan_order(make_made_item(steps, site=site), 2, due_at=MONDAY + 15 * HOUR)
    reschedule(reason="test", at=MONDAY, seconds=0)

    outlook = look_ahead({saw.pk: Habit(count=40, overrun=0.5, spread=0.1)}, at=MONDAY)

    risk = {each.order: each for each in outlook.risks}.get(order.pk)
    if operations_of(order)[0].slots.get().starts_at == MONDAY:
        assert risk is None or risk.delay_hours == pytest.approx(1)
    else:
        assert risk is not None
        assert (risk.work_center, risk.delay_hours) == (saw, pytest.approx(6))


def test_what_waits_between_two_steps_is_the_queue_of_the_second_work_center():
    site = make_site()
    saw, mill = make_work_center(site=site, machines=2), make_work_center(site=site)
    steps = [{"work_center": each, "run_seconds": 3600} for each in (saw, mill)]
    item = make_made_item(steps, site=site)
    for _ in range(2):
        plan_order(item, 3)
    reschedule(reason="test", at=MONDAY, seconds=0)

    queue = look_ahead({}, at=MONDAY).queues[mill.pk]

    assert (queue.operations, queue.hours) == (1, pytest.approx(3))


def test_looking_ahead_takes_as_many_queries_for_many_orders_as_for_few(django_assert_max_num_queries):
    site = make_site()
    part = make_made_item(site=site, strategy="mto")
    item = make_made_item([make_work_center(site=site)], {part: 1}, site=site)
    for _ in range(5):
        plan_order(item, Decimal(5), due_at=MONDAY)
    reschedule(reason="test", at=MONDAY, seconds=0)

    with django_assert_max_num_queries(7):
        look_ahead({}, at=MONDAY)
    with django_assert_max_num_queries(9):
        measure(at=MONDAY)


def test_a_plant_without_a_plan_has_nothing_ahead():
    assert look_ahead({}, at=MONDAY).risks == ()
    assert measure(at=MONDAY) == {}
