"""Extra working time of one machine, beside the shifts of its work center."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from production.models.resources import Machine


class OvertimeQuerySet(models.QuerySet["Overtime"]):
    def between(self, start: datetime, end: datetime) -> Self:
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class Overtime(models.Model):
    """A machine works at a time at which its work center is closed."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="overtime")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar = OvertimeQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "overtime"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="overtime_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.machine} works {timezone.localtime(self.starts_at):%Y-%m-%d %H:%M}–{timezone.localtime(self.ends_at):%H:%M}"
