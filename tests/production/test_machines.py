"""Breakdowns, maintenance and pins."""

from datetime import timedelta

import pytest

from mes.core.models import Fact
from production import services
from production.models import Downtime, Machine, Operation
from tests.plant import MONDAY, make_site, make_user
from tests.shop import make_machine, make_made_item, make_work_center, operations_of, plan_order

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def machine() -> Machine:
    return make_machine(make_work_center(machines=0))


def machine_of(operation: Operation) -> Machine:
    assert operation.machine is not None
    return operation.machine


def acting(hours: float = 0):
    return {"by": make_user(), "at": MONDAY + hours * HOUR}


def test_a_breakdown_pauses_what_runs_on_the_machine():
    (operation,) = operations_of(plan_order(make_made_item()))
    services.start_operation(operation, **acting())

    downtime = services.report_breakdown(machine_of(operation), "Spindle", **acting(1))

    operation.refresh_from_db()
    assert operation.status == Operation.Status.PAUSED
    assert operation.time_entries.get().ended_at == MONDAY + HOUR
    assert (downtime.kind, downtime.ends_at) == (Downtime.Kind.BREAKDOWN, None)
    assert Fact.objects.filter(name="production.MachineBroken", payload__downtime=downtime.pk).exists()
    assert list(Machine.objects.down(MONDAY + 2 * HOUR)) == [operation.machine]


def test_a_machine_breaks_down_once(machine):
    services.report_breakdown(machine, "Spindle", **acting())

    with pytest.raises(services.AlreadyDown, match="Spindle"):
        services.report_breakdown(machine, "Coolant", **acting(1))


def test_a_machine_that_is_repaired_works_again(machine):
    downtime = services.report_breakdown(machine, "Spindle", **acting())

    services.end_downtime(downtime, **acting(3))

    assert downtime.ends_at == MONDAY + 3 * HOUR
    assert not Machine.objects.down(MONDAY + 3 * HOUR).exists()
    with pytest.raises(services.AlreadyOver):
        services.end_downtime(downtime, **acting(4))


def test_maintenance_that_has_not_begun_is_called_off(machine):
    downtime = services.plan_downtime(machine, MONDAY + 5 * HOUR, MONDAY + 6 * HOUR, "Oil", **acting())

    services.end_downtime(downtime, **acting(1))

    assert not Downtime.objects.exists()
    with pytest.raises(services.AlreadyOver, match="called off already"):
        services.end_downtime(downtime, **acting(1))


def test_two_downtimes_do_not_overlap(machine):
    services.plan_downtime(machine, MONDAY + 5 * HOUR, MONDAY + 8 * HOUR, "Oil", **acting())

    with pytest.raises(services.AlreadyDown, match="Oil"):
        services.plan_downtime(machine, MONDAY + 7 * HOUR, MONDAY + 9 * HOUR, "Belt", **acting())


def test_one_downtime_may_begin_when_another_ends(machine):
    services.plan_downtime(machine, MONDAY + 5 * HOUR, MONDAY + 8 * HOUR, "Oil", **acting())

    services.plan_downtime(machine, MONDAY + 8 * HOUR, MONDAY + 9 * HOUR, "Belt", **acting())
    services.plan_downtime(machine, MONDAY + 4 * HOUR, MONDAY + 5 * HOUR, "Filter", **acting())

    assert Downtime.objects.count() == 3
    with pytest.raises(services.AlreadyDown, match="Belt"):
        services.report_breakdown(machine, "Spindle", **acting(8))


def test_maintenance_ends_after_it_starts_and_not_in_the_past(machine):
    with pytest.raises(services.WrongTime):
        services.plan_downtime(machine, MONDAY + 2 * HOUR, MONDAY + HOUR, "Oil", **acting())
    with pytest.raises(services.WrongTime):
        services.plan_downtime(machine, MONDAY - 2 * HOUR, MONDAY - HOUR, "Oil", **acting())


def test_a_pin_names_a_machine_that_may_do_it():
    site = make_site()
    center = make_work_center(site=site, machines=2)
    (operation,) = operations_of(plan_order(make_made_item([center], site=site)))
    chosen, stranger = center.machines.order_by("pk")[0], make_machine(make_work_center(site=site))

    with pytest.raises(services.MachineNotEligible):
        services.pin_operation(operation, stranger, **acting())
    with pytest.raises(services.WrongTime):
        services.pin_operation(operation, chosen, MONDAY - HOUR, **acting())
    services.pin_operation(operation, chosen, MONDAY + HOUR, **acting())

    operation.refresh_from_db()
    assert (operation.pinned_machine, operation.pinned_start_at) == (chosen, MONDAY + HOUR)
    services.unpin_operation(operation, **acting())
    operation.refresh_from_db()
    assert (operation.pinned_machine, operation.pinned_start_at) == (None, None)


def test_an_operation_that_has_started_is_not_pinned():
    (operation,) = operations_of(plan_order(make_made_item()))
    services.start_operation(operation, **acting())

    with pytest.raises(services.AlreadyStarted):
        services.pin_operation(operation, machine_of(operation), **acting(1))
