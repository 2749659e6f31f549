"""What is not done, not judged or not decided of lots and the batches that made them: papers vouch for none of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Model

from inventory.models import Lot
from mes.papers.services import NotReadyForPaper
from production.models import Batch, Operation
from quality.doubt import doubts_about
from quality.models import Inspection, Nonconformance

NAMED, LINKED = 12, 5


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, what to do about it, and where.

    :ivar lots: keys of the lots that it is missing of.
    """

    told: str
    remedy: str
    see: Model | None = None
    lots: frozenset[int] = frozenset()


def gaps_of(lots: Collection[int], *, but: Sequence[Nonconformance] = ()) -> list[Gap]:
    """Everything that keeps papers of these lots waiting, in the order in which it is done. Seven queries.

    :param lots: keys of the lots and of all that they go back to under other numbers or are made of.
    :param but: reports that are about something else of these lots; nor does what is done because of them keep anything waiting.
    """
    return [
        *_unfinished_steps(lots, but),
        *_shut_gates(lots, but),
        *_open_inspections(lots, but),
        *_doubts(lots),
        *_open_nonconformances(lots, but),
        *_stopped_lots(lots),
    ]


def require_complete(what: str, gaps: Sequence[Gap]) -> None:
    """:raises NotReadyForPaper: naming every gap, and what to do about the first of them."""
    if not gaps:
        return
    told = [gap.told for gap in gaps[:NAMED]]
    more = [f"And {len(gaps) - NAMED} more."] if len(gaps) > NAMED else []
    remedies = list(dict.fromkeys(gap.remedy for gap in gaps))
    places = list(dict.fromkeys(gap.see for gap in gaps if gap.see is not None))
    raise NotReadyForPaper(
        f"{what} waits. {' '.join([*told, *more])}", remedy=" ".join(remedies[:3]), see=places[:LINKED]
    )


def _only(lot: int | None) -> frozenset[int]:
    return frozenset() if lot is None else frozenset([lot])


def _unfinished_steps(lots: Collection[int], but: Sequence[Nonconformance]) -> list[Gap]:
    undone = Operation.objects.unfinished().filter(batch__lot__in=lots).exclude(batch__rework_of__in=but)
    rows = undone.select_related("step", "batch").order_by("batch", "sequence")
    return [
        Gap(
            f"Step {row.step} of batch {row.batch} is {row.get_status_display().lower()}.",
            "Finish the step.",
            row,
            _only(row.batch.lot_id),
        )
        for row in rows
    ]


def _shut_gates(lots: Collection[int], but: Sequence[Nonconformance]) -> list[Gap]:
    """Steps whose inspection failed and was not accepted; one that is open is told as such."""
    shut = Operation.objects.gates_shut().filter(batch__lot__in=lots).exclude(batch__rework_of__in=but)
    failed = shut.filter(inspection__status=Inspection.Status.FAILED)
    rows = failed.select_related("step", "batch", "inspection__plan").order_by("batch", "sequence")
    return [
        Gap(
            f"Inspection {row.inspection.plan.code} after step {row.step} of batch {row.batch} failed.",
            "Decide its nonconformance, and repeat it where that asks for it.",
            row.inspection,
            _only(row.batch.lot_id),
        )
        for row in rows
        if row.inspection is not None
    ]


def _open_inspections(lots: Collection[int], but: Sequence[Nonconformance]) -> list[Gap]:
    rows = Inspection.objects.open().filter(lot__in=lots).select_related("plan", "lot").oldest_first()
    since = {row.lot_id: row.opened_at for row in reversed(but)}
    return [
        Gap(f"Inspection {row} is open.", "Record its results.", row, _only(row.lot_id))
        for row in rows
        if row.lot_id not in since or row.opened_at < since[row.lot_id]
    ]


def _doubts(lots: Collection[int]) -> list[Gap]:
    return [
        Gap(str(doubt), doubt.remedy, doubt.review, frozenset(doubt.lots)) for doubt in doubts_about(lots)
    ]


def _open_nonconformances(lots: Collection[int], but: Sequence[Nonconformance]) -> list[Gap]:
    reports = Nonconformance.objects.exclude(status=Nonconformance.Status.CLOSED).filter(lot__in=lots)
    rows = reports.exclude(pk__in=[row.pk for row in but])
    gaps = []
    for row in rows.select_related("lot").order_by("opened_at", "pk"):
        if row.status == Nonconformance.Status.OPEN:
            told, remedy = "undecided", "Decide it, then close it."
        else:
            told, remedy = f"decided ({row.get_disposition_display().lower()}) but not closed", "Close it."
        sentence = f"Nonconformance {row} of lot {row.lot} is {told}."
        gaps.append(Gap(sentence, remedy, row, _only(row.lot_id)))
    return gaps


def _stopped_lots(lots: Collection[int]) -> list[Gap]:
    """Held lots that nothing else above explains."""
    reported = Nonconformance.objects.exclude(status=Nonconformance.Status.CLOSED)
    held = Lot.objects.filter(pk__in=lots, status=Lot.Status.HELD).exclude(pk__in=reported.values("lot"))
    return [
        Gap(
            f"Lot {lot} is held{f' ({lot.hold_reason})' if lot.hold_reason else ''}.",
            "Decide about it in its recall, and close that." if lot.is_recalled else "Release or reject it.",
            lot,
            _only(lot.pk),
        )
        for lot in held.order_by("number", "pk")
    ]


def require_done(batch: Batch) -> None:
    """:raises NotReadyForPaper: for a batch that is not released yet, or was cancelled."""
    if batch.lot_id is None or batch.status == Batch.Status.CANCELLED:
        raise NotReadyForPaper(
            f"Batch {batch} is {batch.get_status_display().lower()}.",
            remedy="Release it and make it."
            if batch.lot_id is None
            else "A cancelled batch has no record to issue.",
        )


def why_batch_waits(what: str, batch: Batch, lots: Collection[int]) -> NotReadyForPaper | None:
    """What keeps a paper about a batch waiting, for whoever is about to fill in its form; None where nothing does.

    :param lots: those of the batch.
    """
    try:
        require_done(batch)
        require_complete(what, gaps_of(lots))
    except NotReadyForPaper as waits:
        return waits
    return None
