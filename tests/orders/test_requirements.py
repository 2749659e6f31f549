"""Requirements that are shown, met, conceded and amended: what is asked binds where work is done, and its history stays readable."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from inventory import services as inventory
from inventory.models import Lot
from mes.console.decisions.training import qualifications_unheld
from mes.core import signing
from mes.core.files import FileRefused
from mes.core.models import Fact
from mes.core.refusals import DomainError, InvalidInput
from mes.core.roles import ensure_roles
from orders import evidence, services
from orders.agreements import lines_waiting_for_agreement
from orders.models import Amendment, Evidence, Requirement
from production import services as production
from production.models import MaterialClaim, Operation, Specification
from quality import services as quality
from quality.models import Inspection, InspectionPlan, Nonconformance
from tests.orders.desk import (
    FRIDAY,
    Asked,
    line_of,
    lots_of,
    make_customer,
    make_it,
    make_order,
    make_part,
    pass_inspections,
    production_of,
    settle,
)
from tests.plant import MONDAY, make_item, make_lot, make_site, make_user, measure_all, next_name
from tests.racing import at_once
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import PASSWORD, a_signer, signing_as
from tests.shop import make_operator

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PDF = b"%PDF-1.7\n"


def ordered(part, *asked: Asked, quantity=4, **fields):
    """A confirmed order of brackets that asks this of its one line."""
    return make_order((part.item, quantity, FRIDAY, 2, None, asked), confirmed=True, **fields)


def heat(value="H-1", **fields) -> Asked:
    return Asked("material", f"Heat {value}", attribute="heat", expected=value, **fields)


def hardness(low: str, high: str) -> Asked:
    return Asked(
        "characteristic",
        f"Hardness {low} to {high}",
        characteristic_name="Hardness",
        lower_limit=Decimal(low),
        upper_limit=Decimal(high),
    )


def propose(order, *changes: services.Change, reason="Customer's change 7", by=None) -> Amendment:
    return services.propose_amendment(order, reason, changes=changes, by=by or make_user(), at=MONDAY)


def approve(amendment, by=None) -> Amendment:
    return services.approve_amendment(amendment, by=by or make_user(), at=MONDAY + HOUR)


def in_force(order) -> list[str]:
    return [str(each) for each in Requirement.objects.filter(line__order=order).in_force().in_order()]


def adds(order, asked: Asked) -> services.Change:
    return services.Change(line=line_of(order), asked=asked)


def only_requirement(order) -> Requirement:
    found: Requirement = Requirement.objects.select_related("line__order__customer").get(line__order=order)
    return found


# --- a qualification ----------------------------------------------------------------------------------------------------


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


# --- evidence and concessions -------------------------------------------------------------------------------------------


def test_a_certificate_is_kept_with_what_it_proves():
    order = ordered(make_part(), Asked("document", "Certificate of conformity"))

    services.prove_requirement(
        only_requirement(order), "CoC 12", file=ContentFile(PDF, "coc.pdf"), by=make_user(), at=MONDAY
    )

    (proof,) = evidence.matrix(order)
    (shown,) = proof.shown
    assert (proof.is_open, shown.kind, shown.file.name) == (False, "document", "coc.pdf")


@pytest.mark.parametrize("content", [b"", b"words"])
def test_a_paper_that_is_none_proves_nothing(content: bytes):
    order = ordered(make_part(), Asked("document", "Certificate of conformity"))

    with pytest.raises(FileRefused):
        services.prove_requirement(
            only_requirement(order), "CoC 12", file=ContentFile(content, "coc.pdf"), by=make_user(), at=MONDAY
        )

    assert evidence.matrix(order)[0].is_open
    assert not Evidence.objects.exists()


def test_an_inspection_that_has_not_passed_proves_nothing():
    part = make_part()
    order = ordered(part, Asked("document", "Hardness report"))
    make_lot(part.bar, 10)
    production.release_order(production_of(order), by=make_user(), at=MONDAY)
    (lot,) = lots_of(production_of(order))
    plan = InspectionPlan.objects.get(item=part.item, stage="in_process")
    inspection = quality.open_inspection(plan, lot, lot_quantity=Decimal(1), by=make_user(), at=MONDAY)

    with pytest.raises(services.WrongEvidence, match="is open"):
        services.prove_requirement(
            only_requirement(order), "Report", inspection=inspection, by=make_user(), at=MONDAY
        )
    measure_all(inspection, 38)
    services.prove_requirement(
        only_requirement(order), "Report", inspection=inspection, by=make_user(), at=MONDAY
    )

    assert evidence.matrix(order)[0].shown[0].inspection == inspection


def test_what_failed_the_customers_limit_and_is_used_as_it_is_is_not_met_and_says_so():
    part = make_part()
    order = ordered(part, hardness("36", "40"))
    make_lot(part.bar, 10)
    make_it(order, hardness=41)
    assert evidence.matrix(order)[0].is_violated is False
    found = Nonconformance.objects.get(lot__in=lots_of(production_of(order)))
    quality.decide_nonconformance(found, "use_as_is", "It fits", by=make_user(), at=MONDAY)
    settle(production_of(order))

    (proof,) = evidence.matrix(order)

    assert (proof.is_open, proof.is_violated) == (True, True)
    assert "has 41, outside what was asked; it is used as it is." in proof.evidence


def test_a_concession_needs_the_customers_agreement_where_he_asks_to_be_asked():
    customer = make_customer()
    customer.agrees_to_concessions = True
    customer.save()
    order = ordered(make_part(), Asked("marking", "Laser marked"), customer=customer)
    requirement, boss = only_requirement(order), a_signer()
    signed: Any = {"credentials": signing_as(boss), "by": boss, "at": MONDAY}

    with pytest.raises(services.AgreementMissing) as refusal:
        services.grant_concession(requirement, "Engraved instead", **signed)
    assert refusal.value.errors.keys() == {"customer_agreement"}
    with pytest.raises(services.EvidenceMissing):
        services.grant_concession(requirement, " ", customer_agreement="MRB-3", **signed)
    with pytest.raises(signing.SignatureMissing):
        services.grant_concession(requirement, "Engraved", customer_agreement="MRB-3", by=boss, at=MONDAY)
    services.grant_concession(requirement, "Engraved instead", customer_agreement="MRB-3", **signed)

    (proof,) = evidence.matrix(order)
    assert (proof.is_open, proof.shown[0].kind) == (False, "concession")
    assert "Engraved instead" in proof.evidence
    assert "MRB-3" in proof.evidence
    assert Fact.objects.filter(name="orders.ConcessionGranted").exists()


def test_goods_accepted_as_they_are_wait_for_the_agreement_of_a_customer_who_asks_to_be_asked():
    part, customer = make_part(), make_customer()
    customer.agrees_to_concessions = True
    customer.save()
    order, other = ordered(part, customer=customer), ordered(part)
    make_lot(part.bar, 20)
    make_it(order)
    make_it(other)
    who: dict[str, Any] = {"by": make_user(), "at": MONDAY + HOUR}
    reports = [
        quality.decide_nonconformance(
            quality.open_nonconformance(lots_of(production_of(each))[0], Decimal(1), "Scratch", **who),
            "use_as_is",
            "Not seen when fitted",
            **who,
        )
        for each in (order, other)
    ]

    services.ship(other, **who)  # this customer does not ask to be asked
    with pytest.raises(services.ConcessionNotAgreed, match="has to agree to every concession") as refusal:
        services.ship(order, **who)
    assert str(reports[0]) in refusal.value.detail
    assert refusal.value.see == (reports[0],)
    quality.note_customer_agreement(reports[0], "MRB-7 of 3 March", **who)

    assert services.ship(order, **who).lines.exists()


def test_what_was_accepted_under_a_number_in_between_waits_for_the_customer_too():
    item, customer = make_item(), make_customer()
    customer.agrees_to_concessions = True
    customer.save()
    who: dict[str, Any] = {"by": make_user(), "at": MONDAY}
    first = make_lot(item, 10)
    between = inventory.split_lot(first, Decimal(6), **who)
    report = quality.decide_nonconformance(
        quality.open_nonconformance(between, Decimal(6), "Scratch", **who), "use_as_is", "Not seen", **who
    )
    between.refresh_from_db()
    inventory.split_lot(between, Decimal(4), **who)
    for lot in (first, between):
        inventory.hold_lot(lot, "Kept back", **who)
    order = make_order((item, 4), customer=customer, confirmed=True)

    assert [str(each) for each in lines_waiting_for_agreement(report)] == [str(line_of(order))]
    with pytest.raises(services.ConcessionNotAgreed, match=str(report)):
        services.ship(order, **who)
    quality.note_customer_agreement(report, "MRB-7", **who)

    assert lines_waiting_for_agreement(report) == []
    assert services.ship(order, **who).lines.exists()


# --- a qualification that nobody holds ----------------------------------------------------------------------------------


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


def test_the_matrix_takes_the_same_queries_for_one_requirement_and_for_many():
    part = make_part()
    few = ordered(part, Asked("document", "A"))
    many = ordered(part, *(Asked("document", f"D{n}") for n in range(6)), hardness("37", "41"), heat())

    evidence.matrix(many)
    with CaptureQueriesContext(connection) as one:
        evidence.matrix(few)
    with CaptureQueriesContext(connection) as eight:
        assert len(evidence.matrix(many)) == 8
    assert len(eight) - len(one) <= 8  # what each kind of proof reads, whatever its number


# --- amendments ---------------------------------------------------------------------------------------------------------


def test_until_it_is_approved_an_amendment_changes_nothing_and_dropped_it_never_does():
    order = ordered(make_part(), Asked("document", "Certificate"))
    amendment = propose(order, adds(order, Asked("packaging", "Each in a box")))
    services.end_requirement(amendment, only_requirement_of(order, "Certificate"), by=make_user(), at=MONDAY)

    assert in_force(order) == ["Certificate"]
    services.drop_amendment(amendment, by=make_user(), at=MONDAY)

    assert in_force(order) == ["Certificate"]
    assert amendment.stated.get().text == "Each in a box"  # what was proposed stays readable
    with pytest.raises(services.AmendmentClosed):
        approve(amendment)


def only_requirement_of(order, text) -> Requirement:
    return Requirement.objects.get(line__order=order, text=text)


def test_an_approved_amendment_hands_down_anew_and_keeps_what_was_asked_before():
    order = ordered(make_part(), hardness("37", "41"))
    before = only_requirement(order)
    boss = make_user()
    amendment = propose(order, services.Change(requirement=before, asked=hardness("38", "40")))

    approve(amendment, by=boss)

    assert in_force(order) == ["Hardness 38 to 40"]
    after = Requirement.objects.get(text="Hardness 38 to 40")
    before.refresh_from_db()
    assert (after.replaces, after.stated_in, before.ended_in) == (before, amendment, amendment)
    assert (amendment.decided_by, amendment.reason) == (boss, "Customer's change 7")
    (row,) = Specification.objects.filter(order=production_of(order))
    assert (row.text, row.lower_limit, row.upper_limit) == ("Hardness 38 to 40", Decimal(38), Decimal(40))
    assert Fact.objects.filter(name="orders.OrderAmended", payload__amendment=amendment.pk).exists()


def test_the_amendment_of_a_regulated_item_is_approved_by_signature():
    part = make_part()
    part.item.is_regulated = True
    part.item.save()
    order, boss = ordered(part, hardness("37", "41")), a_signer()
    amendment = propose(
        order, services.Change(requirement=only_requirement(order), asked=hardness("38", "40"))
    )

    with pytest.raises(signing.SignatureMissing):
        approve(amendment, by=boss)
    assert in_force(order) == ["Hardness 37 to 41"]

    services.approve_amendment(amendment, credentials=signing_as(boss), by=boss, at=MONDAY)

    assert in_force(order) == ["Hardness 38 to 40"]
    (signature,) = signing.signatures_of(amendment)
    assert not signature.is_void


def test_what_was_kept_without_the_attribute_asked_now_is_given_back_and_other_stock_kept():
    part = make_part()
    plain, titanium = make_lot(part.bar, 10), None
    order = ordered(part, Asked("document", "Certificate"))
    assert MaterialClaim.objects.get().reservation.lot == plain
    titanium = make_lot(part.bar, 10, attributes={"heat": "H-1"})

    approve(propose(order, adds(order, heat(component_number=part.bar.number))))

    kept = MaterialClaim.objects.filter(reservation__status="open").get()
    assert kept.reservation.lot == titanium


def test_a_lot_without_the_certificate_asked_for_is_not_issued():
    part = make_part()
    order = ordered(
        part,
        Asked("material", "With certificate 3.1", component_number=part.bar.number, attribute="certificate"),
    )
    bare = make_lot(part.bar, 10)
    good = make_lot(part.bar, 10, attributes={"certificate": "C-9"})
    made = production_of(order)
    production.release_order(made, by=make_user(), at=MONDAY)
    saw = Operation.objects.get(batch__order=made, sequence=10)
    machine = saw.step.work_center.machines.first()
    production.start_operation(saw, machine=machine, by=make_user(), at=MONDAY)

    with pytest.raises(production.SpecificationUnmet, match="certificate"):
        production.finish_operation(
            saw, good=Decimal(4), consumed=[(bare, Decimal(4))], by=make_user(), at=MONDAY
        )
    production.finish_operation(
        saw, good=Decimal(4), consumed=[(good, Decimal(4))], by=make_user(), at=MONDAY
    )

    assert Operation.objects.get(pk=saw.pk).status == "done"


def test_what_was_made_otherwise_is_held_as_a_nonconformance():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, Asked("document", "Certificate"))
    make_it(order, hardness=41)

    approve(propose(order, adds(order, hardness("37", "40"))))

    (lot,) = Lot.objects.filter(pk__in=[each.pk for each in lots_of(production_of(order))])
    found = Nonconformance.objects.get(lot=lot)
    assert lot.status == Lot.Status.HELD
    assert "amendment 1" in found.description
    assert "Hardness 37 to 40" in found.description


def test_results_in_an_open_inspection_beyond_the_new_limits_are_held_and_the_rest_is_judged_by_them():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, Asked("document", "Certificate"))
    made = production_of(order)
    production.release_order(made, by=make_user(), at=MONDAY)
    for operation in Operation.objects.filter(batch__order=made).order_by("sequence"):
        machine = operation.step.work_center.machines.first()
        production.start_operation(operation, machine=machine, by=make_user(), at=MONDAY)
        production.finish_operation(operation, good=Decimal(4), by=make_user(), at=MONDAY)
    inspection = Inspection.objects.open().get()
    characteristic = inspection.plan.characteristics.get()
    quality.record_measurement(
        inspection, characteristic, piece=1, value=Decimal("41.5"), by=make_user(), at=MONDAY
    )

    approve(propose(order, adds(order, hardness("37", "40"))))

    found = Nonconformance.objects.get()
    assert "41.5" in found.description
    late = quality.record_measurement(
        inspection, characteristic, piece=2, value=Decimal("41.5"), by=make_user(), at=MONDAY
    )
    assert late.conforms is False


def test_what_cannot_be_handed_down_changes_nothing():
    order = ordered(make_part(), Asked("document", "Certificate"))
    amendment = propose(order, adds(order, hardness("50", "60")))

    with pytest.raises(services.ImpossibleLimits):
        approve(amendment)

    amendment.refresh_from_db()
    assert amendment.status == "proposed"
    assert in_force(order) == ["Certificate"]


def test_amendments_are_for_confirmed_orders_one_at_a_time_with_a_reason_and_a_change():
    part = make_part()
    draft, order = make_order((part.item, 4)), ordered(part, Asked("document", "Certificate"))

    with pytest.raises(services.NotAmendable, match="is draft"):
        propose(draft)
    with pytest.raises(InvalidInput, match="Say why"):
        propose(order, reason=" ")
    empty = propose(order)
    with pytest.raises(services.NotAmendable, match="is not decided yet"):
        propose(order)
    with pytest.raises(services.NothingAmended):
        approve(empty)
    other = ordered(part, Asked("document", "Other"))
    with pytest.raises(InvalidInput) as refusal:
        services.end_requirement(empty, only_requirement(other), by=make_user(), at=MONDAY)
    assert refusal.value.errors.keys() == {"requirement"}


def test_what_is_asked_no_more_holds_up_no_shipment_and_cannot_be_proven():
    part = make_part()
    make_lot(part.bar, 10)
    order = ordered(part, Asked("document", "Certificate"))
    requirement = only_requirement(order)
    make_it(order)
    with pytest.raises(services.RequirementUnproven):
        services.ship(order, by=make_user(), at=MONDAY + HOUR)

    approve(propose(order, services.Change(requirement=requirement)))

    with pytest.raises(services.NotAskedAnyMore):
        services.prove_requirement(requirement, "CoC", by=make_user(), at=MONDAY)
    assert services.ship(order, by=make_user(), at=MONDAY + HOUR).lines.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_is_told():
    order = ordered(make_part(), Asked("document", "Certificate"))
    amendment = propose(order, adds(order, Asked("packaging", "Boxed")))

    outcomes = at_once(*(lambda: approve(Amendment.objects.get(pk=amendment.pk)) for _ in range(2)))

    assert [each.code for each in outcomes if isinstance(each, DomainError)] == ["orders.amendment_closed"]
    assert Specification.objects.filter(text="Boxed").count() == 1


# --- edges --------------------------------------------------------------------------------------------------------------


def client_of(*roles: str) -> APIClient:
    user = a_signer(username=next_name("person"), is_staff=True)
    user.groups.set([group for group in ensure_roles() if group.name in roles])
    client = APIClient()
    client.force_authenticate(user)
    client.person = user
    return client


def test_an_order_is_amended_proven_and_conceded_over_http():
    order = ordered(make_part(), Asked("document", "Certificate"), Asked("marking", "Laser marked"))
    desk = client_of("planner")
    line = line_of(order)
    body = {
        "reason": "Change 7",
        "changes": [{"line": line.pk, "asked": {"kind": "packaging", "text": "Boxed"}}, {"requirement": 0}],
    }

    bad = desk.post(f"/api/v1/orders/{order.pk}/propose_amendment/", body, format="json")
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "#/changes/1/requirement")
    body["changes"] = body["changes"][:1]
    made = desk.post(f"/api/v1/orders/{order.pk}/propose_amendment/", body, format="json")
    assert made.status_code == 200, made.content
    approved = desk.post(f"/api/v1/amendments/{made.json()['id']}/approve/", format="json")
    assert (approved.json()["status"], approved.json()["stated"][0]["text"]) == ("approved", "Boxed")

    certificate, marking = (
        only_requirement_of(order, "Certificate"),
        only_requirement_of(order, "Laser marked"),
    )
    proven = desk.post(
        f"/api/v1/requirements/{certificate.pk}/prove/",
        {"evidence": "CoC 12", "file": ContentFile(PDF, "coc.pdf")},
        format="multipart",
    )
    assert proven.status_code == 200, proven.content
    conceded = desk.post(
        f"/api/v1/requirements/{marking.pk}/concede/",
        {"reason": "Engraved", "signature": {"username": desk.person.username, "password": PASSWORD}},
        format="json",
    )
    assert conceded.status_code == 200, conceded.content
    rows = {
        row["requirement"]["text"]: row for row in desk.get(f"/api/v1/orders/{order.pk}/evidence/").json()
    }
    assert {text: row["is_open"] for text, row in rows.items()} == {
        "Certificate": False,
        "Laser marked": False,
        "Boxed": True,
    }
    assert desk.get(rows["Certificate"]["shown"][0]["url"]).content == PDF


def test_the_operator_reads_what_the_customer_asks_of_his_operation():
    part = make_part()
    order = ordered(part, hardness("37", "41"), heat(component_number=part.bar.number))
    saw, turn = Operation.objects.filter(batch__order=production_of(order)).order_by("sequence")
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    sawing = client.get(reverse("admin:production_operation_change", args=[saw.pk])).content.decode()
    turning = client.get(reverse("admin:production_operation_change", args=[turn.pk])).content.decode()
    asked = client_of("operator").get(f"/api/v1/operations/{turn.pk}/asked/").json()

    assert "Heat H-1" in sawing
    assert "Hardness 37 to 41" not in sawing
    assert "Hardness 37 to 41" in turning
    assert [each["text"] for each in asked] == ["Hardness 37 to 41"]


def test_the_orders_page_shows_proof_and_amendments_in_a_fixed_number_of_queries():
    part = make_part()
    order = ordered(part, Asked("document", "Certificate"))
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:orders_customorder_change", args=[order.pk])
    approve(propose(order, adds(order, Asked("packaging", "Boxed"))))
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        page = client.get(address).content.decode()
    assert "Amendment 1" in page
    for number in range(3):
        approve(propose(order, adds(order, Asked("packaging", f"Box {number}"))))
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_a_draft_is_neither_proven_nor_conceded_but_what_is_wrong_is_taken_out_on_its_page():
    part = make_part()
    order = make_order((part.item, 4, FRIDAY, 2, None, (Asked("packaging", "In foam"),)))
    requirement = Requirement.objects.get(line__order=order)
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))

    with pytest.raises(services.NotAskedYet, match="is a draft") as refusal:
        services.prove_requirement(requirement, "Seen", by=make_user(), at=MONDAY)
    page = client.get(reverse("admin:orders_customorder_change", args=[order.pk])).content.decode()
    client.post(reverse("admin:orders_requirement_do_withdraw", args=[requirement.pk]))

    assert "taken out of a draft" in refusal.value.remedy
    assert "Take out…" in page
    assert "Prove…" not in page
    assert "Concession…" not in page
    assert not Evidence.objects.exists()
    assert not Requirement.objects.filter(line__order=order).exists()


def test_a_limit_of_zero_is_a_limit():
    asked = Asked("characteristic", "Not undersize", characteristic_name="Bore", lower_limit=Decimal(0))
    order = make_order((make_part().item, 4, FRIDAY, 2, None, (asked,)))

    (proof,) = evidence.matrix(order)

    assert proof.binds == "Bore 0 to …"
