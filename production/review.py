"""Review by exception: of a finished batch, what was not as it should be, so that whoever reviews it reads that and no more.

Overridden gates, nonconformances, results and moves that were corrected, signatures that failed, values that were changed with a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from inventory.models import Move
from inventory.quantities import plain
from inventory.renumbering import renumbered_from
from mes.core.trail import Asked, entries
from production.failed_signatures import failed_signatures, what_was_tried
from production.models import Batch, GateOverride
from quality.models import Inspection, Measurement, Nonconformance, RefusedResult


@dataclass(frozen=True)
class Oddity:
    """One thing that a reviewer has to look at."""

    kind: str
    what: str
    by: str
    at: datetime

    @property
    def sentence(self) -> str:
        return f"{self.kind}: {self.what} ({self.by or 'the house itself'}, {self.at:%Y-%m-%d %H:%M} UTC)"


def oddities(batch: Batch) -> list[Oddity]:
    """Everything unusual about a batch and its lot, oldest first."""
    lots = renumbered_from([batch.lot_id])[batch.lot_id] if batch.lot_id else set()
    found = [
        *_overrides(batch),
        *_reports(lots),
        *_reworks(batch, lots),
        *_corrections(batch),
        *_refused(batch),
        *_hardly_possible(batch),
        *_failed_signatures(batch, lots),
        *_changes(batch),
    ]
    return sorted(found, key=lambda each: (each.at, each.kind, each.what))


def _overrides(batch: Batch) -> Iterator[Oddity]:
    rows = GateOverride.objects.filter(
        Q(operation__batch=batch) | Q(operation__batch__lot=batch.lot_id, operation__batch__lot__isnull=False)
    ).select_related("operation__step", "by")
    for row in rows.order_by("pk"):
        yield Oddity(
            "Gate overridden", f"{row.operation.step}: {row.refusal} – {row.reason}", str(row.by), row.at
        )


def _reports(lots: set[int]) -> Iterator[Oddity]:
    """Of its goods, under whatever number they are now."""
    rows = Nonconformance.objects.filter(lot__in=lots).select_related("decided_by").order_by("pk")
    for row in rows:
        decided = row.get_disposition_display().lower() if row.disposition else "undecided"
        yield Oddity(
            "Nonconformance",
            f"{row.number}, {decided}: {row.description}",
            str(row.decided_by or ""),
            row.opened_at,
        )


def _reworks(batch: Batch, lots: set[int]) -> Iterator[Oddity]:
    """Of its goods after it was finished, under whatever number they are now."""
    for row in Batch.objects.filter(lot__in=lots, rework_of__isnull=False).select_related(
        "lot", "order", "rework_of__decided_by"
    ):
        told = f"{plain(row.good_quantity)} good, {plain(row.scrap_quantity)} scrap"
        state = told if row.status == Batch.Status.DONE else row.get_status_display().lower()
        yield Oddity(
            "Reworked",
            f"{plain(row.quantity)} of lot {row.lot} for {row.rework_of} by {row.number}: {state}",
            str(row.rework_of.decided_by or "") if row.rework_of else "",
            row.started_at or row.order.released_at or batch.order.due_at,
        )


def _corrections(batch: Batch) -> Iterator[Oddity]:
    results = Measurement.objects.filter(inspection__lot=batch.lot_id, corrects__isnull=False)
    for row in results.select_related("corrects", "characteristic", "by").order_by("pk"):
        before, after = row.corrects, row
        told = f"{_result(before)} became {_result(after)}" if before else _result(after)
        yield Oddity("Result corrected", f"{row}: {told} – {row.note}", str(row.by), row.at)
    for move in (
        Move.objects.filter(lot=batch.lot_id, reverses__isnull=False).select_related("by").order_by("pk")
    ):
        yield Oddity("Move reversed", f"{plain(move.quantity)} {move.reason}".strip(), str(move.by), move.at)


def _refused(batch: Batch) -> Iterator[Oddity]:
    """Results that somebody tried to enter: implausible ones, those in a unit of something else, and those of gauges that may not
    measure.
    """
    inspections = Inspection.objects.filter(lot=batch.lot_id).values("pk")
    rows = RefusedResult.objects.filter(inspection__in=inspections).select_related("characteristic", "by")
    for row in rows.order_by("pk"):
        yield Oddity("Result refused", f"{row} – {row.refusal}", str(row.by), row.at)


def _hardly_possible(batch: Batch) -> Iterator[Oddity]:
    """Results beyond what is plausible that were taken, because somebody looked again."""
    found = Measurement.objects.standing().filter(inspection__lot=batch.lot_id, is_confirmed_real=True)
    for row in found.select_related("characteristic", "by").order_by("pk"):
        note = f" – {row.note}" if row.note else ""
        told = f"{row}: {_result(row)} {row.characteristic.uom}".strip()
        yield Oddity("Hardly possible", f"{told}, looked at again and so{note}", str(row.by), row.at)


def _result(row: Measurement) -> str:
    if row.value is not None:
        return plain(row.value)
    return "conforms" if row.conforms else "does not conform"


def _failed_signatures(batch: Batch, lots: set[int]) -> Iterator[Oddity]:
    for row in failed_signatures(batch, lots):
        yield Oddity("Signature failed", what_was_tried(row), str(row.user), row.at)


def _changes(batch: Batch) -> Iterator[Oddity]:
    """Values that somebody changed afterwards and gave a reason for."""
    for kind, key in (("inventory.lot", batch.lot_id), ("production.batch", batch.pk)):
        for entry in entries(Asked(kind=kind, key=key)) if key else ():
            if entry.why and entry.what == "Changed":
                told = "; ".join(
                    f"{each.field}: {each.old or '–'} → {each.new or '–'}" for each in entry.changes
                )
                yield Oddity(
                    "Changed afterwards", f"{entry.record}: {told} – {entry.why}", entry.by, entry.at
                )
