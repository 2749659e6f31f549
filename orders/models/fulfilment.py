"""How an order line is answered: promises, pegs and shipments.

A production order made for a line is pegged once, for all it is to yield. As its lots are released they are reserved for
the line by further pegs, whose `origin` is that first one; so the reason a thing was made stays readable to the end.
"""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import Lot, Move, Reservation
from inventory.quantities import plain
from mes.core.states import AppendOnly
from production.models import ProductionOrder


class Promise(AppendOnly):
    """A date given to the customer, and what bound it; a later promise replaces an earlier one."""

    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="promises")
    promised_date = models.DateField()
    binding = models.CharField(max_length=200, help_text="What keeps it from being earlier")
    made_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["line", "made_at"], name="promise_by_line")]

    def __str__(self) -> str:
        return f"{self.line} promised for {self.promised_date}"


class PegQuerySet(models.QuerySet["Peg"]):
    def of_production(self) -> Self:
        return self.filter(production_order__isnull=False)

    def standing(self) -> Self:
        """Claims that were not given up: production that was not cancelled, stock that is reserved or was shipped."""
        return self.exclude(reservation__status=Reservation.Status.RELEASED).exclude(
            production_order__status=ProductionOrder.Status.CANCELLED
        )


class Peg(models.Model):
    """A line's claim on stock or on a production order."""

    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="pegs")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    production_order = models.ForeignKey(
        ProductionOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reservation = models.OneToOneField(
        Reservation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    origin = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        help_text="The claim on production that this stock came from",
    )

    objects: ClassVar = PegQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(production_order__isnull=False, reservation__isnull=True)
                | Q(production_order__isnull=True, reservation__isnull=False),
                name="a_peg_claims_stock_or_production",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="peg_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(origin__isnull=True) | Q(reservation__isnull=False),
                name="only_stock_comes_from_production",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} ← {self.production_order or self.reservation}"


class Shipment(AppendOnly):
    """What left for a customer on one delivery note."""

    number = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey("orders.CustomOrder", on_delete=models.PROTECT, related_name="shipments")
    shipped_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    carrier = models.CharField(max_length=60, blank=True)
    carrier_reference = models.CharField(max_length=60, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["shipped_at"], name="shipment_by_time")]

    def __str__(self) -> str:
        return self.number


class ShipmentLineQuerySet(models.QuerySet["ShipmentLine"]):
    def standing(self) -> Self:
        """Quantities whose move out was not reversed."""
        return self.filter(move__reversed_by__isnull=True)


class ShipmentLine(AppendOnly):
    """A quantity of one lot, for one order line, and the move that took it out."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey("orders.OrderLine", on_delete=models.PROTECT, related_name="shipped")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    move = models.OneToOneField(Move, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = ShipmentLineQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipped_quantity_is_positive")
        ]

    def __str__(self) -> str:
        return f"{self.shipment}: {plain(self.quantity)} of {self.lot}"


class CustomerReturnQuerySet(models.QuerySet["CustomerReturn"]):
    def standing(self) -> Self:
        """Those whose move back was not reversed."""
        return self.filter(move__reversed_by__isnull=True)


class CustomerReturn(AppendOnly):
    """A quantity that a customer sent back of what a shipment line brought them."""

    shipped = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, related_name="returns")
    lot = models.ForeignKey(
        Lot, on_delete=models.PROTECT, related_name="+", help_text="The lot that it is in since it came back"
    )
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    move = models.OneToOneField(
        Move,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="What brought it back; not known of returns that were noted before it was kept",
    )
    reason = models.CharField(max_length=300)
    reference = models.CharField(max_length=60, blank=True, help_text="Return note")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = CustomerReturnQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="returned_quantity_is_positive")
        ]
        indexes = [models.Index(fields=["at"], name="return_by_time")]

    def __str__(self) -> str:
        return f"{plain(self.quantity)} of {self.shipped.lot} back as {self.lot}"
