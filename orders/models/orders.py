"""Customers, their orders, the lines, and what they ask of a line beyond the drawing."""

import secrets
from typing import ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.gs1 import validate_gln
from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays, keeps_its_unit_while
from mes.core.states import Stateful
from orders import sentences
from orders.models.progress import CustomOrderQuerySet, OrderLineQuerySet, RequirementQuerySet
from production.models import Priority, Specification


def new_tracking_token() -> str:
    """What makes a tracking link unguessable: 192 random bits."""
    return secrets.token_urlsafe(24)


class Customer(models.Model):
    """Who orders."""

    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    group = models.CharField(
        max_length=50, blank=True, default="", help_text="Customers whose demand is looked at together"
    )
    channel = models.CharField(
        max_length=50, blank=True, default="", help_text="How they buy: retail, wholesale, online"
    )
    agrees_to_concessions = models.BooleanField(
        default=False, help_text="No concession without this customer's own agreement"
    )
    gln = models.CharField(
        "GLN", max_length=13, blank=True, validators=[validate_gln], help_text="GS1 location number"
    )

    def __str__(self) -> str:
        return self.name


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
        Status.SHIPPED: {Status.CONFIRMED},  # a shipment was reversed
    }

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    customer_reference = models.CharField("customer's purchase order", max_length=60, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    ordered_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    tracking_token = models.CharField(max_length=40, unique=True, default=new_tracking_token, editable=False)

    objects: ClassVar = CustomOrderQuerySet.as_manager()

    class Meta(Stateful.Meta):
        verbose_name = "order"
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

    COUNTED: ClassVar = Counted(
        "order lines",
        ~Q(order__status="cancelled"),
        f"Take the lines out of their drafts, or cancel their orders, and enter them again in the other unit; or leave it, and {ANOTHER}.",
    )

    order = models.ForeignKey(CustomOrder, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    due_date = models.DateField(help_text="The day the customer wants it shipped")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, default=0)

    objects: ClassVar = OrderLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_line_per_order_and_number"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="ordered_quantity_is_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="ordered_price_is_not_negative"),
        ]
        indexes = [models.Index(fields=["item", "due_date"], name="order_line_by_item")]
        triggers = [counted_in_a_unit_that_stays()]

    def __str__(self) -> str:
        return f"{self.order}/{self.number}"

    @property
    def why(self) -> str:
        """What the state of a line with progress comes from, in one sentence."""
        return sentences.why(self)


class OrderedItem(Item):
    """No table of its own: what orders add to that of the items, of which nothing there may know."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            keeps_its_unit_while(
                "keeps_the_unit_of_its_order_lines",
                "order lines",
                "SELECT FROM orders_orderline line JOIN orders_customorder placed ON placed.id = line.order_id "
                "WHERE line.item_id = NEW.id AND placed.status <> 'cancelled'",
            ),
            keeps_its_unit_while(
                "keeps_the_unit_of_its_offers",
                "open offers",
                "SELECT FROM orders_offer WHERE item_id = NEW.id AND status = 'open'",
            ),
        ]


@pghistory.track()
class Amendment(Stateful):
    """A change of what a confirmed order asks beyond the drawing: proposed, then approved as a whole or dropped."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        DROPPED = "dropped", "Dropped"

    TRANSITIONS: ClassVar = {Status.PROPOSED: {Status.APPROVED, Status.DROPPED}}

    order = models.ForeignKey(CustomOrder, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    customer_reference = models.CharField("customer's change", max_length=60, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(Stateful.Meta):
        permissions = [("approve_amendment", "Can approve amendments of orders")]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_amendment_per_order_and_number"),
            models.UniqueConstraint(
                fields=["order"], condition=Q(status="proposed"), name="one_open_amendment_per_order"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="an_amendment_gives_its_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.order} amendment {self.number}"


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
    qualification = models.CharField(
        max_length=50, blank=True, help_text="That whoever does the step must hold"
    )
    stated_in = models.ForeignKey(
        Amendment, on_delete=models.PROTECT, null=True, blank=True, related_name="stated"
    )
    ended_in = models.ForeignKey(
        Amendment, on_delete=models.PROTECT, null=True, blank=True, related_name="ended"
    )
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    evidence = models.CharField(max_length=300, blank=True, help_text="What proves it; shipment waits for it")
    proven_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proven_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = RequirementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proven_at__isnull=True) | ~Q(evidence=""),
                name="a_proven_requirement_has_its_evidence",
            ),
            models.CheckConstraint(
                condition=Q(qualification="") | Q(step_sequence__isnull=False),
                name="a_required_qualification_names_its_step",
            ),
        ]

    def __str__(self) -> str:
        return self.text
