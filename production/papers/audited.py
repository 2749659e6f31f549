"""The audit trail of a batch, for whoever reviews it: which values are others than were first recorded, who changed them, and why."""

from collections.abc import Sequence
from datetime import tzinfo

from django.utils import timezone

from mes.core.trail import Asked, Change, Entry, entries, written
from mes.papers.drawing.document import Column, Table
from production.models import Batch

MOST = 500
# What work itself moves on: told by steps, yields and people, and no change of what somebody recorded.
_PROGRESS = {
    "production.operation": {
        "Status",
        "Machine",
        "Started at",
        "Running since",
        "Finished at",
        "Good quantity",
        "Scrap quantity",
        "Inspection",
        "Pinned machine",
        "Pinned start at",
    },
    "production.batch": {
        "Status",
        "Lot",
        "Transformation",
        "Good quantity",
        "Scrap quantity",
        "Started at",
        "Finished at",
    },
    "quality.inspection": {"Drawn", "Sample size"},
    "inventory.reservation": {"Status", "Quantity", "Made at", "Expires at", "Purpose"},
}


def trail_of(batch: Batch, zone: tzinfo) -> list[Entry]:
    """Changes of the batch, its lot, and of what refers to them: operations, inspections, nonconformances. Oldest first.

    Left out is what only progress changed, unless somebody gave a reason for it.

    :param zone: the plant's, in which values that are moments are written, whoever asks for the record and from where.
    """
    asked = [Asked(kind=batch._meta.label_lower, key=batch.pk)]
    if batch.lot_id is not None:
        asked.append(Asked(kind="inventory.lot", key=batch.lot_id))
    # What a transaction changed bears its one moment, so that an entry is known by all that it says.
    with timezone.override(zone):
        found = dict.fromkeys(each for one in asked for each in reversed(entries(one, MOST)))
    return sorted((each for each in found if _is_telling(each)), key=lambda each: each.at)


def changes_of(entry: Entry) -> Sequence[Change]:
    """Those that are to be looked at."""
    if entry.why or entry.what != "Changed":
        return entry.changes
    progress = _PROGRESS.get(entry.kind, set())
    return [each for each in entry.changes if each.field not in progress]


def _is_telling(entry: Entry) -> bool:
    return entry.what == "Deleted" or (entry.what == "Changed" and bool(changes_of(entry)))


def trail_table(trail: Sequence[Entry], zone: tzinfo) -> Table:
    """Values that are others than were first recorded, with who, when, before, since and why."""
    columns = [
        Column("at", "When", 1.4),
        Column("record", "Record", 1.8),
        Column("field", "What", 1.2),
        Column("old", "Was", 1.8),
        Column("new", "Is since", 1.8),
        Column("by", "By", 1.5),
        Column("why", "Why", 1.8),
    ]
    rows = [
        [
            written(each.at, zone),
            each.record if each.what == "Changed" else f"{each.record} (deleted)",
            change.field,
            change.old,
            change.new,
            each.by,
            each.why,
        ]
        for each in trail
        for change in changes_of(each)
    ]
    return Table(
        "audit_trail",
        columns,
        rows,
        empty="No value was changed after it was recorded.",
        note=f"As the database kept it, at most the newest {MOST} changes; progress of the work itself is told by the steps. "
        "Results are never changed: a corrected one is told among the exceptions."
        if rows
        else "",
    )
