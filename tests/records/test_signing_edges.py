"""Signing in the console and on the API: asked where it is demanded, refused with the field named, never half done."""

import logging
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from mes.core import signing
from mes.core.models import AccessAttempt, AccountLock, Meaning, SignaturePolicy, User
from mes.core.refusals import DomainError
from quality import services as quality
from quality.models import InspectionPlan
from tests.plant import MONDAY, grant, make_inspection_plan, make_item, make_lot, make_user
from tests.records.people import PASSWORD, a_signer, signing_as

pytestmark = pytest.mark.django_db
MAY_APPROVE = ["quality.view_inspectionplan", "quality.change_inspectionplan", "core.view_signature"]


def a_draft(*, is_regulated: bool = True) -> InspectionPlan:
    return make_inspection_plan(make_item(is_regulated=is_regulated), approved=False)


def an_approver() -> User:
    return grant(a_signer(is_staff=True, first_name="Ada", last_name="Byron"), *MAY_APPROVE)


def api_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def console_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def dialog(plan: InspectionPlan) -> str:
    return reverse("admin:quality_inspectionplan_do_approve", args=[plan.pk])


def test_the_api_takes_the_signature_in_the_body():
    plan, signer = a_draft(), an_approver()
    body = {"signature": {"username": signer.username, "password": PASSWORD, "reason": "Read"}}

    answer = api_of(signer).post(f"/api/v1/inspection-plans/{plan.pk}/approve/", body, format="json")

    assert (answer.status_code, answer.json()["status"]) == (200, "approved")
    listed = api_of(signer).get(
        "/api/v1/signatures/", {"kind": "quality.inspectionplan", "key": str(plan.pk)}
    )
    (signature,) = listed.json()["results"]
    assert signature["printed_name"] == "Ada Byron"
    assert (signature["meaning"], signature["is_void"], signature["changed"]) == ("approve", False, [])
    assert "password" not in listed.content.decode()


def test_the_api_says_which_field_is_missing():
    plan, signer = a_draft(), an_approver()

    answer = api_of(signer).post(f"/api/v1/inspection-plans/{plan.pk}/approve/", {}, format="json")

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "core.signature_missing"
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "#/signature/username",
        "#/signature/password",
    }


def test_a_wrong_password_on_the_api_is_403_and_appears_in_no_log(caplog: pytest.LogCaptureFixture):
    plan, signer = a_draft(), an_approver()
    body = {"signature": {"username": signer.username, "password": "my-other-password"}}

    with caplog.at_level(logging.DEBUG):
        answer = api_of(signer).post(f"/api/v1/inspection-plans/{plan.pk}/approve/", body, format="json")

    plan.refresh_from_db()
    assert (answer.status_code, plan.status) == (403, "draft")
    assert answer.json()["code"] == "core.wrong_credentials"
    assert answer.json()["errors"][0]["pointer"] == "#/signature/password"
    assert "my-other-password" not in caplog.text + answer.content.decode()
    assert AccessAttempt.objects.filter(user=signer, outcome="wrong").count() == 1


def test_a_half_given_signature_is_refused_before_anything_is_tried():
    plan, signer = a_draft(), an_approver()
    body = {"signature": {"username": signer.username}}

    answer = api_of(signer).post(f"/api/v1/inspection-plans/{plan.pk}/approve/", body, format="json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "#/signature/password"
    assert not AccessAttempt.objects.filter(user=signer).exists()


def test_a_review_is_signed_on_the_api():
    plan, signer = a_draft(), an_approver()
    body = {"meaning": "review", "signature": {"username": signer.username, "password": PASSWORD}}

    answer = api_of(signer).post(f"/api/v1/inspection-plans/{plan.pk}/sign/", body, format="json")

    assert answer.status_code == 200
    assert answer.json()["manifestation"].startswith("Review: Ada Byron, ")


def test_the_list_of_signatures_asks_little_of_the_database(django_assert_max_num_queries: Any):
    signer = an_approver()
    for _ in range(6):
        signing.sign(a_draft(), Meaning.REVIEW, credentials=signing_as(signer), by=signer, at=MONDAY)

    with django_assert_max_num_queries(9):
        answer = api_of(signer).get("/api/v1/signatures/", {"signer": signer.pk})

    assert len(answer.json()["results"]) == 6


def test_the_console_asks_for_a_signature_where_the_rules_demand_one():
    plan, signer = a_draft(), an_approver()
    client = console_of(signer)

    asked = client.get(dialog(plan)).content.decode()
    answer = client.post(
        dialog(plan), {"signature_username": signer.username, "signature_password": PASSWORD}
    )

    assert 'type="password"' in asked
    assert answer.status_code in {200, 302}
    plan.refresh_from_db()
    assert plan.status == "approved"
    page = client.get(reverse("admin:quality_inspectionplan_change", args=[plan.pk])).content.decode()
    assert "Signatures" in page
    assert "Ada Byron" in page
    assert "Valid" in page


def test_the_console_asks_for_none_where_none_is_demanded():
    plan, signer = a_draft(is_regulated=False), an_approver()

    asked = console_of(signer).get(dialog(plan)).content.decode()

    assert 'type="password"' not in asked


def test_a_wrong_password_in_the_console_is_said_at_the_field_and_not_shown_again():
    plan, signer = a_draft(), an_approver()

    page = (
        console_of(signer)
        .post(dialog(plan), {"signature_username": signer.username, "signature_password": "my-other-word"})
        .content.decode()
    )

    plan.refresh_from_db()
    assert plan.status == "draft"
    assert "User name and password are not yours" in page
    assert "my-other-word" not in page


@pytest.mark.django_db(transaction=True)
def test_the_second_signature_of_a_session_takes_the_password_alone_and_signing_out_ends_it():
    first, second, third, signer = a_draft(), a_draft(), a_draft(), an_approver()
    client = console_of(signer)
    client.post(dialog(first), {"signature_username": signer.username, "signature_password": PASSWORD})

    asked = client.get(dialog(second)).content.decode()
    client.post(dialog(second), {"signature_password": PASSWORD})
    client.logout()
    client.force_login(signer)
    asked_anew = client.get(dialog(third)).content.decode()

    second.refresh_from_db()
    assert "signature_username" not in asked
    assert second.status == "approved"
    assert signing.signatures_of(second)[0].signature.method == "password"
    assert "signature_username" in asked_anew


def test_the_signature_rules_say_in_words_who_may_decide_of_their_own_report():
    manager = grant(make_user(is_staff=True), "core.view_signaturepolicy", "core.add_signaturepolicy")
    for strict, meaning in ((False, Meaning.DISPOSITION), (True, Meaning.CONCESSION)):
        SignaturePolicy.objects.update_or_create(
            kind="quality.nonconformance", meaning=meaning, defaults={"not_the_author": strict}
        )

    listed = console_of(manager).get(reverse("admin:core_signaturepolicy_changelist")).content.decode()
    form = console_of(manager).get(reverse("admin:core_signaturepolicy_add")).content.decode()

    assert "One person signs; also whoever wrote, measured or reported it." in listed
    assert "One person signs; not whoever wrote, measured or reported it." in listed
    assert "somebody who reports a nonconformance, say, may also decide" in form


def test_whoever_reported_a_nonconformance_does_not_decide_it_where_the_rules_want_four_eyes():
    SignaturePolicy.objects.update_or_create(
        kind="quality.nonconformance",
        meaning=Meaning.DISPOSITION,
        defaults={"demand": SignaturePolicy.Demand.ALWAYS, "not_the_author": True},
    )
    reporter, judge = a_signer(), a_signer()
    with pghistory.context(user=reporter.pk):
        found = quality.open_nonconformance(make_lot(), Decimal(1), "Scratch", by=reporter, at=MONDAY)

    def decide(by: User) -> None:
        quality.decide_nonconformance(
            found, "scrap", "Beyond repair", credentials=signing_as(by), by=by, at=MONDAY
        )

    with pytest.raises(DomainError, match="somebody else"):
        decide(reporter)
    found.refresh_from_db()
    assert found.status == "open"
    decide(judge)


def test_a_signature_rule_that_waits_for_itself_is_refused_in_words():
    manager = grant(make_user(is_staff=True), "core.view_signaturepolicy", "core.add_signaturepolicy")
    typed = {
        "kind": "quality.nonconformance",
        "meaning": Meaning.REVIEW,
        "before": Meaning.REVIEW,
        "demand": "always",
        "count": "1",
    }

    page = console_of(manager).post(reverse("admin:core_signaturepolicy_add"), typed).content.decode()

    assert "It would break a rule: a signature does not go before itself." in page
    assert "Constraint" not in page
    assert not SignaturePolicy.objects.filter(before=Meaning.REVIEW).exists()


def test_administrators_see_a_locked_account_first_thing_and_unlock_it():
    manager = grant(
        make_user(is_staff=True),
        "core.unlock_account",
        "core.view_accountlock",
        "core.view_user",
        "production.view_operation",
    )
    account = AccountLock.objects.create(user=a_signer(), failures=5, locked_at=MONDAY)
    client = console_of(manager)

    home = client.get(reverse("admin:index")).content.decode()
    client.post(
        reverse("admin:core_accountlock_do_unlock", args=[account.pk]), {"reason": "Caps lock was on"}
    )

    assert f"The account {account.user.username}" in home
    account.refresh_from_db()
    assert account.locked_at is None


@pytest.mark.parametrize("page", ["signature", "signaturepolicy", "accountlock", "accessattempt"])
def test_every_list_opens(page: str):
    signer = an_approver()
    signing.sign(a_draft(), Meaning.REVIEW, credentials=signing_as(signer), by=signer, at=MONDAY)
    client = console_of(make_user(is_staff=True, is_superuser=True))

    assert client.get(reverse(f"admin:core_{page}_changelist")).status_code == 200


def test_a_rule_is_stated_for_records_that_can_be_signed_and_permissions_that_exist():
    client = console_of(make_user(is_staff=True, is_superuser=True))
    rule = SignaturePolicy.objects.get(kind="inventory.lot", meaning="release")
    address = reverse("admin:core_signaturepolicy_change", args=[rule.pk])
    given = {"kind": "inventory.lot", "meaning": "release", "demand": "always", "count": 1}

    refused = client.post(address, given | {"permission": "inventory.juggle_lot"}).content.decode()
    client.post(
        address, given | {"permission": "inventory.judge_lot", "change_reason": "Every lot from now on"}
    )

    rule.refresh_from_db()
    assert "There is no such permission" in refused
    assert (rule.demand, rule.permission) == ("always", "inventory.judge_lot")
