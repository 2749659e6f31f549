"""Signing a record: identity, four-eyes rules, and the signature itself, all inside the caller's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.views.decorators.debug import sensitive_variables

from mes.core.facts import record as record_fact
from mes.core.firsts import when, who_and_when
from mes.core.models import AccessAttempt, Meaning, Signature, SignaturePolicy, User
from mes.core.refusals import DomainError, InvalidInput
from mes.core.signing.content import Signable, hash_of, kind_of, signable_of
from mes.core.signing.credentials import Credentials
from mes.core.signing.demands import bound_by
from mes.core.signing.facts import RecordSigned
from mes.core.signing.identity import PASSWORD, USERNAME, Tried, keep_refusal, prove
from mes.core.signing.reading import standing

REASON = "signature/reason"


class SignatureMissing(InvalidInput):
    code = "core.signature_missing"
    title = "A signature is needed"


class SignaturesMissing(DomainError):
    code = "core.signatures_missing"
    title = "Other signatures come first"


class SameAuthor(DomainError):
    code = "core.same_author"
    title = "Nobody signs his own work"
    status = 403


class SameSigner(DomainError):
    code = "core.same_signer"
    title = "Somebody else has to sign"
    status = 403


class NotEntitled(DomainError):
    code = "core.not_entitled"
    title = "Not entitled to sign this"
    status = 403


class SigningReasonMissing(InvalidInput):
    code = "core.signing_reason_missing"
    title = "Say why you sign"


@sensitive_variables("credentials")
@transaction.atomic
def sign(
    record: Model,
    meaning: str,
    *,
    about: Model | None = None,
    credentials: Credentials | None = None,
    by: User,
    at: datetime,
) -> Signature:
    """Sign a record as it is stored now.

    :param about: what attempts are kept with where the record itself is made by this act, and would go with the refusal.
    :raises SignatureMissing: without credentials.
    :raises WrongCredentials: when they are not those of `by`; the attempt is kept though everything else is rolled back.
    :raises AccountLocked: after too many such attempts.
    :raises NotAPerson: for a machine account.
    :raises NotEntitled: where the rules ask for a permission that the signer lacks.
    :raises SameAuthor: where the rules ask for another person than the author.
    :raises SameSigner: where the rules ask for another person than those who signed with another meaning, and when the same person
        signs the same content with the same meaning a second time where several people have to.
    :raises SigningReasonMissing: where the rules ask for a reason.

    That somebody tried to sign who may not is kept as well.
    """
    rules = _rules(record, meaning)
    return _sign(record, meaning, rules, about=about, credentials=credentials, by=by, at=at)


@sensitive_variables("credentials")
@transaction.atomic
def sign_as_demanded(
    record: Model, meaning: str, *, credentials: Credentials | None = None, by: User, at: datetime
) -> Signature | None:
    """Sign a record for an act that is about to be complete, where the rules demand it or credentials are given.

    :return: the signature; None where none is demanded and none was given.
    :raises SignatureMissing: where one is demanded and no credentials are given.
    :raises SignaturesMissing: while signatures that go before, or those of others, are not there; nothing is signed then.

    And everything that `sign` raises.
    """
    rules = _rules(record, meaning)
    own = [rule for rule in rules if rule.meaning == meaning]
    if not own and credentials is None:
        return None
    signature = _sign(record, meaning, rules, credentials=credentials, by=by, at=at)
    _require_all(record, meaning, rules, own=signature.pk)
    return signature


@sensitive_variables("credentials")
def _sign(
    record: Model,
    meaning: str,
    rules: Sequence[SignaturePolicy],
    *,
    about: Model | None = None,
    credentials: Credentials | None,
    by: User,
    at: datetime,
) -> Signature:
    told = signable_of(kind_of(record))
    if credentials is None:
        raise SignatureMissing(
            f"{Meaning(meaning).label} of {record} needs a signature.",
            remedy="Sign with your user name and password.",
            errors={USERNAME: ["Enter your user name"], PASSWORD: ["Enter your password"]},
        )
    tried_on = about or record
    tried = Tried(
        purpose=AccessAttempt.Purpose.SIGNATURE, kind=kind_of(tried_on), key=int(tried_on.pk), meaning=meaning
    )
    try:
        for rule in (rule for rule in rules if rule.meaning == meaning):
            _require_entitled(record, rule, by)
            _require_reason(rule, credentials)
    except (NotEntitled, SameAuthor, SameSigner) as refusal:
        keep_refusal(by, refusal.detail, tried=tried, at=at)
        raise
    method = prove(credentials, by=by, tried=tried, at=at)
    signature = _write(record, told, meaning, method, credentials.reason, by=by, at=at)
    if credentials.session is not None:
        session = credentials.session
        transaction.on_commit(lambda: session.signed(by, at))
    return signature


def _write(
    record: Model, told: Signable[Any], meaning: str, method: str, reason: str, *, by: User, at: datetime
) -> Signature:
    """Who signed what, as it stood."""
    kind, key = kind_of(record), int(record.pk)
    content = told([key])[key]
    signature = Signature.objects.create(
        kind=kind,
        key=key,
        record=f"{told.title} {record}"[:200],
        meaning=meaning,
        content=content,
        content_hash=hash_of(content),
        signer=by,
        printed_name=str(by),
        reason=reason.strip()[:500],
        method=method,
        signed_at=at,
    )
    record_fact(RecordSigned(signature=signature.pk, kind=kind, key=key, meaning=str(meaning), by=by.pk))
    return signature


def _rules(record: Model, meaning: str) -> list[SignaturePolicy]:
    """The rules that bind this record for an act of this meaning."""
    rules = SignaturePolicy.objects.for_act(kind_of(record), meaning)
    return [rule for rule in rules if bound_by(rule, [int(record.pk)])]


def why_not_to_sign(record: Model, meaning: str, *, by: User) -> DomainError | None:
    """Why this person could not sign the record so, whatever they type; None when they could. Keeps nothing: nobody has tried yet."""
    try:
        for rule in _rules(record, meaning):
            if rule.meaning == meaning:
                _require_entitled(record, rule, by)
    except (NotEntitled, SameAuthor, SameSigner) as refusal:
        return refusal
    return None


def _require_entitled(record: Model, rule: SignaturePolicy, by: User) -> None:
    what = f"{rule.get_meaning_display()} of {record}"
    if rule.permission and not by.has_perm(rule.permission):
        raise NotEntitled(
            f"{by} may not sign the {what}.", remedy=f"It takes the permission {rule.permission}."
        )
    if rule.not_the_author and by.pk in signable_of(rule.kind).authors_of(int(record.pk)):
        raise SameAuthor(
            f"{by} had a hand in {record}: its {rule.get_meaning_display().lower()} is for somebody else.",
            remedy="Ask a colleague to look at it and sign.",
        )
    if rule.not_another_signer or rule.count > 1:
        for signature in standing(record):
            if signature.signer_id != by.pk:
                continue
            if rule.not_another_signer if signature.meaning != rule.meaning else rule.count > 1:
                meaning = signature.get_meaning_display().lower()
                raise SameSigner(
                    f"{by} has signed {record} already ({meaning}, {when(signature.signed_at)}).",
                    remedy="The rules ask for another person.",
                )


def _require_reason(rule: SignaturePolicy, credentials: Credentials) -> None:
    if rule.reason_required and not credentials.reason.strip():
        sentence = "Say why you sign"
        raise SigningReasonMissing(f"{sentence}.", errors={REASON: [sentence]})


def _require_all(record: Model, meaning: str, rules: Sequence[SignaturePolicy], *, own: int) -> None:
    """:raises SignaturesMissing: naming which, and how many, still have to be there, and who has signed so far."""
    holding = standing(record)
    missing = []
    for rule in rules:
        signers = {each.signer_id for each in holding if each.meaning == rule.meaning}
        if (short := rule.count - len(signers)) > 0:
            missing.append(f"{short} × {rule.get_meaning_display().lower()}")
    if missing:
        # The one that is about to be taken back with the act is not there yet.
        there = "; ".join(
            f"{each.get_meaning_display().lower()} {who_and_when(each.printed_name, each.signed_at)}"
            for each in holding
            if each.pk != own
        )
        raise SignaturesMissing(
            f"{Meaning(meaning).label} of {record} waits for other signatures: {', '.join(missing)}."
            + (f" Signed so far: {there}." if there else ""),
            remedy="Let them sign it as it is now (Sign…), then do this.",
        )
