"""Recalls: which lots are in doubt, what became of each, and that nothing of them goes on meanwhile.

A recall starts from one fact: a lot, a supplier's lot, a machine during some time, a gauge, a process plan. What descends from the lots
of that fact is affected. Every search is a `RecallRun`; the scope only grows. The hold sets `Lot.is_recalled`, which nobody but
the recall takes away again; of a mock recall nothing is held. Customers and notices are told of by orders, one floor up.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from inventory.models import Balance, Lot
from mes.core.history import ChangedByTheThousand
from mes.core.states import AppendOnly, Stateful


class RecallQuerySet(models.QuerySet["Recall"]):
    def open(self) -> Self:
        """Not closed and not cancelled."""
        return self.filter(status__in=[Recall.Status.OPEN, Recall.Status.HELD])

    def over(self) -> Self:
        """Closed or cancelled."""
        return self.filter(status__in=[Recall.Status.CLOSED, Recall.Status.CANCELLED])

    def with_count(self) -> Self:
        """Adds `affected_count`: how many lots its newest search found; 0 before the first."""
        newest = RecallRun.objects.filter(recall=OuterRef("pk")).order_by("-pk").values("lots")
        return self.annotate(affected_count=Coalesce(Subquery(newest[:1]), 0))

    def holding(self, lot: OuterRef | int) -> Self:
        """Those that hold this lot now."""
        return self.filter(status=Recall.Status.HELD, lots__lot=lot, lots__held_at__isnull=False)


@pghistory.track()
class Recall(Stateful):
    """One recall case, or the drill of one."""

    class Status(models.TextChoices):
        OPEN = "open", "Under way"
        HELD = "held", "Stock held"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    class Basis(models.TextChoices):
        LOT = "lot", "Lot or serial number"
        SUPPLIER_LOT = "supplier_lot", "Supplier's lot"
        MACHINE = "machine", "Machine and time"
        GAUGE = "gauge", "Gauge"
        PROCESS_PLAN = "process_plan", "Process plan revision"

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.HELD, Status.CLOSED, Status.CANCELLED},
        Status.HELD: {Status.CLOSED},
    }

    number = models.CharField(max_length=20, unique=True)
    is_mock = models.BooleanField("mock", default=False, help_text="A drill: nothing is held, the clock runs")
    reason = models.TextField(help_text="What is wrong, in words that customers may read")
    basis = models.CharField("starts from", max_length=12, choices=Basis)
    scope = models.JSONField(help_text="Keys of what it starts from")
    scope_text = models.CharField(max_length=200, help_text="What it starts from, in words")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    traced_at = models.DateTimeField(
        null=True, blank=True, help_text="When the affected lots were first known"
    )
    held_at = models.DateTimeField(null=True, blank=True)
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    balanced_at = models.DateTimeField(null=True, blank=True)
    balanced_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    balance_note = models.TextField(blank=True, help_text="What explains a difference")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    conclusion = models.TextField(blank=True)
    effectiveness = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, help_text="Per cent accounted for, at closing"
    )

    objects: ClassVar = RecallQuerySet.as_manager()

    class Meta(Stateful.Meta):
        permissions = [
            ("hold_recall", "Can hold everything that a recall affects"),
            ("close_recall", "Can close recalls"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="held") | Q(is_mock=False, held_at__isnull=False),
                name="a_mock_recall_holds_nothing",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed") | Q(balanced_at__isnull=False, closed_by__isnull=False),
                name="a_closed_recall_is_balanced_and_says_by_whom",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="a_recall_says_what_is_wrong"),
        ]
        indexes = [models.Index(fields=["status", "opened_at"], name="recall_by_status")]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        return self.status in {Recall.Status.OPEN, Recall.Status.HELD}

    def time_taken(self, at: datetime) -> timedelta:
        """From the start until lots and quantities were known, which is what a drill measures; until `at` while they are not."""
        return (self.balanced_at or at) - self.opened_at


class RecallRun(AppendOnly):
    """One search for affected lots."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="runs")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    origins = models.PositiveIntegerField(help_text="Lots that it started from")
    lots = models.PositiveIntegerField(help_text="Lots affected, all in all")
    new_lots = models.PositiveIntegerField(help_text="Of these, found for the first time")
    milliseconds = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.recall}: {self.lots} lots, {self.new_lots} new"


class RecallLotQuerySet(models.QuerySet["RecallLot"]):
    def in_stock(self) -> Self:
        """Those of which something is on hand."""
        return self.filter(Exists(Balance.objects.on_hand().filter(lot=OuterRef("lot"))))

    def unsaid(self) -> Self:
        """Those about which nobody has decided, wherever they are; what is rejected anyway is decided."""
        return self.filter(decision="").exclude(lot__status=Lot.Status.REJECTED)

    def undecided(self) -> Self:
        """Those that somebody must decide about before the recall can be closed: on hand, or still being made."""
        on_hand = Exists(Balance.objects.on_hand().filter(lot=OuterRef("lot")))
        being_made = Q(held_from=Lot.Status.IN_PROCESS)
        return self.unsaid().filter(on_hand | being_made)


# What is decided may be decided anew; the rest of the row is written once.
@pghistory.track(ChangedByTheThousand(pghistory.AnyChange("decision", "justification", "decided_by")))
class RecallLot(models.Model):
    """A lot that a recall affects, and what is decided about it."""

    class Decision(models.TextChoices):
        RELEASE = "release", "Back as it was"
        KEEP = "keep", "Stays held"
        REJECT = "reject", "Rejected"

    # Ten thousand rows are written and changed at once: no index that nobody asks by.
    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="lots", db_index=False)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey(RecallRun, on_delete=models.PROTECT, related_name="found", db_index=False)
    is_origin = models.BooleanField(help_text="The recall starts from it; others descend from such")
    held_at = models.DateTimeField(null=True, blank=True)
    held_from = models.CharField("disposition before", max_length=10, choices=Lot.Status, blank=True)
    decision = models.CharField(max_length=7, choices=Decision, blank=True)
    justification = models.CharField(max_length=300, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    objects: ClassVar = RecallLotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall", "lot"], name="a_recall_lists_each_lot_once"),
            models.CheckConstraint(
                condition=Q(decision="") | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="a_decision_about_a_recalled_lot_says_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["lot"], name="recall_of_lot")]

    def __str__(self) -> str:
        return f"{self.lot} in {self.recall}"
