"""Forecast runs and what they made: the method of each item, and its forecast by day."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from inventory.models import Item
from mes.core.states import Stateful


class ForecastRunQuerySet(models.QuerySet["ForecastRun"]):
    def latest_done(self) -> "ForecastRun | None":
        return self.filter(status=ForecastRun.Status.DONE).order_by("-started_at", "-pk").first()


class ForecastRun(Stateful):
    """One night's forecasting: what was asked of it, how far it is, how it went."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    TRANSITIONS: ClassVar = {Status.RUNNING: {Status.DONE, Status.FAILED}}

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.RUNNING)
    as_of = models.DateField(help_text="First day that is forecast")
    horizon_days = models.PositiveIntegerField()
    items_total = models.PositiveIntegerField(default=0)
    items_done = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)

    objects: ClassVar = ForecastRunQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="one_forecast_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"Run of {self.started_at:%Y-%m-%d %H:%M}"


class ItemForecast(models.Model):
    """How one item was forecast in a run: the method, why it won, and its errors in back-test."""

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=40)
    why = models.CharField(max_length=300)
    errors = models.JSONField(
        default=dict, help_text="Error by method in back-test: MASE, or RMSSE where demand is intermittent"
    )
    weeks = models.JSONField(
        default=list, help_text="The forecast by week: date of its first day, mean, quantiles by probability"
    )
    lead_time_days = models.PositiveIntegerField(help_text="Days to bridge: lead time and review")
    lead_time_quantiles = models.JSONField(
        default=dict, help_text="Quantiles of demand over lead time and review, by probability"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="one_method_per_run_and_item")]

    def __str__(self) -> str:
        return f"{self.item}: {self.method}"


class Forecast(models.Model):
    """What an item will be asked for on a day: mean and quantiles, in the item's unit."""

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="forecasts")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    mean = models.FloatField()
    quantiles = models.JSONField(help_text="Quantity by probability, e.g. {'0.05': 3, '0.5': 10, '0.95': 21}")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "item", "date"], name="one_forecast_per_run_item_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.date}: {self.mean:.1f}"
