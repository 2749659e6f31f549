"""Review by exception before release: every exception of the record of how a lot was made is answered, and the whole signed.

Whether a review is demanded is said by the signature rules, of the record's kind, when somebody wants to release. A lot that was split,
merged or serialised is released by the reviews of what its goods were before.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from inventory import services as inventory
from inventory.models import Lot
from inventory.renumbering import numbered_before
from mes.core import signing
from mes.core.facts import record
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, InvalidInput, require_said
from quality.facts import ExceptionsAnswered
from quality.models import ExceptionAnswer, RecordReview

NAMED = 3


class RecordNotReviewed(DomainError):
    code = "quality.record_not_reviewed"
    title = "The record of how it was made is not reviewed"


class UnknownException(InvalidInput):
    code = "quality.unknown_exception"
    title = "Not an exception of this record"


@transaction.atomic
def ask_for_review(lot: Lot, made_by: Model, *, at: datetime) -> RecordReview:
    """That a lot's record is to be reviewed before its release, if the rules say so then. Safe to repeat.

    :param made_by: the record of how it was made, which can be signed; for instance its batch.
    """
    kind = signing.kind_of(made_by)
    review, _ = RecordReview.objects.get_or_create(
        lot=lot,
        defaults={
            "kind": kind,
            "key": made_by.pk,
            "record": f"{signing.signable_of(kind).title} {made_by}"[:200],
            "asked_at": at,
        },
    )
    return review


@transaction.atomic
def answer_exceptions(
    review: RecordReview, exceptions: Sequence[str], answer: str, *, by: User, at: datetime
) -> list[ExceptionAnswer]:
    """Say of one exception or several what the reviewer has found: how it came about, and why the lot may go on or not.

    An answer stands for the exception as it was told: what is told otherwise later, for instance because it was decided meanwhile, is
    answered anew.

    :param exceptions: as `open_exceptions` tells them.
    :raises UnknownException: without an answer, for none, and for one that is not open.
    """
    require_said(answer, "Say what was found", field="answer", refusal=UnknownException)
    # Whoever answers waits for his turn, so that of two who answer the same one is told.
    inventory.lock_lots([review.lot])
    unanswered = set(open_exceptions(review))
    wanted = list(dict.fromkeys(exceptions))
    unknown = [each for each in wanted if each not in unanswered]
    if unknown or not wanted:
        sentence = f"“{unknown[0]}” is not open" if unknown else "Choose at least one"
        raise UnknownException(
            f"{sentence}.",
            remedy="Read the record again: it was answered, or is told otherwise now.",
            errors={"exceptions": [sentence]},
        )
    made = ExceptionAnswer.objects.bulk_create(
        ExceptionAnswer(review=review, exception=each, answer=answer.strip()[:500], by=by, at=at)
        for each in wanted
    )
    record(ExceptionsAnswered(review=review.pk, lot=review.lot_id, count=len(made), by=by.pk))
    return made


def open_exceptions(review: RecordReview) -> list[str]:
    """What nobody has answered yet, as the record tells it now."""
    answered = set(review.answers.values_list("exception", flat=True))
    told = signing.signable_of(review.kind).exceptions_of(review.key)
    return [each for each in dict.fromkeys(told) if each not in answered]


def require_reviewed(lot: Lot) -> None:
    """:raises RecordNotReviewed: naming what is open, where the rules demand a review that is not there or does not hold any more."""
    for review in _reviews_of(lot):
        reviewed = _record_of(review)
        if not signing.needs_signature(reviewed, Meaning.REVIEW):
            continue
        unanswered = open_exceptions(review)
        if unanswered:
            named = "; ".join(unanswered[:NAMED])
            more = f"; and {len(unanswered) - NAMED} more" if len(unanswered) > NAMED else ""
            count = f"{len(unanswered)} exception{'s are' if len(unanswered) > 1 else ' is'}"
            raise RecordNotReviewed(
                f"{review.record}: {count} not answered: {named}{more}.",
                remedy="Answer them on its page, then sign the review.",
                see=[reviewed],
            )
        if missing := signing.short_of(reviewed, Meaning.REVIEW):
            signature = "signature is" if missing == 1 else "signatures are"
            raise RecordNotReviewed(
                f"{review.record}: {missing} {signature} missing under its review, or signed what has changed since.",
                remedy="Sign the review on its page.",
                see=[reviewed],
            )


def lots_to_review(lots: Iterable[Lot]) -> set[int]:
    """Keys of those lots that the rules want released by a review of how they were made; a few queries, however many lots."""
    keys: dict[str, dict[int, int]] = defaultdict(dict)
    for review in RecordReview.objects.filter(lot__any_of=[lot.pk for lot in lots]):
        keys[review.kind][review.key] = review.lot_id
    found: set[int] = set()
    for kind, lot_of in keys.items():
        records = apps.get_model(kind)._default_manager.filter(pk__in=lot_of)
        found |= {lot_of[key] for key in signing.demanding(list(records), Meaning.REVIEW)}
    return found


def why_not_reviewed(lot: Lot) -> RecordNotReviewed | None:
    """What keeps the lot from being released, as `require_reviewed` says it; None where nothing does."""
    try:
        require_reviewed(lot)
    except RecordNotReviewed as refusal:
        return refusal
    return None


def _reviews_of(lot: Lot) -> list[RecordReview]:
    return list(
        RecordReview.objects.filter(lot__in=numbered_before(lot.pk)).select_related("lot").order_by("pk")
    )


def _record_of(review: RecordReview) -> Model:
    model: type[Model] = apps.get_model(review.kind)
    return model._default_manager.get(pk=review.key)
