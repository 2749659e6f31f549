"""A qualification that a customer asks for binds the start of the step, and who did it proves it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from mes.console.decisions.training import qualifications_unheld
from orders import evidence, services
from orders.models import Requirement
from production import services as production
from production.models import Operation
from tests.orders.asked import ordered
from tests.orders.desk import (
    Asked,
    line_of,
    make_it,
    make_order,
    make_part,
    pass_inspections,
    production_of,
    settle,
)
from tests.plant import MONDAY, make_lot, make_site, make_user
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import a_signer, signing_as
from tests.shop import make_operator

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_qualification_asked_of_a_step_binds_the_start_and_is_proven_by_who_did_it():
    part = make_part()
    order = ordered(part, Asked("process", "Turned by a level II", step_sequence=20, qualification="TURN-II"))
    make_lot(part.bar, 10)
    holder = make_operator(part.item.site, "TURN-II").user
    made = production_of(order)
    production.release_order(made, by=holder, at=MONDAY)
    saw, turn = Operation.objects.filter(batch__order=made).order_by("sequence")
    machine = saw.step.work_center.machines.first()
    production.start_operation(saw, machine=machine, by=make_user(), at=MONDAY)
    production.finish_operation(saw, good=Decimal(4), by=make_user(), at=MONDAY)

    with pytest.raises(production.NotQualified, match="asks of step 20 Turn for qualification TURN-II"):
        production.start_operation(turn, machine=machine, by=make_user(), at=MONDAY)
    production.start_operation(turn, machine=machine, by=holder, at=MONDAY)
    production.finish_operation(turn, good=Decimal(4), by=holder, at=MONDAY)
    pass_inspections(made)
    settle(made)

    (proof,) = evidence.matrix(order)
    assert (proof.is_open, proof.binds) == (False, "Step 20 by TURN-II")
    assert f"by {holder} (TURN-II)" in proof.evidence


def test_work_done_without_the_qualification_is_not_proof():
    part = make_part()
    order = ordered(part, Asked("process", "Turned by a level II", step_sequence=20, qualification="TURN-II"))
    make_lot(part.bar, 10)
    worker, boss = make_user(), a_signer()
    made = production_of(order)
    production.release_order(made, by=boss, at=MONDAY)
    for operation in Operation.objects.filter(batch__order=made).order_by("sequence"):
        if operation.sequence == 20:
            production.override_gate(
                operation,
                "qualification",
                "Supervised",
                person=worker,
                credentials=signing_as(boss),
                by=boss,
                at=MONDAY,
            )
        machine = operation.step.work_center.machines.first()
        production.start_operation(operation, machine=machine, by=worker, at=MONDAY)
        production.finish_operation(operation, good=Decimal(4), by=worker, at=MONDAY)
        pass_inspections(made)
    settle(made)

    (proof,) = evidence.matrix(order)
    assert (proof.is_open, proof.is_violated) == (True, True)
    assert f"was done by {worker} without TURN-II" in proof.evidence
    with pytest.raises(services.RequirementUnproven, match="without TURN-II"):
        services.ship(order, by=boss, at=MONDAY + HOUR)


def test_a_qualification_lasts_through_its_last_day_on_the_calendar_of_the_plant():
    evening = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)  # nine in the evening of the ninth in New York
    part = make_part(make_site(time_zone="America/New_York"))
    order = ordered(part, Asked("process", "Turned by a level II", step_sequence=20, qualification="TURN-II"))
    make_lot(part.bar, 10)
    holder = make_operator(part.item.site, "TURN-II", expires_on=date(2026, 3, 9)).user

    make_it(order, by=holder, at=evening)

    (proof,) = evidence.matrix(order)
    assert f"by {holder} (TURN-II)" in proof.evidence
    assert not proof.is_open


def test_a_qualification_without_a_step_is_refused():
    part = make_part()
    order = make_order((part.item, 4))

    with pytest.raises(services.UnclearRequirement) as refusal:
        services.state_requirement(
            line_of(order), "process", "By a level II", qualification="X", by=make_user(), at=MONDAY
        )

    assert refusal.value.errors.keys() == {"step_sequence"}
    assert not Requirement.objects.exists()


def test_the_planner_is_told_of_a_qualification_that_nobody_holds():
    part = make_part()
    order = ordered(part, Asked("process", "Turned by a level II", step_sequence=20, qualification="TURN-II"))
    lapsed = make_operator(part.item.site, "TURN-II", expires_on=MONDAY.date() - timedelta(days=1))

    (proof,) = evidence.matrix(order, at=MONDAY)
    assert proof.warning.startswith("Nobody holds TURN-II: step 20 cannot start. Train somebody")
    (told,) = qualifications_unheld(MONDAY)
    assert (told.what, told.why[:11]) == ("Nobody holds TURN-II", "1 operation")
    lapsed.qualifications.update(expires_on=MONDAY.date())

    assert evidence.matrix(order, at=MONDAY)[0].warning == ""
    assert list(qualifications_unheld(MONDAY)) == []
