"""What was asked of an item, day by day."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from inventory.models import Item


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
