"""Claims on stock, expected stock and counted stock."""

from datetime import datetime
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models.counting import Counted, counted_in_a_unit_that_stays
from inventory.models.items import Item, Location, Supplier
from inventory.models.ledger import Move
from inventory.models.lots import Lot
from inventory.quantities import plain
from mes.core.states import AppendOnly, Stateful


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def open(self) -> Self:
        return self.filter(status=Reservation.Status.OPEN)

    def binding(self, at: datetime) -> Self:
        """Open claims that have not run out, whether or not anybody has swept those that have."""
        return self.open().filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))

    def run_out(self, at: datetime) -> Self:
        """Open claims whose time is over."""
        return self.open().filter(expires_at__lte=at)


@pghistory.track()
class Reservation(Stateful):
    """A claim on part of a lot; whoever claims points at it."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        USED = "used", "Used"
        RELEASED = "released", "Released"

    TRANSITIONS: ClassVar = {Status.OPEN: {Status.USED, Status.RELEASED}}

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    purpose = models.CharField(max_length=100, help_text="Number of the order or batch it is kept for")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="It binds nobody from then on; empty = until it is used or given up"
    )

    objects: ClassVar = ReservationQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_is_positive")
        ]
        indexes = [
            models.Index(fields=["lot"], name="open_reservation_by_lot", condition=Q(status="open")),
            models.Index(fields=["purpose"], name="reservation_by_purpose"),
            models.Index(
                fields=["expires_at"],
                name="passing_reservation",
                condition=Q(status="open", expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{plain(self.quantity)} of {self.lot} for {self.purpose}"


class ExpectedReceiptQuerySet(models.QuerySet["ExpectedReceipt"]):
    def open(self) -> Self:
        return self.filter(status=ExpectedReceipt.Status.OPEN)


@pghistory.track()
class ExpectedReceipt(Stateful):
    """An open purchase: what a supplier owes us, how much and when."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RECEIVED = "received", "Received"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.RECEIVED, Status.CANCELLED},
        Status.RECEIVED: {Status.OPEN},  # its receipt was reversed
    }
    COUNTED: ClassVar = Counted("purchases")

    number = models.CharField(max_length=30, unique=True)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="expected_receipts")
    supplier = models.ForeignKey(
        Supplier, on_delete=models.PROTECT, null=True, blank=True, related_name="expected_receipts"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    received_quantity = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    due_date = models.DateField()
    ordered_at = models.DateTimeField(
        null=True, blank=True, help_text="From when on its lead time counts; empty = nobody noted it"
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)

    objects: ClassVar = ExpectedReceiptQuerySet.as_manager()

    class Meta(Stateful.Meta):
        verbose_name = "purchase"
        verbose_name_plural = "purchases"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="expected_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(received_quantity__gte=0), name="received_quantity_is_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["item", "due_date"], name="open_receipt_by_item", condition=Q(status="open"))
        ]
        triggers = [
            *Stateful.Meta.triggers,
            counted_in_a_unit_that_stays(),  # type: ignore[list-item]  # both are triggers
        ]

    def __str__(self) -> str:
        return self.number


class StockCount(AppendOnly):
    """One count of one lot at one location, and the adjustment that followed, if any."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="counts")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="counts")
    expected = models.DecimalField(max_digits=16, decimal_places=4)
    counted = models.DecimalField(max_digits=16, decimal_places=4)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    adjustment = models.OneToOneField(
        Move, on_delete=models.PROTECT, null=True, blank=True, related_name="stock_count"
    )

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(counted__gte=0), name="counted_quantity_is_not_negative"),
            models.CheckConstraint(
                condition=Q(adjustment__isnull=False) | Q(counted=F("expected")),
                name="a_difference_is_adjusted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} at {self.location}: counted {plain(self.counted)}"
