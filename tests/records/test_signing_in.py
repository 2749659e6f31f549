"""Whoever guesses a password is locked out of signing in and of signing; people are deactivated, never deleted."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from mes.core import signing
from mes.core.models import AccessAttempt, AccountLock, Meaning
from tests.plant import MONDAY, make_inspection_plan, make_user
from tests.records.people import PASSWORD, a_signer, signing_as

pytestmark = pytest.mark.django_db


def sign_in(username: str, password: str) -> bool:
    client = Client()
    client.post(reverse("admin:login"), {"username": username, "password": password})
    return "_auth_user_id" in client.session


def test_every_attempt_to_sign_in_is_kept():
    person = a_signer(is_staff=True)

    assert not sign_in(person.username, "guessed")
    assert not sign_in("nobody-at-all", "guessed")
    assert sign_in(person.username, PASSWORD)

    kept = AccessAttempt.objects.filter(username__in=[person.username, "nobody-at-all"]).order_by("pk")
    assert [(each.username, each.outcome) for each in kept] == [
        (person.username, "wrong"),
        ("nobody-at-all", "wrong"),
        (person.username, "proven"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_locked_account_neither_signs_in_nor_signs(settings: Any):
    settings.MES = settings.MES | {"ACCESS_MAX_FAILURES": 2}
    person = a_signer(is_staff=True)
    for _ in range(2):
        assert not sign_in(person.username, "guessed")

    token = APIClient().post("/api/v1/tokens/", {"username": person.username, "password": PASSWORD})

    assert not sign_in(person.username, PASSWORD)
    assert token.status_code in {401, 403}
    assert AccountLock.objects.get(user=person).is_locked
    with pytest.raises(signing.AccountLocked):
        signing.sign(
            make_inspection_plan(approved=False),
            Meaning.REVIEW,
            credentials=signing_as(person),
            by=person,
            at=MONDAY,
        )


def test_a_locked_account_is_answered_like_a_wrong_password_and_who_unlocks_it_is_told(
    client: Client, settings: Any
):
    settings.MES = settings.MES | {"ACCESS_MAX_FAILURES": 1}
    person = a_signer(is_staff=True)

    answers = [
        client.post("/admin/login/", {"username": person.username, "password": typed}).text
        for typed in ("guessed", PASSWORD)
    ]

    for answer in answers:
        assert "an administrator sees it and unlocks it" in answer


def test_a_person_is_deactivated_and_never_deleted():
    administrator = make_user(is_staff=True, is_superuser=True)
    person = a_signer()
    client = Client()
    client.force_login(administrator)

    deleted = client.post(reverse("admin:core_user_delete", args=[person.pk]), {"post": "yes"})

    assert deleted.status_code == 403
    assert type(person).objects.filter(pk=person.pk).exists()


def test_a_user_name_is_never_given_to_somebody_else():
    administrator = make_user(is_staff=True, is_superuser=True)
    person = a_signer()
    client = Client()
    client.force_login(administrator)

    page = client.get(reverse("admin:core_user_change", args=[person.pk])).content.decode()

    assert 'name="username"' not in page


def test_the_report_of_access_rights_lists_who_may_do_what():
    administrator = make_user(is_staff=True, is_superuser=True)
    person = a_signer()
    client = Client()
    client.force_login(administrator)

    answer = client.get(reverse("console:access-rights"))
    told = b"".join(answer.streaming_content).decode()

    assert f"{person.username},{person}" in told
    assert told.splitlines()[0].startswith("user name,person,kind,active")
