"""What is inspected, on how many, within which limits."""

from decimal import Decimal
from typing import ClassVar, Final, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays
from mes.core.states import REVISION_TRANSITIONS, RevisionStatus, Stateful
from quality.models.schemes import SamplingScheme


class Stage(models.TextChoices):
    RECEIVING = "receiving", "Receiving"
    FIRST_PIECE = "first_piece", "First piece"
    PERIODIC = "periodic", "Periodic"
    IN_PROCESS = "in_process", "In process"
    FINAL = "final", "Final"


RELEASING = frozenset({Stage.RECEIVING, Stage.FINAL})
"""Stages whose verdict releases the lot; the others let the work on it go on."""
WHILE_RUNNING = frozenset({Stage.FIRST_PIECE, Stage.PERIODIC})
"""Stages at which an operation is looked at while it runs."""
TOLERANCES: Final = 50
"""How many widths of its tolerance a value may be off the middle before it is taken for a slip."""


def stands_still_in_force(what: str) -> pgtrigger.Trigger:
    """What belongs to an inspection plan in force is neither added nor changed nor taken away."""
    return pgtrigger.Trigger(
        name="plan_in_force_stands_still",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
                    IF EXISTS (
                        SELECT FROM quality_inspectionplan
                        WHERE status <> 'draft' AND id IN (
                            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,
                            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END
                        )
                    ) THEN
                        RAISE EXCEPTION 'The inspection plan of this {what} is in force; revise it instead.';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
    )


class InspectionPlanQuerySet(models.QuerySet["InspectionPlan"]):
    def effective(self) -> Self:
        return self.filter(status=InspectionPlan.Status.APPROVED)


@pghistory.track()
class InspectionPlan(Stateful):
    """What is inspected on an item at a stage, under one revision."""

    Status = RevisionStatus
    TRANSITIONS: ClassVar = REVISION_TRANSITIONS
    COUNTED: ClassVar = Counted(
        "inspections after so much of it",
        ~Q(status="superseded") & Q(every_quantity__isnull=False),
        "Take the quantity out of drafts, and have a revision approved that goes by minutes where a plan is in force; then state it "
        f"anew in the other unit. Or leave the unit, and {ANOTHER}.",
    )

    code = models.CharField(max_length=40)
    revision = models.CharField(max_length=10, default="A")
    name = models.CharField(max_length=120)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=11, choices=Stage)
    sampling = models.ForeignKey(
        SamplingScheme, on_delete=models.PROTECT, null=True, blank=True, related_name="plans"
    )
    every_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Periodic: so often while an operation runs"
    )
    every_quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Periodic: whenever so much more was reported, in the item's unit",
    )
    identifies_pieces = models.BooleanField(
        "each piece is named",
        default=False,
        help_text="Results belong to serial numbers: every piece of the sample is named before it is measured",
    )
    instruction = models.TextField(blank=True, help_text="Shown to whoever inspects")
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
            models.CheckConstraint(
                condition=Q(stage="periodic") ^ Q(every_minutes__isnull=True, every_quantity__isnull=True),
                name="a_periodic_plan_says_how_often_and_no_other_does",
            ),
            models.CheckConstraint(
                condition=(Q(every_minutes__isnull=True) | Q(every_minutes__gt=0))
                & (Q(every_quantity__isnull=True) | Q(every_quantity__gt=0)),
                name="a_period_is_above_zero",
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(  # type: ignore[list-item]  # all are triggers
                name="a_plan_in_force_stands_still",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (OLD.code, OLD.revision, OLD.item_id, OLD.stage, OLD.sampling_id,"
                    " OLD.every_minutes, OLD.every_quantity, OLD.identifies_pieces, OLD.instruction)"
                    " IS DISTINCT FROM (NEW.code, NEW.revision, NEW.item_id, NEW.stage, NEW.sampling_id,"
                    " NEW.every_minutes, NEW.every_quantity, NEW.identifies_pieces, NEW.instruction)"
                ),
            ),
            counted_in_a_unit_that_stays(once_stated=True),  # type: ignore[list-item]  # all are triggers
        ]

    def __str__(self) -> str:
        return f"{self.code} rev {self.revision}"

    def clean(self) -> None:
        """:raises ValidationError: when how often does not go with the stage."""
        says_how_often = self.every_minutes is not None or self.every_quantity is not None
        if self.stage == Stage.PERIODIC and not says_how_often:
            raise ValidationError(
                {
                    "every_minutes": "Say how often: every so many minutes, after every so many pieces, or both."
                }
            )
        if self.stage != Stage.PERIODIC and says_how_often:
            field = "every_minutes" if self.every_minutes is not None else "every_quantity"
            raise ValidationError({field: "Only a periodic inspection says how often."})


@pghistory.track()
class Characteristic(models.Model):
    """One thing that is measured (variable) or judged (attribute)."""

    class Kind(models.TextChoices):
        VARIABLE = "variable", "Measured"
        ATTRIBUTE = "attribute", "Conforms or not"
        COUNT = "count", "Nonconformities counted"

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
    plausible_lower = models.DecimalField(
        max_digits=16,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="What is below is a slip of the hand",
    )
    plausible_upper = models.DecimalField(
        max_digits=16,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="What is above is a slip of the hand",
    )
    needs_second_person = models.BooleanField(
        default=False, help_text="Each result is confirmed by another person"
    )
    instruction = models.TextField(blank=True, help_text="How it is measured or judged")

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
                condition=Q(kind__in=["attribute", "count"])
                | Q(lower_limit__isnull=False)
                | Q(upper_limit__isnull=False),
                name="a_measured_characteristic_has_a_limit",
            ),
        ]
        triggers = [stands_still_in_force("characteristic")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    @property
    def limits(self) -> tuple[Decimal | None, Decimal | None]:
        """Between which a result conforms by the plan; of what is counted, none is allowed where no limit says more."""
        counted = self.kind == self.Kind.COUNT and self.upper_limit is None
        return self.lower_limit, Decimal(0) if counted else self.upper_limit

    @property
    def plausible(self) -> tuple[Decimal | None, Decimal | None]:
        """Beyond what a value is hardly possible: as the plan states, else so many tolerances off the middle, or so many times a limit
        that stands alone.
        """
        middle, reach = self._middle_and_reach()
        if not reach:
            return self.plausible_lower, self.plausible_upper
        return (
            middle - reach if self.plausible_lower is None else self.plausible_lower,
            middle + reach if self.plausible_upper is None else self.plausible_upper,
        )

    def _middle_and_reach(self) -> tuple[Decimal, Decimal]:
        """Nothing is known of how far a value may reach from limits that coincide, or from a lone limit of zero; what is counted has no middle."""
        lower, upper = self.lower_limit, self.upper_limit
        if lower is not None and upper is not None:
            return (lower + upper) / 2, TOLERANCES * (upper - lower)
        alone = None if self.kind == self.Kind.COUNT else upper if lower is None else lower
        return Decimal(0), TOLERANCES * abs(alone or Decimal(0))
