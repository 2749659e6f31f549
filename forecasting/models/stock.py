"""How available an item shall be, and how much stock that takes."""

import pghistory
from django.db import models
from django.db.models import F, Q

from forecasting.models.runs import ForecastRun
from inventory.models import Item


@pghistory.track()
class StockPolicy(models.Model):
    """How available an item shall be, and how it is reviewed."""

    class Measure(models.TextChoices):
        FILL_RATE = "fill_rate", "Fill rate"
        CYCLE = "cycle", "Cycle service"

    class Unmet(models.TextChoices):
        WAITS = "waits", "Waits"
        LOST = "lost", "Is lost"

    item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="+")
    measure = models.CharField(max_length=9, choices=Measure, default=Measure.FILL_RATE)
    service_level = models.DecimalField(max_digits=5, decimal_places=4, default="0.95")
    unmet = models.CharField(
        "demand that finds no stock",
        max_length=5,
        choices=Unmet,
        default=Unmet.WAITS,
        help_text="Whether it waits for the next replenishment or goes elsewhere; what is lost needs less stock at the same fill rate",
    )
    review_days = models.PositiveIntegerField(default=7)
    cover_days = models.PositiveIntegerField(
        default=14, help_text="Days of demand that one replenishment covers"
    )

    class Meta:
        verbose_name_plural = "stock policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(service_level__gt=0, service_level__lt=1), name="service_level_is_a_probability"
            ),
            models.CheckConstraint(condition=Q(review_days__gt=0), name="review_period_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.service_level:.1%}"


class StockTarget(models.Model):
    """How much stock an item shall have, and the arithmetic behind it."""

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="targets")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    safety_stock = models.DecimalField(max_digits=16, decimal_places=4)
    reorder_point = models.DecimalField(max_digits=16, decimal_places=4)
    order_up_to = models.DecimalField(max_digits=16, decimal_places=4)
    why = models.CharField(max_length=400)
    explanation = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item"], name="one_target_per_run_and_item"),
            models.CheckConstraint(
                condition=Q(safety_stock__gte=0, reorder_point__gte=0, order_up_to__gte=F("reorder_point")),
                name="targets_are_ordered_and_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.reorder_point.normalize():f} to {self.order_up_to.normalize():f}"
