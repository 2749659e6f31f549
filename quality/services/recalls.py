"""A recall's scope: found, found again, balanced, or called off. What holds and lets go is in `recall_holds`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from inventory.genealogy import downstream
from inventory.numbering import numbered
from mes.core.facts import record
from mes.core.firsts import who_moved
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, require_said
from quality.facts import RecallBalanced, RecallCancelled, RecallOpened, RecallTraced
from quality.models import Recall, RecallLot, RecallRun


class NothingAffected(DomainError):
    code = "quality.nothing_affected"
    title = "No lot is affected"


class RecallReasonMissing(InvalidInput):
    code = "quality.recall_reason_missing"
    title = "A reason is needed"


class RecallClosedAlready(DomainError):
    code = "quality.recall_closed"
    title = "The recall is over"


class DifferenceUnexplained(InvalidInput):
    code = "quality.difference_unexplained"
    title = "A difference needs an explanation"


@transaction.atomic
def open_recall(
    basis: str,
    scope: Mapping[str, Any],
    scope_text: str,
    reason: str,
    *,
    origins: Iterable[int],
    is_mock: bool = False,
    by: User,
    at: datetime,
) -> Recall:
    """Open a case and find what it affects: these lots and all that descends from them. Nothing is held yet.

    :param scope: keys of what it starts from, so that a later search can start there again.
    :param scope_text: the same in words.
    :param reason: what is wrong.
    :param origins: keys of the lots that `basis` and `scope` mean now.
    :param is_mock: a drill, of which nothing is ever held.
    :raises RecallReasonMissing: without a reason.
    :raises NothingAffected: when there is no lot to start from.
    """
    require_said(reason, "Say what is wrong", refusal=RecallReasonMissing)
    starts = sorted(set(origins))
    if not starts:
        raise NothingAffected(
            f"There is no lot for: {scope_text}.", remedy="Check the number and the time; nothing was opened."
        )
    recall = Recall.objects.create(
        **numbered(Recall, "MR" if is_mock else "RC"),
        is_mock=is_mock,
        reason=reason.strip(),
        basis=basis,
        scope=dict(scope),
        scope_text=scope_text[:200],
        opened_at=at,
        opened_by=by,
    )
    record(RecallOpened(recall=recall.pk, is_mock=is_mock, by=by.pk))
    trace_recall(recall, origins=starts, by=by, at=at)
    return recall


@transaction.atomic
def trace_recall(recall: Recall, *, origins: Iterable[int], by: User, at: datetime) -> RecallRun:
    """Look for affected lots (again): also those made, split or received since. What was found before stays in.

    :param origins: keys of the lots that the recall starts from, as they are known now.
    :raises RecallClosedAlready: when it is closed or cancelled.
    """
    began = perf_counter()
    lock_recall(recall)
    known = set(recall.lots.values_list("lot", flat=True))
    starts = set(origins)
    affected = downstream(starts | known)
    new = [lot for lot in affected if lot not in known]
    run = RecallRun.objects.create(
        recall=recall,
        at=at,
        by=by,
        origins=len(starts),
        lots=len(affected),
        new_lots=len(new),
        milliseconds=round((perf_counter() - began) * 1000),
    )
    list_lots(recall, run, new, origins=starts)
    if recall.traced_at is None:
        recall.traced_at = at
        recall.save(update_fields=["traced_at"])
    record(RecallTraced(recall=recall.pk, run=run.pk, lots=len(affected), new_lots=len(new)))
    return run


@transaction.atomic
def balance_recall(recall: Recall, note: str = "", *, is_even: bool, by: User, at: datetime) -> Recall:
    """Confirm that the quantities of every affected lot were looked at. It may be confirmed again when the scope has grown.

    :param note: what explains the differences.
    :param is_even: whether nothing is missing and nothing too many.
    :raises DifferenceUnexplained: when something is, and nobody says why.
    :raises RecallClosedAlready: when it is closed or cancelled.
    """
    lock_recall(recall)
    if not is_even and not note.strip():
        sentence = "Say what explains the difference, or what is done to find it"
        raise DifferenceUnexplained(f"{sentence}.", errors={"note": [sentence]})
    # The clock stopped when the quantities were known for the first time.
    recall.balanced_at, recall.balanced_by, recall.balance_note = recall.balanced_at or at, by, note.strip()
    recall.save(update_fields=["balanced_at", "balanced_by", "balance_note"])
    record(RecallBalanced(recall=recall.pk, by=by.pk))
    return recall


@transaction.atomic
def cancel_recall(recall: Recall, reason: str, *, by: User, at: datetime) -> Recall:
    """Call a recall off that was opened by mistake and holds nothing yet.

    :raises RecallReasonMissing: without a reason.
    :raises IllegalTransition: once stock is held (close it then), or when it is over.
    """
    require_said(reason, "Say why it is called off", refusal=RecallReasonMissing)
    recall.refresh_from_db(from_queryset=Recall.objects.select_for_update(no_key=True))
    recall.move_to(Recall.Status.CANCELLED, closed_at=at, closed_by=by, conclusion=reason.strip())
    record(RecallCancelled(recall=recall.pk, reason=reason.strip(), by=by.pk))
    return recall


def lock_recall(recall: Recall, *, remedy: str = "Open another one if need be.") -> None:
    """Lock it until the transaction ends and see it as it is now.

    :param remedy: what is done instead once it is over.
    :raises RecallClosedAlready: when it is closed or cancelled.
    """
    recall.refresh_from_db(from_queryset=Recall.objects.select_for_update(no_key=True))
    if not recall.is_open:
        first = f" ({told})" if (told := who_moved(recall)) else ""
        raise RecallClosedAlready(f"{recall} is {recall.get_status_display().lower()}{first}.", remedy=remedy)


def list_lots(recall: Recall, run: RecallRun, lots: Iterable[int], *, origins: Iterable[int] = ()) -> None:
    """Put lots on the recall's list, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO quality_recalllot
                (recall_id, lot_id, run_id, is_origin, held_from, decision, justification)
            SELECT %s, found.lot, %s, found.lot = ANY(%s::bigint[]), '', '', ''
            FROM unnest(%s::bigint[]) AS found (lot)
            ON CONFLICT (recall_id, lot_id) DO NOTHING
            """,
            [recall.pk, run.pk, list(origins), list(lots)],
        )


def affected_lots(recall: Recall) -> list[int]:
    """Keys of the lots on its list, in order."""
    return list(RecallLot.objects.filter(recall=recall).order_by("lot").values_list("lot", flat=True))
