"""What customers asked for, what was promised, who gets what.

An order line states what the customer wants; its requirements are stated once here and handed down to production at
confirmation. A peg is a line's claim on a lot in stock or on a production order. What a line's status is, is worked out
from what happened (`OrderLine.objects.with_progress()`), never typed in.
"""

import secrets
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import Item, Lot, Move, Reservation
from mes.core.states import AppendOnly, Stateful
from production.models import Priority, ProductionOrder, Specification


def _tracking_token() -> str:
    return secrets.token_urlsafe(24)


class Customer(models.Model):
    """Who orders."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class CustomOrderQuerySet(models.QuerySet["CustomOrder"]):
    def open(self) -> Self:
        return self.filter(status__in=[CustomOrder.Status.DRAFT, CustomOrder.Status.CONFIRMED])


@pghistory.track()
class CustomOrder(Stateful):
    """An order of one customer."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        CONFIRMED = "confirmed", "Confirmed"
        SHIPPED = "shipped", "Shipped"
        CANCELLED = "cancelled", "Cancelled"

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: {Status.SHIPPED, Status.CANCELLED},
    }

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    customer_reference = models.CharField("customer's purchase order", max_length=60, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    ordered_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    tracking_token = models.CharField(max_length=40, unique=True, default=_tracking_token, editable=False)

    objects: ClassVar = CustomOrderQuerySet.as_manager()

    class Meta(Stateful.Meta):
        indexes = [models.Index(fields=["customer", "ordered_at"], name="order_by_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "customer_reference"],
                condition=~Q(customer_reference="") & ~Q(status="cancelled"),
                name="one_order_per_customer_reference",
            )
        ]

    def __str__(self) -> str:
        return self.number


@pghistory.track()
class OrderLine(models.Model):
    """One item of an order."""

    order = models.ForeignKey(CustomOrder, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    due_date = models.DateField(help_text="The day the customer wants it shipped")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_line_per_order_and_number"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="ordered_quantity_is_positive"),
        ]
        indexes = [models.Index(fields=["item", "due_date"], name="order_line_by_item")]

    def __str__(self) -> str:
        return f"{self.order}/{self.number}"


@pghistory.track()
class Requirement(models.Model):
    """What the customer asks of a line beyond the drawing: stated once, handed down, proven at shipment."""

    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="requirements")
    kind = models.CharField(max_length=14, choices=Specification.Kind)
    text = models.CharField(max_length=300)
    component_number = models.CharField(
        max_length=50, blank=True, help_text="Item number of the material it binds"
    )
    step_sequence = models.PositiveIntegerField(null=True, blank=True, help_text="Step it binds")
    characteristic_name = models.CharField(max_length=120, blank=True, help_text="Characteristic it tightens")
    attribute = models.CharField(
        max_length=50, blank=True, help_text="Attribute the material's lot must carry"
    )
    expected = models.CharField(max_length=100, blank=True)
    lower_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    upper_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    evidence = models.CharField(max_length=300, blank=True, help_text="What proves it; shipment waits for it")
    proven_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proven_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proven_at__isnull=True) | ~Q(evidence=""),
                name="a_proven_requirement_has_its_evidence",
            )
        ]

    def __str__(self) -> str:
        return self.text


class Promise(AppendOnly):
    """A date given to the customer, and what bound it; a later promise replaces an earlier one."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="promises")
    promised_date = models.DateField()
    binding = models.CharField(max_length=200, help_text="What keeps it from being earlier")
    made_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.line} promised for {self.promised_date}"


class Peg(models.Model):
    """A line's claim on stock or on a production order."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="pegs")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    production_order = models.ForeignKey(
        ProductionOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(production_order__isnull=False, reservation__isnull=True)
                | Q(production_order__isnull=True, reservation__isnull=False),
                name="a_peg_claims_stock_or_production",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="peg_quantity_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.line} ← {self.production_order or self.reservation}"


class Shipment(AppendOnly):
    """What left for a customer on one delivery note."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(CustomOrder, on_delete=models.PROTECT, related_name="shipments")
    shipped_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    carrier = models.CharField(max_length=60, blank=True)
    carrier_reference = models.CharField(max_length=60, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["shipped_at"], name="shipment_by_time")]

    def __str__(self) -> str:
        return self.number


class ShipmentLine(AppendOnly):
    """A quantity of one lot, for one order line, and the move that took it out."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipped")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    move = models.OneToOneField(Move, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipped_quantity_is_positive")
        ]

    def __str__(self) -> str:
        return f"{self.shipment}: {self.quantity.normalize():f} of {self.lot}"
