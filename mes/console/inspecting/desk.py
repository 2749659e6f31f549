"""The quality desk: what is due, who waits for it, what does not conform, and what lots are watched more closely."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from inventory.models import Site
from mes.console.pages import draw, page
from production.models import Batch, Checkpoint, Component, Operation
from quality.models import (
    WHILE_RUNNING,
    Confirmation,
    Inspection,
    Measurement,
    Nonconformance,
    SamplingSource,
    Stage,
)

SHOWN = 40
URGENT_AFTER = timedelta(minutes=15)
OLD_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Due:
    """An open inspection.

    :ivar age: since it was opened or due; `level` colours it.
    :ivar waits: who waits for it, in words.
    :ivar recorded: results so far, of those its present sample asks for.
    """

    inspection: Inspection
    age: timedelta
    level: str
    waits: str
    recorded: int


@page("quality.view_inspection")
def desk(request: HttpRequest) -> HttpResponse:
    """Everything that needs somebody from quality, dearest first."""
    site = Site.objects.filter(code=request.GET.get("site", "")).first()
    return draw(
        request,
        "console/quality.html",
        "Quality desk",
        sites=Site.objects.order_by("code"),
        site=site,
        may_measure=request.user.has_perm("quality.add_measurement"),
        **desk_of(site, at=timezone.now()),
    )


def desk_of(site: Site | None, *, at: datetime) -> dict[str, Any]:
    """What the page shows, of one site or of all."""
    waiting = Inspection.objects.open().select_related(
        "plan__item", "lot__item", "source__item", "source__supplier"
    )
    if site is not None:
        waiting = waiting.filter(lot__item__site=site)
    running = list(waiting.filter(plan__stage__in=WHILE_RUNNING).order_by("due_at", "pk")[:SHOWN])
    others = waiting.exclude(plan__stage__in=WHILE_RUNNING).oldest_first()
    shown = list(others[:SHOWN])
    results = dict(
        Measurement.objects.standing()
        .filter(inspection__in=[each.pk for each in [*running, *shown]])
        .values_list("inspection")
        .annotate(count=Count("pk"))
    )
    machines, waits = _at_machine(running), _waiting_for(shown)
    return {
        "at_machines": [_due(each, machines, results, at, URGENT_AFTER) for each in running],
        "due": [_due(each, waits, results, at, OLD_AFTER) for each in shown],
        "due_in_all": others.count(),
        "found": _nonconformances(site, at),
        "sources": _watched(site),
        "to_confirm": _to_confirm(site),
    }


def _due(
    inspection: Inspection,
    waits: dict[int, str],
    results: dict[int, int],
    at: datetime,
    late_after: timedelta,
) -> Due:
    age = max(at - (inspection.due_at or inspection.opened_at), timedelta())
    return Due(
        inspection,
        age,
        "late" if age > late_after else "running",
        waits.get(inspection.pk, ""),
        results.get(inspection.pk, 0),
    )


def _at_machine(inspections: Iterable[Inspection]) -> dict[int, str]:
    """Where the operation runs that is looked at."""
    gates = {each.gate: each.pk for each in inspections}
    looks = Checkpoint.objects.filter(inspection__in=gates).select_related(
        "operation__machine", "operation__batch", "operation__step"
    )
    return {
        gates[
            look.inspection_id
        ]: f"{look.operation.machine or look.operation.step.work_center}: {look.operation}"
        for look in looks.select_related("operation__step__work_center")
    }


def _waiting_for(inspections: list[Inspection]) -> dict[int, str]:
    """Who waits for the verdict: the next operation of the batch, the batches that need the material, or stock."""
    return _next_operations(inspections) | _needing_batches(inspections) | _batches_made(inspections)


def _next_operations(inspections: list[Inspection]) -> dict[int, str]:
    gates = {each.gate: each.pk for each in inspections if each.plan.stage == Stage.IN_PROCESS}
    gated = {row.batch_id: row for row in Operation.objects.filter(inspection__in=gates)}
    later: Any = Operation.objects.filter(batch__in=gated).select_related("batch", "step")
    waits: dict[int, str] = {}
    for following in later.with_slot().order_by("-sequence"):
        before = gated[following.batch_id]
        if following.sequence > before.sequence:
            starts = following.slot_starts_at
            when = f", planned {timezone.localtime(starts):%a %H:%M}" if starts else ""
            # The earliest comes last and stays.
            waits[gates[before.inspection_id or 0]] = f"{following.step.name} of {following.batch}{when}"
    return waits


def _needing_batches(inspections: list[Inspection]) -> dict[int, str]:
    items = {each.lot.item_id for each in inspections if each.plan.stage == Stage.RECEIVING}
    needing = dict(
        Component.objects.filter(
            item__in=items,
            step__operations__status=Operation.Status.WAITING,
            step__operations__batch__status__in=[Batch.Status.RELEASED, Batch.Status.RUNNING],
        )
        .values_list("item")
        .annotate(count=Count("step__operations__batch", distinct=True))
    )
    return {
        each.pk: f"{count} batch{'es' if count != 1 else ''} that need it"
        for each in inspections
        if each.plan.stage == Stage.RECEIVING and (count := needing.get(each.lot.item_id, 0))
    }


def _batches_made(inspections: list[Inspection]) -> dict[int, str]:
    lots = {each.lot_id: each.pk for each in inspections if each.plan.stage == Stage.FINAL}
    batches = Batch.objects.filter(lot__in=lots).select_related("order")
    return {
        lots[batch.lot_id or 0]: f"{batch.order}, due {timezone.localtime(batch.order.due_at):%a %d %b}"
        for batch in batches
    }


def _nonconformances(site: Site | None, at: datetime) -> list[dict[str, Any]]:
    """Open ones, dearest and oldest first; the cost is what the doubtful quantity is worth."""
    found = Nonconformance.objects.exclude(status=Nonconformance.Status.CLOSED).select_related(
        "lot__item__site", "owner"
    )
    if site is not None:
        found = found.filter(lot__item__site=site)
    rows = [
        {
            "found": each,
            "age": at - each.opened_at,
            "cost": each.quantity * (each.lot.item.unit_cost or Decimal(0)),
            "is_overdue": each.due_date is not None
            and each.due_date < at.astimezone(each.lot.item.site.zone).date(),
            "url": reverse("admin:quality_nonconformance_change", args=[each.pk]),
        }
        for each in found.order_by("opened_at", "pk")[:SHOWN]
    ]
    return sorted(
        rows, key=lambda row: (row["found"].status != Nonconformance.Status.OPEN, -row["cost"], -row["age"])
    )


def _watched(site: Site | None) -> list[SamplingSource]:
    """Sources whose lots are not judged any more, or more strictly than usual."""
    sources = SamplingSource.objects.select_related("item", "supplier")
    if site is not None:
        sources = sources.filter(item__site=site)
    watched = sources.filter(is_discontinued=True) | sources.filter(severity="tightened")
    return list(watched.order_by("-is_discontinued", "since", "pk")[:SHOWN])


def _to_confirm(site: Site | None) -> list[Measurement]:
    """Results that wait for a second person."""
    waiting = Measurement.objects.standing().filter(
        inspection__status=Inspection.Status.OPEN, characteristic__needs_second_person=True
    )
    if site is not None:
        waiting = waiting.filter(inspection__lot__item__site=site)
    confirmed = Confirmation.objects.values("measurement")
    return list(
        waiting.exclude(pk__in=confirmed)
        .select_related("characteristic", "inspection__plan__item", "inspection__lot", "by")
        .order_by("at", "pk")[:SHOWN]
    )
