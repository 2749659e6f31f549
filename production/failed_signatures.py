"""Signatures about a batch that failed, for its review and its record."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from mes.core.models import AccessAttempt, Meaning
from production.models import Batch
from quality.models import Nonconformance

Outcome = AccessAttempt.Outcome


def failed_signatures(batch: Batch, lots: Collection[int]) -> QuerySet[AccessAttempt]:
    """Of whoever judged it, oldest first. A slip of the hand of its reviewer, or of whoever releases it, would else call for another
    review; that one is told of once it has locked the account.

    :param lots: the batch's, and the numbers that its goods bear since.
    """
    reports = Nonconformance.objects.filter(lot__in=lots).values("pk")
    about = (
        Q(kind="production.batch", key=batch.pk)
        | Q(kind="production.operation", key__in=batch.operations.values("pk"))
        | Q(kind="inventory.lot", key=batch.lot_id)
        | Q(kind="quality.nonconformance", key__in=reports)
    )
    slips = Q(meaning__in=[Meaning.REVIEW, Meaning.RELEASE], outcome__in=[Outcome.WRONG, Outcome.REFUSED])
    tried = AccessAttempt.objects.filter(
        about, outcome__in=[Outcome.WRONG, Outcome.LOCKED, Outcome.REFUSED]
    ).exclude(slips)
    return tried.select_related("user").order_by("pk")


def what_was_tried(attempt: AccessAttempt) -> str:
    """What was to be signed, and why it was not."""
    return f"{attempt.get_meaning_display()}: {attempt.note or attempt.get_outcome_display().lower()}"
