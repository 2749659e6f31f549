"""Requirements that are shown, met and conceded, and how they are told."""

from datetime import timedelta
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
from mes.core import signing
from mes.core.files import FileRefused
from mes.core.models import AccessAttempt, Fact
from mes.core.roles import ensure_roles
from orders import evidence, services
from orders.agreements import lines_waiting_for_agreement
from orders.models import Evidence, Requirement
from production import services as production
from production.models import Operation
from quality import services as quality
from quality.models import InspectionPlan, Nonconformance
from tests.orders.asked import (
    adds,
    approve,
    hardness,
    heat,
    only_requirement,
    only_requirement_of,
    ordered,
    propose,
)
from tests.orders.desk import (
    FRIDAY,
    Asked,
    line_of,
    lots_of,
    make_customer,
    make_it,
    make_order,
    make_part,
    production_of,
    settle,
)
from tests.plant import MONDAY, make_item, make_lot, make_user, measure_all, next_name
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import PASSWORD, a_signer, signing_as

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PDF = b"%PDF-1.7\n"


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


def test_a_failed_signature_of_a_concession_is_kept_with_its_requirement():
    order = ordered(make_part(), Asked("marking", "Laser marked"))
    requirement, boss = only_requirement(order), a_signer()
    wrong = signing_as(boss, password="not-the-word")

    with pytest.raises(signing.WrongCredentials):
        services.grant_concession(requirement, "Engraved", credentials=wrong, by=boss, at=MONDAY)

    attempt = AccessAttempt.objects.get(outcome=AccessAttempt.Outcome.WRONG)
    assert (attempt.kind, attempt.key) == ("orders.requirement", requirement.pk)
    assert not requirement.shown.exists()


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
