"""What steps hand on before their batch is done, in the plan: from the planner's form to the last report."""

from datetime import timedelta
from decimal import Decimal

import pytest

from production import services
from production.models import Operation, Slot
from production.planning import reschedule as plan_anew
from production.posing import pose
from production.scheduling import solve
from production.scheduling.check import check
from production.snapshot import take_snapshot
from tests.plant import MONDAY, make_inspection_plan, make_item, make_user
from tests.shop import make_machine, make_plan, make_shift, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def batch_of(*steps, quantity=100, **order):
    """Operations of a released batch, a minute a piece at work centers of their own unless a step says otherwise."""
    item = make_item(supply="make")
    make_plan(item, [{"work_center": make_work_center(site=item.site)} | step for step in steps])
    return operations_of(plan_order(item, quantity, **order))


def reschedule(at=MONDAY):
    return plan_anew(reason="test", at=at, seconds=0)


def minutes_of(*operations, since=MONDAY):
    """Where the plan has operations, in minutes: run's start, end."""
    found = {slot.operation_id: slot for slot in Slot.objects.published()}
    slots = [found[operation.pk] for operation in operations]
    return [((slot.setup_ends_at - since) / MINUTE, (slot.ends_at - since) / MINUTE) for slot in slots]


def start(operation, at=MONDAY):
    return services.start_operation(operation, by=make_user(), at=at)


def report(operation, good, scrap=0, *, at=MONDAY):
    services.report_progress(operation, good=Decimal(good), scrap=Decimal(scrap), by=make_user(), at=at)


def finish(operation, good, scrap=0, *, at):
    services.finish_operation(operation, good=Decimal(good), scrap=Decimal(scrap), by=make_user(), at=at)


def posed(operation, at):
    """How the operation stands in the problem at a moment."""
    problem = pose(take_snapshot(at=at)).problem
    (task,) = [task for task in problem.tasks if task.id == str(operation.sequence)]
    return task


# --- while the one before waits ---------------------------------------------------------------------------------------------


def test_two_steps_overlap_by_what_the_first_hands_on():
    first, second = batch_of({"transfer_quantity": 20}, {})

    reschedule()

    assert minutes_of(first, second) == [(0, 100), (20, 120)]


def test_a_quicker_step_starts_so_late_that_it_is_not_kept_waiting():
    first, second = batch_of({"transfer_quantity": 20}, {"run_seconds": 30})

    reschedule()

    # It works 10 minutes on the last 20 pieces, which come after 100: it ends at 110.
    assert minutes_of(first, second) == [(0, 100), (60, 110)]


def test_what_a_batch_takes_whatever_its_size_comes_before_the_first_transfer_batch():
    first, second = batch_of({"transfer_quantity": 20, "fixed_seconds": 1800}, {})

    reschedule()

    ((begins, ends), (follows, last)) = minutes_of(first, second)
    assert (begins, ends) == (0, 130)
    assert follows >= 50  # half an hour, then twenty pieces
    assert 150 <= last < 230


@pytest.mark.parametrize(
    "step",
    [{}, {"transfer_quantity": 100}, {"transfer_quantity": 20, "run_seconds": 0, "fixed_seconds": 6000}],
)
def test_what_goes_on_as_a_whole_does_not_overlap(step):
    first, second = batch_of(step, {})

    reschedule()

    assert minutes_of(first, second) == [(0, 100), (100, 200)]


def test_each_part_of_a_split_batch_overlaps_by_itself():
    first, _ = batch_of({"transfer_quantity": 20}, {})
    services.split_batch(first.batch, 2, by=make_user(), at=MONDAY)
    make_machine(first.step.work_center)

    reschedule()

    ran = minutes_of(*Operation.objects.filter(step__plan=first.step.plan).order_by("batch", "sequence"))
    assert ran[0] == (0, 50)
    assert ran[1][0] == 20


# --- while the one before runs ----------------------------------------------------------------------------------------------


def test_of_a_step_that_runs_what_is_reported_counts():
    first, second = batch_of({"transfer_quantity": 20}, {})
    start(first)
    at = MONDAY + 10 * MINUTE
    assert posed(second, at).links[0].first_seconds == 10 * 60  # by the clock: ten of twenty are made

    report(first, 20, at=at)

    assert posed(second, at).links[0].first_seconds == 0
    reschedule(at)
    assert minutes_of(second) == [(20, 120)]  # it could begin, and would wait for pieces


def test_what_is_overdue_to_be_handed_on_is_expected_soon_and_not_now():
    first, second = batch_of({"transfer_quantity": 20}, {})
    start(first)

    link = posed(second, MONDAY + 50 * MINUTE).links[0]

    assert (link.first_seconds, link.transfer_share) == (60, pytest.approx(0.2))


def test_what_follows_a_paused_step_is_planned_after_its_end():
    first, second = batch_of({"transfer_quantity": 20}, {})
    start(first)
    report(first, 20, at=MONDAY)
    at = MONDAY + 30 * MINUTE
    services.pause_operation(first, by=make_user(), at=at)

    reschedule(at)

    assert minutes_of(first, second) == [(30, 100), (100, 200)]


def test_a_step_that_runs_ends_after_the_last_of_what_it_waits_for():
    first, second, third = batch_of(
        {"transfer_quantity": 20}, {"run_seconds": 6, "transfer_quantity": 20}, {}
    )
    start(first)
    report(first, 20, at=MONDAY + 20 * MINUTE)
    at = MONDAY + 30 * MINUTE
    start(second, at)

    result = reschedule(at)

    # Ten minutes of work, but the last twenty pieces come after 100, and take two.
    assert minutes_of(second) == [(30, 102)]
    assert result.figures["operations"] == 3
    assert minutes_of(third)[0][1] >= 102 + 20


def test_a_paused_step_goes_on_with_the_last_transfer_batch_after_the_one_before_it():
    first, second = batch_of({"transfer_quantity": 20}, {})
    start(first)
    report(first, 80, at=MONDAY + 80 * MINUTE)
    start(second, MONDAY + 20 * MINUTE)
    services.pause_operation(second, by=make_user(), at=MONDAY + 90 * MINUTE)

    task = posed(second, MONDAY + 90 * MINUTE)

    assert task.modes[0].seconds == 30 * 60
    assert task.links[0].transfer_share == pytest.approx(20 / 30)


def test_plans_of_every_moment_hold():
    first, second, third = batch_of(
        {"transfer_quantity": 30}, {"transfer_quantity": 7, "run_seconds": 40}, {"setup_seconds": 600}
    )
    for center in {operation.step.work_center for operation in (first, second, third)}:
        make_shift(center, "08:00", "09:30")
    moments = []

    def look(at):
        problem = pose(take_snapshot(at=at)).problem

        moments.append(check(problem, solve(problem, seconds=0)))

    look(MONDAY)
    start(first)
    look(MONDAY + 5 * MINUTE)
    report(first, 30, at=MONDAY + 30 * MINUTE)
    look(MONDAY + 30 * MINUTE)
    start(second, MONDAY + 31 * MINUTE)
    report(second, 10, at=MONDAY + 40 * MINUTE)
    look(MONDAY + 40 * MINUTE)
    start(third, MONDAY + 41 * MINUTE)
    look(MONDAY + 45 * MINUTE)
    services.pause_operation(second, by=make_user(), at=MONDAY + 50 * MINUTE)
    look(MONDAY + 55 * MINUTE)

    assert moments == [[]] * 6


def test_rework_and_what_is_judged_go_on_as_a_whole():
    item = make_item(supply="make")
    centers = [make_work_center(site=item.site) for _ in range(2)]
    judged = {"work_center": centers[0], "inspection_plan": make_inspection_plan(item, "in_process")}
    make_plan(item, [judged, centers[1]])
    _, second = operations_of(plan_order(item, 100))

    (link,) = posed(second, MONDAY).links

    assert (link.transfer_share, link.wait_seconds) == (1.0, 3600)


# --- from the plan to the last piece ------------------------------------------------------------------------------------------


def test_an_order_is_done_sooner_because_its_second_step_starts_on_the_first_twenty_pieces():
    whole, after = batch_of({}, {})
    first, second = batch_of({"transfer_quantity": 20}, {})
    reschedule()
    assert minutes_of(whole, after) == [(0, 100), (100, 200)]
    assert minutes_of(first, second) == [(0, 100), (20, 120)]

    start(first)
    with pytest.raises(services.NotReady, match="has handed on 0 of 20 pcs; 20 more"):
        start(second)
    report(first, 20, at=MONDAY + 20 * MINUTE)
    start(second, MONDAY + 20 * MINUTE)
    report(first, 60, 5, at=MONDAY + 85 * MINUTE)
    report(second, 60, at=MONDAY + 85 * MINUTE)
    with pytest.raises(services.FormerNotDone):
        finish(second, 80, at=MONDAY + 90 * MINUTE)
    finish(first, 95, 5, at=MONDAY + 100 * MINUTE)
    reschedule(MONDAY + 100 * MINUTE)
    assert minutes_of(second) == [(20, 120)]
    finish(second, 95, at=MONDAY + 118 * MINUTE)

    batch = second.batch
    batch.refresh_from_db()
    assert (batch.status, batch.good_quantity, batch.scrap_quantity) == ("done", 95, 5)
    assert batch.finished_at == MONDAY + 118 * MINUTE
