"""Messages about orders and purchases that come too late, too early, too much or in vain, and what became of them."""

from datetime import datetime
from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import ExpectedReceipt, Item
from mes.core.states import Stateful
from production.models import ProductionOrder

CHANGE_ORDER, CHANGE_PURCHASE = "production.change_productionorder", "inventory.change_expectedreceipt"


class ExceptionMessageQuerySet(models.QuerySet["ExceptionMessage"]):
    def open(self) -> Self:
        return self.filter(status=ExceptionMessage.Status.OPEN)

    def remembered(self) -> Self:
        """Those that speak of an order now, or were dismissed and count as long as the facts are what they were."""
        return self.filter(status__in=ExceptionMessage.REMEMBERED)

    def dearest_first(self) -> Self:
        return self.order_by("-cost", "due_date", "pk")

    def forgettable(self, before: datetime) -> Self:
        """Those that were no longer true before then, and about which nobody ever decided anything."""
        gone = self.filter(status=ExceptionMessage.Status.GONE, gone_at__lt=before)
        return gone.exclude(events__status__in=ExceptionMessage.DECIDED)


@pghistory.track(
    # What people decide of messages is history; that every renewal of the plan tells them anew is not.
    pghistory.UpdateEvent(
        condition=pgtrigger.Q(new__status__in=["done", "dismissed"]) | pgtrigger.Q(old__status="dismissed")
    ),
    pghistory.DeleteEvent(condition=~pgtrigger.Q(old__status="gone")),
)
class ExceptionMessage(Stateful):
    """An order or purchase is better changed: moved to another day, made smaller, or cancelled.

    `due_date` and `quantity` are the order's as it stood when the message was made, and with the better ones they are the facts that a
    dismissal is remembered for.
    """

    class Kind(models.TextChoices):
        EXPEDITE = "expedite", "Expedite"
        DEFER = "defer", "Defer"
        REDUCE = "reduce", "Reduce"
        CANCEL = "cancel", "Cancel"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DISMISSED = "dismissed", "Dismissed"
        GONE = "gone", "No longer true"

    DECIDED: ClassVar = (Status.DONE, Status.DISMISSED)
    REMEMBERED: ClassVar = (Status.OPEN, Status.DISMISSED)
    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.DONE, Status.DISMISSED, Status.GONE},
        Status.DISMISSED: {Status.OPEN, Status.GONE},
    }

    kind = models.CharField(max_length=8, choices=Kind)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    production_order = models.ForeignKey(
        ProductionOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expected_receipt = models.ForeignKey(
        ExpectedReceipt, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    due_date = models.DateField(help_text="When it comes as it stands")
    better_date = models.DateField(help_text="When it should come")
    stated_date = models.DateField(
        null=True, blank=True, help_text="Due date of the order itself, whatever the plan makes of it"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="What it brings as it stands")
    better_quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="What it should bring")
    why = models.CharField(max_length=400)
    cost = models.DecimalField(
        "cost of doing nothing",
        max_digits=16,
        decimal_places=2,
        default=0,
        help_text="Of leaving it as it stands",
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_reason = models.CharField(max_length=200, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When it was no longer true")

    objects: ClassVar = ExceptionMessageQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(production_order__isnull=True) ^ Q(expected_receipt__isnull=True),
                name="a_message_is_about_one_order",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, better_quantity__gte=0), name="a_message_is_about_a_quantity"
            ),
            models.UniqueConstraint(
                fields=["production_order"],
                condition=Q(status__in=["open", "dismissed"]),
                name="one_message_about_a_production_order",
            ),
            models.UniqueConstraint(
                fields=["expected_receipt"],
                condition=Q(status__in=["open", "dismissed"]),
                name="one_message_about_a_purchase",
            ),
            models.CheckConstraint(
                condition=~Q(status="gone") | Q(gone_at__isnull=False),
                name="a_message_that_is_gone_says_when",
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(  # type: ignore[list-item]  # both are triggers
                name="decided_messages_stay",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__status__in=["done", "dismissed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.production_order or self.expected_receipt}"

    @property
    def permission(self) -> str:
        """What somebody needs who does what it says: leave to change what it is about."""
        return CHANGE_PURCHASE if self.production_order_id is None else CHANGE_ORDER

    @property
    def subject(self) -> ProductionOrder | ExpectedReceipt:
        """The order or purchase it is about."""
        found = self.production_order or self.expected_receipt
        if found is None:
            raise ValueError("A message is about an order or a purchase.")
        return found
