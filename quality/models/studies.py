"""Gauge studies: how much of what is seen is the gauge and who holds it. Readings are facts; the result is worked out from them."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from mes.core.states import AppendOnly
from quality import spc
from quality.models.gauges import Gauge
from quality.models.plans import Characteristic


class GaugeStudyQuerySet(models.QuerySet["GaugeStudy"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")


class GaugeStudy(AppendOnly):
    """One crossed study: every appraiser measured every part equally often with this gauge."""

    gauge = models.ForeignKey(Gauge, on_delete=models.PROTECT, related_name="studies")
    name = models.CharField(max_length=120)
    characteristic = models.ForeignKey(
        Characteristic, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tolerance = models.FloatField(null=True, blank=True, help_text="Width of the drawing's limits")
    pools = models.BooleanField(
        "pool the interaction",
        default=True,
        help_text="Add the interaction to repeatability where it may be chance (p above 0.05)",
    )
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = GaugeStudyQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "gauge studies"
        constraints = [
            models.CheckConstraint(
                condition=Q(tolerance__isnull=True) | Q(tolerance__gt=0),
                name="a_tolerance_is_wider_than_nothing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.gauge}: {self.name}"

    def result(self) -> spc.GageStudy:
        """What the readings come to; one query unless they were prefetched."""
        readings = [
            spc.Reading(each.part, each.appraiser, each.value)
            for each in sorted(self.readings.all(), key=lambda reading: reading.pk)
        ]
        return spc.gage_rr(
            readings,
            tolerance=self.tolerance,
            pool_above=spc.POOLED_ABOVE if self.pools else None,
        )


class StudyReading(AppendOnly):
    """One reading of one part by one appraiser."""

    study = models.ForeignKey(GaugeStudy, on_delete=models.PROTECT, related_name="readings")
    part = models.CharField(max_length=30)
    appraiser = models.CharField(max_length=60)
    trial = models.PositiveIntegerField()
    value = models.FloatField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["study", "part", "appraiser", "trial"],
                name="a_part_is_read_once_per_appraiser_and_trial",
            )
        ]

    def __str__(self) -> str:
        return f"{self.part}, {self.appraiser}, {self.trial}"
