"""What "good" means, and whether it was met.

An inspection plan lists the characteristics of an item at a stage; an inspection applies it to one lot. Measurements
are judged against the limits as they are entered. An inspection that fails holds its lot and opens a nonconformance,
whose disposition decides what becomes of the lot. Whoever waits for an inspection points at it (an operation's gate).
"""

from datetime import datetime
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models import Item, Lot
from mes.core.states import AppendOnly, Stateful


class Stage(models.TextChoices):
    RECEIVING = "receiving", "Receiving"
    IN_PROCESS = "in_process", "In process"
    FINAL = "final", "Final"


class SamplingScheme(models.Model):
    """How many of a lot are inspected."""

    class Kind(models.TextChoices):
        ALL = "all", "Every piece"
        FIXED = "fixed", "A fixed number"
        PERCENT = "percent", "A percentage"

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.ALL)
    size = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True, help_text="Pieces, or per cent"
    )
    accept = models.PositiveIntegerField(
        "acceptance number", default=0, help_text="Nonconforming pieces still accepted"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="all") | Q(size__gt=0), name="a_sample_smaller_than_the_lot_has_a_size"
            )
        ]

    def __str__(self) -> str:
        return self.name


class InspectionPlanQuerySet(models.QuerySet["InspectionPlan"]):
    def effective(self) -> Self:
        return self.filter(status=InspectionPlan.Status.APPROVED)


@pghistory.track()
class InspectionPlan(Stateful):
    """What is inspected on an item at a stage, under one revision."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.APPROVED},
        Status.APPROVED: {Status.SUPERSEDED},
    }

    code = models.CharField(max_length=40)
    revision = models.CharField(max_length=10, default="A")
    name = models.CharField(max_length=120)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=10, choices=Stage)
    sampling = models.ForeignKey(
        SamplingScheme, on_delete=models.PROTECT, null=True, blank=True, related_name="plans"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = InspectionPlanQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["code", "revision"], name="one_inspection_plan_per_code_and_revision"
            ),
            models.UniqueConstraint(
                fields=["code"], condition=Q(status="approved"), name="one_effective_inspection_plan_per_code"
            ),
            models.UniqueConstraint(
                fields=["item", "stage"],
                condition=Q(status="approved", stage__in=["receiving", "final"]),
                name="one_effective_receiving_and_final_plan_per_item",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} rev {self.revision}"


class Characteristic(models.Model):
    """One thing that is measured (variable) or judged (attribute)."""

    class Kind(models.TextChoices):
        VARIABLE = "variable", "Measured"
        ATTRIBUTE = "attribute", "Conforms or not"

    plan = models.ForeignKey(InspectionPlan, on_delete=models.CASCADE, related_name="characteristics")
    number = models.PositiveIntegerField(help_text="Balloon number on the drawing")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.VARIABLE)
    nominal = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    lower_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    upper_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    uom = models.CharField("unit", max_length=10, blank=True)
    method = models.CharField(max_length=120, blank=True, help_text="Gauge or procedure")
    is_key = models.BooleanField("key characteristic", default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="one_characteristic_per_plan_and_number"),
            models.CheckConstraint(
                condition=Q(lower_limit__isnull=True)
                | Q(upper_limit__isnull=True)
                | Q(lower_limit__lte=F("upper_limit")),
                name="lower_limit_is_not_above_upper_limit",
            ),
            models.CheckConstraint(
                condition=Q(kind="attribute") | Q(lower_limit__isnull=False) | Q(upper_limit__isnull=False),
                name="a_measured_characteristic_has_a_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def open(self) -> Self:
        return self.filter(status=Inspection.Status.OPEN)

    def failed(self) -> Self:
        return self.filter(status=Inspection.Status.FAILED)

    def cleared(self) -> Self:
        """Passed, or failed and accepted as it is: what waits for the verdict may go on."""
        accepted = Q(nonconformance__disposition=Nonconformance.Disposition.USE_AS_IS)
        return self.filter(Q(status=Inspection.Status.PASSED) | accepted)

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


class Measurement(AppendOnly):
    """One result on one piece of the sample; a wrong entry is corrected by another that points at it."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="measurements")
    characteristic = models.ForeignKey(Characteristic, on_delete=models.PROTECT, related_name="measurements")
    piece = models.PositiveIntegerField(default=1, help_text="Which piece of the sample, from 1")
    value = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    conforms = models.BooleanField(help_text="Judged on entry against the limits that bound then")
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

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.DECIDED},
        Status.DECIDED: {Status.CLOSED},
    }

    number = models.CharField(max_length=20, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    inspection = models.OneToOneField(
        Inspection, on_delete=models.PROTECT, null=True, blank=True, related_name="nonconformance"
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
