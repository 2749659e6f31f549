"""A person's numbers in place of the statistical ones."""

from collections.abc import Collection
from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from forecasting.models.family_overrides import FamilyOverride
from forecasting.models.stretches import DAYS_OF, SAME_ITEM
from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays
from inventory.quantities import plain


@pghistory.track()
class Override(models.Model):
    """A person's number for a stretch of days, in place of the statistical one."""

    COUNTED: ClassVar = Counted(
        "overrides of its forecast",
        Q(is_active=True),
        f"End them, and put in others in the other unit; or leave it, and {ANOTHER}.",
    )

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="For the whole stretch")
    reason = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    part_of = models.ForeignKey(
        FamilyOverride,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The number for its family or plant that it is a share of",
    )
    is_active = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="override_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="override_is_not_negative"),
            ExclusionConstraint(
                name="a_day_of_an_item_is_overridden_once",
                expressions=[(SAME_ITEM, RangeOperators.OVERLAPS), (DAYS_OF, RangeOperators.OVERLAPS)],
                condition=Q(is_active=True),
            ),
        ]
        triggers = [counted_in_a_unit_that_stays()]

    def __str__(self) -> str:
        return f"{self.item} {self.first_date}–{self.last_date}: {plain(self.quantity)}"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """The service says what a constraint refuses, and who stands in the way; a form knows too little to check them."""
