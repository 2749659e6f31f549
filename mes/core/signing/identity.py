"""Proving who one is. Every attempt is counted before it is answered, in a transaction of its own.

The row of the account is locked while a password is checked, so that of many attempts at once no more are answered than the
account has left; what the attempt did stands, whatever becomes of the act it was made for.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils.crypto import constant_time_compare

from mes.core.autonomous import in_own_transaction
from mes.core.facts import record
from mes.core.models import AccessAttempt, AccountLock, Signature, User
from mes.core.refusals import DomainError, InvalidInput, require_said
from mes.core.signing.credentials import Credentials
from mes.core.signing.facts import AccountWasLocked, AccountWasUnlocked

logger = logging.getLogger(__name__)
Outcome = AccessAttempt.Outcome

PASSWORD = "signature/password"  # noqa: S105 - the name of a field
USERNAME = "signature/username"


class WrongCredentials(DomainError):
    code = "core.wrong_credentials"
    title = "Not signed"
    status = 403


class AccountLocked(DomainError):
    code = "core.account_locked"
    title = "The account is locked"
    status = 403


class NotAPerson(DomainError):
    code = "core.not_a_person"
    title = "Only people sign"
    status = 403


class ComponentMissing(InvalidInput):
    code = "core.signature_incomplete"
    title = "The signature is not complete"


class NotLocked(DomainError):
    code = "core.not_locked"
    title = "The account is not locked"


class NotByOneself(DomainError):
    code = "core.not_by_oneself"
    title = "Somebody else has to do this"


class UnlockReasonMissing(InvalidInput):
    code = "core.reason_missing"
    title = "A reason is needed"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """For what somebody proves who he is."""

    purpose: str
    kind: str = ""
    key: int | None = None
    meaning: str = ""


def prove(credentials: Credentials, *, by: User, tried: Tried, at: datetime) -> str:
    """Prove that it is `by` who gives these credentials; people sign as themselves alone.

    :return: the method, as a `Signature.Method`.
    :raises NotAPerson: for a machine account.
    :raises ComponentMissing: without a password, or without the user name where no session of signing goes on. Not an attempt.
    :raises WrongCredentials: when they do not match; the attempt is counted.
    :raises AccountLocked: when the account is, or was locked by this attempt.
    """
    person = User.objects.get(pk=by.pk)
    if person.is_machine:
        keep_refusal(person, "A machine account does not sign.", tried=tried, at=at)
        raise NotAPerson(f"{person} is a machine account.", remedy="Let a person sign.")
    goes_on = credentials.session is not None and credentials.session.goes_on(person, at)
    missing = {
        **({} if credentials.password else {PASSWORD: ["Enter your password"]}),
        **({} if credentials.username or goes_on else {USERNAME: ["Enter your user name"]}),
    }
    if missing:
        raise ComponentMissing(
            "To sign, give your user name and your password"
            + (" (the password alone, while you go on signing)." if credentials.session else "."),
            errors=missing,
        )
    check = partial(_matches, person, credentials.username, credentials.password)
    outcome, left = attempt(person, credentials.username or person.username, check, tried=tried, at=at)
    if outcome == Outcome.LOCKED:
        raise AccountLocked(
            f"The account {person.username} is locked after too many wrong passwords.",
            remedy="An administrator unlocks it, once it is clear who tried.",
        )
    if outcome == Outcome.WRONG:
        sentence = "User name and password are not yours"
        raise WrongCredentials(
            f"{sentence}. Nothing was signed.",
            remedy=f"Try again; {left} more before the account is locked.",
            errors={PASSWORD: [sentence]},
        )
    return Signature.Method.FULL if credentials.username else Signature.Method.PASSWORD


def _matches(person: User, username: str, password: str) -> bool:
    """Whether these are the person's own. The password is checked whatever the name, so that the time tells nothing."""
    right = check_password(password, person.password)
    own = not username or constant_time_compare(username.casefold(), person.username.casefold())
    return right and own and person.is_active


def attempt(
    person: User, username: str, check: partial[bool], *, tried: Tried, at: datetime
) -> tuple[str, int]:
    """Make one attempt on a person's account and keep what became of it.

    :return: the outcome, as an `AccessAttempt.Outcome`, and how many wrong ones are left before the account is locked.
    """
    return in_own_transaction(partial(_attempt, person, username, check, tried=tried, at=at))


def keep_refusal(person: User, note: str, *, tried: Tried, at: datetime) -> None:
    """Keep that somebody tried to sign who may not, whoever he proves to be (21 CFR 11.300(d)); it stays when the act is rolled back."""
    row = AccessAttempt(
        purpose=tried.purpose,
        outcome=Outcome.REFUSED,
        username=person.username[:150],
        user_id=person.pk,
        kind=tried.kind,
        key=tried.key,
        meaning=tried.meaning,
        note=note[:300],
        at=at,
    )
    in_own_transaction(row.save)


def _attempt(
    person: User, username: str, check: partial[bool], *, tried: Tried, at: datetime
) -> tuple[str, int]:
    AccountLock.objects.get_or_create(user_id=person.pk)
    account = AccountLock.objects.select_for_update(of=("self",)).get(user_id=person.pk)
    most = settings.MES["ACCESS_MAX_FAILURES"]
    if account.is_locked:
        outcome = Outcome.LOCKED
    elif check():
        outcome = Outcome.PROVEN
        if account.failures:
            AccountLock.objects.filter(pk=account.pk).update(failures=0)
            account.failures = 0
    else:
        outcome = Outcome.WRONG
        account.failures += 1
        if account.failures >= most:
            account.locked_at = at
        account.save(update_fields=["failures", "locked_at"])
    AccessAttempt.objects.create(
        purpose=tried.purpose,
        outcome=outcome,
        username=username[:150],
        user_id=person.pk,
        kind=tried.kind,
        key=tried.key,
        meaning=tried.meaning,
        at=at,
    )
    if outcome == Outcome.WRONG and account.is_locked:
        record(AccountWasLocked(user=person.pk, failures=account.failures, purpose=tried.purpose))
        logger.warning("Account %s locked after %d wrong attempts", person.pk, account.failures)
        return Outcome.LOCKED, 0
    return outcome, most - account.failures


@transaction.atomic
def unlock_account(account: AccountLock, reason: str, *, by: User, at: datetime) -> AccountLock:
    """Let somebody sign in and sign again, once it is clear who failed and why.

    :raises UnlockReasonMissing: without a reason.
    :raises NotByOneself: when it is one's own account.
    :raises NotLocked: when it is not locked.
    """
    require_said(reason, "Say what was found out", refusal=UnlockReasonMissing)
    if account.user_id == by.pk:
        raise NotByOneself("Nobody unlocks his own account.", remedy="Ask another administrator.")
    account.refresh_from_db(from_queryset=AccountLock.objects.select_for_update(of=("self",)))
    if not account.is_locked:
        raise NotLocked(f"The account of {account.user} is not locked.", remedy="Nothing needs to be done.")
    account.failures, account.locked_at = 0, None
    account.save(update_fields=["failures", "locked_at"])
    AccessAttempt.objects.create(
        purpose=AccessAttempt.Purpose.SIGN_IN,
        outcome=Outcome.UNLOCKED,
        username=account.user.username,
        user_id=account.user_id,
        note=f"{by}: {reason.strip()}"[:300],
        at=at,
    )
    record(AccountWasUnlocked(user=account.user_id, reason=reason.strip(), by=by.pk))
    return account
