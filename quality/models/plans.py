"""What is inspected, on how many, within which limits."""

from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models import Item
from mes.core.states import Stateful


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
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(  # type: ignore[list-item]  # both are triggers
                name="a_plan_in_force_stands_still",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (OLD.code, OLD.revision, OLD.item_id, OLD.stage, OLD.sampling_id)"
                    " IS DISTINCT FROM (NEW.code, NEW.revision, NEW.item_id, NEW.stage, NEW.sampling_id)"
                ),
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
    gauge_kind = models.CharField(
        max_length=60,
        blank=True,
        help_text="Kind of gauge that each result must name: micrometer, CMM. Empty: none is asked for",
    )
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
        triggers = [
            pgtrigger.Trigger(
                name="plan_in_force_stands_still",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM quality_inspectionplan
                        WHERE status <> 'draft' AND id IN (
                            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,
                            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END
                        )
                    ) THEN
                        RAISE EXCEPTION 'The inspection plan of this characteristic is in force; revise it instead.';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"
