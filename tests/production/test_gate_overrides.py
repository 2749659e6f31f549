"""Somebody with the right answers for one gate that is shut, for exactly what was wrong, and for nothing else."""

import pytest
from django.db import IntegrityError, transaction

from mes.core import signing
from mes.core.models import AccessAttempt, Fact
from mes.core.refusals import DomainError, InvalidInput
from production import services
from production.models import (
    GateOverride,
    Operation,
)
from production.review import oddities
from tests.plant import MONDAY, make_item, make_site, make_user
from tests.production.gated import HOUR, answer, finish, first_of, line, needing, start
from tests.racing import at_once
from tests.records.conftest import _attempts_do_not_outlive_the_test, _throttles_forget  # noqa: F401 - autouse: signing
from tests.records.people import a_signer, signing_as
from tests.shop import (
    make_made_item,
    make_work_center,
)

pytestmark = pytest.mark.django_db


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


def test_a_failed_signature_of_an_override_is_kept_with_its_operation_and_told_in_the_review():
    operation, worker, boss = needing(), make_user(), a_signer()
    wrong = signing_as(boss, password="not-the-word")

    with pytest.raises(signing.WrongCredentials):
        answer(operation, "qualification", person=worker, by=boss, credentials=wrong)

    attempt = AccessAttempt.objects.get(outcome=AccessAttempt.Outcome.WRONG)
    assert (attempt.kind, attempt.key) == ("production.operation", operation.pk)
    assert [(each.kind, each.by) for each in oddities(operation.batch)] == [("Signature failed", str(boss))]


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
