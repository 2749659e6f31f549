"""When the plan is made anew, and when it is left alone."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from inventory import services as inventory
from production import services
from production.models import Schedule
from production.replanning import replan_if_needed, why_replan
from production.tasks import replan
from tests.plant import MONDAY, make_lot, make_user
from tests.shop import make_made_item, operations_of, plan_order

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
    plan_order(make_made_item())
    services.report_breakdown(machine, "Spindle", by=make_user(), at=MONDAY + MINUTE)

    assert look(2).reason == "A machine broke down, an order was planned"
    assert look(3) is None


def test_what_is_not_urgent_waits_for_company():
    plan_order(make_made_item())
    look()
    plan_order(make_made_item())

    assert look(1) is None
    assert look(2).reason == "An order was planned"


def test_stock_that_becomes_usable_or_no_longer_is_and_purchases_call_for_a_new_plan():
    user = make_user()
    plan_order(make_made_item())
    look()
    lot = make_lot()
    inventory.quarantine_lot(lot, by=user, at=MONDAY)
    inventory.release_lot(lot, by=user, at=MONDAY)
    purchase = inventory.expect_receipt(lot.item, Decimal(5), MONDAY.date())
    inventory.cancel_expected_receipt(purchase)

    reason = why_replan(at=MONDAY + 2 * MINUTE)

    for what in ("lot was quarantined", "lot was released", "purchase was noted", "purchase was cancelled"):
        assert f"a {what}" in reason


def test_an_operation_that_does_not_start_when_planned_calls_for_a_new_plan_but_not_every_minute():
    plan_order(make_made_item())
    look()

    assert why_replan(at=MONDAY + 14 * MINUTE) == ""
    assert look(16).reason == "1 operation did not go as planned"
    assert look(17) is None


def test_a_plan_is_never_older_than_an_hour_while_there_is_work():
    order = plan_order(make_made_item())
    services.start_operation(operations_of(order)[0], by=make_user(), at=MONDAY)
    look()

    assert look(5) is None
    assert look(61) is not None


def test_while_somebody_is_planning_nobody_else_does():
    plan_order(make_made_item())
    cache.add("production.replanning", True)

    assert look() is None


def test_the_sweep_plans_what_is_waiting(settings):
    settings.MES = settings.MES | {"SCHEDULE_SECONDS": 0}
    plan_order(make_made_item(), due_at=timezone.now() + timedelta(days=3), at=timezone.now())

    replan()

    assert Schedule.objects.count() == 1


def test_the_command_prints_the_figures_of_the_new_version():
    plan_order(make_made_item(), at=timezone.now())
    printed = StringIO()

    call_command("schedule", seconds=0, reason="Monday morning", stdout=printed)

    assert Schedule.objects.get().reason == "Monday morning"
    assert "Operations      1" in printed.getvalue()
    assert "Without a place 0" in printed.getvalue()
