"""Forecast runs and what they made: the method of each item, and its forecast by day."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from forecasting.days import quantiles_of_day
from inventory.models import Item
from mes.core.states import Stateful


class ForecastRunQuerySet(models.QuerySet["ForecastRun"]):
    def latest_done(self) -> "ForecastRun | None":
        return self.filter(status=ForecastRun.Status.DONE).order_by("-started_at", "-pk").first()


class ForecastRun(Stateful):
    """One night's forecasting: what was asked of it, how far it is, how it went.

    The items are shared out in shards, so that several workers share the work and one that is killed loses no more than its own; what
    they make counts when the run is done, though rows of it are there before.
    """

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
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When its work last went on")
    ends = models.JSONField(
        default=dict, blank=True, help_text="The day of the newest demand of each site, as the run found it"
    )
    message = models.TextField(blank=True)

    objects: ClassVar = ForecastRunQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="one_forecast_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"Run of {timezone.localtime(self.started_at):%d %b %Y, %H:%M}"


class ForecastShardQuerySet(models.QuerySet["ForecastShard"]):
    def drafting(self) -> Self:
        return self.filter(stage=ForecastShard.Stage.DRAFT)

    def deciding(self) -> Self:
        return self.filter(stage=ForecastShard.Stage.DECIDE)

    def forecasting(self) -> Self:
        """Those whose items are forecast and get their targets."""
        return self.exclude(stage=ForecastShard.Stage.NET)

    def netting(self) -> Self:
        return self.filter(stage=ForecastShard.Stage.NET)

    def done(self) -> Self:
        return self.filter(status=ForecastShard.Status.DONE)

    def light(self) -> Self:
        """Without what they hand on, which is megabytes."""
        return self.defer("given", "handed_on", "summary")

    def undone(self) -> Self:
        return self.filter(status__in=[ForecastShard.Status.PENDING, ForecastShard.Status.RUNNING])

    def failed(self) -> Self:
        return self.filter(status=ForecastShard.Status.FAILED)


class ForecastShard(Stateful):
    """Some of a run's items in one stage of the run, worked on by one worker at a time.

    Items are drafted, and when all are, decided on: what the drafts of all have taught comes between. When all targets are there, items are netted,
    those together that hang together. Whoever works on a shard holds a lock
    of its database session, which ends with the worker: a shard that is running while nobody holds its lock was left by one that was killed.
    What a shard hands on is kept until the run is done.
    """

    class Stage(models.TextChoices):
        DRAFT = "draft", "Drafting"
        DECIDE = "decide", "Deciding"
        NET = "net", "Netting"

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    TRANSITIONS: ClassVar = {
        Status.PENDING: {Status.RUNNING},
        Status.RUNNING: {Status.PENDING, Status.DONE, Status.FAILED},
    }

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="shards")
    stage = models.CharField(max_length=6, choices=Stage, default=Stage.DRAFT)
    number = models.PositiveIntegerField()
    items = ArrayField(models.BigIntegerField(), help_text="Keys of its items")
    status = models.CharField(max_length=7, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    items_done = models.PositiveIntegerField(default=0)
    handed_out_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.CharField(max_length=500, blank=True, help_text="Why it failed, or was tried again")
    left_out = models.JSONField(
        default=dict, blank=True, help_text="Items that failed by themselves, by key, and why"
    )
    given = models.BinaryField(null=True, blank=True)  # what all shards of the stage before have taught
    handed_on = models.BinaryField(null=True, blank=True)  # what the next stage goes on from, item by item
    summary = models.BinaryField(null=True, blank=True)  # what is made of all shards together, in short

    objects: ClassVar = ForecastShardQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(fields=["run", "stage", "number"], name="shards_of_a_stage_are_numbered"),
            models.CheckConstraint(
                condition=~Q(status="done") | Q(finished_at__isnull=False),
                name="a_shard_that_is_done_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Shard {self.number} of {self.run}"


class ItemForecastQuerySet(models.QuerySet["ItemForecast"]):
    def counting(self) -> Self:
        """Those of runs that are done."""
        return self.filter(run__status=ForecastRun.Status.DONE)


class ItemForecast(models.Model):
    """How one item was forecast in a run: the method, why it won, and its errors in back-test."""

    class Measure(models.TextChoices):
        """What the errors are: below 1 a forecast errs less than one that repeats what was. Errors of one are not to be held against the other's."""

        MASE = "MASE", "Mean absolute error of single buckets, scaled"
        RMSSE = "RMSSE", "Root mean squared error of the mean demand over the horizon, scaled"

    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=40)
    why = models.TextField()
    errors = models.JSONField(default=dict, help_text="Error by method in back-test, by the measure")
    measure = models.CharField(
        max_length=5,
        choices=Measure,
        blank=True,
        default="",
        help_text="RMSSE where demand is rare or comes in few pieces; empty where nothing was back-tested",
    )
    weeks = models.JSONField(
        default=list, help_text="The forecast by week: date of its first day, mean, quantiles by probability"
    )
    daily_means = ArrayField(
        models.FloatField(),
        default=list,
        blank=True,
        help_text="The forecast by day, from the run's first day on",
    )
    daily_noise = ArrayField(
        models.FloatField(),
        default=list,
        blank=True,
        help_text="How far a day strays from its share of its week, as a fraction of the mean day; Monday first",
    )
    lead_time_days = models.PositiveIntegerField(help_text="Days to bridge: lead time and review")
    lead_time_quantiles = models.JSONField(
        default=dict, help_text="Quantiles of demand over lead time and review, by probability"
    )

    objects: ClassVar = ItemForecastQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "item"], name="one_method_per_run_and_item")]

    def __str__(self) -> str:
        return f"{self.item}: {self.method}"


class ForecastQuerySet(models.QuerySet["Forecast"]):
    def counting(self) -> Self:
        """Those of runs that are done."""
        return self.filter(run__status=ForecastRun.Status.DONE)


class Forecast(models.Model):
    """What an item will be asked for on a day: mean and quantiles, in the item's unit.

    A view of `ItemForecast`: a row of the table for each item, a row of this for each of its days.
    """

    id = models.BigIntegerField(primary_key=True)
    run = models.ForeignKey(ForecastRun, on_delete=models.DO_NOTHING, related_name="forecasts")
    item = models.ForeignKey(Item, on_delete=models.DO_NOTHING, related_name="+")
    date = models.DateField()
    mean = models.FloatField()
    weeks = models.JSONField()
    daily_noise = ArrayField(models.FloatField())
    place = models.IntegerField(help_text="Days after the run's first")

    objects: ClassVar = ForecastQuerySet.as_manager()

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"{self.item} {self.date}: {self.mean:.1f}"

    @property
    def quantiles(self) -> dict[str, float]:
        """Quantity by probability, e.g. {'0.05': 3, '0.5': 10, '0.95': 21}."""
        week = self.weeks[self.place // 7]
        noise = self.daily_noise[self.date.weekday()] if self.daily_noise else 0.0
        return quantiles_of_day(self.mean, week["mean"], week["q"], noise)
