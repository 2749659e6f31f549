"""How good forecasts were, and whose number was better."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from forecasting.models.runs import ForecastRun
from inventory.models import Item


class ForecastAccuracyQuerySet(models.QuerySet["ForecastAccuracy"]):
    def of_items(self) -> "ForecastAccuracyQuerySet":
        """All comparisons of an item, whoever changed its numbers."""
        return self.filter(owner__isnull=True)

    def of_owners(self) -> "ForecastAccuracyQuerySet":
        """Only where a person gave a number."""
        return self.filter(owner__isnull=False)


class ForecastAccuracy(models.Model):
    """Error and bias of the naive, statistical, overridden and agreed number of an item over past weeks, side by side.

    Error is the sum of absolute errors over the sum of demand; bias the sum of errors over it, above zero where too much
    was forecast. Measured anew after each run.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Only weeks in which this person gave a number; empty: all",
    )
    first_week = models.PositiveSmallIntegerField(help_text="Weeks ahead, from: 1 is the week after the run")
    last_week = models.PositiveSmallIntegerField(help_text="Weeks ahead, to")
    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="accuracies")
    measured_at = models.DateTimeField()
    weeks = models.PositiveIntegerField(help_text="Weeks compared")
    actual = models.FloatField(help_text="Demand of those weeks")
    naive_error = models.FloatField(null=True, blank=True)
    error = models.FloatField("statistical error", null=True, blank=True)
    bias = models.FloatField("statistical bias", null=True, blank=True)
    override_error = models.FloatField(null=True, blank=True)
    override_bias = models.FloatField(null=True, blank=True)
    consensus_error = models.FloatField(null=True, blank=True)
    consensus_bias = models.FloatField(null=True, blank=True)
    final_error = models.FloatField(
        null=True,
        blank=True,
        help_text="Of the number that counted: agreed, else overridden, else statistical",
    )
    final_bias = models.FloatField(null=True, blank=True)
    added = models.FloatField(
        "value added",
        null=True,
        blank=True,
        help_text="Statistical error less final error where people gave a number: below zero they made it worse",
    )

    objects = ForecastAccuracyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "forecast accuracy"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "owner", "first_week"],
                nulls_distinct=False,
                name="one_accuracy_per_item_owner_and_horizon",
            ),
            models.CheckConstraint(
                condition=Q(last_week__gte=F("first_week")), name="a_horizon_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}, {self.horizon}"

    @property
    def horizon(self) -> str:
        """``week 1``, ``weeks 2–4``: weeks ahead."""
        if self.first_week == self.last_week:
            return f"week {self.first_week}"
        return f"weeks {self.first_week}–{self.last_week}"
