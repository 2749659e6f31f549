"""Forecasts that stay as they are for some days, whatever later runs say."""

from collections.abc import Collection
from typing import ClassVar

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from forecasting.models.stretches import DAYS_OF, SAME_ITEM
from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays


@pghistory.track()
class Freeze(models.Model):
    """The numbers of a stretch of days of an item as they stood when they were frozen."""

    COUNTED: ClassVar = Counted(
        "frozen numbers",
        Q(is_active=True),
        f"Lift the freeze, and freeze them again in the other unit; or leave it, and {ANOTHER}.",
    )

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    means = models.JSONField(help_text="Expected demand of each day, from the first on, in the item's unit")
    reason = models.CharField(max_length=200)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)
    lift_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "frozen forecast"
        verbose_name_plural = "frozen forecasts"
        permissions = [("unfreeze_forecast", "Can change frozen forecasts")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="a_freeze_ends_after_it_starts"
            ),
            ExclusionConstraint(
                name="a_day_of_an_item_is_frozen_once",
                expressions=[(SAME_ITEM, RangeOperators.OVERLAPS), (DAYS_OF, RangeOperators.OVERLAPS)],
                condition=Q(is_active=True),
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="frozen_numbers_stay",
                fields=["item", "first_date", "last_date", "means", "frozen_by", "frozen_at"],
            ),
            counted_in_a_unit_that_stays(),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.first_date}–{self.last_date} frozen"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """The service says what a constraint refuses, and who stands in the way; a form knows too little to check them."""
