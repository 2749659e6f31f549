"""Noting which stock batches a version of the plan moved to a later day, and what that risks."""

from datetime import datetime

from django.db import transaction

from forecasting.displacement import delays_in, risks_of
from forecasting.models import Displacement
from production.models import Schedule


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
