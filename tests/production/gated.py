"""Builders of operations with gates before them, and what is done at those."""

from datetime import timedelta
from decimal import Decimal

from production import services
from production.models import (
    Changeover,
    Cleaning,
    Machine,
    Operation,
    StepInstruction,
)
from tests.plant import MONDAY, make_item, make_site, make_user, next_name
from tests.records.people import a_signer, signing_as
from tests.shop import (
    make_made_item,
    make_plan,
    make_work_center,
    operations_of,
    plan_order,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = MONDAY.date()


def start(operation: Operation, by=None, at=MONDAY, machine=None) -> Operation:
    return services.start_operation(operation, machine=machine, by=by or make_user(), at=at)


def finish(operation: Operation, at=MONDAY + HOUR) -> Operation:
    return services.finish_operation(operation, good=Decimal(10), by=make_user(), at=at)


def first_of(item) -> Operation:
    return operations_of(plan_order(item))[0]


def status_of(operation) -> str:
    return Operation.objects.get(pk=operation.pk).status


def answer(operation, gate, person=None, by=None, reason="Trained on the job today", at=MONDAY, **fields):
    boss = by or a_signer()
    signed = {"credentials": signing_as(boss)} | fields
    return services.override_gate(operation, gate, reason, person=person, by=boss, at=at, **signed)


def needing(qualification="NDT-PT-II", **step) -> Operation:
    site = make_site()
    step = {"work_center": make_work_center(site=site), "required_qualification": qualification} | step
    return first_of(make_made_item([step], site=site))


def instructed(**fields):
    """An operation whose step is worked to one instruction that must be read, and the version in force."""
    item = make_item()
    plan = make_plan(item, approved=False)
    version = services.write_instruction(
        next_name("WI"), "Clamping", text="Clamp.", must_be_read=True, by=make_user(), at=MONDAY
    )
    services.approve_instruction(version, by=make_user(), at=MONDAY, **fields)
    StepInstruction.objects.create(plan=plan, step=plan.steps.get(), instruction=version.instruction)
    services.approve_process_plan(plan, by=make_user(), at=MONDAY)
    return first_of(item), version


def line(**change):
    """A line on which nuts come before plain bread, the change needing a cleaning; the two operations and the machine."""
    site = make_site()
    center = make_work_center(site=site)
    change = {"cleaning": "Allergen wet clean", "cleaning_is_checked": True} | change
    Changeover.objects.create(
        work_center=center, from_family="nuts", to_family="plain", seconds=900, **change
    )
    nuts, plain = (
        first_of(make_made_item([{"work_center": center, "setup_family": family}], site=site))
        for family in ("nuts", "plain")
    )
    return nuts, plain, center.machines.get()


def clean(machine: Machine, kind="Allergen wet clean", by=None, at=MONDAY + 2 * HOUR) -> Cleaning:
    return services.record_cleaning(machine, kind, by=by or make_user(), at=at)
