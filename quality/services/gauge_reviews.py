"""Reviews of what was measured with a gauge that was found out of tolerance: lot by lot, then concluded."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from mes.core.facts import record
from mes.core.firsts import who_and_when, who_moved
from mes.core.models import User
from mes.core.refusals import DomainError, require_said
from quality.doubt import DoubtfulLot, doubtful_lots
from quality.facts import GaugeReviewConcluded
from quality.models import GaugeReview, Nonconformance, ReviewedLot
from quality.services.reporting import WHY_FOR_AUDITORS, JustificationMissing, report_finding


class NotInDoubt(DomainError):
    code = "quality.not_in_doubt"
    title = "No result of this lot is in doubt"


class DecidedBefore(DomainError):
    code = "quality.decided_before"
    title = "This lot was decided before"


class LotsUndecided(DomainError):
    code = "quality.lots_undecided"
    title = "Lots are undecided"


class ReviewConcluded(DomainError):
    code = "quality.review_concluded"
    title = "The review is concluded"


@transaction.atomic
def clear_doubtful_lot(review: GaugeReview, lot: Lot, reason: str, *, by: User, at: datetime) -> ReviewedLot:
    """The lot stands: it was measured again, or the error is too small to matter.

    :param reason: why it stands without those results.
    :raises JustificationMissing: without a reason.
    :raises NotInDoubt: when no result of the lot was taken with the gauge in that time.
    :raises DecidedBefore: when somebody decided the lot already.
    :raises ReviewConcluded: when nothing more is decided in it.
    """
    require_said(reason, WHY_FOR_AUDITORS, refusal=JustificationMissing)
    _find(review, lot)
    return ReviewedLot.objects.create(
        review=review, lot=lot, verdict=ReviewedLot.Verdict.UNAFFECTED, reason=reason, at=at, by=by
    )


@transaction.atomic
def doubt_lot(review: GaugeReview, lot: Lot, reason: str = "", *, by: User, at: datetime) -> Nonconformance:
    """Open a nonconformance of one lot; what of it is here is held until that is decided.

    :param reason: what to look at; by default which gauge was out, and since when.
    :raises NotInDoubt: when no result of the lot was taken with the gauge in that time.
    :raises DecidedBefore: when somebody decided the lot already.
    :raises ReviewConcluded: when nothing more is decided in it.
    """
    return _doubt(review, _find(review, lot), reason, by=by, at=at)


@transaction.atomic
def hold_doubtful_lots(review: GaugeReview, *, by: User, at: datetime) -> list[Nonconformance]:
    """Hold every lot in doubt that nobody has decided, each by a nonconformance of its own; those decided stay as decided.

    :raises ReviewConcluded: when nothing more is decided in it.
    """
    _lock(review)
    undecided = [each for each in doubtful_lots(review) if each.verdict is None]
    inventory.lock_lots([each.lot for each in undecided])
    return [_doubt(review, each, "", by=by, at=at) for each in undecided]


@transaction.atomic
def conclude_gauge_review(review: GaugeReview, conclusion: str, *, by: User, at: datetime) -> GaugeReview:
    """Nothing is in doubt any more, or a nonconformance deals with it.

    :param conclusion: what was found and why it is enough.
    :raises JustificationMissing: without a conclusion.
    :raises LotsUndecided: while a lot is undecided.
    :raises ReviewConcluded: when it is concluded already.
    """
    require_said(conclusion, WHY_FOR_AUDITORS, field="conclusion", refusal=JustificationMissing)
    _lock(review)
    undecided = [each.lot.number for each in doubtful_lots(review) if each.verdict is None]
    if undecided:
        shown = ", ".join(undecided[:5]) + (f" and {len(undecided) - 5} more" if len(undecided) > 5 else "")
        raise LotsUndecided(
            f"Nobody has decided {shown}.", remedy="Clear each lot, or open its nonconformance, first."
        )
    review.move_to(GaugeReview.Status.CONCLUDED, conclusion=conclusion, concluded_at=at, concluded_by=by)
    record(GaugeReviewConcluded(review=review.pk, gauge=review.calibration.gauge_id, by=by.pk))
    return review


def _doubt(
    review: GaugeReview, doubtful: DoubtfulLot, reason: str, *, by: User, at: datetime
) -> Nonconformance:
    gauge = review.calibration.gauge
    since = f"since {review.since:%Y-%m-%d %H:%M} UTC" if review.since else "ever"
    told = (
        f"{doubtful.results} result{'s' if doubtful.results != 1 else ''} taken with {gauge}, which was out of tolerance on "
        f"{review.calibration.at:%Y-%m-%d}; in doubt: all it measured {since}."
    )
    nonconformance = report_finding(
        doubtful.lot,
        doubtful.here or doubtful.shipped or doubtful.inspected or Decimal(1),
        f"{told} {reason}".strip(),
        by=by,
        at=at,
    )
    ReviewedLot.objects.create(
        review=review,
        lot=doubtful.lot,
        verdict=ReviewedLot.Verdict.NONCONFORMANCE,
        reason=(reason or told)[:300],
        nonconformance=nonconformance,
        at=at,
        by=by,
    )
    return nonconformance


def _find(review: GaugeReview, lot: Lot) -> DoubtfulLot:
    _lock(review)
    doubtful = next((each for each in doubtful_lots(review) if each.lot.pk == lot.pk), None)
    if doubtful is None:
        raise NotInDoubt(
            f"No result of lot {lot} was taken with {review.calibration.gauge} in that time.",
            remedy="Choose one of the lots that the review lists.",
        )
    if doubtful.verdict is not None:
        raise DecidedBefore(
            f"Lot {lot} was decided {who_and_when(doubtful.verdict.by, doubtful.verdict.at)}: "
            f"{doubtful.verdict.get_verdict_display().lower()}.",
            remedy="Report a nonconformance of the lot if that was wrong.",
        )
    return doubtful


def _lock(review: GaugeReview) -> None:
    review.refresh_from_db(
        fields=["status"], from_queryset=GaugeReview.objects.select_for_update(no_key=True)
    )
    if review.status != GaugeReview.Status.OPEN:
        raise ReviewConcluded(
            f"The {review} is concluded ({who_moved(review)}).",
            remedy="Report a nonconformance of the lot if it must be judged.",
        )
