"""What customers are told of a recall, and what they answered."""

from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models import Lot
from inventory.quantities import plain
from mes.core.states import Stateful
from quality.models import Recall


class RecallNoticeQuerySet(models.QuerySet["RecallNotice"]):
    def drafts(self) -> Self:
        return self.filter(status=RecallNotice.Status.DRAFT)

    def unanswered(self) -> Self:
        return self.filter(status=RecallNotice.Status.SENT)


@pghistory.track()
class RecallNotice(Stateful):
    """One letter to one customer about the lots of a recall that were shipped to them.

    When the scope grows after it was sent, a further one tells of what is new.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        WITHDRAWN = "withdrawn", "Not sent"

    class Channel(models.TextChoices):
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Telephone"
        LETTER = "letter", "Letter"
        VISIT = "visit", "Visit"

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.SENT, Status.WITHDRAWN},
        Status.SENT: {Status.ACKNOWLEDGED},
    }

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("orders.Customer", on_delete=models.PROTECT, related_name="recall_notices")
    number = models.CharField(max_length=20, unique=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=6, choices=Channel, blank=True)
    sent_to = models.CharField(max_length=254, blank=True, help_text="Address, number or person")
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(
        max_length=120, blank=True, help_text="Who of the customer's people confirmed it"
    )

    objects: ClassVar = RecallNoticeQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["recall", "customer"],
                condition=Q(status="draft"),
                name="one_draft_notice_per_recall_and_customer",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["sent", "acknowledged"])
                | Q(sent_at__isnull=False, sent_by__isnull=False),
                name="a_sent_notice_says_when_and_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@pghistory.track()
class RecallNoticeLine(models.Model):
    """So much of one lot at one customer, and what became of it there."""

    notice = models.ForeignKey(RecallNotice, on_delete=models.CASCADE, related_name="lines")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="Shipped, less what had come back before"
    )
    returned = models.DecimalField(max_digits=16, decimal_places=4, default=0, help_text="Back in the plant")
    destroyed = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=0,
        help_text="Used up or destroyed there, as the customer says",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "lot"], name="a_notice_tells_of_each_lot_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, returned__gte=0, destroyed__gte=0),
                name="recalled_quantities_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("returned") + F("destroyed")),
                name="no_more_is_accounted_for_than_was_shipped",
            ),
        ]

    def __str__(self) -> str:
        return f"{plain(self.quantity)} of {self.lot} in {self.notice}"
