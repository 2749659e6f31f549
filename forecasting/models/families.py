"""Forecasts of families and plants, added up from those of their items."""

from django.db import models

from forecasting.models.runs import ForecastRun
from inventory.models import Site


class FamilyForecast(models.Model):
    """What a family or a whole plant will be asked for, in one unit: the sum of its items, quantiles of that sum included."""

    class Level(models.TextChoices):
        FAMILY = "family", "Family"
        PLANT = "plant", "Plant"

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="families")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=6, choices=Level)
    family = models.CharField(
        max_length=50, blank=True, default="", help_text="Empty: items without a family"
    )
    uom = models.CharField("unit", max_length=3, help_text="Items of other units are another row")
    items = models.PositiveIntegerField(help_text="Items added up")
    mean = models.FloatField(help_text="Over the whole horizon")
    value = models.FloatField(help_text="The same at the items' prices")
    correlation = models.FloatField(
        help_text="How far its items move together: 0 each by itself, 1 all as one", default=0.0
    )
    weeks = models.JSONField(
        default=list, help_text="By week: date of its first day, mean, value, quantiles by probability"
    )

    class Meta:
        verbose_name = "forecast by family"
        verbose_name_plural = "forecasts by family"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "site", "level", "family", "uom"], name="one_sum_per_run_family_and_unit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.site}: {self.family or self.get_level_display().lower()}"
