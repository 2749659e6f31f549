"""What stands between an operation and its start: every gate that is shut is named, and somebody with the right may answer for it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from inventory import services as inventory
from mes.core import signing
from mes.core.models import Fact
from mes.core.refusals import DomainError, InvalidInput
from mes.core.roles import ensure_roles
from production import services
from production.forms.machines import CleaningForm
from production.models import (
    Changeover,
    Cleaning,
    CleaningCheck,
    GateOverride,
    Machine,
    Operation,
    Operator,
    Qualification,
    Specification,
    StepInstruction,
    WorkCenter,
)
from production.standing import gates_standing
from quality.models import Gauge
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_site, make_user, next_name
from tests.racing import at_once
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import PASSWORD, a_signer, signing_as
from tests.shop import (
    make_machine,
    make_made_item,
    make_operator,
    make_plan,
    make_work_center,
    operations_of,
    plan_order,
)

pytestmark = pytest.mark.django_db
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


# --- all of them at once ------------------------------------------------------------------------------------------------


def test_everything_that_is_missing_is_named_at_once_each_with_what_to_do():
    site = make_site()
    bar = make_item(site=site, uom="MTR", supply="buy")
    center = make_work_center(site=site)
    item = make_item(site=site)
    plan = make_plan(
        item,
        [{"work_center": center, "required_qualification": "WELD"}],
        {bar: 2},
        approved=False,
    )
    version = services.write_instruction(
        "WI-1", "Welding", text="Weld.", must_be_read=True, by=make_user(), at=MONDAY
    )
    services.approve_instruction(version, by=make_user(), at=MONDAY)
    StepInstruction.objects.create(plan=plan, step=plan.steps.get(), instruction=version.instruction)
    services.approve_process_plan(plan, by=make_user(), at=MONDAY)
    operation = first_of(item)

    with pytest.raises(services.GatesShut) as refusal:
        start(operation)

    assert refusal.value.code == "production.gates_shut"
    assert refusal.value.errors.keys() == {"qualification", "instructions", "material"}
    assert "for 3 reasons" in refusal.value.detail
    for sentence in (
        "have somebody qualified first",
        "Read it on the operation's page",
        "Receive or release",
    ):
        assert sentence in refusal.value.detail
    assert status_of(operation) == "waiting"


def test_each_gate_that_is_shut_is_told_in_a_line_of_its_own():
    site = make_site()
    part = make_item(site=site, supply="buy")
    step = {"work_center": make_work_center(site=site), "required_qualification": "NDT-PT-II"}
    operation = first_of(make_made_item([step], {part: 1}, site=site))

    with pytest.raises(services.GatesShut) as refused:
        start(operation)

    assert [line[:3] for line in str(refused.value).splitlines()[1:]] == ["1. ", "2. "]


def test_a_single_gate_that_is_shut_keeps_its_own_code():
    with pytest.raises(services.NotQualified, match="NDT-PT-II"):
        start(needing())


# --- each of them -------------------------------------------------------------------------------------------------------


def test_an_instruction_that_must_be_read_is_read_before_the_start():
    operation, version = instructed()
    reader = make_user()

    with pytest.raises(services.InstructionUnread, match=f"has not read {version}"):
        start(operation, by=reader)
    services.acknowledge(version, by=reader, at=MONDAY)

    assert start(operation, by=reader).status == "running"


def test_a_step_whose_instruction_is_not_in_force_yet_waits():
    operation, version = instructed(effective_from=MONDAY + DAY)

    with pytest.raises(services.InstructionUnread, match=f"No version is in force of {version.instruction}"):
        start(operation)


def test_a_new_version_is_read_before_the_work_goes_on():
    operation, version = instructed()
    reader = make_user()
    services.acknowledge(version, by=reader, at=MONDAY)
    start(operation, by=reader)
    services.pause_operation(operation, by=reader, at=MONDAY + HOUR)
    newer = services.revise_instruction(version, revision="B", change="Torque", by=make_user(), at=MONDAY)
    services.approve_instruction(newer, by=make_user(), at=MONDAY + HOUR)

    with pytest.raises(services.InstructionUnread, match=str(newer)):
        services.resume_operation(operation, by=reader, at=MONDAY + HOUR)

    assert status_of(operation) == "paused"


def gauged(**gauge) -> Operation:
    site = make_site()
    item = make_item(site=site)
    asked = {"lower_limit": 9, "upper_limit": 11, "gauge_kind": "micrometer"}
    inspection = make_inspection_plan(item, "in_process", characteristics=[asked])
    center = make_work_center(site=site)
    make_plan(item, [{"work_center": center, "inspection_plan": inspection}, center])
    if gauge:
        Gauge.objects.create(number="M-1", kind="Micrometer", site=site, interval_days=365, **gauge)
    return first_of(item)


@pytest.mark.parametrize(
    ("gauge", "told"),
    [
        ({}, "none at .* is in calibration"),
        ({"due_date": TODAY - DAY}, "M-1 .*due 2026-03-01"),
        ({"due_date": TODAY, "status": "blocked"}, "M-1 .*blocked"),
    ],
)
def test_a_step_that_is_measured_waits_for_a_gauge_in_calibration(gauge: dict[str, Any], told: str):
    operation = gauged(**gauge)

    with pytest.raises(services.GaugeMissing, match=told):
        start(operation)


def test_gauges_that_lapsed_are_listed():
    operation = gauged(due_date=TODAY - DAY)
    site = operation.step.work_center.site
    Gauge.objects.create(number="M-2", kind="micrometer", site=site, interval_days=365)

    with pytest.raises(services.GaugeMissing, match=r"due 2026-03-01\), M-2 \(micrometer, in use, never"):
        start(operation)


def test_a_gauge_is_good_on_its_last_day():
    assert start(gauged(due_date=TODAY)).status == "running"


def test_a_qualification_that_a_customer_asks_for_is_needed_for_that_order_alone():
    site = make_site()
    item = make_made_item([make_work_center(site=site), make_work_center(site=site)], site=site)
    asked, other = plan_order(item), plan_order(item)
    operation = operations_of(asked)[0]
    Specification.objects.create(
        order=asked,
        kind="process",
        text="By a level II",
        source="SO-7/1",
        step=operation.step,
        qualification="PT-II",
    )

    with pytest.raises(services.NotQualified, match=r"SO-7/1 asks of step .* for qualification PT-II"):
        start(operation)

    assert start(operations_of(other)[0]).status == "running"
    holder = make_operator(item.site, "PT-II").user
    second = operations_of(plan_order(item))[0]
    Specification.objects.create(
        order=second.batch.order,
        kind="process",
        text="…",
        source="SO-8/1",
        step=second.step,
        qualification="PT-II",
    )
    finish(Operation.objects.get(pk=operations_of(other)[0].pk))
    assert start(second, by=holder).status == "running"


def test_material_that_is_held_is_named_with_why_it_cannot_be_used():
    site = make_site()
    bar = make_item(site=site, supply="buy")
    item = make_made_item(components={bar: 1}, site=site)
    lot = make_lot(bar, 10)
    inventory.hold_lot(lot, "Wrong heat", by=make_user(), at=MONDAY)

    with pytest.raises(services.MaterialMissing, match=f"{lot}: 10 .*Wrong heat"):
        start(first_of(item))


# --- cleaning -----------------------------------------------------------------------------------------------------------


def test_the_next_product_waits_for_the_cleaning_and_its_check_by_a_second_person():
    nuts, plain, machine = line()
    finish(start(nuts))
    cleaner = make_user()

    with pytest.raises(services.NotClean, match="Allergen wet clean” is not recorded"):
        start(plain, at=MONDAY + 2 * HOUR)
    clean(machine, "Dry wipe")
    with pytest.raises(services.NotClean, match="not recorded"):
        start(plain, at=MONDAY + 2 * HOUR)
    cleaning = clean(machine, by=cleaner)
    with pytest.raises(services.NotClean, match="was not checked by a second person yet"):
        start(plain, at=MONDAY + 2 * HOUR)
    with pytest.raises(services.OwnCleaning, match="Ask somebody else"):
        services.check_cleaning(cleaning, is_clean=True, by=cleaner, at=MONDAY + 2 * HOUR)
    services.check_cleaning(cleaning, is_clean=True, by=make_user(), at=MONDAY + 2 * HOUR)

    assert start(plain, at=MONDAY + 3 * HOUR).status == "running"
    assert cleaning.after == nuts


def test_a_machine_found_not_clean_is_cleaned_again():
    nuts, plain, machine = line()
    finish(start(nuts))
    cleaning = clean(machine)

    with pytest.raises(InvalidInput, match="Say what was found"):
        services.check_cleaning(cleaning, is_clean=False, by=make_user(), at=MONDAY + 2 * HOUR)
    services.check_cleaning(
        cleaning, is_clean=False, note="Swab positive", by=make_user(), at=MONDAY + 2 * HOUR
    )
    with pytest.raises(services.CleaningAlreadyChecked):
        services.check_cleaning(cleaning, is_clean=True, by=make_user(), at=MONDAY + 2 * HOUR)

    with pytest.raises(services.NotClean, match="Swab positive"):
        start(plain, at=MONDAY + 3 * HOUR)
    again = clean(machine, at=MONDAY + 3 * HOUR)
    services.check_cleaning(again, is_clean=True, by=make_user(), at=MONDAY + 3 * HOUR)
    assert start(plain, at=MONDAY + 4 * HOUR).status == "running"


def test_a_cleaning_counts_until_something_runs_on_the_machine_again():
    nuts, plain, machine = line(cleaning_is_checked=False)
    clean(machine, at=MONDAY - HOUR)
    finish(start(nuts))

    with pytest.raises(services.NotClean):
        start(plain, at=MONDAY + 2 * HOUR)


def test_what_was_paused_for_another_product_needs_the_cleaning_before_it_goes_on():
    nuts, plain, machine = line(cleaning_is_checked=False)
    start(plain)
    services.pause_operation(plain, by=make_user(), at=MONDAY + HOUR)
    services.resume_operation(plain, by=make_user(), at=MONDAY + HOUR)  # nothing ran meanwhile
    services.pause_operation(plain, by=make_user(), at=MONDAY + 2 * HOUR)
    finish(start(nuts, at=MONDAY + 3 * HOUR), at=MONDAY + 4 * HOUR)

    with pytest.raises(services.NotClean):
        services.resume_operation(plain, by=make_user(), at=MONDAY + 5 * HOUR)
    clean(machine, at=MONDAY + 5 * HOUR)
    assert services.resume_operation(plain, by=make_user(), at=MONDAY + 5 * HOUR).status == "running"


def test_a_line_that_is_cleared_before_every_batch_is_cleared_before_the_first_too():
    site = make_site()
    center = make_work_center(site=site, clearance=WorkCenter.Clearance.BATCH)
    item = make_made_item([center, center], site=site)
    first, second = operations_of(plan_order(item))

    with pytest.raises(services.NotClean, match="cleared before every batch; “Line clearance”"):
        start(first)
    clean(center.machines.get(), "line clearance", at=MONDAY)
    finish(start(first))

    assert start(second, at=MONDAY + HOUR).status == "running"  # the same batch goes on


def test_who_records_a_cleaning_is_told_what_changeovers_and_the_work_center_call_it():
    _, _, machine = line(cleaning="Wet clean")
    center = machine.work_center
    center.clearance = WorkCenter.Clearance.BATCH
    center.save()

    field = CleaningForm(objects=[machine]).fields["kind"]

    assert str(field.help_text).endswith("calls it: Line clearance, Wet clean.")


def test_a_line_that_is_cleared_for_another_item_goes_on_with_the_same():
    site = make_site()
    center = make_work_center(site=site, clearance=WorkCenter.Clearance.PRODUCT)
    item, other = (make_made_item([center], site=site) for _ in range(2))
    finish(start(first_of(item)))
    finish(start(first_of(item), at=MONDAY + HOUR), at=MONDAY + 2 * HOUR)

    with pytest.raises(services.NotClean):
        start(first_of(other), at=MONDAY + 2 * HOUR)


def test_a_machine_that_runs_is_not_cleaned_and_a_cleaning_says_what_was_done():
    nuts, _, machine = line()
    start(nuts)

    with pytest.raises(services.MachineNotIdle, match=str(nuts.batch)):
        clean(machine)
    with pytest.raises(InvalidInput, match="Say what was done"):
        clean(machine, " ")

    assert not Cleaning.objects.exists()


def test_the_database_keeps_whoever_cleaned_from_checking_it():
    _, _, machine = line()
    cleaning = clean(machine)

    with pytest.raises(ProgrammingError, match="somebody else"), transaction.atomic():
        CleaningCheck.objects.create(cleaning=cleaning, is_clean=True, by=cleaning.by, at=MONDAY)


# --- answering for one --------------------------------------------------------------------------------------------------


def test_somebody_with_the_right_answers_for_a_gate_and_it_is_told_and_kept():
    operation, worker, boss = needing(), make_user(), a_signer()

    override = answer(operation, "qualification", person=worker, by=boss)
    start(operation, by=worker)

    assert (override.person, override.by, override.reason) == (worker, boss, "Trained on the job today")
    assert "NDT-PT-II" in override.refusal
    assert Fact.objects.filter(name="production.GateOverridden", payload__override=override.pk).exists()
    assert Fact.objects.filter(name="production.OperationStarted", payload__overrides=[override.pk]).exists()


def test_an_override_is_signed_and_a_wrong_password_opens_nothing():
    operation, worker, boss = needing(), make_user(), a_signer()

    with pytest.raises(signing.SignatureMissing):
        answer(operation, "qualification", person=worker, by=boss, credentials=None)
    with pytest.raises(signing.WrongCredentials):
        answer(
            operation,
            "qualification",
            person=worker,
            by=boss,
            credentials=signing_as(boss, password="not-the-word"),
        )
    assert not GateOverride.objects.exists()
    override = answer(operation, "qualification", person=worker, by=boss)

    (signed,) = signing.signatures_of(override)
    assert (signed.signature.signer, signed.signature.meaning, signed.is_void) == (boss, "override", False)


def test_an_override_is_for_that_person_alone():
    operation, worker = needing(), make_user()
    answer(operation, "qualification", person=worker)

    with pytest.raises(services.NotQualified):
        start(operation, by=make_user())


def test_an_override_of_one_gate_opens_no_other():
    site = make_site()
    operation = first_of(
        make_made_item(
            [{"work_center": make_work_center(site=site), "required_qualification": "WELD"}],
            {make_item(site=site, supply="buy"): 1},
            site=site,
        )
    )
    worker = make_user()
    answer(operation, "qualification", person=worker)

    with pytest.raises(services.MaterialMissing):
        start(operation, by=worker)


def test_nobody_answers_for_their_own_qualification_or_reading():
    operation, worker = needing(), make_user()

    with pytest.raises(services.OwnGate, match="Nobody answers for that of themselves"):
        answer(operation, "qualification", by=worker)

    assert not GateOverride.objects.exists()


@pytest.mark.parametrize("gate", ["turn", "machine", "tools", "weather"])
def test_what_cannot_be_done_at_all_is_not_answered_for(gate: str):
    with pytest.raises(services.GateNotOverridable):
        answer(needing(), gate, person=make_user())


def test_a_gate_that_is_open_or_answered_for_needs_no_answer_and_a_reason_is_asked():
    operation, worker = needing(), make_user()

    with pytest.raises(services.GateOpen, match=r"cleaning of .* is in order"):
        answer(operation, "cleaning", person=worker)
    with pytest.raises(InvalidInput, match="Say why"):
        answer(operation, "qualification", person=worker, reason=" ")
    answer(operation, "qualification", person=worker)
    with pytest.raises(services.GateOpen, match="answered for this already: Trained"):
        answer(operation, "qualification", person=worker)


def test_an_override_does_not_outlive_what_it_was_about():
    nuts, plain, _ = line()
    finish(start(nuts))
    answer(plain, "cleaning", at=MONDAY + 2 * HOUR)
    other = first_of(nuts.batch.plan.item)
    finish(start(other, at=MONDAY + 2 * HOUR), at=MONDAY + 3 * HOUR)

    with pytest.raises(services.NotClean):
        start(plain, at=MONDAY + 4 * HOUR)


def test_the_database_keeps_a_reason_and_what_can_be_answered_for():
    operation, user = needing(), make_user()
    row = {"operation": operation, "subject": "x", "refusal": "x", "person": user, "by": user, "at": MONDAY}

    with pytest.raises(IntegrityError), transaction.atomic():
        GateOverride.objects.create(gate="machine", reason="Now", **row)
    with pytest.raises(IntegrityError), transaction.atomic():
        GateOverride.objects.create(gate="cleaning", reason="", **row)


# --- at the same moment -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_hold_at_the_moment_of_the_start_comes_before_it_or_after_it():
    operation = needing(qualification="")
    lot = operation.batch.lot
    by = make_user()

    outcomes = at_once(
        lambda: services.start_operation(Operation.objects.get(pk=operation.pk), by=by, at=MONDAY),
        lambda: inventory.hold_lot(type(lot).objects.get(pk=lot.pk), "Doubt", by=by, at=MONDAY),
    )

    refused = [each for each in outcomes if isinstance(each, DomainError)]
    assert type(lot).objects.get(pk=lot.pk).status == "held"
    assert status_of(operation) == ("waiting" if refused else "running")
    assert all(each.code == "production.not_ready" for each in refused)


@pytest.mark.django_db(transaction=True)
def test_a_start_waits_for_whoever_is_ending_the_qualification_and_is_then_refused():
    operation = needing("WELD")
    holder = make_operator(operation.step.work_center.site, "WELD").user

    def end_it() -> str:
        with transaction.atomic():
            held = Qualification.objects.select_for_update().get(code="WELD", operator__user=holder)
            held.expires_on = date(2026, 3, 1)
            held.save()
        return "ended"

    outcomes = at_once(
        end_it, lambda: services.start_operation(Operation.objects.get(pk=operation.pk), by=holder, at=MONDAY)
    )

    assert outcomes[0] == "ended"
    if isinstance(outcomes[1], DomainError):
        assert outcomes[1].code == "production.not_qualified"
        assert status_of(operation) == "waiting"
    else:
        assert status_of(operation) == "running"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_for_the_same_at_once_one_is_told():
    operation, worker = needing(), make_user()
    bosses = [a_signer(), a_signer()]

    outcomes = at_once(
        *(
            lambda boss=boss: answer(
                Operation.objects.get(pk=operation.pk), "qualification", person=worker, by=boss
            )
            for boss in bosses
        )
    )

    assert [each.code for each in outcomes if isinstance(each, DomainError)] == ["production.gate_open"]
    assert GateOverride.objects.count() == 1


# --- shown --------------------------------------------------------------------------------------------------------------


def role(name: str):
    user = a_signer(is_staff=True)
    user.groups.set([group for group in ensure_roles() if group.name == name])
    return user


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_gates_of_an_operation_stand_in_order_for_who_would_start_it():
    operation, worker = needing(), make_user()

    standing = {each.gate.value: each for each in gates_standing(operation, person=worker, at=MONDAY)}

    assert [each.state for each in standing.values()].count("open") == 7
    assert standing["qualification"].may_be_overridden
    answer(operation, "qualification", person=worker)
    standing = {each.gate.value: each for each in gates_standing(operation, person=worker, at=MONDAY)}
    assert standing["qualification"].state == "overridden"
    assert gates_standing(start(operation, by=worker), person=worker, at=MONDAY) == []


def test_a_terminal_asks_for_the_gates_and_an_inspector_answers_for_one():
    now = timezone.now()
    site = make_site()
    center = make_work_center(site=site)
    step = {"work_center": center, "required_qualification": "WELD"}
    item = make_made_item([step], site=site)
    (operation,) = operations_of(plan_order(item, at=now, due_at=now + DAY))
    worker = role("operator")
    inspector = role("inspector")
    floor, desk = client_of(worker), client_of(inspector)
    address = f"/api/v1/operations/{operation.pk}/"

    shut = [each for each in floor.get(address + "gates/").json() if each["state"] == "shut"]
    assert [(each["gate"], each["may_be_overridden"]) for each in shut] == [("qualification", True)]
    machine = make_machine(center)
    there = floor.get(f"{address}gates/?person={inspector.pk}&machine={machine.pk}")
    assert there.status_code == 200, there.content
    assert floor.get(f"{address}gates/?machine=0").json()["errors"][0]["parameter"] == "machine"
    machine.is_active = False
    machine.save()
    refused = floor.post(address + "start/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "production.not_qualified")
    body = {"gate": "qualification", "reason": "Under supervision", "person": worker.pk}
    assert floor.post(address + "override_gate/", body, format="json").status_code == 403
    unsigned = desk.post(address + "override_gate/", body, format="json")
    assert (unsigned.status_code, unsigned.json()["code"]) == (422, "core.signature_missing")
    body["signature"] = {"username": inspector.username, "password": PASSWORD}
    bad = desk.post(address + "override_gate/", body | {"gate": "weather"}, format="json")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "#/gate")
    given = desk.post(address + "override_gate/", body, format="json")
    assert given.status_code == 200, given.content
    assert floor.post(address + "start/", {}, format="json").json()["status"] == "running"
    listed = desk.get(f"/api/v1/gate-overrides/?operation__batch={operation.batch_id}").json()
    assert [each["reason"] for each in listed["results"]] == ["Under supervision"]


def test_a_cleaning_is_recorded_and_checked_over_http():
    _, _, machine = line()
    cleaner, checker = client_of(role("operator")), client_of(role("operator"))

    made = cleaner.post(
        "/api/v1/cleanings/", {"machine": machine.pk, "kind": "Allergen wet clean"}, format="json"
    )
    assert made.status_code == 201, made.content
    address = f"/api/v1/cleanings/{made.json()['id']}/"
    own = cleaner.post(address + "inspect/", {"is_clean": True}, format="json")
    assert (own.status_code, own.json()["code"]) == (409, "production.own_cleaning")
    assert checker.post(address + "inspect/", {"is_clean": True}, format="json").status_code == 200
    assert checker.get(address).json()["check"]["is_clean"] is True


def test_the_console_shows_the_gates_on_the_operation_and_the_override_on_the_batch():
    operation, worker = needing(), make_user()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:production_operation_change", args=[operation.pk])).content.decode()
    assert "May it start?" in page
    assert "Nobody holds it today" in page
    answer(operation, "qualification", person=worker, reason="Under supervision")

    batch = client.get(reverse("admin:production_batch_change", args=[operation.batch_id])).content.decode()

    assert "Started in spite of" in batch
    assert "Under supervision" in batch


def test_whoever_answers_for_a_gate_chooses_among_those_that_are_shut():
    operation = needing()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:production_operation_do_answer_for_a_gate", args=[operation.pk])

    shown = client.get(address).content.decode()

    assert '<option value="qualification"' in shown
    assert '<option value="cleaning"' not in shown
    assert "What is shut for" in shown


@pytest.mark.parametrize("name", ["cleaning", "gateoverride"])
def test_lists_take_a_fixed_number_of_queries(name: str):
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse(f"admin:production_{name}_changelist")

    def add() -> None:
        answer(needing(), "qualification", person=make_user())
        clean(line()[2])

    add()
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(3):
        add()
    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200
    assert len(many) == len(few)


def test_the_page_of_an_operation_tells_who_may_answer_for_a_gate_and_lets_them_look_for_whoever_starts():
    operation = needing()
    worker, inspector = role("operator"), role("inspector")
    Operator.objects.create(user=worker, site=operation.step.work_center.site, badge=next_name("BADGE"))
    floor, desk = Client(), Client()
    floor.force_login(worker)
    desk.force_login(inspector)
    address = reverse("admin:production_operation_change", args=[operation.pk])
    button = "do/answer-for-a-gate/?gate=qualification"

    seen_by_worker = floor.get(address, {"starter": inspector.pk}).content.decode()
    own = desk.get(address).content.decode()
    for_worker = desk.get(address, {"starter": worker.pk}).content.decode()
    dialog = desk.get(
        reverse("admin:production_operation_do_answer_for_a_gate", args=[operation.pk]),
        {"gate": "qualification", "person": worker.pk},
    ).content.decode()

    assert f"which {worker} does not hold today" in seen_by_worker
    assert f"answered for, by signature: {inspector}" in seen_by_worker
    assert button not in seen_by_worker
    assert f"which {inspector} does not hold today" in own
    assert button not in own
    assert f"which {worker} does not hold today" in for_worker
    assert f"{button}&amp;person={worker.pk}" in for_worker
    assert f'<option value="{worker.pk}" selected' in dialog
    assert '<option value="qualification" selected' in dialog
