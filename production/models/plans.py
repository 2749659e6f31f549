"""Process plans: how an item is made, bill of material and routing under one revision."""

from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays
from inventory.quantities import COUNTED_UNITS, plain
from mes.core.states import REVISION_TRANSITIONS, RevisionStatus, Stateful
from production.models.resources import Machine, WorkCenter
from production.models.tools import Tool
from quality.models import InspectionPlan

_PLAN_STANDS_STILL = """
    IF EXISTS (
        SELECT FROM production_processplan
        WHERE status <> 'draft' AND id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.plan_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.plan_id END
        )
    ) THEN
        RAISE EXCEPTION 'The process plan is in force; revise it instead.';
    END IF;
    RETURN COALESCE(NEW, OLD);
"""


def stands_still_in_force() -> pgtrigger.Trigger:
    """What belongs to a process plan in force is neither added nor changed nor taken away."""
    return pgtrigger.Trigger(
        name="plan_in_force_stands_still",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=_PLAN_STANDS_STILL,
    )


class ProcessPlanQuerySet(models.QuerySet["ProcessPlan"]):
    def effective(self) -> Self:
        return self.filter(status=ProcessPlan.Status.APPROVED)


@pghistory.track()
class ProcessPlan(Stateful):
    """How an item is made: steps in order and the components each of them takes."""

    Status = RevisionStatus
    TRANSITIONS: ClassVar = REVISION_TRANSITIONS
    COUNTED: ClassVar = Counted(
        "process plans",
        ~Q(status="superseded"),
        f"Delete drafts, and plan it anew in the other unit; where a plan is in force, leave the unit, and {ANOTHER}.",
    )

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    revision = models.CharField(max_length=10, default="A")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    batch_maximum = models.DecimalField(
        max_digits=16, decimal_places=4, null=True, blank=True, help_text="Largest batch, in the item's unit"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = ProcessPlanQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["item", "revision"], name="one_process_plan_per_item_and_revision"
            ),
            models.UniqueConstraint(
                fields=["item"], condition=Q(status="approved"), name="one_effective_process_plan_per_item"
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(  # type: ignore[list-item]  # all are triggers
                name="a_plan_in_force_stands_still",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (OLD.item_id, OLD.revision, OLD.batch_maximum)"
                    " IS DISTINCT FROM (NEW.item_id, NEW.revision, NEW.batch_maximum)"
                ),
            ),
            counted_in_a_unit_that_stays(),  # type: ignore[list-item]  # all are triggers
        ]

    def __str__(self) -> str:
        return f"{self.item} plan {self.revision}"


@pghistory.track()
class Step(models.Model):
    """One step of a routing."""

    plan = models.ForeignKey(ProcessPlan, on_delete=models.CASCADE, related_name="steps")
    sequence = models.PositiveIntegerField(help_text="10, 20, 30 …; steps run in this order")
    name = models.CharField(max_length=100)
    work_center = models.ForeignKey(WorkCenter, on_delete=models.PROTECT, related_name="steps")
    machines = models.ManyToManyField(
        Machine, blank=True, related_name="+", help_text="Empty = every machine of the work center"
    )
    setup_seconds = models.PositiveIntegerField(default=0)
    setup_family = models.CharField(max_length=50, blank=True)
    run_seconds = models.DecimalField(
        max_digits=12, decimal_places=3, default=0, help_text="Seconds per unit"
    )
    fixed_seconds = models.PositiveIntegerField(default=0, help_text="Seconds per batch, whatever its size")
    transfer_quantity = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="Pieces handed on to the next step before the batch is done, in the item's unit: once so many are good, the next "
        "step may start on them. Empty = the whole batch at once",
    )
    may_pause = models.BooleanField(default=True, help_text="May stand still over a break or the night")
    inspection_plan = models.ForeignKey(
        InspectionPlan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Opened when the step is finished; the next step waits for its verdict",
    )
    first_piece_plan = models.ForeignKey(
        InspectionPlan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Opened when the step is started; no more than its pieces is reported before it has passed",
    )
    periodic_plan = models.ForeignKey(
        InspectionPlan,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Opened again and again while the step runs",
    )
    required_qualification = models.CharField(max_length=50, blank=True)
    special_process = models.CharField(
        max_length=100,
        blank=True,
        help_text="Its specification, such as ASTM E1417, where later inspection cannot see what the step did; "
        "first articles and certificates list it",
    )
    instruction = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "sequence"], name="one_step_per_plan_and_sequence"),
            models.CheckConstraint(condition=Q(run_seconds__gte=0), name="run_time_is_not_negative"),
            models.CheckConstraint(
                condition=Q(transfer_quantity__gt=0), name="what_is_handed_on_is_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(transfer_quantity__isnull=True) | Q(inspection_plan__isnull=True),
                name="what_is_judged_as_a_whole_is_handed_on_as_a_whole",
            ),
        ]
        triggers = [stands_still_in_force()]

    def __str__(self) -> str:
        return f"{self.sequence} {self.name}"

    def clean(self) -> None:
        """:raises ValidationError: naming the field."""
        if fault := self.why_not_handed_on():
            raise ValidationError({"transfer_quantity": fault})

    def why_not_handed_on(self) -> str:
        """What is wrong with its transfer quantity and what to do about it; empty when nothing is, or none is stated."""
        quantity = self.transfer_quantity
        if quantity is None:
            return ""
        if quantity <= 0:
            return "A transfer quantity is above zero. Leave it empty where the batch goes on as a whole."
        if self.inspection_plan_id is not None:
            return (
                "The inspection after the step judges the whole batch, so no part of it goes on before. Clear the transfer "
                "quantity, or have the pieces inspected while the step runs (periodic plan)."
            )
        item = self.plan.item if self.plan_id is not None else None
        if item is not None and item.uom in COUNTED_UNITS and quantity != quantity.to_integral_value():
            return f"{item.unit} are counted in whole numbers. State a whole number."
        return ""


@pghistory.track()
class Component(models.Model):
    """What a step takes to make one unit."""

    COUNTED: ClassVar = Counted(
        "components of process plans",
        ~Q(plan__status="superseded"),
        "Take it out of drafts, and have a revision approved without it where a plan is in force; then put it in again in the "
        f"other unit. Or leave it, and {ANOTHER}.",
    )

    plan = models.ForeignKey(ProcessPlan, on_delete=models.CASCADE, related_name="components")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="components")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity_per = models.DecimalField(max_digits=16, decimal_places=6, help_text="Per unit of the product")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "step", "item"], name="one_component_per_step_and_item"),
            models.CheckConstraint(condition=Q(quantity_per__gt=0), name="component_quantity_is_positive"),
        ]
        triggers = [stands_still_in_force(), counted_in_a_unit_that_stays()]

    def __str__(self) -> str:
        return f"{plain(self.quantity_per)} {self.item.unit} {self.item}"


@pghistory.track()
class ToolNeed(models.Model):
    """So many of a tool that a step holds while it is set up and run."""

    plan = models.ForeignKey(ProcessPlan, on_delete=models.CASCADE, related_name="tool_needs")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="tool_needs")
    tool = models.ForeignKey(Tool, on_delete=models.PROTECT, related_name="needs")
    quantity = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "step", "tool"], name="one_need_per_step_and_tool"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_step_needs_at_least_one_tool"),
        ]
        triggers = [stands_still_in_force()]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.tool}"

    def clean(self) -> None:
        """:raises ValidationError: naming the field."""
        if self.tool_id is not None and self.quantity is not None and self.quantity > self.tool.quantity:
            raise ValidationError(
                {
                    "quantity": f"There are only {self.tool.quantity} of {self.tool}. Provide more, or ask less."
                }
            )
        if self.step_id is not None and self.plan_id is not None and self.step.plan_id != self.plan_id:
            raise ValidationError({"step": "Choose a step of the same plan."})
