"""What explains demand that is not ordinary: promotions, outliers, holidays, prices, launches, ends of life, stock-outs."""

from collections.abc import Collection
from datetime import date
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models import Item, Site
from mes.core.states import Stateful


class DemandEventQuerySet(models.QuerySet["DemandEvent"]):
    def proposed(self) -> Self:
        return self.filter(status=DemandEvent.Status.PROPOSED)

    def confirmed(self) -> Self:
        """Those that forecasts go by."""
        return self.filter(status=DemandEvent.Status.CONFIRMED)

    def about(self, item: Item) -> Self:
        """Of the item itself, of its family, or of all its site."""
        family = Q(item__isnull=True, family=item.family) & ~Q(family="") if item.family else Q(pk__in=[])
        return self.filter(Q(item=item) | (Q(site=item.site_id) & (family | Q(item__isnull=True, family=""))))

    def between(self, first: date, last: date) -> Self:
        """Those that touch some day of a stretch; one without a last day goes on."""
        return self.filter(Q(last_date__isnull=True) | Q(last_date__gte=first), first_date__lte=last)

    def in_order(self) -> Self:
        return self.order_by("first_date", "pk")


@pghistory.track()
class DemandEvent(Stateful):
    """Something that changes demand on some days, of an item, a family, or everything at a site."""

    class Kind(models.TextChoices):
        OUTLIER = "outlier", "Outlier"
        PROMOTION = "promotion", "Promotion"
        HOLIDAY = "holiday", "Holiday"
        PRICE = "price", "Price change"
        LAUNCH = "launch", "Launch"
        END_OF_LIFE = "end_of_life", "End of life"
        STOCK_OUT = "stock_out", "Stock-out"

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        CONFIRMED = "confirmed", "Confirmed"
        DISMISSED = "dismissed", "Dismissed"

    class Finder(models.TextChoices):
        PERSON = "person", "A person"
        DETECTION = "detection", "Outlier detection"
        LEDGER = "ledger", "The stock ledger"

    TRANSITIONS: ClassVar = {
        Status.PROPOSED: {Status.CONFIRMED, Status.DISMISSED},
        Status.CONFIRMED: {Status.DISMISSED},
        Status.DISMISSED: {Status.CONFIRMED},
    }
    GOES_ON: ClassVar = frozenset({Kind.PRICE, Kind.LAUNCH, Kind.END_OF_LIFE})
    """Kinds that have a first day and no last."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Empty: see family"
    )
    family = models.CharField(
        max_length=50, blank=True, default="", help_text="All items of it; empty and no item: the whole site"
    )
    kind = models.CharField(max_length=11, choices=Kind)
    status = models.CharField(max_length=9, choices=Status, default=Status.CONFIRMED)
    name = models.CharField(max_length=100, help_text="As people call it: Spring promotion")
    first_date = models.DateField()
    last_date = models.DateField(null=True, blank=True, help_text="Empty: from the first day on")
    factor = models.DecimalField(
        "effect",
        max_digits=8,
        decimal_places=4,
        null=True,
        blank=True,
        help_text="What it multiplies ordinary demand by, 1.5 for half as much again; empty: to be learnt from history",
    )
    is_learnt = models.BooleanField(
        "history is learnt from",
        default=True,
        help_text="Whether demand of these days says anything of ordinary demand",
    )
    like_items = models.ManyToManyField(
        Item,
        blank=True,
        related_name="+",
        help_text="Of a launch: whose history the new item is taken to have",
    )
    found_by = models.CharField(max_length=9, choices=Finder, default=Finder.PERSON)
    why = models.CharField(max_length=400, blank=True, default="", help_text="What it is concluded from")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True, default="")

    objects: ClassVar = DemandEventQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__isnull=True) | Q(last_date__gte=F("first_date")),
                name="an_event_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(item__isnull=True) | Q(family=""), name="an_event_is_of_an_item_or_of_a_family"
            ),
            models.CheckConstraint(
                condition=Q(factor__isnull=True) | Q(factor__gte=0), name="an_effect_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["outlier", "promotion", "holiday", "stock_out"], last_date__isnull=False
                )
                | Q(kind__in=["price", "launch", "end_of_life"], last_date__isnull=True),
                name="an_event_has_a_last_day_unless_it_goes_on",
            ),
        ]
        indexes = [
            models.Index(fields=["item", "first_date"], name="demand_event_by_item"),
            models.Index(fields=["site", "family", "first_date"], name="demand_event_by_family"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display().lower()}) {self.days}"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """The service says which field does not fit the kind."""

    @property
    def days(self) -> str:
        """Its stretch as people write it."""
        if self.last_date is None:
            return f"from {self.first_date} on"
        return (
            str(self.first_date)
            if self.last_date == self.first_date
            else f"{self.first_date}–{self.last_date}"
        )

    @property
    def scope(self) -> str:
        """What it is about: an item's number, a family, or a site."""
        return str(self.item) if self.item_id else self.family or str(self.site)
