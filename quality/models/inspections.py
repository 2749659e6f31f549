"""Inspections of lots, what they measured, and what was found not to conform."""

from datetime import datetime
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from inventory.models import Lot
from mes.core.states import AppendOnly, Stateful
from quality.models.gauges import Gauge
from quality.models.plans import Characteristic, InspectionPlan


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def open(self) -> Self:
        return self.filter(status=Inspection.Status.OPEN)

    def failed(self) -> Self:
        return self.filter(status=Inspection.Status.FAILED)

    def cleared(self) -> Self:
        """What waits for these may go on: passed, or failed and decided so that the rest of the lot may, or repeated so.

        A lot that is rejected as a whole stops by its own disposition.
        """
        accepting = [
            Nonconformance.Disposition.USE_AS_IS,
            Nonconformance.Disposition.SCRAP,
            Nonconformance.Disposition.RETURN,
        ]
        accepted = Q(status=Inspection.Status.PASSED) | Q(nonconformance__disposition__in=accepting)
        repeats = Inspection.objects.filter(accepted, repeats=OuterRef("pk"))
        return self.filter(accepted | Exists(repeats))

    def oldest_first(self) -> Self:
        return self.order_by("opened_at", "pk")


@pghistory.track()
class Inspection(Stateful):
    """One application of a plan to one lot."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.PASSED, Status.FAILED, Status.CANCELLED},
    }

    plan = models.ForeignKey(InspectionPlan, on_delete=models.PROTECT, related_name="inspections")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    lot_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    sample_size = models.PositiveIntegerField()
    reference = models.CharField(
        max_length=60, blank=True, help_text="Number of the batch, order or delivery"
    )
    line = models.CharField(max_length=40, blank=True, help_text="Code of the machine or line that made it")
    repeats = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="repetitions",
        help_text="The first inspection of this gate, when this one repeats it",
    )
    note = models.CharField(max_length=300, blank=True, help_text="Why it was cancelled or repeated")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar = InspectionQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "lot", "reference"],
                condition=Q(status="open"),
                name="one_open_inspection_per_gate",
            ),
            models.CheckConstraint(condition=Q(sample_size__gt=0), name="sample_size_is_positive"),
        ]
        indexes = [models.Index(fields=["opened_at"], name="inspection_open", condition=Q(status="open"))]

    def __str__(self) -> str:
        return f"{self.plan.code} on {self.lot}"

    @property
    def gate(self) -> int:
        """Key of the inspection that whoever waits for the verdict points at: the first of its repetitions, or itself."""
        return int(self.repeats_id or self.pk)


class Tightening(models.Model):
    """Limits of one characteristic that bind in one inspection only, because a customer asked for them."""

    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="tightenings")
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="+")
    lower_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    upper_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    source = models.CharField(max_length=200, help_text="Whose requirement this is")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "characteristic"],
                name="one_tightening_per_inspection_and_characteristic",
            )
        ]

    def __str__(self) -> str:
        return f"{self.characteristic}: {self.source}"


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    def standing(self) -> Self:
        """Measurements that no later one corrects."""
        return self.filter(corrected_by__isnull=True)

    def taken_with(self, gauge: Gauge, *, since: datetime | None, until: datetime) -> Self:
        """Results of one gauge after `since` (None: ever) and no later than `until`, corrected ones among them."""
        found = self.filter(gauge=gauge, at__lte=until)
        return found if since is None else found.filter(at__gt=since)


class Measurement(AppendOnly):
    """One result on one piece of the sample; a wrong entry is corrected by another that points at it."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="measurements")
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="measurements")
    piece = models.PositiveIntegerField(default=1, help_text="Which piece of the sample, from 1")
    value = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    conforms = models.BooleanField(help_text="Judged on entry against the limits that bound then")
    gauge = models.ForeignKey(
        Gauge,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="measurements",
        help_text="What it was measured with",
    )
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
    note = models.CharField(max_length=200, blank=True)

    objects: ClassVar = MeasurementQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["inspection", "characteristic", "piece"],
                condition=Q(corrects__isnull=True),
                name="one_first_measurement_per_characteristic_and_piece",
            ),
            models.CheckConstraint(condition=Q(piece__gt=0), name="pieces_count_from_one"),
        ]
        indexes = [
            models.Index(
                fields=["gauge", "at"], name="measurement_by_gauge", condition=Q(gauge__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.characteristic} of piece {self.piece}"


class NonconformanceQuerySet(models.QuerySet["Nonconformance"]):
    def undecided(self) -> Self:
        return self.filter(status=Nonconformance.Status.OPEN)

    def overdue(self, at: datetime) -> Self:
        return self.exclude(status=Nonconformance.Status.CLOSED).filter(due_date__lt=at.date())


@pghistory.track()
class Nonconformance(Stateful):
    """Something is not as it should be; its disposition says what becomes of the lot."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DECIDED = "decided", "Decided"
        CLOSED = "closed", "Closed"

    class Disposition(models.TextChoices):
        USE_AS_IS = "use_as_is", "Use as is"
        REWORK = "rework", "Rework"
        SCRAP = "scrap", "Scrap"
        RETURN = "return", "Return to supplier"
        REINSPECT = "reinspect", "Inspect again"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.DECIDED},
        Status.DECIDED: {Status.CLOSED},
    }

    number = models.CharField(max_length=20, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    inspection = models.OneToOneField(
        Inspection, on_delete=models.PROTECT, null=True, blank=True, related_name="nonconformance"
    )
    lot_was = models.CharField(
        "disposition before",
        max_length=10,
        choices=Lot.Status,
        default=Lot.Status.QUARANTINE,
        help_text="To what the lot returns when it may go on",
    )
    description = models.TextField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    disposition = models.CharField(max_length=10, choices=Disposition, blank=True)
    justification = models.TextField(blank=True)
    cause = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_date = models.DateField(null=True, blank=True)
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = NonconformanceQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | ~Q(disposition=""),
                name="a_decided_nonconformance_has_a_disposition",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="nonconforming_quantity_is_not_negative"
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="nonconformance_open", condition=Q(status="open"))]

    def __str__(self) -> str:
        return self.number
