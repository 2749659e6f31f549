"""Facts and their deliveries.

A fact says what happened; it is written in the transaction in which it happened and never changes. For every
subscriber one delivery is written beside it; deliveries are worked off after commit, each on its own, so that one
which fails again and again is parked without holding up any other.
"""

import re
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils import timezone

from mes.core.states import AppendOnly, Stateful


def in_words(name: str) -> str:
    """What a fact says by the name that it is stored under: `inventory.LotReleased` is "lot released"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.rpartition(".")[-1]).lower()


class FactQuerySet(models.QuerySet["Fact"]):
    def forgettable(self, recorded_before: datetime) -> "FactQuerySet":
        """Facts past their retention that no delivery, done or waiting, refers to any more; oldest first."""
        deliveries = FactDelivery.objects.filter(fact=models.OuterRef("pk"))
        return self.filter(~models.Exists(deliveries), recorded_at__lt=recorded_before).order_by("pk")


class Fact(AppendOnly):
    """One thing that happened, as ids and plain values."""

    name = models.CharField(
        max_length=100, help_text="Dotted name of the fact's class, e.g. inventory.LotReceived"
    )
    payload = models.JSONField()
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = FactQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["name", "id"], name="fact_by_name")]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class FactDeliveryQuerySet(models.QuerySet["FactDelivery"]):
    def due(self, at: datetime) -> "FactDeliveryQuerySet":
        return self.filter(status=FactDelivery.Status.PENDING, due_at__lte=at)

    def parked(self) -> "FactDeliveryQuerySet":
        return self.filter(status=FactDelivery.Status.PARKED)

    def done_before(self, at: datetime) -> "FactDeliveryQuerySet":
        return self.filter(status=FactDelivery.Status.DONE, done_at__lt=at)

    def subscribers(self) -> list[str]:
        """Everyone that one of these deliveries is for, once each."""
        return list(self.order_by("subscriber").values_list("subscriber", flat=True).distinct())


class FactDelivery(Stateful):
    """One fact on its way to one subscriber."""

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        PARKED = "parked", "Parked"

    TRANSITIONS: ClassVar = {
        Status.PENDING: {Status.DONE, Status.PARKED},
        Status.PARKED: {Status.PENDING},
    }

    fact = models.ForeignKey(Fact, on_delete=models.PROTECT, related_name="deliveries")
    subscriber = models.CharField(max_length=200, help_text="Dotted path of the function that reacts")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)

    objects = FactDeliveryQuerySet.as_manager()

    class Meta(Stateful.Meta):
        verbose_name_plural = "fact deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["fact", "subscriber"], name="one_delivery_per_fact_and_subscriber"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], name="delivery_due", condition=models.Q(status="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.fact_id} → {self.subscriber}"

    def is_parked(self) -> bool:
        return self.status == self.Status.PARKED
