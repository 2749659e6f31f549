"""Tools and fixtures: what steps need beside their machine, how many a site has, and when some of them are away.

A tool is in use from the start of an operation's set-up until the operation is paused or finished, as its machine is.
"""

from datetime import datetime
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Max, Q
from django.utils import timezone

from inventory.models import Site
from mes.core.states import RevisionStatus


class Tool(models.Model):
    """A kind of tool, fixture or test set, and how many like it a site has."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    quantity = models.PositiveIntegerField(default=1, help_text="How many of it the site has")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A step in force must not be left without its tools.

        :raises ValidationError: naming the field.
        """
        most = 0
        if self.pk is not None:
            needs = self.needs.filter(step__plan__status=RevisionStatus.APPROVED)
            most = needs.aggregate(most=Max("quantity"))["most"] or 0
        if self.quantity is not None and self.quantity < most:
            raise ValidationError(
                {"quantity": f"A step in force needs {most} at once. Revise its process plan first."}
            )


class ToolAbsenceQuerySet(models.QuerySet["ToolAbsence"]):
    def current(self, at: datetime) -> Self:
        return self.filter(starts_at__lte=at).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))


class ToolAbsence(models.Model):
    """Some of a tool are not there for a while: out for calibration, in maintenance, lent."""

    class Kind(models.TextChoices):
        CALIBRATION = "calibration", "Calibration"
        MAINTENANCE = "maintenance", "Maintenance"
        OTHER = "other", "Other"

    tool = models.ForeignKey(Tool, on_delete=models.CASCADE, related_name="absences")
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.CALIBRATION)
    quantity = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="How many of it are away"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty = until further notice")
    reason = models.CharField(max_length=200, blank=True)

    objects: ClassVar = ToolAbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="at_least_one_of_a_tool_is_away"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="a_tool_comes_back_after_it_leaves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.tool} away since {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}"

    def clean(self) -> None:
        """:raises ValidationError: naming the field."""
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValidationError({"ends_at": "It must come back after it leaves."})
        if self.tool_id is not None and self.quantity is not None and self.quantity > self.tool.quantity:
            raise ValidationError({"quantity": f"There are only {self.tool.quantity} of {self.tool}."})
