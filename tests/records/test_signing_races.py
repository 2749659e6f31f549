"""Two people sign at the same moment; somebody tries many passwords at once."""

from functools import partial
from typing import Any

import pytest

from mes.core import signing
from mes.core.models import AccessAttempt, AccountLock, Fact, Meaning, Signature, SignaturePolicy
from mes.core.states import IllegalTransition
from quality import services as quality
from tests.plant import MONDAY, make_inspection_plan, make_item
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
    assert Signature.objects.filter(kind="quality.inspectionplan", key=plan.pk).count() == 1


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
