"""What will be asked for, how much stock that takes, what to make or buy for it.

History becomes forecasts in a run; a run's numbers stay readable while the next is made, and the latest finished run
is the one that counts. Targets and replenishment proposals come from a run; a firm replenishment points at the
production order or the purchase it became.
"""

from datetime import date, datetime, timedelta
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from inventory.models import ExpectedReceipt, Item
from mes.core.states import Stateful
from production.models import Batch, ProductionOrder, Schedule, Slot

AS_LATE = timedelta(hours=12)


class DemandHistoryQuerySet(models.QuerySet["DemandHistory"]):
    def between(self, first: date, last: date) -> Self:
        return self.filter(date__gte=first, date__lte=last)


class DemandHistory(models.Model):
    """What was asked of an item on a day, by source."""

    class Source(models.TextChoices):
        IMPORT = "import", "Import"
        SHIPMENT = "shipment", "Shipments"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    source = models.CharField(max_length=8, choices=Source, default=Source.IMPORT)
    is_censored = models.BooleanField(
        default=False, help_text="Out of stock that day: more may have been wanted"
    )

    objects: ClassVar = DemandHistoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "demand history"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "date", "source"], name="one_demand_per_item_day_and_source"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="demand_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.date}: {self.quantity.normalize():f}"


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


@pghistory.track()
class Override(models.Model):
    """A person's number for a stretch of days, in place of the statistical one."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="For the whole stretch")
    reason = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="override_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="override_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.first_date}–{self.last_date}: {self.quantity.normalize():f}"


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


class ReplenishmentQuerySet(models.QuerySet["Replenishment"]):
    def proposed(self) -> Self:
        return self.filter(status=Replenishment.Status.PROPOSED)

    def most_urgent_first(self) -> Self:
        return self.order_by("start_date", "due_date", "pk")


@pghistory.track()
class Replenishment(Stateful):
    """A proposal to make or buy; once firm, it points at the order it became."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        FIRM = "firm", "Firm"
        DISMISSED = "dismissed", "Dismissed"
        SUPERSEDED = "superseded", "Superseded"

    TRANSITIONS: ClassVar = {
        Status.PROPOSED: {Status.FIRM, Status.DISMISSED, Status.SUPERSEDED},
        Status.DISMISSED: {Status.PROPOSED},
    }

    run = models.ForeignKey(
        ForecastRun, on_delete=models.PROTECT, null=True, blank=True, related_name="replenishments"
    )
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    start_date = models.DateField(help_text="Latest day to start making it or to order it")
    due_date = models.DateField(help_text="Day it is needed")
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED)
    why = models.CharField(max_length=400)
    pegging = models.JSONField(default=list, help_text="Which demand it serves: date, quantity, what")
    stockout_date = models.DateField(null=True, blank=True, help_text="Day the stock runs out without it")
    production_order = models.OneToOneField(
        ProductionOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expected_receipt = models.OneToOneField(
        ExpectedReceipt, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True)

    objects: ClassVar = ReplenishmentQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="replenishment_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(due_date__gte=F("start_date")), name="replenishment_starts_before_due"
            ),
            models.CheckConstraint(
                condition=~Q(status="firm")
                | Q(production_order__isnull=False)
                | Q(expected_receipt__isnull=False),
                name="a_firm_replenishment_became_an_order",
            ),
        ]
        indexes = [
            models.Index(fields=["start_date"], name="replenishment_proposed", condition=Q(status="proposed"))
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item} by {self.due_date}"


class DisplacementQuerySet(models.QuerySet["Displacement"]):
    def dearest_first(self) -> Self:
        return self.order_by(F("probability_before") - F("probability"), "-units_short", "pk")

    def standing(self, at: datetime) -> Self:
        """The newest of each open batch that is still planned as late as it says."""
        newest = self.filter(batch=OuterRef("batch")).order_by("-pk").values("pk")[:1]
        ends = Slot.objects.published().filter(operation__batch=OuterRef("batch")).order_by("-ends_at")
        return self.annotate(planned_end=Subquery(ends.values("ends_at")[:1])).filter(
            pk=Subquery(newest),
            batch__in=Batch.objects.open(),
            ends_at__gt=at,
            planned_end__gte=F("ends_at") - AS_LATE,
        )


class Displacement(models.Model):
    """A version of the plan moved a batch that is made to stock to a later day; what that risks, as known at that time."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+")
    was_at = models.DateTimeField(help_text="When it was to be done by the version before")
    ends_at = models.DateTimeField(help_text="When it is to be done by this one")
    probability_before = models.FloatField(
        help_text="That stock runs out before it comes, had it not been moved"
    )
    probability = models.FloatField(help_text="That stock runs out before it comes")
    units_short = models.FloatField(help_text="Expected to be lacking on top of what would have been")
    days_short = models.FloatField(help_text="Expected days without stock on top of what would have been")
    why = models.CharField(max_length=400)

    objects: ClassVar = DisplacementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "batch"], name="one_displacement_per_version_and_batch"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("was_at")), name="a_displaced_batch_comes_later_than_it_was_to"
            ),
        ]

    def __str__(self) -> str:
        return self.why
