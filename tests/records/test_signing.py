"""A signature is given by the person whose it is, says what was signed, and no longer holds once that is another."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.db import InternalError, ProgrammingError, transaction
from django.test import Client

from inventory import services as inventory
from inventory.models import Item, Lot
from mes.core import signing
from mes.core.models import AccessAttempt, Fact, Meaning, Signature, SignaturePolicy, User
from mes.core.signing import Credentials, SigningSession
from production import services as production
from production.models import ProcessPlan, StepInstruction
from quality import services as quality
from quality.models import Characteristic, InspectionPlan
from tests.plant import MONDAY, grant, make_inspection_plan, make_item, make_lot, make_user, measure_all
from tests.records.people import PASSWORD, a_signer, signing_as
from tests.shop import make_plan

pytestmark = pytest.mark.django_db


def regulated(**fields: Any) -> Any:
    return make_item(is_regulated=True, **fields)


def a_draft(**fields: Any) -> InspectionPlan:
    return make_inspection_plan(regulated(), approved=False, **fields)


def approve(plan: InspectionPlan, signer: User, **given: Any) -> InspectionPlan:
    credentials = given.pop("credentials", None) or signing_as(signer, **given)
    return quality.approve_inspection_plan(plan, credentials=credentials, by=signer, at=MONDAY)


def test_a_plan_of_a_regulated_item_is_not_approved_without_a_signature():
    plan = a_draft()

    with pytest.raises(signing.SignatureMissing) as refusal:
        quality.approve_inspection_plan(plan, by=a_signer(), at=MONDAY)

    plan.refresh_from_db()
    assert plan.status == "draft"
    assert set(refusal.value.errors) == {"signature/username", "signature/password"}
    assert not Signature.objects.filter(key=plan.pk, kind="quality.inspectionplan").exists()


def test_the_instruction_of_a_regulated_step_is_approved_by_signature_and_not_by_its_author():
    author, approver = a_signer(), a_signer()
    version = production.write_instruction("WI-1", "Deburring", text="By hand.", by=author, at=MONDAY)
    plan = make_plan(make_item(), approved=False)
    StepInstruction.objects.create(plan=plan, step=plan.steps.get(), instruction=version.instruction)
    Item.objects.update(is_regulated=True)

    with pytest.raises(signing.SignatureMissing):
        production.approve_instruction(version, by=approver, at=MONDAY)
    with pytest.raises(signing.SameAuthor):
        production.approve_instruction(version, credentials=signing_as(author), by=author, at=MONDAY)
    production.approve_instruction(version, credentials=signing_as(approver), by=approver, at=MONDAY)

    (signature,) = signing.signatures_of(version)
    assert signature.signature.signer == approver


def test_a_plan_of_any_other_item_needs_none():
    plan = make_inspection_plan(approved=False)

    quality.approve_inspection_plan(plan, by=make_user(), at=MONDAY)

    assert plan.status == "approved"
    assert signing.signatures_of(plan) == []


def test_a_signature_tells_who_when_and_meaning_what():
    plan, signer = a_draft(), a_signer(first_name="Ada", last_name="Byron")

    approve(plan, signer, reason="Second reading done")

    (shown,) = signing.signatures_of(plan)
    signature = shown.signature
    assert not shown.is_void
    assert signature.printed_name == "Ada Byron"
    assert signature.meaning == Meaning.APPROVE
    assert signature.signed_at == MONDAY
    assert signature.reason == "Second reading done"
    assert signature.method == Signature.Method.FULL
    assert shown.manifestation == "Approval: Ada Byron, 2026-03-02 08:00:00 UTC"
    assert Fact.objects.filter(name="core.RecordSigned", payload__signature=signature.pk).exists()


def test_what_was_signed_is_kept_word_for_word_with_its_hash():
    plan = a_draft(characteristics=[{"lower_limit": Decimal("9.50"), "upper_limit": Decimal(11)}])
    approve(plan, a_signer())

    signature = signing.signatures_of(plan)[0].signature

    assert signature.content["characteristics"][0]["lower_limit"] == "9.5"
    assert signature.content_hash == signing.hash_of(signature.content)


def test_a_later_change_makes_the_signature_void_and_says_of_what():
    plan = a_draft()
    approve(plan, a_signer())
    tamper("UPDATE quality_characteristic SET upper_limit = 12 WHERE plan_id = %s", plan.pk)

    (shown,) = signing.signatures_of(plan)

    assert shown.is_void
    assert shown.changed == ("characteristics",)
    assert shown.manifestation.endswith("VOID: changed since")


def test_a_change_of_what_is_not_signed_leaves_it_valid():
    plan = a_draft()
    approve(plan, a_signer())
    plan.move_to("superseded")

    assert [shown.is_void for shown in signing.signatures_of(plan)] == [False]


def test_signatures_of_many_records_are_compared_in_few_queries(django_assert_max_num_queries: Any):
    plans = [a_draft() for _ in range(8)]
    for plan in plans:
        approve(plan, a_signer())

    with django_assert_max_num_queries(4):
        found = signing.signatures_by_key(InspectionPlan, [plan.pk for plan in plans])

    assert [found[plan.pk][0].is_void for plan in plans] == [False] * 8


def test_a_wrong_password_signs_nothing_and_is_kept_as_an_attempt():
    plan, signer = a_draft(), a_signer()

    with pytest.raises(signing.WrongCredentials) as refusal:
        approve(plan, signer, password="guessed")

    plan.refresh_from_db()
    assert plan.status == "draft"
    assert "4 more" in refusal.value.remedy
    (attempt,) = AccessAttempt.objects.filter(user=signer)
    assert (attempt.purpose, attempt.outcome, attempt.key) == ("signature", "wrong", plan.pk)


def test_nobody_signs_as_somebody_else_though_he_knows_the_password():
    plan, signer, colleague = a_draft(), a_signer(), a_signer()

    with pytest.raises(signing.WrongCredentials):
        approve(plan, signer, username=colleague.username)

    assert signing.signatures_of(plan) == []


def test_a_machine_account_never_signs():
    plan, machine = a_draft(), a_signer(is_machine=True)

    with pytest.raises(signing.NotAPerson):
        approve(plan, machine)

    assert signing.signatures_of(plan) == []


def test_an_account_that_was_deactivated_meanwhile_signs_nothing():
    plan, signer = a_draft(), a_signer(is_active=False)

    with pytest.raises(signing.WrongCredentials):
        approve(plan, signer)


def test_the_password_shows_nowhere():
    credentials = Credentials(username="ada", password="secret-word")

    assert "secret-word" not in repr(credentials)


def test_whoever_fails_too_often_is_locked_out_and_administrators_hear_of_it(settings: Any):
    settings.MES = settings.MES | {"ACCESS_MAX_FAILURES": 3}
    plan, signer = a_draft(), a_signer()
    for _ in range(2):
        with pytest.raises(signing.WrongCredentials):
            approve(plan, signer, password="guessed")

    with pytest.raises(signing.AccountLocked):
        approve(plan, signer, password="guessed")
    with pytest.raises(signing.AccountLocked):
        approve(plan, signer)

    assert Fact.objects.filter(name="core.AccountLocked", payload__user=signer.pk).count() == 1
    assert list(
        AccessAttempt.objects.filter(user=signer).order_by("pk").values_list("outcome", flat=True)
    ) == [
        "wrong",
        "wrong",
        "wrong",
        "locked",
    ]


@pytest.mark.django_db(transaction=True)
def test_an_administrator_unlocks_with_a_reason_and_never_himself(settings: Any):
    settings.MES = settings.MES | {"ACCESS_MAX_FAILURES": 1}
    plan, signer = a_draft(), a_signer()
    with pytest.raises(signing.AccountLocked):
        approve(plan, signer, password="guessed")
    account = User.objects.get(pk=signer.pk).lock

    with pytest.raises(signing.UnlockReasonMissing):
        signing.unlock_account(account, " ", by=make_user(), at=MONDAY)
    with pytest.raises(signing.NotByOneself):
        signing.unlock_account(account, "It was me", by=signer, at=MONDAY)
    signing.unlock_account(account, "Caps lock was on", by=make_user(), at=MONDAY)

    approve(plan, signer)
    assert plan.status == "approved"
    with pytest.raises(signing.NotLocked):
        signing.unlock_account(account, "Again", by=make_user(), at=MONDAY)


def test_a_right_password_makes_earlier_slips_forgotten(settings: Any):
    settings.MES = settings.MES | {"ACCESS_MAX_FAILURES": 2}
    signer = a_signer()
    for _ in range(2):
        with pytest.raises(signing.WrongCredentials):
            approve(a_draft(), signer, password="slip")
        approve(a_draft(), signer)


def test_within_a_session_the_password_is_enough_after_the_first_signature(
    django_capture_on_commit_callbacks: Any,
):
    signer, session = a_signer(), SigningSession({})
    again = Credentials(password=PASSWORD, session=session)
    with pytest.raises(signing.ComponentMissing):
        signing.sign(a_draft(), Meaning.REVIEW, credentials=again, by=signer, at=MONDAY)
    with django_capture_on_commit_callbacks(execute=True):
        first = signing_as(signer, session=session)
        signing.sign(a_draft(), Meaning.REVIEW, credentials=first, by=signer, at=MONDAY)

    signature = signing.sign(
        a_draft(), Meaning.REVIEW, credentials=again, by=signer, at=MONDAY + timedelta(minutes=14)
    )

    assert signature.method == Signature.Method.PASSWORD


@pytest.mark.parametrize("minutes", [16, -1])
def test_a_session_of_signing_runs_out(minutes: int):
    signer = a_signer()
    session = SigningSession({})
    session.signed(signer, MONDAY)

    with pytest.raises(signing.ComponentMissing):
        signing.sign(
            a_draft(),
            Meaning.REVIEW,
            credentials=Credentials(password=PASSWORD, session=session),
            by=signer,
            at=MONDAY + timedelta(minutes=minutes),
        )


def test_a_session_of_signing_is_one_persons():
    session = SigningSession({})
    session.signed(a_signer(), MONDAY)

    assert not session.goes_on(a_signer(), MONDAY)


def test_two_approvals_are_two_people(rule: Any):
    rule("quality.inspectionplan", count=2)
    plan, first, second = a_draft(), a_signer(), a_signer()
    with pytest.raises(signing.SignaturesMissing) as refusal:
        approve(plan, first)
    assert "1 × approval" in refusal.value.detail
    assert signing.signatures_of(plan) == []

    signing.sign(plan, Meaning.APPROVE, credentials=signing_as(first), by=first, at=MONDAY)
    with pytest.raises(signing.SameSigner, match=r"already \(approval, 2026-03-02 08:00 UTC\)"):
        approve(plan, first)
    approve(plan, second)

    assert plan.status == "approved"
    assert {shown.signature.signer for shown in signing.signatures_of(plan)} == {first, second}


def test_who_signs_before_the_others_did_is_told_who_has_signed_so_far(rule: Any):
    rule("quality.inspectionplan", count=3)
    plan, first = a_draft(), a_signer()
    signing.sign(plan, Meaning.APPROVE, credentials=signing_as(first), by=first, at=MONDAY)

    with pytest.raises(signing.SignaturesMissing) as refusal:
        approve(plan, a_signer())

    told = f"1 × approval. Signed so far: approval by {first}, 2026-03-02 08:00 UTC."
    assert refusal.value.detail.endswith(told)


def test_a_review_goes_before_the_approval_and_by_somebody_else(rule: Any):
    rule("quality.inspectionplan", not_another_signer=True)
    rule("quality.inspectionplan", meaning=Meaning.REVIEW, before=Meaning.APPROVE)
    plan, reviewer = a_draft(), a_signer()
    with pytest.raises(signing.SignaturesMissing, match="review"):
        approve(plan, reviewer)
    signing.sign(plan, Meaning.REVIEW, credentials=signing_as(reviewer), by=reviewer, at=MONDAY)

    with pytest.raises(signing.SameSigner):
        approve(plan, reviewer)
    approve(plan, a_signer())

    assert plan.status == "approved"


def test_a_review_of_what_was_changed_since_does_not_count(rule: Any):
    rule("quality.inspectionplan", meaning=Meaning.REVIEW, before=Meaning.APPROVE)
    plan, reviewer = a_draft(), a_signer()
    signing.sign(plan, Meaning.REVIEW, credentials=signing_as(reviewer), by=reviewer, at=MONDAY)
    Characteristic.objects.filter(plan=plan).update(upper_limit=12)

    with pytest.raises(signing.SignaturesMissing):
        approve(plan, a_signer())


def test_a_rule_may_ask_for_a_permission_and_a_reason(rule: Any):
    rule("quality.inspectionplan", permission="inventory.judge_lot", reason_required=True)
    plan, signer = a_draft(), a_signer()
    with pytest.raises(signing.NotEntitled):
        approve(plan, signer)
    entitled = User.objects.get(pk=grant(signer, "inventory.judge_lot").pk)

    with pytest.raises(signing.SigningReasonMissing):
        approve(plan, entitled)
    approve(plan, entitled, reason="Checked against drawing C")


def test_a_rule_that_is_switched_off_demands_nothing(rule: Any):
    rule("quality.inspectionplan", demand=SignaturePolicy.Demand.NEVER)
    plan = a_draft()

    quality.approve_inspection_plan(plan, by=make_user(), at=MONDAY)

    assert plan.status == "approved"


def test_a_lot_of_a_regulated_item_waits_for_release_by_somebody_who_did_not_measure_it():
    plan = make_inspection_plan(approved=False, item=regulated())
    approve(plan, a_signer())
    inspector, releaser = a_signer(), a_signer()
    inspection = quality.open_inspection(
        plan, make_lot(plan.item, 1, status=Lot.Status.QUARANTINE), lot_quantity=Decimal(1), at=MONDAY
    )
    measure_all(inspection, by=inspector)
    lot = Lot.objects.get(pk=inspection.lot_id)
    assert lot.status == Lot.Status.QUARANTINE

    with pytest.raises(signing.SameAuthor):
        quality.release_lot(lot, credentials=signing_as(inspector), by=inspector, at=MONDAY)
    lot.refresh_from_db()
    assert lot.status == Lot.Status.QUARANTINE
    quality.release_lot(lot, credentials=signing_as(releaser), by=releaser, at=MONDAY)

    assert lot.status == Lot.Status.RELEASED
    assert [shown.signature.meaning for shown in signing.signatures_of(lot)] == ["release"]


def test_whoever_may_not_sign_is_told_before_typing_a_password():
    plan = make_inspection_plan(approved=False, item=regulated())
    approve(plan, a_signer())
    lot = make_lot(plan.item, 1, status=Lot.Status.QUARANTINE)
    inspector, releaser = (a_signer(is_staff=True, is_superuser=True) for _ in range(2))
    inspection = quality.open_inspection(plan, lot, lot_quantity=Decimal(1), at=MONDAY)
    measure_all(inspection, by=inspector)
    attempts = AccessAttempt.objects.count()

    shown = []
    for user in (inspector, releaser):
        client = Client()
        client.force_login(user)
        shown.append(client.get(f"/admin/inventory/lot/{lot.pk}/do/release/").text)

    assert "its release is for somebody else" in shown[0]
    assert "somebody else" not in shown[1]
    assert AccessAttempt.objects.count() == attempts


def test_a_result_corrected_after_release_makes_the_release_void_but_a_new_inspection_does_not():
    plan = make_inspection_plan(approved=False, item=regulated())
    approve(plan, a_signer())
    lot = make_lot(plan.item, 1, status=Lot.Status.QUARANTINE)
    inspection = quality.open_inspection(plan, lot, lot_quantity=Decimal(1), at=MONDAY)
    measure_all(inspection)
    releaser = a_signer()
    lot.refresh_from_db()
    quality.release_lot(lot, credentials=signing_as(releaser), by=releaser, at=MONDAY)

    quality.open_nonconformance(lot, Decimal(1), "Scratch", by=make_user(), at=MONDAY)
    assert [shown.is_void for shown in signing.signatures_of(lot)] == [False]
    tamper("UPDATE quality_measurement SET value = 10.4 WHERE inspection_id = %s", inspection.pk)

    (shown,) = signing.signatures_of(lot)
    assert shown.is_void
    assert shown.changed == (f"inspection {inspection.pk}",)


def test_a_delivery_of_a_regulated_item_without_inspection_waits_for_its_release_too():
    lot = quality.receive(regulated(supply="buy"), Decimal(5), by=make_user(), at=MONDAY)

    assert lot.status == Lot.Status.QUARANTINE


def test_a_disposition_is_signed_with_what_was_decided():
    lot = make_lot(regulated(), 10)
    found = quality.open_nonconformance(lot, Decimal(2), "Scratched", by=make_user(), at=MONDAY)
    signer = a_signer()
    with pytest.raises(signing.SignatureMissing):
        quality.decide_nonconformance(found, "scrap", "Too deep", by=signer, at=MONDAY)
    found.refresh_from_db()
    assert (found.status, inventory.on_hand(lot)) == ("open", 10)

    quality.decide_nonconformance(
        found, "scrap", "Too deep", credentials=signing_as(signer), by=signer, at=MONDAY
    )

    (shown,) = signing.signatures_of(found)
    assert (shown.signature.content["disposition"], shown.is_void) == ("scrap", False)
    assert inventory.on_hand(lot) == 8


def test_a_process_plan_is_approved_by_signature():
    plan = ProcessPlan.objects.create(item=regulated())
    with pytest.raises(production.PlanIncomplete):
        production.approve_process_plan(plan, by=a_signer(), at=MONDAY)

    signer = a_signer()
    signing.sign(plan, Meaning.AUTHOR, credentials=signing_as(signer), by=signer, at=MONDAY)

    (shown,) = signing.signatures_of(plan)
    assert shown.signature.content["steps"] == []


def test_a_signature_is_neither_changed_nor_deleted():
    plan = a_draft()
    approve(plan, a_signer())
    signature = signing.signatures_of(plan)[0].signature

    for act in (
        lambda: Signature.objects.filter(pk=signature.pk).update(printed_name="Somebody"),
        signature.delete,
    ):
        with pytest.raises((InternalError, ProgrammingError)), transaction.atomic():
            act()

    assert Signature.objects.get(pk=signature.pk).printed_name == signature.printed_name


def tamper(statement: str, key: int) -> None:
    """Change what the database protects, as its superuser could."""
    with transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, [key])
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize("refusal", ["not entitled", "the author"])
def test_that_somebody_tried_to_sign_who_may_not_is_kept_though_nothing_else_is(refusal: str, rule: Any):
    plan, signer = a_draft(), a_signer()
    if refusal == "the author":
        with pghistory.context(user=signer.pk):
            InspectionPlan.objects.filter(pk=plan.pk).update(name="Mine")
    else:
        rule("quality.inspectionplan", permission="quality.close_recall")

    with pytest.raises((signing.SameAuthor, signing.NotEntitled)) as told, transaction.atomic():
        approve(plan, signer)

    (kept,) = AccessAttempt.objects.filter(kind="quality.inspectionplan", key=plan.pk)
    assert (kept.outcome, kept.user_id, kept.meaning) == ("refused", signer.pk, Meaning.APPROVE)
    assert kept.note == told.value.detail
    plan.refresh_from_db()
    assert plan.status == "draft"


def test_a_machine_that_tried_to_sign_is_kept_too():
    plan, robot = a_draft(), a_signer(is_machine=True)

    with pytest.raises(signing.NotAPerson):
        approve(plan, robot)

    (kept,) = AccessAttempt.objects.filter(key=plan.pk, kind="quality.inspectionplan")
    assert (kept.outcome, kept.username) == ("refused", robot.username)
