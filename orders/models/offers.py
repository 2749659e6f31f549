"""Offers: what we answered when somebody asked for a date, before there was an order.

An open offer keeps stock (reservations) and capacity (a tentative production order) until it expires. Accepted, it becomes an order
line with what was kept; expired or withdrawn, it binds nobody. The answer stays beside it, as it was given.
"""

from datetime import datetime
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import Item, Reservation
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays
from mes.core.states import Stateful
from production.models import Priority, ProductionOrder


class OfferQuerySet(models.QuerySet["Offer"]):
    def open(self) -> Self:
        return self.filter(status=Offer.Status.OPEN)

    def standing(self, at: datetime) -> Self:
        """Open ones that have not expired, whether or not anybody has swept those that have."""
        return self.open().filter(expires_at__gt=at)

    def run_out(self, at: datetime) -> Self:
        """Open ones whose time is over."""
        return self.open().filter(expires_at__lte=at)


@pghistory.track()
class Offer(Stateful):
    """A date offered for so much of an item, and what is kept so that it can be."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"

    TRANSITIONS: ClassVar = {Status.OPEN: {Status.ACCEPTED, Status.WITHDRAWN, Status.EXPIRED}}
    COUNTED: ClassVar = Counted(
        "open offers",
        Q(status="open"),
        f"Withdraw them, and offer again in the other unit; or leave it, and {ANOTHER}.",
    )

    number = models.CharField(max_length=20, unique=True)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    wanted_date = models.DateField(help_text="The day the customer wants it shipped")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    customer = models.ForeignKey(
        "orders.Customer", on_delete=models.PROTECT, null=True, blank=True, related_name="offers"
    )
    inquiry = models.CharField(
        "customer's inquiry", max_length=60, blank=True, help_text="Their reference of the question"
    )
    promised_date = models.DateField(help_text="The day that can be kept if it is accepted in time")
    binding = models.CharField(max_length=300, help_text="What keeps it from being earlier")
    answer = models.JSONField(default=dict, help_text="The whole answer, as it was given")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    production_order = models.OneToOneField(
        ProductionOrder,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Keeps the capacity",
    )
    line = models.OneToOneField(
        "orders.OrderLine",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="offer",
        help_text="What it became",
    )

    objects: ClassVar = OfferQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="offered_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=models.F("made_at")), name="an_offer_stands_for_a_while"
            ),
            models.CheckConstraint(
                condition=Q(status="accepted", line__isnull=False)
                | (~Q(status="accepted") & Q(line__isnull=True)),
                name="only_an_accepted_offer_became_a_line",
            ),
            models.UniqueConstraint(
                fields=["customer", "inquiry"],
                condition=Q(status="open") & ~Q(inquiry=""),
                nulls_distinct=False,
                name="one_open_offer_per_inquiry",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="open_offer_by_expiry", condition=Q(status="open"))
        ]
        triggers = [*Stateful.Meta.triggers, counted_in_a_unit_that_stays()]  # type: ignore[list-item]  # all are triggers

    def __str__(self) -> str:
        return self.number

    def is_standing(self, at: datetime) -> bool:
        return self.status == self.Status.OPEN and self.expires_at > at


class OfferedStock(models.Model):
    """Stock reserved for an offer."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="stock")
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.offer}: {self.reservation}"
