"""What limits a plan beside machines: tools, people, what machines hold, and capacity kept for order or stock."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import Item
from production import services
from production.limits import Away, count
from production.models import Operation, ProcessPlan, SchedulingRules, Tool, ToolAbsence, ToolNeed
from production.planning import reschedule
from production.posed import Posed
from production.posing import pose
from production.scheduling import Need, Reserve, Task
from production.snapshot import take_snapshot
from tests.plant import MONDAY, make_site, make_user
from tests.shop import (
    make_machine,
    make_made_item,
    make_operator,
    make_plan,
    make_shift,
    make_tool,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
FAR = MONDAY + 10 * WEEK


def posed(at=MONDAY) -> Posed:
    return pose(take_snapshot(at=at))


def tasks_of(problem: Posed) -> list[Task]:
    return [task for job in problem.problem.jobs for task in job.tasks]


# --- how many may be counted on --------------------------------------------------------------------------------------


def test_what_is_always_there_is_counted_whole():
    counted = count("fixture", 3, [], 1, MONDAY, FAR)

    assert (counted.quantity, counted.open, counted.is_cautious) == (3, None, False)


def test_while_some_are_away_the_plan_counts_on_the_others_all_the_time():
    counted = count("fixture", 3, [Away(MONDAY + WEEK, MONDAY + 2 * WEEK)], 1, MONDAY, FAR)

    assert (counted.quantity, counted.most, counted.open, counted.is_cautious) == (2, 3, None, True)


def test_while_too_few_are_there_for_the_step_that_needs_most_none_is_planned_with():
    counted = count("fixture", 3, [Away(MONDAY + WEEK, MONDAY + 2 * WEEK, 2)], 2, MONDAY, FAR)

    assert counted.quantity == 3
    assert counted.open == ((MONDAY, MONDAY + WEEK), (MONDAY + 2 * WEEK, FAR))


def test_what_is_never_there_often_enough_is_told_as_it_is():
    counted = count("fixture", 3, [Away(MONDAY, FAR, 2)], 2, MONDAY, FAR)

    assert (counted.quantity, counted.open) == (1, None)


# --- posing ----------------------------------------------------------------------------------------------------------


def test_a_step_takes_its_tools_to_the_plan_with_what_the_site_has_of_them():
    site = make_site()
    fixture = make_tool(site, 2, code="FX-1")
    center = make_work_center(site=site)
    plan_order(make_made_item([{"work_center": center, "tools": {fixture: 2}}], site=site))

    problem = posed()

    (resource,) = problem.problem.resources
    assert (resource.id, resource.capacity, resource.calendar) == ("tool FX-1", 2, None)
    assert tasks_of(problem)[0].needs == (Need("tool FX-1", 2),)


def test_a_tool_out_for_calibration_is_not_there_until_it_comes_back():
    site = make_site()
    fixture = make_tool(site, code="FX-1")
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY - DAY, ends_at=MONDAY + 2 * DAY)
    plan_order(
        make_made_item([{"work_center": make_work_center(site=site), "tools": {fixture: 1}}], site=site)
    )

    (resource,) = posed().problem.resources

    assert resource.capacity == 1
    assert resource.calendar is not None
    assert resource.calendar.windows[0][0] == 2 * 24 * 3600


def test_a_tool_away_until_further_notice_leaves_its_batch_without_a_place_and_says_why():
    site = make_site()
    fixture = make_tool(site, code="FX-1")
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY - DAY)
    order = plan_order(
        make_made_item([{"work_center": make_work_center(site=site), "tools": {fixture: 1}}], site=site)
    )

    schedule = reschedule(reason="test", at=MONDAY, seconds=0)

    (row,) = schedule.unplanned
    assert row["order"] == order.number
    assert "it needs 1 of tool FX-1, of which there are 0" in row["reason"]


def test_what_was_away_before_does_not_count_however_long_something_has_been_running():
    site = make_site()
    fixture = make_tool(site, 2)
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY - 3 * DAY, ends_at=MONDAY - DAY)
    center = make_work_center(site=site)
    item = make_made_item([{"work_center": center, "tools": {fixture: 1}}], site=site)
    begun = operations_of(plan_order(item))[0]
    services.start_operation(begun, by=make_user(), at=MONDAY - 2 * DAY)

    (resource,) = posed().problem.resources

    assert (resource.capacity, resource.calendar) == (2, None)


def test_people_limit_a_work_center_that_is_told_so_and_no_other():
    site = make_site(code="NGP")
    ndt = make_work_center(site=site, machines=2, is_limited_by_people=True)
    lathe = make_work_center(site=site)
    make_operator(site, "NDT-II")
    make_operator(site, "NDT-II", expires_on=MONDAY.date() - DAY)
    make_operator(make_site(), "NDT-II")
    steps = [
        {"work_center": lathe, "required_qualification": "TURN"},
        {"work_center": ndt, "required_qualification": "NDT-II"},
    ]
    plan_order(make_made_item(steps, site=site))

    problem = posed()

    (resource,) = problem.problem.resources
    assert (resource.id, resource.capacity) == ("operators with NDT-II at NGP", 1)
    assert [task.needs for task in tasks_of(problem)] == [(), (Need("operators with NDT-II at NGP"),)]


def test_a_qualification_that_lapses_takes_its_holder_away_from_the_next_day_on():
    site = make_site(code="NGP", time_zone="Europe/Berlin")
    ndt = make_work_center(site=site, is_limited_by_people=True)
    make_operator(site, "NDT-II", expires_on=MONDAY.date() + DAY)
    plan_order(make_made_item([{"work_center": ndt, "required_qualification": "NDT-II"}], site=site))

    (resource,) = posed().problem.resources

    assert resource.calendar is not None
    # Wednesday 00:00 in Berlin is 23:00 UTC on Tuesday, 39 hours from Monday 08:00.
    assert resource.calendar.windows == ((0, 39 * 3600),)


def test_whoever_is_qualified_today_counts_until_the_day_is_over_where_they_work():
    site = make_site(code="HNL", time_zone="Pacific/Honolulu")
    ndt = make_work_center(site=site, is_limited_by_people=True)
    make_operator(site, "NDT-II", expires_on=MONDAY.date() - DAY)  # there it is Sunday, 22:00
    plan_order(make_made_item([{"work_center": ndt, "required_qualification": "NDT-II"}], site=site))

    (resource,) = posed().problem.resources

    assert resource.calendar is not None
    assert (resource.capacity, resource.calendar.windows) == (1, ((0, 2 * 3600),))


def test_a_plan_says_where_it_counts_on_fewer_than_there_are_at_times():
    site = make_site(code="NGP")
    ndt = make_work_center(site=site, is_limited_by_people=True)
    make_operator(site, "NDT-II")
    make_operator(site, "NDT-II", expires_on=MONDAY.date() + 2 * WEEK)
    plan_order(make_made_item([{"work_center": ndt, "required_qualification": "NDT-II"}], site=site))

    schedule = reschedule(reason="test", at=MONDAY, seconds=0)

    assert schedule.figures["counted"] == [
        {"name": "operators with NDT-II at NGP", "planned": 1, "most": 2, "always": True}
    ]


def test_machines_take_their_batch_limit_to_the_plan_and_batches_their_size():
    site = make_site()
    center = make_work_center(site=site, machines=0)
    make_machine(center, batch_limit=500)
    plan_order(make_made_item([center], site=site), 300)

    problem = posed()

    assert [machine.batch_limit for machine in problem.problem.machines] == [500]
    assert [task.quantity for task in tasks_of(problem)] == [300]


def test_capacity_kept_to_order_and_to_stock_goes_by_what_orders_are_for():
    site = make_site()
    center = make_work_center(site=site, order_share=Decimal("0.6"), stock_share=Decimal("0.2"))
    part = make_made_item([center], site=site, strategy=Item.Strategy.TO_STOCK)
    assembly = make_made_item([center], {part: 1}, site=site, strategy=Item.Strategy.TO_ORDER)
    bespoke, stock = plan_order(assembly, 1), plan_order(part, 50)

    problem = posed()

    assert problem.problem.machines[0].reserves == (Reserve("mto", 0.6), Reserve("mts", 0.2))
    groups = {job.id.rpartition("-")[0]: job.group for job in problem.problem.jobs}
    below = bespoke.sub_orders.get()
    assert groups == {bespoke.number: "mto", below.number: "mto", stock.number: "mts"}


def test_reserved_shares_count_by_weeks_of_the_site_beyond_the_release_horizon():
    site = make_site(time_zone="Europe/Berlin")
    SchedulingRules.objects.update_or_create(pk=1, defaults={"reserves_released_days": 8})
    plan_order(make_made_item([make_work_center(site=site, order_share=Decimal("0.5"))], site=site))

    problem = posed()

    weeks = [problem.moment(seconds) for seconds in problem.problem.buckets]
    # Monday in two weeks, 00:00 in Berlin; and from the end of March an hour sooner in UTC.
    assert weeks[0] == MONDAY + 2 * WEEK - 9 * HOUR
    assert weeks[2] == MONDAY + 4 * WEEK - 10 * HOUR


def test_nothing_is_kept_where_nothing_is_reserved():
    plan_order(make_made_item())

    assert posed().problem.buckets == ()


def test_planners_rules_are_what_a_plan_is_measured_by():
    SchedulingRules.objects.update_or_create(
        pk=1, defaults={"setup_weight": 0.5, "move_minutes": 10, "rush_weight": 20}
    )
    plan_order(make_made_item(), priority=1)

    problem = posed()

    assert (problem.weights.setup, problem.weights.move, problem.weights.tardiness) == (0.5, 600, 1)
    assert problem.problem.jobs[0].weight == 20


def test_limits_are_read_in_as_many_queries_however_many_steps_have_them():
    site = make_site()

    def one_more() -> None:
        center = make_work_center(site=site, is_limited_by_people=True)
        step = {"work_center": center, "tools": {make_tool(site): 1}, "required_qualification": center.code}
        make_operator(site, center.code)
        plan_order(make_made_item([step], site=site))

    one_more()
    with CaptureQueriesContext(connection) as first:
        take_snapshot(at=MONDAY)
    one_more()
    one_more()
    with CaptureQueriesContext(connection) as then:
        take_snapshot(at=MONDAY)

    assert len(then) == len(first)


# --- on the floor ----------------------------------------------------------------------------------------------------


def start(operation: Operation, at=MONDAY) -> Operation:
    return services.start_operation(operation, by=make_user(), at=at)


def two_at_one_fixture(quantity: int = 1) -> tuple[Tool, Operation, Operation]:
    """Two operations at different work centers that need the same fixture."""
    site = make_site()
    fixture = make_tool(site, quantity, name="Vice")
    orders = [
        plan_order(
            make_made_item([{"work_center": make_work_center(site=site), "tools": {fixture: 1}}], site=site)
        )
        for _ in range(2)
    ]
    first, second = (operations_of(order)[0] for order in orders)
    return fixture, first, second


def test_an_operation_does_not_start_while_its_tool_is_in_use_elsewhere():
    _, first, second = two_at_one_fixture()
    start(first)

    with pytest.raises(services.ToolNotFree) as refusal:
        start(second)

    assert f"needs 1 of Vice, and 0 of 1 are free: in use at {first.machine} for {first}" in str(
        refusal.value
    )
    second.refresh_from_db()
    assert second.status == Operation.Status.WAITING


def test_a_second_tool_lets_both_start_and_a_paused_operation_gives_its_tool_back():
    _, first, second = two_at_one_fixture(2)
    start(first)
    start(second)

    assert second.status == Operation.Status.RUNNING

    _, first, second = two_at_one_fixture()
    services.pause_operation(start(first), by=make_user(), at=MONDAY)
    start(second)
    with pytest.raises(services.ToolNotFree):
        services.resume_operation(first, by=make_user(), at=MONDAY + HOUR)


def test_an_operation_does_not_start_while_its_tool_is_out_for_calibration():
    fixture, first, _ = two_at_one_fixture()
    ToolAbsence.objects.create(tool=fixture, starts_at=MONDAY - DAY, ends_at=MONDAY + DAY)

    with pytest.raises(services.ToolNotFree) as refusal:
        start(first)

    assert "1 away (calibration) until 2026-03-03 08:00 UTC" in str(refusal.value)
    assert start(first, at=MONDAY + DAY).status == Operation.Status.RUNNING


# --- what is refused at entry ----------------------------------------------------------------------------------------


def test_shares_that_make_more_than_the_whole_are_refused_by_the_database_too():
    center = make_work_center(order_share=Decimal("0.7"))
    center.stock_share = Decimal("0.4")

    with pytest.raises(ValidationError) as refusal:
        center.full_clean()
    assert "stock_share" in refusal.value.message_dict
    with pytest.raises(IntegrityError, match="reserved_shares"), transaction.atomic():
        center.save()


def test_a_tool_that_steps_in_force_need_cannot_be_counted_below_that():
    fixture, *_ = two_at_one_fixture()
    fixture.quantity = 0

    with pytest.raises(ValidationError) as refusal:
        fixture.full_clean()

    assert refusal.value.message_dict == {
        "quantity": ["A step in force needs 1 at once. Revise its process plan first."]
    }


def test_more_tools_than_there_are_cannot_be_away_or_needed():
    site = make_site()
    fixture = make_tool(site, 1)
    plan = make_plan(make_made_item(site=site), approved=False)

    for row in (
        ToolAbsence(tool=fixture, quantity=2, starts_at=MONDAY),
        ToolNeed(plan=plan, step=plan.steps.get(), tool=fixture, quantity=2),
    ):
        with pytest.raises(ValidationError) as refusal:
            row.full_clean()
        assert "quantity" in refusal.value.message_dict


def test_the_tools_of_a_plan_in_force_stand_still_and_are_copied_when_it_is_revised():
    site = make_site()
    item = make_made_item(
        [{"work_center": make_work_center(site=site), "tools": {make_tool(site, code="FX-7"): 1}}], site=site
    )
    plan = ProcessPlan.objects.get(item=item)

    draft = services.revise_process_plan(plan, "B", by=make_user(), at=MONDAY)

    assert [(need.tool.code, need.quantity, need.step.plan) for need in draft.tool_needs.all()] == [
        ("FX-7", 1, draft)
    ]
    with pytest.raises(Exception, match="in force"), transaction.atomic():
        plan.tool_needs.update(quantity=2)


def test_a_plan_whose_tools_are_elsewhere_or_too_few_is_not_approved():
    site = make_site()
    elsewhere, few = make_tool(make_site(), name="Their vice"), make_tool(site, 2, name="Collet")
    plan = make_plan(
        make_made_item(site=site),
        [{"work_center": make_work_center(site=site), "tools": {elsewhere: 1, few: 2}}],
        approved=False,
    )
    Tool.objects.filter(pk=few.pk).update(quantity=1)

    with pytest.raises(services.PlanIncomplete) as refusal:
        services.approve_process_plan(plan, by=make_user(), at=MONDAY)

    assert "needs Their vice, which is at another site" in str(refusal.value)
    assert "needs 2 of Collet, of which there are 1" in str(refusal.value)


def test_a_step_longer_than_any_shift_that_must_not_pause_is_named_when_its_plan_is_approved():
    site = make_site()
    oven = make_work_center(site=site, name="Oven")
    make_shift(oven, "06:00", "14:00", pause=("10:00", "10:30"))
    step = {"work_center": oven, "run_seconds": 0, "fixed_seconds": 5 * 3600, "may_pause": False}
    plan = make_plan(make_made_item(site=site), [step], approved=False)

    with pytest.raises(services.PlanIncomplete) as refusal:
        services.approve_process_plan(plan, by=make_user(), at=MONDAY)

    assert "takes 5.0 h and Oven never works longer than 4.0 h on end: let it pause" in str(refusal.value)
    plan.steps.update(may_pause=True)
    assert services.approve_process_plan(plan, by=make_user(), at=MONDAY).status == "approved"


def test_the_rules_are_one_row_with_weights_that_are_not_negative():
    SchedulingRules.objects.all().delete()
    assert SchedulingRules.objects.current().rush_weight == 10

    for fault in ({"pk": 2}, {"setup_weight": -1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SchedulingRules.objects.create(**fault)
