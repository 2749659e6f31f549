"""Closing a recall: the last look, and the lots let go."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from mes.core import signing
from mes.core.facts import record
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, require_said
from quality.facts import RecallClosed
from quality.models import Recall
from quality.services.recall_holds import let_go
from quality.services.recalls import RecallReasonMissing, lock_recall

LOTS_NAMED = 5


class RecallUnfinished(DomainError):
    code = "quality.recall_unfinished"
    title = "The recall is not finished"


@transaction.atomic
def close_recall(
    recall: Recall,
    conclusion: str,
    *,
    effectiveness: Decimal | None = None,
    credentials: signing.Credentials | None = None,
    by: User,
    at: datetime,
) -> Recall:
    """End a recall by an electronic signature and carry out what was decided about its lots.

    :param conclusion: what was found and done.
    :param effectiveness: per cent of what was shipped that is accounted for; None where nothing was.
    :raises RecallUnfinished: until quantities were balanced, stock was held (unless it is a drill) and every lot on hand is decided.
    :raises RecallReasonMissing: without a conclusion.
    :raises RecallClosedAlready: when it is over.
    :raises SignatureMissing, WrongCredentials, AccountLocked: from signing; nothing is changed then.
    """
    lock_recall(recall)
    require_said(
        conclusion, "Say what was found and what was done", field="conclusion", refusal=RecallReasonMissing
    )
    _require_finished(recall)
    was_held = recall.status == Recall.Status.HELD
    recall.move_to(
        Recall.Status.CLOSED,
        closed_at=at,
        closed_by=by,
        conclusion=conclusion.strip(),
        effectiveness=effectiveness,
    )
    if was_held:
        let_go(recall, by=by, at=at)
    signing.sign(recall, Meaning.RECALL_CLOSING, credentials=credentials, by=by, at=at)
    record(RecallClosed(recall=recall.pk, by=by.pk))
    return recall


def _require_finished(recall: Recall) -> None:
    if recall.balanced_at is None:
        raise RecallUnfinished(
            f"The quantities of {recall} were not confirmed.", remedy="Look at the balance and confirm it."
        )
    if recall.is_mock:
        return
    if recall.status != Recall.Status.HELD:
        raise RecallUnfinished(
            f"{recall} never held anything.",
            remedy="Hold what it affects, or call it off if it was a mistake.",
        )
    undecided = recall.lots.undecided().order_by("lot__number")
    if count := undecided.count():
        names = ", ".join(undecided.values_list("lot__number", flat=True)[:LOTS_NAMED])
        more = f" and {count - LOTS_NAMED} more" if count > LOTS_NAMED else ""
        raise RecallUnfinished(
            f"Nobody has decided about {names}{more}.",
            remedy="Decide whether they go back as they were, stay held, or are rejected.",
        )
