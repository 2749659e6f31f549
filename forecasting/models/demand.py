"""What was asked of an item, day by day.

A statement of a day is never rewritten. A better number is another row that replaces it: the new row stands, the old one
stays readable with who stated it, when and why. What came back is kept apart as statements of their own; demand is what
was asked for less what came back.
"""

from datetime import date
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from forecasting.models.imports import DemandImport
from inventory.models import Item
from inventory.models.counting import Counted, counted_in_a_unit_that_stays
from inventory.quantities import plain

_ONLY_STOPS_STANDING = """
    IF NEW.is_standing OR to_jsonb(NEW) - 'is_standing' <> to_jsonb(OLD) - 'is_standing' THEN
        RAISE EXCEPTION 'A statement of demand is not rewritten: state the day anew, with a reason.';
    END IF;
    RETURN NEW;
"""


class DemandHistoryQuerySet(models.QuerySet["DemandHistory"]):
    def standing(self) -> Self:
        """What counts: statements that no later one replaced."""
        return self.filter(is_standing=True)

    def asked(self) -> Self:
        """What was asked for, without what came back."""
        return self.filter(is_return=False)

    def returned(self) -> Self:
        return self.filter(is_return=True)

    def between(self, first: date, last: date) -> Self:
        return self.filter(date__gte=first, date__lte=last)


class DemandHistory(models.Model):
    """One statement of what was asked of an item on a day, or came back, by source and by who asked where."""

    class Source(models.TextChoices):
        IMPORT = "import", "Import"
        SHIPMENT = "shipment", "Shipments"

    COUNTED: ClassVar = Counted("demand", Q(is_standing=True, quantity__gt=0))

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="In the item's unit; of a return, what came back"
    )
    source = models.CharField(max_length=8, choices=Source, default=Source.IMPORT)
    is_return = models.BooleanField(
        "came back", default=False, help_text="The quantity came back; demand is less by it"
    )
    customer_group = models.CharField(max_length=50, blank=True, default="")
    channel = models.CharField(max_length=50, blank=True, default="")
    location = models.CharField(
        max_length=50,
        blank=True,
        default="",
        help_text="Where it was asked for: a region, a shop, a warehouse",
    )
    is_censored = models.BooleanField(
        default=False, help_text="Out of stock that day: more may have been wanted"
    )
    is_standing = models.BooleanField(
        "stands", default=True, help_text="No later statement of this day replaced it"
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    reason = models.CharField(max_length=200, blank=True, default="", help_text="Why it was stated anew")
    imported = models.ForeignKey(
        DemandImport, on_delete=models.PROTECT, null=True, blank=True, related_name="statements"
    )
    recorded_at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar = DemandHistoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "demand history"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "date", "source", "is_return", "customer_group", "channel", "location"],
                condition=Q(is_standing=True),
                name="one_statement_of_a_day_stands",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="demand_is_not_negative"),
        ]
        triggers = [
            pgtrigger.Protect(name="stated_demand_stays", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="stated_demand_is_not_rewritten",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_ONLY_STOPS_STANDING,
            ),
            counted_in_a_unit_that_stays(),
        ]

    def __str__(self) -> str:
        sign = "−" if self.is_return else ""
        return f"{self.item} {self.date}: {sign}{plain(self.quantity)}"
