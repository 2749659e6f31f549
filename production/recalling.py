"""Which lots a fault in production concerns: made on a machine during some time, or by a revision of a process plan."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from production.models import Batch, Machine, Operation, ProcessPlan, TimeEntry


@dataclass(frozen=True)
class Making:
    """How a lot was made, in words: its batch, the revision of its process plan, and the machines that it went over, in order."""

    batch: int
    number: str
    plan: str
    machines: tuple[str, ...]


def lots_of_machine(machine: Machine, since: datetime, until: datetime) -> list[int]:
    """Keys of the lots that were worked on there between these moments, also the ones that still are."""
    worked = TimeEntry.objects.filter(machine=machine, started_at__lt=until, ended_at__gt=since)
    running = Operation.objects.filter(machine=machine, started_at__lt=until).filter(
        Q(finished_at__isnull=True, running_since__isnull=False) | Q(finished_at__gt=since)
    )
    batches = Batch.objects.filter(
        Q(pk__in=worked.values("operation__batch")) | Q(pk__in=running.values("batch"))
    )
    return _lots(batches)


def lots_of_plan(plan: ProcessPlan) -> list[int]:
    """Keys of the lots whose batches ran, or are released to run, under this revision."""
    return _lots(Batch.objects.filter(plan=plan))


def makings_of(lots: Iterable[int]) -> dict[int, Making]:
    """How each of these lots was made, by its key; those that were not made by a batch are left out. Two queries."""
    batches = {
        batch.pk: batch
        for batch in Batch.objects.filter(lot__any_of=lots).select_related("plan__item").order_by("pk")
    }
    machines: dict[int, list[str]] = {}
    worked = Operation.objects.filter(batch__any_of=batches, machine__isnull=False, started_at__isnull=False)
    for batch, name in worked.order_by("batch", "sequence").values_list("batch", "machine__name"):
        machines.setdefault(batch, []).append(name)
    return {
        batch.lot_id: Making(
            batch.pk, batch.number, str(batch.plan), tuple(dict.fromkeys(machines.get(batch.pk, ())))
        )
        for batch in batches.values()
        if batch.lot_id is not None
    }


def _lots(batches: QuerySet[Batch]) -> list[int]:
    return list(batches.filter(lot__isnull=False).order_by("lot").values_list("lot", flat=True))
