"""All that is known of one batch, for its record: read in as many queries however large it is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.db.models import Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from inventory.models import Lot, Move
from inventory.renumbering import renumbered_from
from mes.core.models import AccessAttempt
from mes.core.trail import Entry
from production.failed_signatures import failed_signatures
from production.instructions import WorkedTo, worked_to
from production.models import (
    Batch,
    Cleaning,
    Component,
    Downtime,
    GateOverride,
    Operation,
    Operator,
    Specification,
    TimeEntry,
)
from production.papers.audited import trail_of
from production.papers.inspected import Results, inspections_of, results_of
from quality.models import Inspection, Measurement, Nonconformance, RefusedResult

CLEANED_WITHIN = timedelta(days=30)  # of a machine on which nothing ran before


@dataclass(frozen=True)
class Records:
    """All that is known of one batch."""

    batch: Batch
    zone: tzinfo
    lots: Mapping[int, Lot]
    operations: Sequence[Operation]
    times: Mapping[int, Sequence[TimeEntry]]
    components: Sequence[Component]
    issued: Sequence[Move]
    scrapped: Sequence[Move]
    inspections: Sequence[Inspection]
    results: Sequence[Results]
    reports: Sequence[Nonconformance]
    corrections: Sequence[Measurement]
    refused: Sequence[RefusedResult]
    downtimes: Sequence[Downtime]
    specifications: Sequence[Specification]
    badges: Mapping[int, Operator]
    overrides: Sequence[GateOverride]
    cleanings: Sequence[Cleaning]
    worked_to: Sequence[WorkedTo]
    failed_signatures: Sequence[AccessAttempt]
    trail: Sequence[Entry]

    @property
    def item(self) -> Any:
        return self.batch.plan.item


def lots_of(batch: Batch) -> set[int]:
    """The batch's lot and the numbers that its goods bear since."""
    if batch.lot_id is None:
        return set()
    return renumbered_from([batch.lot_id])[batch.lot_id]


def gather(batch: Batch, lots: Collection[int]) -> Records:
    """Everything for the record; the number of queries depends on no quantity.

    :param batch: with its plan's item and site, lot and transformation loaded.
    :param lots: as `lots_of` tells them.
    """
    operations = _operations(batch, lots)
    times = _times(operations)
    inspections = inspections_of(lots)
    zone = batch.plan.item.site.zone
    return Records(
        batch=batch,
        zone=zone,
        lots=Lot.objects.select_related("item").in_bulk(lots),
        operations=operations,
        times=times,
        components=_components(batch, operations),
        issued=_issued(batch),
        scrapped=_scrapped(lots),
        inspections=inspections,
        results=results_of(inspections),
        reports=_reports(lots),
        corrections=_corrections(inspections),
        refused=_refused(inspections),
        downtimes=_downtimes(operations),
        specifications=list(Specification.objects.filter(order=batch.order_id).order_by("pk")),
        badges=_badges(times),
        overrides=_overrides(operations),
        cleanings=_cleanings(operations),
        worked_to=worked_to(operations),
        failed_signatures=list(failed_signatures(batch, lots)),
        trail=trail_of(batch, zone),
    )


def _operations(batch: Batch, lots: Collection[int]) -> list[Operation]:
    """Its own, and those of the batches that reworked what it made."""
    rework = Q(batch__lot__in=lots, batch__rework_of__isnull=False)
    return list(
        Operation.objects.filter(rework | Q(batch=batch))
        .select_related("step__work_center__supplier", "machine", "inspection", "batch")
        .order_by("batch", "sequence")
    )


def _times(operations: Sequence[Operation]) -> dict[int, list[TimeEntry]]:
    """By operation."""
    found: dict[int, list[TimeEntry]] = {}
    entries = TimeEntry.objects.filter(operation__in=operations).select_related("by", "machine")
    for entry in entries.order_by("started_at", "pk"):
        found.setdefault(entry.operation_id, []).append(entry)
    return found


def _badges(times: Mapping[int, Sequence[TimeEntry]]) -> dict[int, Operator]:
    """Of those who worked on it, by user."""
    people = {entry.by_id for found in times.values() for entry in found}
    return {each.user_id: each for each in Operator.objects.filter(user__in=people)}


def _components(batch: Batch, operations: Sequence[Operation]) -> list[Component]:
    """What the plan has its own steps take; a batch may have fewer of them than its plan."""
    steps = {each.step_id for each in operations if each.batch_id == batch.pk}
    found = batch.plan.components.filter(step__in=steps).select_related("item", "step")
    return list(found.order_by("step__sequence", "pk"))


def _issued(batch: Batch) -> list[Move]:
    if batch.transformation_id is None:
        return []
    issues = _moves().filter(transformation=batch.transformation_id, kind=Move.Kind.ISSUE)
    return list(issues.order_by("at", "pk"))


def _scrapped(lots: Collection[int]) -> list[Move]:
    return list(_moves().filter(lot__in=lots, kind=Move.Kind.SCRAP).order_by("at", "pk"))


def _moves() -> QuerySet[Move]:
    return Move.objects.standing().select_related("lot__item", "lot__supplier", "by", "source", "destination")


def _reports(lots: Collection[int]) -> list[Nonconformance]:
    found = Nonconformance.objects.filter(lot__in=lots)
    return list(found.select_related("lot", "decided_by", "inspection__plan").order_by("opened_at", "pk"))


def _corrections(inspections: Sequence[Inspection]) -> list[Measurement]:
    found = Measurement.objects.filter(inspection__in=inspections, corrects__isnull=False)
    return list(
        found.select_related("corrects__by", "by", "characteristic", "inspection__lot").order_by("at", "pk")
    )


def _refused(inspections: Sequence[Inspection]) -> list[RefusedResult]:
    found = RefusedResult.objects.filter(inspection__in=[each.pk for each in inspections])
    return list(found.select_related("characteristic", "by").order_by("at", "pk"))


def _overrides(operations: Sequence[Operation]) -> list[GateOverride]:
    found = GateOverride.objects.filter(operation__in=operations)
    return list(found.select_related("operation__step", "person", "by").order_by("at", "pk"))


def _cleanings(operations: Sequence[Operation]) -> list[Cleaning]:
    """Of each machine it ran on, after whatever ran there before it."""
    before = Q(pk__in=[])
    for each in operations:
        if each.machine_id and each.started_at:
            earlier = (
                Operation.objects.filter(machine=each.machine_id, finished_at__lte=each.started_at)
                .exclude(batch=each.batch_id)
                .order_by("-finished_at")
                .values("finished_at")[:1]
            )
            ends = Q(at__lte=each.started_at)
            since = Q(at__gte=Coalesce(Subquery(earlier), Value(each.started_at - CLEANED_WITHIN)))
            before |= Q(machine=each.machine_id) & ends & since
    found = Cleaning.objects.filter(before).select_related("machine", "by", "check_of_it__by")
    return list(found.order_by("at", "pk"))


def _downtimes(operations: Sequence[Operation]) -> list[Downtime]:
    """Of the machines it ran on, while it ran there."""
    during = Q(pk__in=[])
    for each in operations:
        if each.machine_id and each.started_at:
            ends: datetime | None = each.finished_at
            overlaps = Q(machine=each.machine_id) & (Q(ends_at__isnull=True) | Q(ends_at__gt=each.started_at))
            during |= overlaps & (Q(starts_at__lt=ends) if ends else Q())
    found = Downtime.objects.filter(during).select_related("machine")
    return list(found.order_by("starts_at", "pk"))
