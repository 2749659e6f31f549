"""Inspections of lots, and what they measured."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from inventory.models import Lot
from mes.core.states import AppendOnly, Stateful
from quality import sampling
from quality.models.gauges import Gauge
from quality.models.nonconformances import Nonconformance
from quality.models.plans import Characteristic, InspectionPlan
from quality.models.schemes import SamplingScheme, SamplingSource


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def open(self) -> Self:
        return self.filter(status=Inspection.Status.OPEN)

    def failed(self) -> Self:
        return self.filter(status=Inspection.Status.FAILED)

    def cleared(self) -> Self:
        """What waits for these may go on: passed or skipped, or failed and decided so that the rest of the lot may, or repeated so.

        A lot that is rejected as a whole stops by its own disposition.
        """
        accepting = [
            Nonconformance.Disposition.USE_AS_IS,
            Nonconformance.Disposition.SCRAP,
            Nonconformance.Disposition.RETURN,
        ]
        passed = [Inspection.Status.PASSED, Inspection.Status.SKIPPED]
        accepted = Q(status__in=passed) | Q(nonconformance__disposition__in=accepting)
        repeats = Inspection.objects.filter(accepted, repeats=OuterRef("pk"))
        return self.filter(accepted | Exists(repeats))

    def skipped_before(self, failed: "Inspection") -> Self:
        """Of the same source, what went on uninspected since the last lot that was accepted, until this one's verdict."""
        same = self.filter(source=failed.source_id) if failed.source_id else self.none()
        accepted = same.filter(status=Inspection.Status.PASSED, pk__lt=failed.pk).order_by("-pk").first()
        skipped = same.filter(status=Inspection.Status.SKIPPED, pk__gt=accepted.pk if accepted else 0)
        return skipped.filter(opened_at__lte=failed.closed_at) if failed.closed_at else skipped

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
        SKIPPED = "skipped", "Skipped"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.PASSED, Status.FAILED, Status.CANCELLED, Status.SKIPPED},
    }

    plan = models.ForeignKey(InspectionPlan, on_delete=models.PROTECT, related_name="inspections")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    lot_quantity = models.DecimalField(max_digits=16, decimal_places=4)
    sample_size = models.PositiveIntegerField(help_text="Pieces of all samples drawn so far")
    samples: models.JSONField[Any, Any] = models.JSONField(
        default=list,
        help_text="The plan's samples in order, each as its size, acceptance and rejection number",
    )
    drawn = models.PositiveIntegerField(default=1, help_text="How many of the plan's samples have been drawn")
    code_letter = models.CharField(max_length=1, blank=True)
    severity = models.CharField(max_length=9, blank=True, help_text="Of Z1.4: normal, tightened, reduced")
    sampled_because = models.CharField(max_length=400, blank=True, help_text="Why this many pieces")
    source = models.ForeignKey(
        SamplingSource,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="inspections",
        help_text="Whose lots this one is counted among",
    )
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When a running operation is to be looked at"
    )
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
    def sampling_plan(self) -> tuple[sampling.Sample, ...]:
        """The samples of its plan, in order; of inspections older than that record, the one they have."""
        scheme = self.plan.sampling
        accept = scheme.accept if scheme is not None and not scheme.by_aql else 0
        kept = self.samples or [[self.sample_size, accept, accept + 1]]
        return tuple(sampling.Sample(*each) for each in kept)

    @property
    def counts_defects(self) -> bool:
        scheme = self.plan.sampling
        return scheme is not None and scheme.counts == SamplingScheme.Counts.DEFECTS

    @property
    def sampling_told(self) -> str:
        """The plan in words: how many pieces, with how many nonconforming the lot is accepted, from how many on it is rejected."""
        what = "nonconformities" if self.counts_defects else "nonconforming"
        told = []
        for sample in self.sampling_plan:
            accepted = (
                f"accepted with {'up to ' if sample.accept else ''}{sample.accept or 'no'} {what}"
                if sample.accept is not None
                else "not accepted yet"
            )
            pieces = f"{sample.size} piece{'' if sample.size == 1 else 's'}"
            told.append(f"{pieces}, {accepted}, rejected from {sample.reject} on")
        if len(told) == 1:
            return told[0]
        return "; ".join(f"sample {number}: {each}" for number, each in enumerate(told, start=1))

    def limits_of(self, characteristic: Characteristic) -> tuple[Decimal | None, Decimal | None]:
        """The limits that bind in this inspection: the plan's, narrowed by what a customer asked for; one query unless its tightenings were
        prefetched.
        """
        asked = (each for each in self.tightenings.all() if each.characteristic_id == characteristic.pk)
        narrowed = next(asked, None)
        return characteristic.limits if narrowed is None else narrowed.narrow(characteristic.limits)

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

    def narrow(self, limits: tuple[Decimal | None, Decimal | None]) -> tuple[Decimal | None, Decimal | None]:
        """The narrower of the plan's limits and these, side by side."""
        return sampling.tighter(limits, (self.lower_limit, self.upper_limit))


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
    entered = models.CharField(
        max_length=40, blank=True, help_text="As it was typed, where that was in another unit"
    )
    is_confirmed_real = models.BooleanField(
        default=False, help_text="Beyond what is plausible, and whoever measured said that it is so"
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


class Confirmation(AppendOnly):
    """Another person found the same."""

    measurement = models.OneToOneField(Measurement, on_delete=models.PROTECT, related_name="confirmation")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(  # type: ignore[list-item]  # both are triggers
                name="nobody_confirms_their_own",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.by_id = (SELECT by_id FROM quality_measurement WHERE id = NEW.measurement_id) THEN
                        RAISE EXCEPTION 'A result is confirmed by another person than the one who entered it.';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measurement}, confirmed by {self.by}"


class SamplePiece(models.Model):
    """Which piece of the lot a piece of the sample is: its serial number, or where it was taken."""

    inspection = models.ForeignKey(Inspection, on_delete=models.CASCADE, related_name="pieces")
    piece = models.PositiveIntegerField()
    identity = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inspection", "piece"], name="one_name_per_piece_of_a_sample"),
            models.UniqueConstraint(
                fields=["inspection", "identity"], name="no_two_pieces_of_a_sample_have_one_name"
            ),
        ]

    def __str__(self) -> str:
        return f"piece {self.piece}: {self.identity}"
