"""How good forecasts were month by month: what is kept when the runs they were of are long gone."""

from datetime import date
from typing import Any, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum

from inventory.models import Item

SUMS: Final = (
    "actual",
    "naive_off",
    "off",
    "over",
    "override_actual",
    "override_off",
    "override_over",
    "consensus_actual",
    "consensus_off",
    "consensus_over",
    "final_off",
    "final_over",
    "touched_actual",
    "touched_off",
    "touched_final_off",
)
"""As `forecasting.judging.tally.Tally` has them."""


class MonthlyAccuracyQuerySet(models.QuerySet["MonthlyAccuracy"]):
    def of_items(self) -> Self:
        """Of everybody's numbers."""
        return self.filter(owner__isnull=True)

    def of_owners(self) -> Self:
        """Only weeks in which a person gave a number."""
        return self.filter(owner__isnull=False)

    def ahead(self, first_week: int) -> Self:
        """Of one horizon, by its first week."""
        return self.filter(first_week=first_week)

    def since(self, month: date) -> Self:
        return self.filter(month__gte=month)

    def added_up(self, *by: str) -> models.QuerySet[Any, dict[str, Any]]:
        """Sums over what is alike in `by`, each item weighing what a unit of it was worth, with `weeks` compared and `items` behind them."""
        worth = {name: Sum(F(name) * F("worth")) for name in SUMS}
        counted = models.Count("item", distinct=True)
        rows: Any = self.order_by().values(*by)
        found: models.QuerySet[Any, dict[str, Any]] = rows.annotate(
            weeks=Sum("weeks"), items=counted, **worth
        )
        return found


class MonthlyAccuracy(models.Model):
    """The errors of an item's numbers in one month, added up; a week belongs to the month in which it began.

    Measured anew each night until the month after it is over; then it stands, whatever becomes of the runs. Sums and not shares are kept, so that
    they can be added up over months, items and families.
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
    month = models.DateField(help_text="Its first day")
    first_week = models.PositiveSmallIntegerField(help_text="Weeks ahead, from: 1 is the week after the run")
    last_week = models.PositiveSmallIntegerField(help_text="Weeks ahead, to")
    measured_at = models.DateTimeField()
    worth = models.FloatField(
        help_text="Of a unit, by which items are added up: its cost, else its price, else 1"
    )
    weeks = models.PositiveIntegerField(help_text="Weeks compared")
    actual = models.FloatField(help_text="Demand of those weeks")
    naive_off = models.FloatField()
    off = models.FloatField("statistical forecast off by")
    over = models.FloatField("statistical forecast over by")
    override_actual = models.FloatField()
    override_off = models.FloatField()
    override_over = models.FloatField()
    consensus_actual = models.FloatField()
    consensus_off = models.FloatField()
    consensus_over = models.FloatField()
    final_off = models.FloatField()
    final_over = models.FloatField()
    touched_actual = models.FloatField()
    touched_off = models.FloatField()
    touched_final_off = models.FloatField()

    objects = MonthlyAccuracyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "accuracy by month"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "month", "first_week", "owner"],
                nulls_distinct=False,
                name="one_accuracy_per_item_month_horizon_and_owner",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="a_month_is_known_by_its_first_day"),
            models.CheckConstraint(
                condition=Q(last_week__gte=F("first_week")), name="a_months_horizon_ends_after_it_starts"
            ),
        ]
        indexes = [models.Index(fields=["month", "first_week"], name="accuracy_of_a_month")]

    def __str__(self) -> str:
        return f"{self.item}, {self.month:%b %Y}"
