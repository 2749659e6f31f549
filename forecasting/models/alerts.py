"""Forecasts that reality does not follow: biased, drifting, or outside their band since the last run."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from forecasting.models.runs import ForecastRun
from inventory.models import Item
from mes.core.states import Stateful


class ForecastAlertQuerySet(models.QuerySet["ForecastAlert"]):
    def standing(self) -> Self:
        return self.exclude(status=ForecastAlert.Status.PASSED)

    def adjusting(self) -> Self:
        """Those by which the near future of the newest run's forecasts is adjusted."""
        return self.standing().filter(kind=ForecastAlert.Kind.OUT_OF_BAND, factor__isnull=False)

    def forgettable(self, before: datetime) -> Self:
        """Those that passed before then without anybody having looked after them."""
        return self.filter(status=ForecastAlert.Status.PASSED, passed_at__lt=before, seen_by__isnull=True)


class ForecastAlert(Stateful):
    """What is wrong with an item's forecast, in a sentence; an item has one of a kind at a time."""

    class Kind(models.TextChoices):
        BIAS = "bias", "Tracking signal"
        DRIFT = "drift", "Drift"
        OUT_OF_BAND = "out_of_band", "Outside the band"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        SEEN = "seen", "Seen"
        PASSED = "passed", "Passed"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.SEEN, Status.PASSED},
        Status.SEEN: {Status.PASSED},
    }

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind)
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="+")
    raised_at = models.DateTimeField()
    value = models.FloatField(help_text="The signal, or the demand seen")
    limit = models.FloatField(help_text="What it went beyond")
    why = models.CharField(max_length=400)
    factor = models.FloatField(
        null=True,
        blank=True,
        help_text="What the first day's forecast is multiplied by; fades to 1 by the last",
    )
    first_date = models.DateField(null=True, blank=True, help_text="First day that is adjusted")
    last_date = models.DateField(null=True, blank=True, help_text="Last day that is adjusted")
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True, default="", help_text="What was done about it")
    passed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = ForecastAlertQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["item", "kind"],
                condition=~Q(status="passed"),
                name="one_standing_alert_per_item_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(factor__isnull=True)
                | Q(factor__gte=0, first_date__isnull=False, last_date__gte=F("first_date")),
                name="an_adjustment_says_for_which_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.get_kind_display().lower()}"
