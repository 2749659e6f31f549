"""What a recall holds, what is decided about it, and how it is let go again.

Whoever issues, ships, splits or merges a lot locks it first (`inventory.services.lock_lots`). The hold locks every affected lot, then looks
once more for what was made of them while it waited, until there is nothing new: from then on nobody can take anything of them, so that the
one statement which holds them holds all of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import OperationalError, connection, transaction

from inventory import services as inventory
from inventory.facts import LotQuarantined, LotRejected, LotReleased, LotResumed
from inventory.genealogy import downstream
from inventory.models import Lot, Move
from inventory.services.reserving import cut_reservations
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput, require_said
from quality.facts import RecallDecided, RecallHeld
from quality.models import Nonconformance, Recall, RecallLot, RecallRun
from quality.services.recalls import affected_lots, list_lots, lock_recall, trace_recall
from quality.services.reporting import WHY_FOR_AUDITORS

TRIES = 3
_DEADLOCK = "40P01"
REASON_LENGTH = 300


class MockHoldsNothing(DomainError):
    code = "quality.mock_holds_nothing"
    title = "A mock recall holds nothing"


class UnknownDecision(InvalidInput):
    code = "quality.unknown_decision"
    title = "No such decision"


class NotHeld(DomainError):
    code = "quality.not_held"
    title = "Nothing is held yet"


def hold_recall(recall: Recall, *, by: User, at: datetime) -> Recall:
    """Hold every affected lot at once, or those found since it was first done; safe to repeat.

    What somebody else holds or has rejected stays so, and stays so after the recall. Reservations of held lots wait with them.

    :raises MockHoldsNothing: for a drill.
    :raises RecallClosedAlready: when it is closed or cancelled.
    """
    for _ in range(TRIES - 1):
        try:
            return _hold(recall, by=by, at=at)
        except OperationalError as failure:
            # Somebody who held one of the lots waited for another: they go first, and all of it is done again.
            if getattr(failure.__cause__, "sqlstate", None) != _DEADLOCK:
                raise
    return _hold(recall, by=by, at=at)


@transaction.atomic
def _hold(recall: Recall, *, by: User, at: datetime) -> Recall:
    lock_recall(recall)
    if recall.is_mock:
        raise MockHoldsNothing(
            f"{recall} is a drill.", remedy="Open a recall that is none, if this is in earnest."
        )
    lots = _lock_all(recall, by=by, at=at)
    reason = f"Recall {recall}: {recall.reason}"[:REASON_LENGTH]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE quality_recalllot listed SET held_at = %s, held_from = lot.status
            FROM inventory_lot lot
            WHERE listed.recall_id = %s AND listed.held_at IS NULL AND lot.id = listed.lot_id
            RETURNING listed.lot_id, lot.is_recalled
            """,
            [at, recall.pk],
        )
        rows = cursor.fetchall()
        newly = [lot for lot, _ in rows]
        cursor.execute(
            """
            UPDATE inventory_lot
            SET is_recalled = true, hold_reason = %s, status = CASE status WHEN 'rejected' THEN status ELSE 'held' END
            WHERE id = ANY(%s::bigint[]) AND NOT is_recalled
            """,
            [reason, newly],
        )
    _inherit(
        recall, {lot for lot, was_recalled in rows if was_recalled} - _held_elsewhere(recall, newly).keys()
    )
    if recall.status == Recall.Status.OPEN:
        recall.move_to(Recall.Status.HELD, held_at=at, held_by=by)
    record(RecallHeld(recall=recall.pk, lots=len(lots), by=by.pk))
    return recall


@transaction.atomic
def retrace_recall(recall: Recall, *, origins: Iterable[int], by: User, at: datetime) -> RecallRun:
    """Look again, and where the recall holds stock hold at once what is new.

    :param origins: keys of the lots that the recall starts from, as they are known now.
    :raises RecallClosedAlready: when it is closed or cancelled.
    """
    run = trace_recall(recall, origins=origins, by=by, at=at)
    if run.new_lots and recall.status == Recall.Status.HELD:
        hold_recall(recall, by=by, at=at)
    return run


def decide_lots(
    recall: Recall,
    decision: str,
    justification: str,
    *,
    lots: Sequence[Lot] | None = None,
    by: User,
    at: datetime,
) -> int:
    """Say what becomes of lots when the recall is closed; until then they stay held, and it may be said differently.

    :param decision: one of `RecallLot.Decision`.
    :param lots: which of its lots; None for all that nobody has decided about, wherever they are.
    :return: how many lots it was said of.
    :raises UnknownDecision: for another word, or for lots that the recall does not list.
    :raises NotHeld: before the hold.
    """
    if decision not in RecallLot.Decision.values:
        known = ", ".join(RecallLot.Decision.values)
        raise UnknownDecision(f"A decision is one of: {known}.", errors={"decision": [f"one of: {known}"]})
    require_said(justification, WHY_FOR_AUDITORS, field="justification", refusal=UnknownDecision)
    with transaction.atomic():
        lock_recall(recall)
        if recall.status != Recall.Status.HELD:
            raise NotHeld(f"{recall} holds nothing yet.", remedy="Hold what it affects first.")
        listed = recall.lots.all()
        keys = {lot.pk for lot in lots} if lots is not None else None
        meant = listed.filter(lot__any_of=keys) if keys is not None else listed.unsaid()
        if keys is not None and meant.count() < len(keys):
            raise UnknownDecision(
                f"{recall} does not list all of these lots.",
                errors={"lots": ["name lots that the recall lists"]},
            )
        count = recall.lots.filter(pk__in=list(meant.values_list("pk", flat=True))).update(
            decision=decision,
            justification=justification.strip()[:REASON_LENGTH],
            decided_at=at,
            decided_by=by,
        )
        record(RecallDecided(recall=recall.pk, decision=decision, lots=count, by=by.pk))
    return count


def let_go(recall: Recall, *, by: User, at: datetime) -> None:
    """Carry out what was decided of the lots of a recall that is being closed, in the transaction of whoever closes it.

    A lot that another recall holds stays recalled, and goes back to what it was before either when that one lets it go. One with an
    undecided nonconformance stays held for that. What is used up or at customers need not be decided about: it stays held then, should it
    come back.
    """
    keys = affected_lots(recall)
    # One statement, in the order of their keys, as everybody locks.
    list(Lot.objects.filter(pk__any_of=keys).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    listed = list(recall.lots.filter(held_at__isnull=False).select_related("lot__item__site").order_by("lot"))
    elsewhere = _held_elsewhere(recall, keys)
    doubted = set(Nonconformance.objects.undecided().filter(lot__any_of=keys).values_list("lot", flat=True))
    outcomes: dict[tuple[str, str], list[RecallLot]] = defaultdict(list)
    for row in listed:
        if row.lot_id in elsewhere:
            _hand_over(row, elsewhere[row.lot_id])
        else:
            outcomes[_outcome(row, doubted)].append(row)
    for (status, reason), rows in outcomes.items():
        _set(rows, status, reason)
        _tell(rows, status, reason, by=by)


def _lock_all(recall: Recall, *, by: User, at: datetime) -> list[int]:
    """Lock all lots on the list and, until there are no more, what others have made of them meanwhile."""
    while True:
        lots = affected_lots(recall)
        list(
            Lot.objects.filter(pk__any_of=lots)
            .order_by("pk")
            .select_for_update(no_key=True)
            .values_list("pk")
        )
        known = set(lots)
        new = [lot for lot in downstream(lots) if lot not in known]
        if not new:
            return lots
        run = RecallRun.objects.create(
            recall=recall,
            at=at,
            by=by,
            origins=0,
            lots=len(lots) + len(new),
            new_lots=len(new),
            milliseconds=0,
        )
        list_lots(recall, run, new)


def _inherit(recall: Recall, lots: Iterable[int]) -> None:
    """Lots split off or made of held ones were born held: before the recall they were what those were."""
    before = dict(recall.lots.values_list("lot", "held_from"))
    for lot in sorted(lots):
        acts = Move.objects.standing().filter(lot=lot, kind=Move.Kind.OUTPUT).values("transformation")
        parents = Move.objects.standing().filter(transformation__in=acts, kind=Move.Kind.ISSUE)
        older = [before[key] for key in parents.values_list("lot", flat=True) if key in before and key != lot]
        if older and before[lot] == Lot.Status.HELD:
            before[lot] = older[0]
            recall.lots.filter(lot=lot).update(held_from=older[0])


def _held_elsewhere(recall: Recall, lots: Sequence[int]) -> dict[int, RecallLot]:
    others = RecallLot.objects.filter(
        lot__any_of=lots, held_at__isnull=False, recall__status=Recall.Status.HELD
    ).exclude(recall=recall)
    return {row.lot_id: row for row in others.order_by("-pk")}


def _hand_over(row: RecallLot, other: RecallLot) -> None:
    """The other recall held what this one held already: it remembers what the lot was before both."""
    if other.held_from == Lot.Status.HELD and row.held_from != Lot.Status.HELD:
        RecallLot.objects.filter(pk=other.pk).update(held_from=row.held_from)


def _outcome(row: RecallLot, doubted: set[int]) -> tuple[str, str]:
    """The disposition that a lot is left in, and the reason that stays with it."""
    lot = row.lot
    if lot.status == Lot.Status.REJECTED or row.decision == RecallLot.Decision.REJECT:
        return Lot.Status.REJECTED, row.justification or lot.hold_reason
    if row.decision != RecallLot.Decision.RELEASE or lot.pk in doubted:
        return Lot.Status.HELD, row.justification or lot.hold_reason
    if row.held_from == Lot.Status.IN_PROCESS and not inventory.is_being_made(lot):
        return Lot.Status.QUARANTINE, ""  # its batch has finished meanwhile: it waits to be judged
    return row.held_from, lot.hold_reason if row.held_from == Lot.Status.HELD else ""


def _set(rows: Sequence[RecallLot], status: str, reason: str) -> None:
    Lot.objects.filter(pk__any_of=[row.lot_id for row in rows]).update(
        status=status, hold_reason=reason[:REASON_LENGTH], is_recalled=False
    )
    if status == Lot.Status.REJECTED:
        for row in rows:
            if row.lot.reservations.open().exists():
                cut_reservations(row.lot, keep=Decimal(0))


def _tell(rows: Sequence[RecallLot], status: str, reason: str, *, by: User) -> None:
    changed = [row.lot_id for row in rows if row.lot.status != status]
    if status == Lot.Status.RELEASED:
        record(*(LotReleased(lot=lot, by=by.pk) for lot in changed))
    elif status == Lot.Status.REJECTED:
        record(*(LotRejected(lot=lot, reason=reason, by=by.pk) for lot in changed))
    elif status == Lot.Status.QUARANTINE:
        record(*(LotQuarantined(lot=lot, by=by.pk) for lot in changed))
    elif status == Lot.Status.IN_PROCESS:
        record(*(LotResumed(lot=lot, by=by.pk) for lot in changed))
