"""Proposals to make or buy, and what became of them."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from forecasting.models.runs import ForecastRun
from inventory.models import ExpectedReceipt, Item, Site
from mes.core.states import Stateful
from production.models import ProductionOrder


class ReplenishmentQuerySet(models.QuerySet["Replenishment"]):
    def counting(self) -> Self:
        """All but those of a run that is under way, or has failed: they are there before they count."""
        return self.exclude(run__in=ForecastRun.objects.exclude(status=ForecastRun.Status.DONE))

    def proposed(self) -> Self:
        """Those that stand."""
        return self.counting().filter(status=Replenishment.Status.PROPOSED)

    def starting_within(self, days: int, at: datetime) -> Self:
        """Those that must start within so many days of the day it is at their item's plant."""
        soon = Q(pk__in=[])
        for site in Site.objects.all():
            until = at.astimezone(site.zone).date() + timedelta(days=days)
            soon |= Q(item__site=site, start_date__lte=until)
        return self.filter(soon)

    def most_urgent_first(self) -> Self:
        return self.order_by("start_date", "due_date", "pk")

    def forgettable(self, before: datetime) -> Self:
        """Those that others took the place of before then, and about which nobody ever decided anything."""
        replaced = self.filter(status=Replenishment.Status.SUPERSEDED, superseded_at__lt=before)
        return replaced.exclude(events__status__in=Replenishment.DECIDED)


@pghistory.track(
    # What people decide of proposals is history; that every night has others, and that those are forgotten one day, is not.
    pghistory.UpdateEvent(
        condition=pgtrigger.Q(new__status__in=["firm", "dismissed"]) | pgtrigger.Q(old__status="dismissed")
    ),
    pghistory.DeleteEvent(condition=~pgtrigger.Q(old__status="superseded")),
)
class Replenishment(Stateful):
    """A proposal to make or buy; once firm, it points at the order it became.

    What somebody decided stays for ever. What a later run took the place of, and nobody decided about, is forgotten after some days.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        FIRM = "firm", "Firm"
        DISMISSED = "dismissed", "Dismissed"
        SUPERSEDED = "superseded", "Superseded"

    DECIDED: ClassVar = (Status.FIRM, Status.DISMISSED)
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
    cost = models.DecimalField(
        "cost of doing nothing",
        max_digits=16,
        decimal_places=2,
        default=0,
        help_text="What is expected to be lost without it",
    )
    cost_why = models.CharField(max_length=200, blank=True, help_text="The arithmetic of that cost")
    family = models.CharField(
        max_length=60, blank=True, help_text="What is set up or ordered together with it on the same day"
    )
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
    superseded_at = models.DateTimeField(null=True, blank=True, help_text="When others took its place")

    objects: ClassVar = ReplenishmentQuerySet.as_manager()

    class Meta(Stateful.Meta):
        verbose_name = "proposal"
        verbose_name_plural = "proposals"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="replenishment_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(due_date__gte=F("start_date")), name="replenishment_starts_before_due"
            ),
            models.CheckConstraint(
                condition=~Q(status="firm")
                | (Q(production_order__isnull=True) ^ Q(expected_receipt__isnull=True)),
                name="a_firm_replenishment_became_one_order",
            ),
            models.CheckConstraint(
                condition=~Q(status="superseded") | Q(superseded_at__isnull=False),
                name="a_superseded_replenishment_says_when",
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(  # type: ignore[list-item]  # both are triggers
                name="decided_replenishments_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status__in=["firm", "dismissed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["start_date"], name="replenishment_proposed", condition=Q(status="proposed"))
        ]

    @property
    def campaign(self) -> str:
        """What of its family is proposed for the same day, and is made with one set-up; empty where it is by itself."""
        return f"{self.family}, {self.due_date:%d %b %Y}" if self.family else ""

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.item} by {self.due_date}"
