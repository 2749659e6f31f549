"""Operations: one step of one batch each, and the time spent on them.

An operation is ready when the operation before it is done and that operation's inspection, its gate, is cleared; or when the one before
it has handed on its first transfer batch.
"""

from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce

from inventory.models import Lot
from inventory.quantities import plain
from mes.core.states import AppendOnly, Stateful
from production.models.orders import Batch
from production.models.plans import Step
from production.models.resources import Machine, WorkCenter
from quality.models import Inspection, Nonconformance


class OperationQuerySet(models.QuerySet["Operation"]):
    def waiting(self) -> Self:
        return self.filter(status=Operation.Status.WAITING)

    def unfinished(self) -> Self:
        return self.filter(status__in=Operation.UNFINISHED)

    def without_place(self) -> Self:
        """Waiting operations of open batches that the published plan has nowhere."""
        placed = Operation.objects.filter(slots__is_published=True)
        return self.waiting().filter(batch__in=Batch.objects.open()).exclude(pk__in=placed)

    def running(self) -> Self:
        return self.filter(status=Operation.Status.RUNNING)

    def under_way(self) -> Self:
        return self.filter(status__in=Operation.UNDER_WAY)

    def special_processes(self) -> Self:
        """Done operations of special processes: those whose step names its specification, and all that others did for us."""
        is_special = ~Q(step__special_process="") | Q(step__work_center__kind=WorkCenter.Kind.OUTSIDE)
        return self.filter(is_special, status=Operation.Status.DONE)

    def ready(self) -> Self:
        """Waiting operations of released batches whose predecessors are done and whose gates have passed."""
        return self._next_in_line().filter(
            ~Exists(_gates_shut()),
            ~Q(batch__lot__status__in=STOPPED),
            ~Exists(_rework_to_plan()) | Q(rework_of__isnull=False),
        )

    def blocked(self) -> Self:
        """Waiting operations that only an inspection verdict, a held lot or rework that nobody has planned keeps from starting."""
        return self._next_in_line().filter(
            Exists(_gates_shut())
            | Q(batch__lot__status__in=STOPPED)
            | (Exists(_rework_to_plan()) & Q(rework_of__isnull=True))
        )

    def gates_shut(self) -> Self:
        """Operations whose own inspection, or one while they ran, has neither passed nor been accepted."""
        cleared = Inspection.objects.cleared().filter(pk=OuterRef("inspection"))
        afterwards = Q(~Exists(cleared), inspection__isnull=False)
        return self.filter(afterwards | Exists(Checkpoint.objects.shut().filter(operation=OuterRef("pk"))))

    def with_readiness(self) -> Self:
        """Adds `is_ready` and `is_blocked`, as `ready()` and `blocked()` tell them."""
        return self.annotate(
            is_ready=Exists(Operation.objects.ready().filter(pk=OuterRef("pk"))),
            is_blocked=Exists(Operation.objects.blocked().filter(pk=OuterRef("pk"))),
        )

    def with_came(self) -> Self:
        """Adds `good` and `scrap`: what came of it, or was reported while it is not done."""
        is_done = Q(status=Operation.Status.DONE)
        return self.annotate(
            good=Case(When(is_done, then=F("good_quantity")), default=_reported("good")),
            scrap=Case(When(is_done, then=F("scrap_quantity")), default=_reported("scrap")),
        )

    def with_slot(self) -> Self:
        """Adds the published slot: `slot_machine` (id), `slot_machine_name`, `slot_starts_at`, `slot_ends_at`; None without one."""
        return self.annotate(
            published=FilteredRelation("slots", condition=Q(slots__is_published=True))
        ).annotate(
            slot_machine=F("published__machine"),
            slot_machine_name=F("published__machine__name"),
            slot_starts_at=F("published__starts_at"),
            slot_ends_at=F("published__ends_at"),
        )

    def holding_back(self) -> Self:
        """Unfinished operations that what follows has to wait for: they have not handed on a first transfer batch, or hand on none."""
        return self.unfinished().filter(
            Q(step__transfer_quantity__isnull=True)
            | Q(rework_of__isnull=False)
            | Q(step__transfer_quantity__gte=F("batch__quantity"))
            | Q(step__transfer_quantity__gt=_reported("good"))
        )

    def _next_in_line(self) -> Self:
        undone = _before().unfinished()  # the partial index holds just these
        released = [Batch.Status.RELEASED, Batch.Status.RUNNING]
        return self.waiting().filter(
            ~Exists(undone.holding_back()),
            Q(rework_of__isnull=True) | ~Exists(undone),
            batch__status__in=released,
        )


STOPPED = [Lot.Status.HELD, Lot.Status.REJECTED]


def _reported(what: str) -> Coalesce:
    """In a query of operations: the good or the scrap of their progress reports together."""
    reports = ProgressReport.objects.filter(operation=OuterRef("pk")).order_by().values("operation")
    total = reports.annotate(total=Sum(what)).values("total")
    return Coalesce(Subquery(total), 0, output_field=models.DecimalField())


def _before() -> OperationQuerySet:
    """In a subquery: the operations of the same batch before the outer one."""
    earlier: OperationQuerySet = Operation.objects.filter(
        batch=OuterRef("batch"), sequence__lt=OuterRef("sequence")
    )
    return earlier


def _gates_shut() -> OperationQuerySet:
    """In a subquery: earlier operations whose inspection has neither passed nor been accepted as it is.

    Rework does not wait for the inspection that called for it.
    """
    # Compared with NULL, every failed inspection would be left out.
    called_for = Coalesce(OuterRef("rework_of"), 0, output_field=models.BigIntegerField())
    return _before().gates_shut().exclude(inspection__nonconformance=called_for)


def _rework_to_plan() -> models.QuerySet[Nonconformance]:
    """In a subquery: decisions to rework goods of the batch that nobody has planned yet and no inspection waits for."""
    return rework_to_plan().filter(lot=OuterRef("batch__lot"))


def rework_to_plan() -> models.QuerySet[Nonconformance]:
    """Decisions to rework what no inspection found, so that nothing else keeps its batch from going on, while nobody has planned it."""
    planned = Operation.objects.filter(rework_of=OuterRef("pk")).exclude(status=Operation.Status.CANCELLED)
    found: models.QuerySet[Nonconformance] = Nonconformance.objects.filter(
        ~Exists(planned),
        status=Nonconformance.Status.DECIDED,
        disposition=Nonconformance.Disposition.REWORK,
        inspection__isnull=True,
    )
    return found


@pghistory.track()
class Operation(Stateful):
    """One step of one batch."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    UNDER_WAY: ClassVar = (Status.RUNNING, Status.PAUSED)
    UNFINISHED: ClassVar = (Status.WAITING, *UNDER_WAY)
    TRANSITIONS: ClassVar = {
        Status.WAITING: {Status.RUNNING, Status.CANCELLED},
        Status.RUNNING: {Status.PAUSED, Status.DONE, Status.CANCELLED},
        Status.PAUSED: {Status.RUNNING, Status.CANCELLED},
    }

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="operations")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="operations")
    sequence = models.PositiveIntegerField()
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    machine = models.ForeignKey(
        Machine,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="operations",
        help_text="Where it runs or ran; empty at work centers without limit",
    )
    started_at = models.DateTimeField(null=True, blank=True)
    running_since = models.DateTimeField(
        null=True, blank=True, help_text="Start of the stretch of work that has not ended yet"
    )
    finished_at = models.DateTimeField(null=True, blank=True)
    good_quantity = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    scrap_quantity = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    inspection = models.OneToOneField(
        Inspection,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The gate it opened",
    )
    rework_of = models.ForeignKey(
        Nonconformance,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Done once more because of this",
    )
    pinned_machine = models.ForeignKey(
        Machine,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The planner's wish",
    )
    pinned_start_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = OperationQuerySet.as_manager()

    class Meta(Stateful.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "sequence"], name="one_operation_per_batch_and_sequence"
            ),
            models.UniqueConstraint(
                fields=["machine"], condition=Q(status="running"), name="one_running_operation_per_machine"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "cancelled"]) | Q(started_at__isnull=False),
                name="a_started_operation_has_its_start",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="an_operation_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status="running", running_since__isnull=False)
                | (~Q(status="running") & Q(running_since__isnull=True)),
                name="only_a_running_operation_runs_since",
            ),
        ]
        indexes = [
            models.Index(
                fields=["machine", "finished_at"],
                name="finished_operation_by_machine",
                condition=Q(finished_at__isnull=False),
            ),
            models.Index(
                fields=["batch", "sequence"],
                name="unfinished_operation",
                condition=Q(status__in=["waiting", "running", "paused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch} / {self.step}{' again' if self.rework_of_id else ''}"


class TimeEntry(AppendOnly):
    """A stretch of work on an operation, written when it ends."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="time_entries")
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "time entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("started_at")), name="time_entry_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operation}: {self.started_at:%H:%M}–{self.ended_at:%H:%M}"


class ProgressReport(AppendOnly):
    """What came of an operation since it was last reported, while it runs."""

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="reports")
    good = models.DecimalField(max_digits=16, decimal_places=4)
    scrap = models.DecimalField(max_digits=16, decimal_places=4, default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(good__gte=0, scrap__gte=0) & (Q(good__gt=0) | Q(scrap__gt=0)),
                name="a_progress_report_reports_something",
            )
        ]

    def __str__(self) -> str:
        scrap = f", {plain(self.scrap)} scrap" if self.scrap else ""
        return f"{self.operation}: {plain(self.good)} good{scrap}"


class CheckpointQuerySet(models.QuerySet["Checkpoint"]):
    def shut(self) -> Self:
        """Those whose inspection is not cleared. A periodic one that was given up holds nothing: its moment is gone."""
        cleared = Inspection.objects.cleared().filter(pk=OuterRef("inspection"))
        given_up = Q(moment=Checkpoint.Moment.PERIODIC, inspection__status=Inspection.Status.CANCELLED)
        return self.filter(~Exists(cleared)).exclude(given_up)


class Checkpoint(models.Model):
    """A look at an operation while it runs: at its first piece, or after so much time or so many pieces more."""

    class Moment(models.TextChoices):
        FIRST_PIECE = "first_piece", "First piece"
        PERIODIC = "periodic", "Periodic"

    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="checkpoints")
    inspection = models.OneToOneField(Inspection, on_delete=models.PROTECT, related_name="+")
    moment = models.CharField(max_length=11, choices=Moment)
    reported = models.DecimalField(
        max_digits=16, decimal_places=4, default=0, help_text="Reported of the operation when it was opened"
    )
    due_at = models.DateTimeField()

    objects: ClassVar = CheckpointQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation"], condition=Q(moment="first_piece"), name="one_first_piece_per_operation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_moment_display()} of {self.operation}"
