"""Operators and what they are qualified for."""

from datetime import date
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models

from inventory.models import Site


class Operator(models.Model):
    """A user who works at machines or inspects."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    badge = models.CharField(max_length=30, unique=True)

    def __str__(self) -> str:
        return f"{self.user} ({self.badge})"


HOLDER_ZONE = "operator__site__time_zone"
"""Where the time zone of the plant of a qualification's holder is found."""


class QualificationQuerySet(models.QuerySet["Qualification"]):
    def valid(self, on: date | models.Expression) -> Self:
        """Those that hold on that day.

        :param on: a day, or an expression: `day_at(now, HOLDER_ZONE)` is today where each holder works.
        """
        return self.filter(models.Q(expires_on__isnull=True) | models.Q(expires_on__gte=on))


@pghistory.track()
class Qualification(models.Model):
    """An operator may do a kind of work until a date."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="qualifications")
    code = models.CharField(max_length=50, help_text="As a step asks for it, e.g. NDT-PT-II")
    expires_on = models.DateField(null=True, blank=True)

    objects: ClassVar = QualificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "code"], name="one_qualification_per_operator_and_code"
            )
        ]

    def __str__(self) -> str:
        return f"{self.operator}: {self.code}"

    def is_valid(self, on: date) -> bool:
        return self.expires_on is None or self.expires_on >= on
