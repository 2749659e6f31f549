"""Batches made to stock that a new version of the plan moved later."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from production.models import Batch, Schedule, Slot

AS_LATE = timedelta(hours=12)


class DisplacementQuerySet(models.QuerySet["Displacement"]):
    def dearest_first(self) -> Self:
        return self.order_by(F("probability_before") - F("probability"), "-units_short", "pk")

    def standing(self, at: datetime) -> Self:
        """The newest of each open batch that is still planned as late as it says."""
        newest = self.filter(batch=OuterRef("batch")).order_by("-pk").values("pk")[:1]
        ends = Slot.objects.published().filter(operation__batch=OuterRef("batch")).order_by("-ends_at")
        return self.annotate(planned_end=Subquery(ends.values("ends_at")[:1])).filter(
            pk=Subquery(newest),
            batch__in=Batch.objects.open(),
            ends_at__gt=at,
            planned_end__gte=F("ends_at") - AS_LATE,
        )


class Displacement(models.Model):
    """A version of the plan moved a batch that is made to stock to a later day; what that risks, as known at that time."""

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    was_at = models.DateTimeField(help_text="When it was to be done by the version before")
    ends_at = models.DateTimeField(help_text="When it is to be done by this one")
    probability_before = models.FloatField(
        help_text="That stock runs out before it comes, had it not been moved"
    )
    probability = models.FloatField(help_text="That stock runs out before it comes")
    units_short = models.FloatField(help_text="Expected to be lacking on top of what would have been")
    days_short = models.FloatField(help_text="Expected days without stock on top of what would have been")
    why = models.CharField(max_length=400)

    objects: ClassVar = DisplacementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "batch"], name="one_displacement_per_version_and_batch"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("was_at")), name="a_displaced_batch_comes_later_than_it_was_to"
            ),
        ]

    def __str__(self) -> str:
        return self.why
