"""Production orders and their batches, what customers asked of them, and the stock that is kept for them.

An order says how much of what by when; why is known by who points at it. A tentative one only keeps capacity and material for
somebody who has not decided yet: until the moment it says, or until it is taken up or given up. A batch is one run of it under one process
plan revision and yields one lot, which exists (in process) from the batch's release on. A batch of rework makes nothing new: it does steps
of a finished batch once more, and what comes out is the lot that went in.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Self

import pghistory
from django.db import models
from django.db.models import ExpressionWrapper, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from inventory.models import Item, Lot, Reservation, Site, Transformation
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays, keeps_its_unit_while
from mes.core.states import Stateful, Transitions
from production.models.plans import Component, ProcessPlan, Step
from quality.models import Characteristic, Nonconformance


class Priority(models.IntegerChoices):
    RUSH = 1, "Rush"
    NORMAL = 2, "Normal"
    FILL_IN = 3, "Fill-in"


class WorkStatus(models.TextChoices):
    """Of an order and of its batches."""

    TENTATIVE = "tentative", "Tentative"
    PLANNED = "planned", "Planned"
    RELEASED = "released", "Released"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


WORK_TRANSITIONS: Transitions = {
    WorkStatus.TENTATIVE: {WorkStatus.PLANNED, WorkStatus.CANCELLED},
    WorkStatus.PLANNED: {WorkStatus.RELEASED, WorkStatus.CANCELLED},
    WorkStatus.RELEASED: {WorkStatus.RUNNING, WorkStatus.CANCELLED},
    WorkStatus.RUNNING: {WorkStatus.DONE, WorkStatus.CANCELLED},
}


class ProductionOrderQuerySet(models.QuerySet["ProductionOrder"]):
    def open(self) -> Self:
        return self.filter(
            status__in=[
                ProductionOrder.Status.PLANNED,
                ProductionOrder.Status.RELEASED,
                ProductionOrder.Status.RUNNING,
            ]
        )

    def tentative(self) -> Self:
        return self.filter(status=ProductionOrder.Status.TENTATIVE)

    def run_out(self, at: datetime) -> Self:
        """Tentative orders whose time is over; they bind nobody, whether or not anybody has swept them."""
        return self.tentative().filter(held_until__lte=at)

    def with_projection(self) -> Self:
        """Adds `projected_end` (when the published schedule has the last operation done; None where it has none),
        `finished_at` (of the last batch done) and `lateness` (an interval; negative when early).

        A sub-order is as late as the order that waits for it in the end: its own due date is only when it had best be there.
        """
        return self.annotate(
            projected_end=_planned_end("pk"),
            finished_at=_actual_end("pk"),
            waits=Coalesce("parent__parent__parent", "parent__parent", "parent", "pk"),
        ).annotate(
            lateness=ExpressionWrapper(
                Coalesce(_planned_end("waits"), _actual_end("waits"))
                - Subquery(ProductionOrder.objects.filter(pk=OuterRef("waits")).values("due_at")),
                output_field=models.DurationField(),
            )
        )

    def late(self) -> Self:
        """Open orders that end after they are due, and the sub-orders of such."""
        return self.open().with_projection().filter(lateness__gt=timedelta())


def _planned_end(order: str) -> Subquery:
    ends = (
        Batch.objects.filter(order=OuterRef(order), operations__slots__is_published=True)
        .order_by()
        .values("order")
    )
    return Subquery(ends.annotate(end=Max("operations__slots__ends_at")).values("end"))


def _actual_end(order: str) -> Subquery:
    ends = Batch.objects.filter(order=OuterRef(order)).order_by().values("order")
    return Subquery(ends.annotate(end=Max("finished_at")).values("end"))


@pghistory.track()
class ProductionOrder(Stateful):
    """Make this much of this by then."""

    Status = WorkStatus
    TRANSITIONS: ClassVar = WORK_TRANSITIONS
    COUNTED: ClassVar = Counted(
        "production orders",
        ~Q(status="cancelled"),
        f"Cancel those that nothing was made of, and plan them again in the other unit; or leave it, and {ANOTHER}.",
    )

    number = models.CharField(max_length=20, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    due_at = models.DateTimeField()
    earliest_start_at = models.DateTimeField(
        null=True, blank=True, help_text="Not before: material or release date"
    )
    strategy = models.CharField(
        max_length=3,
        choices=Item.Strategy,
        default=Item.Strategy.TO_STOCK,
        help_text="Whether somebody ordered it or it goes to stock; a sub-order is made for what its parent is",
    )
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    status = models.CharField(max_length=9, choices=Status, default=Status.PLANNED)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sub_orders",
        help_text="The order whose assembly waits for this one",
    )
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when a tentative order keeps capacity and material"
    )
    reason = models.CharField(max_length=200, blank=True, help_text="Why it is made, in one sentence")
    campaign = models.CharField(
        max_length=80,
        blank=True,
        help_text="Orders of one campaign are made one after another with one set-up, unless a more important order comes between",
    )
    released_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="From when on its lead time counts; empty where it was released before this was noted",
    )

    objects: ClassVar = ProductionOrderQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_quantity_is_positive"),
            models.CheckConstraint(
                condition=~Q(status="tentative") | Q(held_until__isnull=False),
                name="a_tentative_order_says_until_when",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")), name="no_order_waits_for_itself"
            ),
        ]
        indexes = [
            models.Index(
                fields=["item", "due_at"],
                name="open_production_order_by_item",
                condition=Q(status__in=["planned", "released", "running"]),
            )
        ]
        triggers = [*Stateful.Meta.triggers, counted_in_a_unit_that_stays()]  # type: ignore[list-item]  # all are triggers

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Whether there is still something to make."""
        return self.status not in {ProductionOrder.Status.DONE, ProductionOrder.Status.CANCELLED}


class PlannedItem(Item):
    """No table of its own: what production adds to that of the items, of which nothing there may know."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            keeps_its_unit_while(
                "keeps_the_unit_of_its_production_orders",
                "production orders",
                "SELECT FROM production_productionorder WHERE item_id = NEW.id AND status <> 'cancelled'",
            ),
            keeps_its_unit_while(
                "keeps_the_unit_of_its_process_plans",
                "process plans",
                "SELECT FROM production_processplan WHERE item_id = NEW.id AND status <> 'superseded'",
            ),
            keeps_its_unit_while(
                "keeps_the_unit_of_bills_it_is_in",
                "components of process plans",
                "SELECT FROM production_component part JOIN production_processplan plan ON plan.id = part.plan_id "
                "WHERE part.item_id = NEW.id AND plan.status <> 'superseded'",
            ),
        ]


class BatchQuerySet(models.QuerySet["Batch"]):
    def making(self) -> Self:
        """Those that make something, not those that rework what another one made: of each lot one at most."""
        return self.filter(rework_of__isnull=True)

    def reworking(self) -> Self:
        """Those that rework goods of a finished batch."""
        return self.filter(rework_of__isnull=False)

    def open(self) -> Self:
        return self.filter(status__in=[Batch.Status.PLANNED, Batch.Status.RELEASED, Batch.Status.RUNNING])

    def undone(self) -> Self:
        """Open and tentative ones."""
        return self.exclude(status__in=[Batch.Status.DONE, Batch.Status.CANCELLED])

    def binding(self, at: datetime) -> Self:
        """What takes capacity and material: open batches, and tentative ones whose time is not over."""
        held = Q(status=Batch.Status.TENTATIVE, order__held_until__gt=at)
        return self.undone().filter(~Q(status=Batch.Status.TENTATIVE) | held)


@pghistory.track()
class Batch(Stateful):
    """One run of an order: the unit of recall and of the batch record."""

    Status = WorkStatus
    TRANSITIONS: ClassVar = WORK_TRANSITIONS

    order = models.ForeignKey(ProductionOrder, on_delete=models.PROTECT, related_name="batches")
    number = models.CharField(max_length=30, unique=True)
    plan = models.ForeignKey(ProcessPlan, on_delete=models.PROTECT, related_name="batches")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    status = models.CharField(max_length=9, choices=Status, default=Status.PLANNED)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rework_of = models.ForeignKey(
        Nonconformance,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What called for it, where it makes nothing new but reworks goods of a finished batch",
    )
    transformation = models.OneToOneField(
        Transformation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    good_quantity = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    scrap_quantity = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = BatchQuerySet.as_manager()

    class Meta(Stateful.Meta):
        verbose_name_plural = "batches"
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="batch_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["tentative", "planned", "cancelled"]) | Q(lot__isnull=False),
                name="a_released_batch_has_its_lot",
            ),
            models.UniqueConstraint(
                fields=["lot"], condition=Q(rework_of__isnull=True), name="a_lot_is_made_by_one_batch"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def makes_nothing_new(self) -> bool:
        """Whether it reworks goods of a finished batch, which come out as the lot that went in."""
        return self.rework_of_id is not None

    def mates(self) -> BatchQuerySet:
        """Others of its order that nobody has begun and that are made in the same way: it could be made as one with them."""
        unbegun = [self.Status.PLANNED, self.Status.RELEASED]
        alike: BatchQuerySet = Batch.objects.making().filter(
            order=self.order_id, plan=self.plan_id, status__in=unbegun
        )
        return alike.exclude(pk=self.pk)


class Specification(models.Model):
    """A customer's requirement, handed down to the order and, where it binds, to a component, step or characteristic."""

    class Kind(models.TextChoices):
        MATERIAL = "material", "Material"
        PROCESS = "process", "Process"
        CHARACTERISTIC = "characteristic", "Characteristic"
        DOCUMENT = "document", "Document"
        PACKAGING = "packaging", "Packaging"
        MARKING = "marking", "Marking"

    order = models.ForeignKey(ProductionOrder, on_delete=models.CASCADE, related_name="specifications")
    kind = models.CharField(max_length=14, choices=Kind)
    text = models.CharField(max_length=300)
    source = models.CharField(max_length=100, help_text="Number of the order line it comes from")
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    step = models.ForeignKey(Step, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    characteristic = models.ForeignKey(
        Characteristic, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    attribute = models.CharField(
        max_length=50, blank=True, help_text="Lot attribute that material must carry"
    )
    expected = models.CharField(max_length=100, blank=True, help_text="Its value; empty = any")
    lower_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    upper_limit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    qualification = models.CharField(
        max_length=50, blank=True, help_text="That whoever does the step must hold"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(qualification="") | Q(step__isnull=False),
                name="a_qualification_is_asked_of_a_step",
            ),
            models.CheckConstraint(
                condition=~Q(kind="characteristic") | Q(characteristic__isnull=False),
                name="a_characteristic_specification_names_it",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class MaterialClaim(models.Model):
    """Stock reserved for one component of one batch."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="claims")
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="+")
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"{self.batch}: {self.reservation}"
