"""The review of a finished batch by exception, which goes before the release of its lot where the rules demand it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from mes.core import signing
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError
from production.models import Batch
from quality import services as quality
from quality.models import RecordReview


class NothingToReview(DomainError):
    code = "production.nothing_to_review"
    title = "There is nothing to review yet"


@transaction.atomic
def answer_exceptions(
    batch: Batch, exceptions: Sequence[str], answer: str, *, by: User, at: datetime
) -> Batch:
    """Say of exceptions of a finished batch what was found about them, before its review is signed.

    :param exceptions: word for word as its record tells them.
    :raises NothingToReview: for a batch that is not finished.
    :raises UnknownException: without an answer, for none, and for one that is not open.
    """
    quality.answer_exceptions(review_of(batch), exceptions, answer, by=by, at=at)
    return batch


@sensitive_variables("credentials")
def sign_review(
    batch: Batch, *, credentials: signing.Credentials | None = None, by: User, at: datetime
) -> Batch:
    """Sign that every exception of a finished batch was looked at.

    Raises what `mes.core.signing.sign` raises.
    """
    signing.sign(batch, Meaning.REVIEW, credentials=credentials, by=by, at=at)
    return batch


def review_of(batch: Batch) -> RecordReview:
    """:raises NothingToReview: for a batch that is not finished."""
    review = RecordReview.objects.filter(kind=batch._meta.label_lower, key=batch.pk).first()
    if review is None:
        raise NothingToReview(
            f"{batch} is {batch.get_status_display().lower()}.", remedy="Finish it; then it is reviewed."
        )
    return review
