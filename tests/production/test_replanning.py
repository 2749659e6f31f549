"""When the plan is made anew, and when it is left alone."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Item
from mes.core.models import Fact
from production import planning, services
from production.facts import PlanRefused
from production.models import Priority, Schedule, SchedulingRules, Slot, WorkCenter
from production.news import news_since
from production.replanning import replan_if_needed, why_replan
from production.tasks import ask_for_a_plan, replan
from tests.plant import MONDAY, make_inspection, make_item, make_lot, make_site, make_user, measure_all
from tests.shop import (
    make_made_item,
    make_operator,
    make_shift,
    make_tool,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nobody_is_planning():
    cache.clear()


def look(minutes: float = 0) -> Schedule | None:
    return replan_if_needed(at=MONDAY + minutes * MINUTE, seconds=0)


def test_an_empty_plant_is_not_planned():
    assert look() is None


def test_the_first_order_makes_the_first_plan_and_then_it_stands():
    plan_order(make_made_item())

    assert look().reason == "There is no plan yet"
    assert look(1) is None


def test_several_events_make_one_plan_that_names_them():
    order = plan_order(make_made_item())
    look()
    (operation,) = operations_of(order)
    machine = operation.step.work_center.machines.get()
    other = plan_order(make_made_item())
    services.report_breakdown(machine, "Spindle", by=make_user(), at=MONDAY + MINUTE)

    schedule = look(2)

    assert schedule.reason == f"{machine} broke down 08:01, Order {other} was planned"
    assert [(cause["about"], cause["id"]) for cause in schedule.causes] == [
        ("order", other.pk),
        ("machine", machine.pk),
    ]
    assert look(3) is None


def test_what_is_not_urgent_waits_for_company():
    plan_order(make_made_item())
    look()
    order = plan_order(make_made_item())

    assert look(1) is None
    assert look(2).reason == f"Order {order} was planned"


def test_a_rush_order_waits_for_nobody():
    plan_order(make_made_item())
    look()
    order = plan_order(make_made_item(), priority=1, reason="SO-1042/1 for Hydra")

    assert look(0.1).reason == f"Order {order} rush (SO-1042/1 for Hydra)"


def test_stock_that_becomes_usable_or_no_longer_is_and_purchases_call_for_a_new_plan():
    user = make_user()
    plan_order(make_made_item())
    look()
    lot = make_lot()
    inventory.quarantine_lot(lot, by=user, at=MONDAY)
    inventory.release_lot(lot, by=user, at=MONDAY)
    inventory.expect_receipt(lot.item, Decimal(5), MONDAY.date())

    assert why_replan(at=MONDAY + MINUTE) == ""
    causes = [cause["text"] for cause in look(2).causes]
    assert causes[-3:] == [
        f"Lot {lot} was quarantined",
        f"Lot {lot} was released",
        f"{lot.item} is expected {MONDAY:%d %b}",
    ]


def test_material_that_comes_late_or_not_at_all_is_planned_for_at_once():
    bar = make_item(supply=Item.Supply.BUY)
    purchase = inventory.expect_receipt(bar, Decimal(50), MONDAY.date() + timedelta(days=1))
    order = plan_order(make_made_item(components={bar: 1}, site=bar.site))
    look()
    inventory.postpone_expected_receipt(purchase, MONDAY.date() + timedelta(days=3))

    schedule = look(0.1)

    assert schedule.reason == f"{bar} comes 05 Mar only"
    assert [row["number"] for row in schedule.orders] == [order.number]
    inventory.postpone_expected_receipt(purchase, MONDAY.date() + timedelta(days=2))
    assert look(0.15).reason == f"{bar} comes as soon as 04 Mar"
    inventory.cancel_expected_receipt(purchase)
    assert look(0.2).reason == f"The purchase {purchase} of {bar} was cancelled"


def test_a_purchase_that_is_put_off_twice_is_told_by_the_day_of_each_time():
    bar = make_item(supply=Item.Supply.BUY)
    purchase = inventory.expect_receipt(bar, Decimal(50), MONDAY.date() + timedelta(days=1))
    plan_order(make_made_item(components={bar: 1}, site=bar.site))
    look()

    for days in (5, 3):
        inventory.postpone_expected_receipt(purchase, MONDAY.date() + timedelta(days=days), at=MONDAY)

    assert look(0.1).reason == f"{bar} comes 07 Mar only, {bar} comes as soon as 05 Mar"


def test_nothing_comes_on_a_day_that_is_over():
    bar = make_item(supply=Item.Supply.BUY)
    purchase = inventory.expect_receipt(bar, Decimal(50), MONDAY.date() + timedelta(days=1))

    with pytest.raises(inventory.DayHasPassed) as refusal:
        inventory.postpone_expected_receipt(purchase, MONDAY.date() - timedelta(days=1), at=MONDAY)

    assert refusal.value.errors == {"due_date": ["01 Mar 2026 has passed; today is 02 Mar 2026."]}
    purchase.refresh_from_db()
    assert purchase.due_date == MONDAY.date() + timedelta(days=1)
    inventory.postpone_expected_receipt(purchase, MONDAY.date(), at=MONDAY)


def test_a_priority_that_is_lowered_is_planned_for_at_once_and_so_is_overtime_that_is_called_off():
    machine = make_work_center().machines.get()
    make_shift(machine.work_center, "08:00", "16:00")
    order = plan_order(make_made_item([machine.work_center], site=machine.work_center.site))
    look()
    by = make_user()

    services.reprioritise_order(order, Priority.FILL_IN, by=by, at=MONDAY)
    assert look(0.1).reason.startswith(f"Order {order} is now fill-in")

    extra = services.plan_overtime(
        machine, MONDAY + 600 * MINUTE, MONDAY + 660 * MINUTE, "More", by=by, at=MONDAY
    )
    assert look(0.2) is None, "hours more wait for company"
    assert look(3) is not None
    services.call_off_overtime(extra, by=by, at=MONDAY + 3 * MINUTE)
    assert look(3.1).reason == f"Overtime of {machine} was called off"


def test_less_that_is_made_or_comes_is_told_as_people_write_it():
    bar = make_item(supply=Item.Supply.BUY)
    purchase = inventory.expect_receipt(bar, Decimal(50), MONDAY.date() + timedelta(days=1))
    order = plan_order(make_made_item())
    look()
    services.reduce_order(order, Decimal("4.0000"), "Fewer wanted", by=make_user(), at=MONDAY)
    inventory.reduce_expected_receipt(purchase, Decimal("20.0000"))

    told = {cause["text"] for cause in look(2).causes}

    unit = order.item.unit
    assert f"Order {order} was reduced to 4 {unit}" in told
    assert f"Only 20 {bar.unit} of {bar} still come of purchase {purchase}" in told


def test_scrap_makes_the_rest_of_the_batch_shorter_at_once():
    site = make_site()
    item = make_made_item([make_work_center(site=site)] * 2, site=site)
    order = plan_order(item, reason="SO-1/1 for Acme")
    first, _ = operations_of(order)
    look()
    services.start_operation(first, by=make_user(), at=MONDAY)
    services.finish_operation(
        first, good=Decimal(4), scrap=Decimal(6), by=make_user(), at=MONDAY + 10 * MINUTE
    )

    schedule = look(10.1)

    assert schedule.reason == f"6 pcs of {first.batch} scrapped at {first.step} (SO-1/1 for Acme)"
    [row] = schedule.orders
    assert row["delay_seconds"] == -6 * 60 + 6


def test_an_operation_that_ends_much_too_late_is_named():
    site = make_site()
    order = plan_order(make_made_item([make_work_center(site=site)] * 2, site=site))
    first, _ = operations_of(order)
    look()
    services.start_operation(first, by=make_user(), at=MONDAY)
    services.finish_operation(first, good=Decimal(10), by=make_user(), at=MONDAY + 40 * MINUTE)

    assert look(40.1).reason == f"{first} ended 0.5 h late"


def test_a_failed_inspection_is_planned_for_at_once():
    plan_order(make_made_item())
    look()
    inspection = make_inspection()
    measure_all(inspection, 20)

    assert f"Lot {inspection.lot} failed its inspection" in look(0.1).reason


def test_operations_that_do_not_start_are_named_as_far_as_a_line_holds():
    center = make_work_center(machines=4)
    step = {"work_center": center, "name": "A name of a step that takes much room"}
    item = make_made_item([step], site=center.site)
    batches = [operations_of(plan_order(item))[0] for _ in range(4)]
    look()

    reason = look(16).reason

    assert reason.startswith(f"{batches[0]} should have started 08:00, {batches[1]} should")
    assert reason.endswith("should have started 08:00 and 2 more")
    assert len(reason) <= 200


def test_an_operation_that_does_not_start_when_planned_calls_for_a_new_plan_but_not_every_minute():
    (operation,) = operations_of(plan_order(make_made_item()))
    look()

    assert why_replan(at=MONDAY + 14 * MINUTE) == ""
    assert look(16).reason == f"{operation} should have started 08:00"
    assert look(17) is None


def test_an_operation_that_starts_long_before_its_time_calls_for_a_new_plan_once_there_was_time_for_company():
    center = make_work_center()
    item = make_made_item([{"work_center": center, "run_seconds": 3600}], site=center.site)
    first, second = (operations_of(plan_order(item))[0] for _ in range(2))
    published = look()
    services.start_operation(second, by=make_user(), at=MONDAY + MINUTE)

    assert look(1) is None
    schedule = look(2)

    assert schedule.reason == f"{second} started 08:01, planned for 18:00"
    assert [(cause["about"], cause["id"]) for cause in schedule.causes] == [("operation", second.pk)]
    assert Slot.objects.published().get(operation=second).starts_at == MONDAY + MINUTE
    assert Slot.objects.published().get(operation=first).starts_at > MONDAY + timedelta(hours=9)
    assert look(5) is None
    assert published.version + 1 == schedule.version


def test_an_operation_that_starts_days_before_its_time_is_told_with_the_day():
    center = make_work_center()
    item = make_made_item([{"work_center": center, "run_seconds": 36_000}], site=center.site)
    _, second = (operations_of(plan_order(item))[0] for _ in range(2))
    look()
    services.start_operation(second, by=make_user(), at=MONDAY)

    assert look(2).reason == f"{second} started 08:00, planned for Fri 06 Mar 12:00"


def test_an_operation_that_starts_a_little_early_leaves_the_plan_alone():
    center = make_work_center()
    step = {"work_center": center, "run_seconds": 60}
    item = make_made_item([step], site=center.site)
    _, second = (operations_of(plan_order(item))[0] for _ in range(2))
    look()
    services.start_operation(second, by=make_user(), at=MONDAY)

    assert look(2) is None


def test_an_operation_that_runs_on_another_machine_than_planned_calls_for_a_new_plan():
    center = make_work_center(machines=2)
    item = make_made_item([{"work_center": center}], site=center.site)
    (operation,) = operations_of(plan_order(item))
    look()
    planned = Slot.objects.published().get(operation=operation).machine
    other = center.machines.exclude(pk=planned.pk).get()
    services.start_operation(operation, machine=other, by=make_user(), at=MONDAY)

    assert look(2).reason == f"{operation} runs on {other}, planned on {planned}"
    assert Slot.objects.published().get(operation=operation).machine == other
    assert look(5) is None


def test_a_plan_is_never_older_than_an_hour_while_there_is_work():
    order = plan_order(make_made_item())
    services.start_operation(operations_of(order)[0], by=make_user(), at=MONDAY)
    look()

    assert look(5) is None
    assert look(61) is not None


def test_repairs_do_not_put_off_the_hourly_search():
    machine = make_work_center().machines.get()
    plan_order(make_made_item([machine.work_center], site=machine.work_center.site))
    look()

    services.report_breakdown(machine, "Jammed", by=make_user(), at=MONDAY + 50 * MINUTE)
    assert look(51).figures["is_repair"]

    assert look(61).reason == "The plan was an hour old"


def test_a_repair_that_makes_orders_late_is_followed_by_a_search_once_the_plant_is_quiet():
    machine = make_work_center().machines.get()
    plan_order(
        make_made_item([machine.work_center], site=machine.work_center.site), due_at=MONDAY + 120 * MINUTE
    )
    look()

    services.report_breakdown(machine, "Jammed", by=make_user(), at=MONDAY + MINUTE)
    assert look(1).figures["late_orders"] == 1

    assert look(2) is None
    searched = look(4)
    assert searched.reason == "Repairs in a hurry left 1 more order late"
    assert not searched.figures["is_repair"]
    assert look(7) is None


def test_a_repair_that_makes_a_late_order_much_later_is_followed_by_a_search_too():
    machine = make_work_center().machines.get()
    plan_order(
        make_made_item([machine.work_center], site=machine.work_center.site), due_at=MONDAY - 120 * MINUTE
    )
    assert look().figures["late_orders"] == 1
    back = MONDAY + 1800 * MINUTE

    services.report_breakdown(machine, "Jammed", expected_until=back, by=make_user(), at=MONDAY + MINUTE)
    assert look(1).figures["is_repair"]

    assert look(2) is None
    assert look(4).reason == "Repairs in a hurry left orders 30 h later in all"
    assert look(8) is None, "what a search could not mend either calls for no other"


def test_while_somebody_is_planning_nobody_else_does():
    plan_order(make_made_item())
    cache.add("production.replanning", True)

    assert look() is None


def test_the_sweep_plans_what_is_waiting(settings):
    settings.MES = settings.MES | {"SCHEDULE_SECONDS": 0}
    plan_order(make_made_item(), due_at=timezone.now() + timedelta(days=3), at=timezone.now())

    replan()

    assert Schedule.objects.count() == 1


def test_fifty_facts_in_a_burst_ask_for_one_plan_and_the_next_burst_for_another(settings, monkeypatch):
    settings.MES = settings.MES | {"REPLAN_AFTER_SECONDS": 1}
    asked = []
    monkeypatch.setattr(replan, "apply_async", lambda **options: asked.append(options["countdown"]))

    for _ in range(50):
        ask_for_a_plan()
    replan()
    for _ in range(50):
        ask_for_a_plan()

    assert asked == [1, 1]


def test_whoever_asks_while_a_plan_is_made_is_answered_after_it(settings, monkeypatch):
    settings.MES = settings.MES | {"REPLAN_AFTER_SECONDS": 1}
    asked = []
    monkeypatch.setattr(replan, "apply_async", lambda **options: asked.append(options["countdown"]))
    plan_order(make_made_item(), at=timezone.now())
    cache.add("production.replanning", True)

    replan()

    assert asked == [1]


@pytest.mark.django_db(transaction=True)
def test_a_breakdown_makes_a_plan_as_soon_as_it_is_told(settings):
    settings.MES = settings.MES | {"REPLAN_AFTER_SECONDS": 1, "REPAIR_SECONDS": 0}
    now = timezone.now()
    (operation,) = operations_of(plan_order(make_made_item(), due_at=now + timedelta(days=9), at=now))
    replan_if_needed(at=now, seconds=0)
    machine = operation.step.work_center.machines.get()

    services.report_breakdown(machine, "Spindle", by=make_user(), at=now)

    latest = Schedule.objects.latest("version")
    assert latest.version > 1
    assert latest.causes[0]["text"].startswith(f"{machine} broke down")


def test_a_plan_that_breaks_a_rule_is_refused_and_the_one_in_force_stands(monkeypatch):
    site = make_site()
    item = make_made_item([make_work_center(site=site)], site=site)
    plan_order(item)
    first = look()
    plan_order(item)
    solve = planning.solve
    logged: list[str] = []
    monkeypatch.setattr(planning.logger, "error", lambda text, *values: logged.append(text % values))

    def solve_badly(problem, **options):
        result = solve(problem, **options)
        start = min(slot.start for slot in result.assignments)
        heap = tuple(replace(slot, start=start, setup_end=start) for slot in result.assignments)
        return replace(result, assignments=heap)

    monkeypatch.setattr(planning, "solve", solve_badly)
    with pytest.raises(planning.UnsoundPlan, match=r"overlaps|working time") as refusal:
        look(2)

    assert refusal.value.remedy.startswith("The plan in force stands.")
    assert Schedule.objects.get() == first
    assert Fact.objects.filter(name=PlanRefused.name).count() == 1
    assert len(logged) == 1
    assert "is not published" in logged[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda center: make_shift(center, "06:00", "14:00"),
            "Shifts of {} were changed",
        ),
        (
            lambda center: center.exceptions.create(date=MONDAY.date(), reason="Holiday"),
            "Closed or other days of {} were changed",
        ),
        (lambda center: center.machines.update(speed=2), "Machines of {} were changed"),
        (
            lambda center: center.changeovers.create(from_family="A", to_family="B", seconds=60),
            "Changeovers of {} were changed",
        ),
        (
            lambda center: WorkCenter.objects.filter(pk=center.pk).update(order_share="0.5"),
            "Capacity of {} was changed",
        ),
    ],
    ids=["shifts", "days", "machines", "changeovers", "shares"],
)
def test_other_hours_machines_and_shares_call_for_a_plan_that_names_them(change, told):
    order = plan_order(make_made_item())
    look()
    center = operations_of(order)[0].step.work_center
    change(center)

    assert look(1) is None, "it waits for company"
    schedule = look(3)

    assert schedule.reason == told.format(center)
    assert schedule.causes[0]["about"] == "workcenter"
    assert schedule.causes[0]["id"] == center.pk
    assert look(6) is None


def test_tools_that_are_away_other_people_and_other_rules_call_for_a_plan():
    site = make_site()
    jig = make_tool(site, 2)
    operator = make_operator(site, "WELD")
    center = make_work_center(site=site, is_limited_by_people=True)
    step = {"work_center": center, "tools": {jig: 1}, "required_qualification": "WELD"}
    plan_order(make_made_item([step], site=site))
    look()

    jig.absences.create(quantity=1, starts_at=MONDAY, reason="Calibration")
    operator.qualifications.update(expires_on=MONDAY.date() + timedelta(days=3))
    SchedulingRules.objects.update_or_create(pk=1, defaults={"rush_weight": 20})

    assert look(3).reason == (
        f"{jig} is away at other times, Other operators are qualified for WELD, The rules of planning were changed"
    )


def test_other_rules_of_planning_are_searched_by_as_soon_as_the_plant_is_quiet():
    plan_order(make_made_item())
    look()
    SchedulingRules.objects.update_or_create(pk=1, defaults={"setup_weight": 0.5})

    repaired = look(2)
    assert (repaired.reason, repaired.figures["is_repair"]) == ("The rules of planning were changed", True)
    assert look(3) is None
    searched = look(4)
    assert searched.reason == "The rules of planning are others than at the last search"
    assert not searched.figures["is_repair"]
    assert look(7) is None


def test_a_work_center_that_is_new_calls_for_no_plan():
    plan_order(make_made_item())
    look()
    make_shift(make_work_center(), "06:00", "14:00")
    make_tool(make_site())

    assert look(3) is None


def test_a_fact_that_comes_to_light_after_a_later_one_is_not_lost():
    order = plan_order(make_made_item())
    first = look()
    machine = operations_of(order)[0].step.work_center.machines.get()
    services.report_breakdown(machine, "Spindle", by=make_user(), at=MONDAY)
    # As if the plan had been made between the commits of two who overlapped.
    later = Fact.objects.latest("pk").pk
    figures = first.figures | {"facts_until": later}

    [news] = news_since(Schedule(figures=figures))

    assert news.text.startswith(f"{machine} broke down")


def test_the_command_prints_the_figures_of_the_new_version():
    plan_order(make_made_item(), at=timezone.now())
    printed = StringIO()

    call_command("schedule", seconds=0, reason="Monday morning", stdout=printed)

    assert Schedule.objects.get().reason == "Monday morning"
    assert "Operations      1" in printed.getvalue()
    assert "Without a place 0" in printed.getvalue()
