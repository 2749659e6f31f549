"""What planners consider and what they do on the board: what-if plans, and pins by hand that can be taken back."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from mes.core.states import AppendOnly, Stateful
from production.models.schedule import Schedule


class WhatIfQuerySet(models.QuerySet["WhatIf"]):
    def open(self) -> Self:
        return self.filter(status=WhatIf.Status.OPEN)

    def with_staleness(self) -> Self:
        """Adds `is_stale`: whether the plan it was worked out against has been replaced since."""
        newer = Schedule.objects.filter(version__gt=OuterRef("based_on__version"))
        return self.annotate(is_stale=Exists(newer))

    def for_lists(self) -> Self:
        """Without what only a drawing or a comparison of one needs, with what its line says."""
        return (
            self.with_staleness().select_related("by", "based_on", "published_as").defer("places", "orders")
        )


class WhatIf(Stateful):
    """A plan beside the published one: some changes, and what would become of the plan with them.

    `figures` holds `before`, `after`, `moved`, once published `back`: how it is taken back, and once that was done `taken_back`.
    `orders` are those that end at another time; `places` are rows of operation, machine (or null), start, end of set-up and end in
    whole seconds since 1970, a split operation in several.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        PUBLISHED = "published", "Published"
        DROPPED = "dropped", "Dropped"

    TRANSITIONS: ClassVar = {Status.OPEN: {Status.PUBLISHED, Status.DROPPED}}

    name = models.CharField(max_length=100)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    based_on = models.ForeignKey(
        Schedule,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The version it was worked out against",
    )
    worked_out_at = models.DateTimeField()
    freely = models.BooleanField(
        "everything may move",
        default=False,
        help_text="Searched as the plan from hour to hour is; else close to the plan in force, as a repair is",
    )
    changes = models.JSONField(help_text="What is tried, each with its kind")
    told = models.JSONField(default=list, help_text="The same in words, a sentence each")
    refusals = models.JSONField(default=list, help_text="What cannot be, in sentences")
    caveats = models.JSONField(default=list, help_text="What publishing cannot put in force, in sentences")
    figures = models.JSONField(help_text="Before and after, and how many operations move")
    orders = models.JSONField(default=list, help_text="Orders that end at another time, worst first")
    places = models.JSONField(default=list, help_text="Where its operations are")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    published_as = models.ForeignKey(
        Schedule, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar = WhatIfQuerySet.as_manager()

    class Meta(Stateful.Meta):
        verbose_name = "what-if plan"
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open", decided_at__isnull=True)
                | (~Q(status="open") & Q(decided_at__isnull=False)),
                name="a_what_if_plan_is_decided_once",
            )
        ]
        indexes = [
            models.Index(fields=["-made_at"], name="open_what_if_plan", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return self.name


class BoardChangeQuerySet(models.QuerySet["BoardChange"]):
    def standing(self) -> Self:
        """Changes that were not taken back, and are no taking back themselves."""
        return self.filter(reverses__isnull=True, reversed_by__isnull=True)


class BoardChange(AppendOnly):
    """Pins that a planner set on the board at once. Taking them back is another row.

    `pins` holds, for each operation, `to` and `former`: machine and start, or null for none.
    """

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    label = models.CharField(max_length=200)
    pins = models.JSONField()
    before = models.ForeignKey(
        Schedule,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The version in which nothing of it was planned yet",
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )

    objects: ClassVar = BoardChangeQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["by", "-id"], name="latest_board_change_of_one")]

    def __str__(self) -> str:
        return self.label
