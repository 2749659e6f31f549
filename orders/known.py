"""What is known of some lots that may prove a requirement: readings, work done, ingredients, qualifications held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Prefetch, Q

from inventory.models import Lot
from inventory.renumbering import roots_of
from orders.models import Requirement
from production.lineage import ingredients_of
from production.models import Batch, Operation, Qualification, TimeEntry
from quality.models import Inspection, Measurement, Nonconformance


class Reading(NamedTuple):
    """One measured value of a passed inspection."""

    name: str
    plan: str
    value: Decimal | None
    conforms: bool


class Work(NamedTuple):
    """One operation as far as proof goes."""

    sequence: int
    name: str
    batch: str
    is_done: bool
    done_by: tuple[tuple[int, str, date], ...] = ()


@dataclass
class Records:
    """All that is known of some lots, by the lot they go back to.

    :ivar accepted: what inspections found that failed, where the goods are used as they are: no inspection to come will find otherwise.
    """

    roots: Mapping[int, set[int]]
    numbers: Mapping[int, str]
    ingredients: Mapping[int, Sequence[Lot]]
    readings: dict[int, list[Reading]] = field(default_factory=dict)
    accepted: dict[int, list[Reading]] = field(default_factory=dict)
    work: dict[int, list[Work]] = field(default_factory=dict)
    holders: dict[str, dict[int, date | None]] = field(default_factory=dict)


def records_of(lots: set[int], requirements: Sequence[Requirement]) -> Records:
    """Everything that the requirements may ask of these lots: a handful of queries."""
    roots = roots_of(lots) if lots else {}
    origins = {root for found in roots.values() for root in found} | lots
    reached = ingredients_of(origins) if origins else {}
    everything = {each for found in reached.values() for each in found}
    loaded = Lot.objects.select_related("item").in_bulk(everything)
    records = Records(
        roots=roots,
        numbers={lot: loaded[lot].number for lot in lots},
        ingredients={root: [loaded[each] for each in sorted(found)] for root, found in reached.items()},
    )
    names = {each.characteristic_name for each in requirements if each.characteristic_name}
    if names and origins:
        _read_measurements(records, origins)
    if origins and any(each.step_sequence is not None for each in requirements):
        _read_work(records, origins)
    for code in {each.qualification for each in requirements if each.qualification}:
        held = Qualification.objects.filter(code=code)
        records.holders[code] = dict(held.values_list("operator__user", "expires_on"))
    return records


def _read_measurements(records: Records, lots: set[int]) -> None:
    accepted = Nonconformance.objects.filter(
        lot__in=lots, disposition=Nonconformance.Disposition.USE_AS_IS, inspection__isnull=False
    )
    judged = Measurement.objects.standing().filter(
        Q(inspection__status=Inspection.Status.PASSED)
        | Q(inspection__status=Inspection.Status.FAILED, inspection__in=accepted.values("inspection")),
        inspection__lot__in=lots,
    )
    rows = judged.order_by("pk").values_list(
        "inspection__lot",
        "inspection__status",
        "characteristic__name",
        "inspection__plan__code",
        "value",
        "conforms",
    )
    for lot, status, name, plan, value, conforms in rows:
        found = records.readings if status == Inspection.Status.PASSED else records.accepted
        found.setdefault(lot, []).append(Reading(name, plan, value, conforms))


def _read_work(records: Records, lots: set[int]) -> None:
    operations = Operation.objects.filter(batch__in=Batch.objects.filter(lot__in=lots)).prefetch_related(
        Prefetch("time_entries", TimeEntry.objects.select_related("by").order_by("pk"))
    )
    for each in operations.select_related("batch__order__site", "step", "inspection").order_by("pk"):
        passed = each.inspection is None or each.inspection.status == Inspection.Status.PASSED
        done = each.status == Operation.Status.DONE and passed
        lot = each.batch.lot_id
        if lot is not None:
            records.work.setdefault(lot, []).append(
                Work(each.sequence, each.step.name, each.batch.number, done, _workers(each))
            )


def _workers(operation: Operation) -> tuple[tuple[int, str, date], ...]:
    """Who worked on it and on which days, on the calendar of the plant, by which qualifications expire."""
    entries, zone = operation.time_entries.all(), operation.batch.order.site.zone
    return tuple((each.by_id, str(each.by), each.started_at.astimezone(zone).date()) for each in entries)
