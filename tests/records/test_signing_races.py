"""Two people sign at the same moment; somebody tries many passwords at once."""

import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from inventory import services as inventory
from mes.core import signing
from mes.core.firsts import who_and_when
from mes.core.history import done_by
from mes.core.models import AccessAttempt, AccountLock, Fact, Meaning, Signature, SignaturePolicy
from mes.core.states import IllegalTransition
from quality import services as quality
from tests.plant import MONDAY, make_inspection_plan, make_item, make_lot, make_user
from tests.racing import at_once
from tests.records.people import a_signer, signing_as

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _approvals_are_signed() -> None:
    SignaturePolicy.objects.update_or_create(
        kind="quality.inspectionplan", meaning=Meaning.APPROVE, defaults={"demand": "regulated", "count": 1}
    )


def a_draft() -> Any:
    return make_inspection_plan(make_item(is_regulated=True), approved=False)


def test_of_two_who_approve_at_once_one_signs_and_the_other_is_told():
    plan = a_draft()

    def approve(signer: Any) -> Any:
        mine = type(plan).objects.get(pk=plan.pk)
        return quality.approve_inspection_plan(mine, credentials=signing_as(signer), by=signer, at=MONDAY)

    answers = at_once(*(partial(approve, a_signer()) for _ in range(2)))

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert [type(each) for each in refused] == [IllegalTransition]
    first = Signature.objects.get(kind="quality.inspectionplan", key=plan.pk)
    assert f"is approved already (by {first.printed_name}, 2026-03-02 08:00 UTC)." in str(refused[0])


def test_of_two_who_decide_at_once_the_other_is_told_who_was_first_and_when():
    found = quality.open_nonconformance(make_lot(), Decimal(1), "Scratch", by=make_user(), at=MONDAY)

    def decide(signer: Any) -> Any:
        mine = type(found).objects.get(pk=found.pk)
        return quality.decide_nonconformance(
            mine, "use_as_is", "Cosmetic", credentials=signing_as(signer), by=signer, at=MONDAY
        )

    answers = at_once(*(partial(decide, a_signer()) for _ in range(2)))

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    first = Signature.objects.get(kind="quality.nonconformance", key=found.pk)
    assert [str(each) for each in refused] == [
        f"{found} is decided already (by {first.printed_name}, 2026-03-02 08:00 UTC). From here it can become: closed."
    ]


def test_of_two_who_release_at_once_the_other_is_told_who_was_first_and_when():
    lot = make_lot()
    inventory.hold_lot(lot, "Waiting for a certificate", by=make_user(), at=MONDAY)

    def release(signer: Any) -> Any:
        mine = type(lot).objects.get(pk=lot.pk)
        with done_by(signer.pk):
            return quality.release_lot(mine, by=signer, at=MONDAY)

    signers = [a_signer(), a_signer()]
    answers = at_once(*(partial(release, each) for each in signers))

    refused = [answer for answer in answers if isinstance(answer, Exception)]
    first = next(who for who, answer in zip(signers, answers, strict=True) if answer not in refused)
    assert [type(each) for each in refused] == [IllegalTransition]
    assert re.search(rf"is released already \(by {first}, \d{{4}}-\d\d-\d\d \d\d:\d\d UTC\)", str(refused[0]))


def test_the_moment_is_told_in_the_time_of_whoever_reads_it():
    with timezone.override("Europe/Berlin"):
        assert who_and_when("Ada", MONDAY) == "by Ada, 2026-03-02 09:00 CET"


def test_where_history_names_nobody_the_signature_does():
    lot, signer = make_lot(), a_signer()
    inventory.hold_lot(lot, "Waiting for a certificate", by=make_user(), at=MONDAY)
    quality.release_lot(lot, credentials=signing_as(signer), by=signer, at=MONDAY)

    with pytest.raises(IllegalTransition) as refusal:
        quality.release_lot(lot, by=a_signer(), at=MONDAY)

    assert f"already (last signed, release, by {signer}, 2026-03-02 08:00 UTC)." in refusal.value.detail


def test_two_reviewers_who_sign_at_once_both_do():
    plan = a_draft()

    def review(signer: Any) -> Any:
        return signing.sign(plan, Meaning.REVIEW, credentials=signing_as(signer), by=signer, at=MONDAY)

    answers = at_once(*(partial(review, a_signer()) for _ in range(2)))

    assert [isinstance(answer, Signature) for answer in answers] == [True, True]
    assert {shown.is_void for shown in signing.signatures_of(plan)} == {False}


def test_of_many_passwords_tried_at_once_no_more_are_answered_than_the_account_has_left(settings: Any):
    settings.MES = settings.MES | {"ACCESS_MAX_FAILURES": 3}
    plan, signer = a_draft(), a_signer()

    def guess(number: int) -> Any:
        credentials = signing_as(signer, password=f"guess-{number}")
        return signing.sign(plan, Meaning.REVIEW, credentials=credentials, by=signer, at=MONDAY)

    answers = at_once(*(partial(guess, number) for number in range(8)))

    assert (
        sorted(type(answer).__name__ for answer in answers)
        == ["AccountLocked"] * 6 + ["WrongCredentials"] * 2
    )
    outcomes = list(AccessAttempt.objects.filter(user=signer).values_list("outcome", flat=True))
    assert sorted(outcomes) == ["locked"] * 5 + ["wrong"] * 3
    assert AccountLock.objects.get(user=signer).failures == 3
    assert Fact.objects.filter(name="core.AccountLocked").count() == 1
    assert not Signature.objects.filter(key=plan.pk).exists()
