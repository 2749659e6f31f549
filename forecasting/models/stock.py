"""How available an item shall be, and how much stock that takes."""

from decimal import Decimal
from typing import ClassVar, Self

import pghistory
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from forecasting.models.runs import ForecastRun
from forecasting.policy import Abc, Xyz
from inventory.models import Item
from inventory.quantities import plain


class StockPolicyQuerySet(models.QuerySet["StockPolicy"]):
    def of_classes(self) -> Self:
        return self.filter(item__isnull=True)


@pghistory.track()
class StockPolicy(models.Model):
    """How available an item, or each item of a class, shall be, and how it is reviewed.

    An item's own policy goes before that of its class, and a class that names more before one that names less. What a run
    classed an item as is kept with its target.
    """

    class Measure(models.TextChoices):
        FILL_RATE = "fill_rate", "Fill rate"
        CYCLE = "cycle", "Cycle service"
        COST = "cost", "Least cost"

    class Unmet(models.TextChoices):
        WAITS = "waits", "Waits"
        LOST = "lost", "Is lost"

    item = models.OneToOneField(
        Item,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for the policy of a class",
    )
    abc = models.CharField(
        "by value",
        max_length=1,
        choices=[(each.value, each.value) for each in Abc],
        blank=True,
        help_text="A: the items that make 80 % of the value asked for, B: up to 95 %, C: the rest; empty = any",
    )
    xyz = models.CharField(
        "by forecast error",
        max_length=1,
        choices=[(each.value, each.value) for each in Xyz],
        blank=True,
        help_text="X: the forecast of four weeks errs by less than 25 %, Y: 60 %, Z: more; empty = any",
    )
    measure = models.CharField(max_length=9, choices=Measure, default=Measure.FILL_RATE)
    service_level = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        default="0.95",
        validators=[MinValueValidator(Decimal("0.0001")), MaxValueValidator(Decimal("0.9999"))],
        help_text="Where the least cost decides it counts for nothing",
    )
    is_shared = models.BooleanField(
        "met together",
        default=False,
        help_text="The items of the class meet the fill rate together, each at the same risk: it takes much less stock than "
        "each item meeting it alone, and items whose demand varies much are short more often",
    )
    shortage_percent = models.DecimalField(
        max_digits=7,
        decimal_places=2,
        default=50,
        validators=[MinValueValidator(0)],
        help_text="For least cost: what a missing unit costs, as a percentage of its unit cost",
    )
    budget = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Capital that stock under this policy may tie up on average; empty = no limit",
    )
    unmet = models.CharField(
        "demand that finds no stock",
        max_length=5,
        choices=Unmet,
        default=Unmet.WAITS,
        help_text="Whether it waits for the next replenishment or goes elsewhere; what is lost needs less stock at the same fill rate",
    )
    review_days = models.PositiveIntegerField(default=7, validators=[MinValueValidator(1)])
    cover_days = models.PositiveIntegerField(
        default=14, help_text="Days of demand that one replenishment covers"
    )

    objects: ClassVar = StockPolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stock policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(service_level__gt=0, service_level__lt=1), name="service_level_is_a_probability"
            ),
            models.CheckConstraint(condition=Q(review_days__gt=0), name="review_period_is_positive"),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(abc="", xyz=""),
                name="a_policy_is_for_an_item_or_for_a_class",
                violation_error_message="State a policy for an item or for a class, not for both.",
            ),
            models.CheckConstraint(
                condition=Q(is_shared=False) | Q(item__isnull=True, measure="fill_rate"),
                name="only_a_class_meets_a_fill_rate_together",
                violation_error_message="Only a class can meet its service together, and only a fill rate.",
            ),
            models.CheckConstraint(
                condition=Q(shortage_percent__gte=0) & (Q(budget__isnull=True) | Q(budget__gte=0)),
                name="shortage_and_budget_are_not_negative",
            ),
            models.UniqueConstraint(
                fields=["abc", "xyz"],
                condition=Q(item__isnull=True),
                name="one_policy_per_class",
                violation_error_message="There is a policy for this class; change that one.",
            ),
        ]

    def __str__(self) -> str:
        asked = "least cost" if self.measure == self.Measure.COST else f"{self.service_level:.1%}"
        return f"{self.item if self.item_id else self.class_name}: {asked}"

    def clean(self) -> None:
        if self.item_id and (self.abc or self.xyz):
            raise ValidationError({"item": "State a policy for an item or for a class, not for both."})
        if self.is_shared and (self.item_id or self.measure != self.Measure.FILL_RATE):
            raise ValidationError(
                {"is_shared": "Only a class can meet its service together, and only a fill rate."}
            )
        if self.measure == self.Measure.COST and not self.shortage_percent:
            raise ValidationError(
                {
                    "shortage_percent": "Where missing costs nothing the least cost is no stock at all; state a cost."
                }
            )
        others = StockPolicy.objects.of_classes().filter(abc=self.abc, xyz=self.xyz).exclude(pk=self.pk)
        if not self.item_id and others.exists():
            raise ValidationError({"abc": "There is a policy for this class; change that one."})

    @property
    def class_name(self) -> str:
        """The items it is for, where it is for a class."""
        if self.abc or self.xyz:
            return f"Class {self.abc or 'any '}{self.xyz or ' any'}".strip()
        return "All other items"

    def covers(self, abc: str, xyz: str) -> bool:
        """Whether a class is one of those that it is for."""
        return self.abc in {"", abc} and self.xyz in {"", xyz}


class StockTargetQuerySet(models.QuerySet["StockTarget"]):
    def counting(self) -> Self:
        """Those of runs that are done."""
        return self.filter(run__status=ForecastRun.Status.DONE)


class StockTarget(models.Model):
    """How much stock an item shall have, and the arithmetic behind it."""

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="targets")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    safety_stock = models.DecimalField(max_digits=16, decimal_places=4)
    reorder_point = models.DecimalField(max_digits=16, decimal_places=4)
    order_up_to = models.DecimalField(max_digits=16, decimal_places=4)
    abc = models.CharField("by value", max_length=1, blank=True, default="")
    xyz = models.CharField("by forecast error", max_length=1, blank=True, default="")
    curve = models.JSONField(
        default=dict,
        help_text="What more or less stock would serve: positions, shares of demand missed with them, stock that is left",
    )
    why = models.CharField(max_length=400)
    explanation = models.JSONField(default=dict)

    objects: ClassVar = StockTargetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item"], name="one_target_per_run_and_item"),
            models.CheckConstraint(
                condition=Q(safety_stock__gte=0, reorder_point__gte=0, order_up_to__gte=F("reorder_point")),
                name="targets_are_ordered_and_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {plain(self.reorder_point)} to {plain(self.order_up_to)}"
