"""What was found not to conform, and what becomes of it."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import Lot
from inventory.models.days import day_at
from mes.core.states import Stateful


class CauseCategory(models.TextChoices):
    """The six families that causes are sorted into (Ishikawa)."""

    MAN = "man", "People"
    MACHINE = "machine", "Machine"
    MATERIAL = "material", "Material"
    METHOD = "method", "Method"
    MEASUREMENT = "measurement", "Measurement"
    ENVIRONMENT = "environment", "Environment"


class NonconformanceQuerySet(models.QuerySet["Nonconformance"]):
    def undecided(self) -> Self:
        return self.filter(status=Nonconformance.Status.OPEN)

    def decisions_due(self, lots: Iterable[int], at: datetime) -> dict[int, datetime]:
        """By lot, until when it is to be decided: the end of the last such day where the lot's plant is. Days that are over do not count."""
        zone = "lot__item__site__time_zone"
        rows = self.undecided().filter(lot__any_of=list(lots), due_date__gte=day_at(at, zone))
        due: dict[int, datetime] = {}
        for lot, day, name in rows.values_list("lot", "due_date", zone):
            if day is not None:
                due[lot] = max(datetime.combine(day, time.max, ZoneInfo(name)), due.get(lot, at))
        return due

    def waiting_for_the_customer(self, lots: Iterable[int]) -> Self:
        """What was accepted as it is on these lots, and nothing says that the customer agrees."""
        return self.filter(
            lot__any_of=list(lots), disposition=Nonconformance.Disposition.USE_AS_IS, customer_agreement=""
        )

    def agreed_by_the_customer(self, lots: Iterable[int]) -> Self:
        """What was accepted as it is on these lots with the customer's own agreement."""
        found = self.filter(lot__any_of=list(lots), disposition=Nonconformance.Disposition.USE_AS_IS)
        return found.exclude(customer_agreement="")

    def being_reworked(self) -> Self:
        """Those whose goods are being reworked by operations that are not done yet."""
        return self.filter(rework_planned_at__isnull=False, rework_done_at__isnull=True)


@pghistory.track()
class Nonconformance(Stateful):
    """Something is not as it should be; its disposition says what becomes of the lot."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DECIDED = "decided", "Decided"
        CLOSED = "closed", "Closed"

    class Disposition(models.TextChoices):
        USE_AS_IS = "use_as_is", "Use as is"
        REWORK = "rework", "Rework"
        SCRAP = "scrap", "Scrap"
        RETURN = "return", "Return to supplier"
        REINSPECT = "reinspect", "Inspect again"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.DECIDED},
        Status.DECIDED: {Status.CLOSED},
    }

    number = models.CharField(max_length=20, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    inspection = models.OneToOneField(
        "quality.Inspection", on_delete=models.PROTECT, null=True, blank=True, related_name="nonconformance"
    )
    lot_was = models.CharField(
        "disposition before",
        max_length=10,
        choices=Lot.Status,
        default=Lot.Status.QUARANTINE,
        help_text="To what the lot returns when it may go on",
    )
    description = models.TextField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    disposition = models.CharField(max_length=10, choices=Disposition, blank=True)
    justification = models.TextField(blank=True)
    customer_agreement = models.CharField(
        max_length=200, blank=True, help_text="Of a use as is: the customer's letter or number that agrees"
    )
    cause = models.CharField(max_length=200, blank=True)
    cause_category = models.CharField("kind of cause", max_length=11, choices=CauseCategory, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_date = models.DateField(null=True, blank=True)
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    rework_planned_at = models.DateTimeField(
        null=True, blank=True, help_text="When operations were planned that rework finished goods"
    )
    rework_done_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = NonconformanceQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open") | ~Q(disposition=""),
                name="a_decided_nonconformance_has_a_disposition",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=0), name="nonconforming_quantity_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(rework_planned_at__isnull=True) | Q(disposition="rework"),
                name="only_what_is_to_be_reworked_is",
            ),
            models.CheckConstraint(
                condition=Q(rework_done_at__isnull=True) | Q(rework_planned_at__isnull=False),
                name="a_rework_that_is_done_was_planned",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="nonconformance_open", condition=Q(status="open"))]

    def __str__(self) -> str:
        return self.number

    @property
    def decision(self) -> str:
        """What was decided and why, with the customer's own agreement where there is one, as papers tell it."""
        told = f"{self.get_disposition_display()}: {self.justification}"
        return (
            f"{told.rstrip('. ')}; agreed by the customer: {self.customer_agreement}"
            if self.customer_agreement
            else told
        )
