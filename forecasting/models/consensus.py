"""What people of several departments expect of an item, and the number that they agreed on.

Each says a number for a stretch of days; nobody's number is rewritten, a later one of the same person counts. The agreed
number takes the place of the forecast and of overrides in those days, and keeps what the statistics said at that moment.
"""

from collections.abc import Collection
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from forecasting.models.stretches import DAYS_OF, SAME_ITEM
from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays
from inventory.quantities import plain
from mes.core.states import AppendOnly


class ContributionQuerySet(models.QuerySet["Contribution"]):
    def counting(self) -> Self:
        """Of each person's numbers for the same stretch of an item the latest."""
        same = self.model.objects.filter(
            item=OuterRef("item"),
            owner=OuterRef("owner"),
            first_date=OuterRef("first_date"),
            last_date=OuterRef("last_date"),
        )
        return self.filter(pk=Subquery(same.order_by("-pk").values("pk")[:1]))


class Contribution(AppendOnly):
    """What one person expects to be asked of an item over a stretch of days."""

    COUNTED: ClassVar = Counted("contributions to its forecast")

    class Department(models.TextChoices):
        SALES = "sales", "Sales"
        MARKETING = "marketing", "Marketing"
        PLANNING = "planning", "Planning"
        FINANCE = "finance", "Finance"
        CUSTOMER = "customer", "A customer"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="For the whole stretch")
    department = models.CharField(max_length=9, choices=Department)
    reason = models.CharField(max_length=200, blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects: ClassVar = ContributionQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="a_contribution_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="a_contribution_is_not_negative"),
        ]
        indexes = [models.Index(fields=["item", "first_date"], name="contribution_by_item")]
        triggers = [*AppendOnly.Meta.triggers, counted_in_a_unit_that_stays()]  # type: ignore[list-item]  # all are triggers

    def __str__(self) -> str:
        return f"{self.get_department_display()}: {plain(self.quantity)}"


@pghistory.track()
class Consensus(models.Model):
    """The number that was agreed for a stretch of days of an item."""

    COUNTED: ClassVar = Counted(
        "agreed numbers",
        Q(is_active=True),
        f"End them, and agree on others in the other unit; or leave it, and {ANOTHER}.",
    )

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="For the whole stretch")
    statistical = models.FloatField(
        null=True, blank=True, help_text="What the newest run forecast for these days when it was agreed"
    )
    reason = models.CharField(max_length=200)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    agreed_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "consensus"
        permissions = [("agree_consensus", "Can agree on forecasts")]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="a_consensus_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="a_consensus_is_not_negative"),
            ExclusionConstraint(
                name="a_day_of_an_item_is_agreed_once",
                expressions=[(SAME_ITEM, RangeOperators.OVERLAPS), (DAYS_OF, RangeOperators.OVERLAPS)],
                condition=Q(is_active=True),
            ),
        ]
        triggers = [counted_in_a_unit_that_stays()]

    def __str__(self) -> str:
        return f"{self.item} {self.first_date}–{self.last_date}: {plain(self.quantity)} agreed"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """The service says what a constraint refuses, and who stands in the way; a form knows too little to check them."""
