"""The schedule: append-only versions, and the slots that are published now.

Each version keeps its figures, what moved against the version before and why. A slot is written once, with the version
that put it there, and belongs to every version up to the last one that left it in place; so a repair that moves five operations
writes five slots, and each version can still be shown whole. Slots of the current version are published until their operation is
done; published slots of one machine never overlap, which an exclusion constraint promises.
"""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from mes.core.states import AppendOnly
from production.models.execution import Operation
from production.models.resources import Machine


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def latest_known(self) -> "Schedule | None":
        """The current version, with what it knew and when; what it moved, which may be much, is read when asked for."""
        return self.defer("moved", "unplanned", "orders", "causes").order_by("-version").first()

    def searched(self) -> Self:
        """Versions that are no repairs of the one before."""
        return self.exclude(figures__is_repair=True)


class Schedule(AppendOnly):
    """One version of the plan for all sites."""

    version = models.PositiveIntegerField(unique=True)
    made_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(
        max_length=200, help_text="Why it was made: nightly, breakdown of …, order … confirmed"
    )
    objective = models.FloatField(help_text="What the solver minimised")
    figures = models.JSONField(help_text="Operations, late orders, set-up hours, utilisation, solver seconds")
    moved = models.JSONField(
        default=list, help_text="Operations that moved, from when to when, and whom it concerns"
    )
    unplanned = models.JSONField(
        default=list, help_text="Operations that found no place, each with its reason"
    )
    causes = models.JSONField(default=list, help_text="What happened that called for it, by name and time")
    orders = models.JSONField(default=list, help_text="Orders whose end it changed, from when to when")

    objects: ClassVar = ScheduleQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name = "plan version"

    def __str__(self) -> str:
        return f"Version {self.version}"


class SlotQuerySet(models.QuerySet["Slot"]):
    def published(self) -> Self:
        return self.filter(is_published=True)

    def of(self, schedule: Schedule) -> Self:
        """The slots of one version, whichever put them there; those of versions long past are pruned."""
        since = Q(last__isnull=True) | Q(last__version__gte=schedule.version)
        return self.filter(since, schedule__version__lte=schedule.version)

    def overdue(self, since: datetime) -> Self:
        """Those whose operation should have started, or ended, before that moment and has not."""
        return self.filter(
            Q(operation__status=Operation.Status.WAITING, starts_at__lt=since)
            | Q(operation__status=Operation.Status.RUNNING, ends_at__lt=since)
        )

    def elsewhere(self, until: datetime) -> Self:
        """Those whose operation runs although it should start only after that moment, or on another machine."""
        is_there = Q(machine=F("operation__machine")) | Q(machine__isnull=True)
        running = self.filter(operation__status=Operation.Status.RUNNING)
        return running.filter(Q(starts_at__gt=until) | ~is_there & Q(operation__machine__isnull=False))

    def in_order(self) -> Self:
        return self.order_by("starts_at", "machine", "pk")


class Slot(models.Model):
    """When and where an operation is planned; ends include set-up and the breaks it stands still over."""

    schedule = models.ForeignKey(
        Schedule, on_delete=models.PROTECT, related_name="slots", help_text="The version that put it there"
    )
    last = models.ForeignKey(
        Schedule,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The last version that left it there; empty while the current one does",
    )
    operation = models.ForeignKey(Operation, on_delete=models.PROTECT, related_name="slots")
    machine = models.ForeignKey(
        Machine, on_delete=models.PROTECT, null=True, blank=True, related_name="slots"
    )
    starts_at = models.DateTimeField()
    setup_ends_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_published = models.BooleanField(
        default=True, help_text="Of the current version, its operation not done"
    )

    objects: ClassVar = SlotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation"], condition=Q(is_published=True), name="one_published_slot_per_operation"
            ),
            models.CheckConstraint(
                condition=Q(is_published=False) | Q(last__isnull=True),
                name="a_published_slot_is_of_the_current_version",
            ),
            models.CheckConstraint(
                condition=Q(setup_ends_at__gte=F("starts_at")) & Q(ends_at__gte=F("setup_ends_at")),
                name="a_slot_ends_after_it_starts",
            ),
            # The embedded server carries no btree_gist; a range of one id and && say the same as equality.
            ExclusionConstraint(
                name="published_slots_of_a_machine_never_overlap",
                expressions=[
                    (
                        Func(F("machine_id"), F("machine_id"), models.Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            RangeBoundary(),
                            function="TSTZRANGE",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_published=True, machine__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["machine", "starts_at"],
                name="published_slot_by_machine",
                condition=Q(is_published=True),
            ),
            models.Index(
                fields=["operation"],
                name="slot_that_left_the_plan",
                condition=Q(is_published=False, last__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} on {self.machine}"
