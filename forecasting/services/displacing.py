"""Noting which stock batches a version of the plan moved to a later day, and what that risks."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction

from forecasting.displacement import Delay, risks_of
from forecasting.models import Displacement
from production.models import Schedule, Slot


@transaction.atomic
def note_displacements(schedule: Schedule, *, at: datetime) -> list[Displacement]:
    """Write down the batches made to stock that a version moved to a later day; safe to repeat."""
    if Displacement.objects.filter(schedule=schedule).exists():
        return list(Displacement.objects.filter(schedule=schedule).dearest_first())
    return Displacement.objects.bulk_create(
        Displacement(
            schedule=schedule,
            batch=risk.batch,
            was_at=risk.delay.was,
            ends_at=risk.delay.now,
            probability_before=risk.before.probability,
            probability=risk.now.probability,
            units_short=risk.bought.units_short,
            days_short=risk.bought.days_short,
            why=risk.sentence[:400],
        )
        for risk in risks_of(delays_in(schedule), at=at)
    )


def delays_in(schedule: Schedule) -> list[Delay]:
    """Batches whose end a version moved to a later moment."""
    moved = {row["operation"]: timedelta(seconds=row["delay_seconds"]) for row in schedule.moved}
    concerned = Slot.objects.filter(schedule=schedule, operation__in=moved).values("operation__batch")
    slots = Slot.objects.filter(schedule=schedule, operation__batch__in=concerned)
    ends: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for batch, operation, now in slots.values_list("operation__batch", "operation", "ends_at"):
        ends[batch].append((now - moved.get(operation, timedelta()), now))
    found = [
        Delay(batch, max(was for was, _ in pairs), max(now for _, now in pairs))
        for batch, pairs in ends.items()
    ]
    return [delay for delay in found if delay.now > delay.was]
