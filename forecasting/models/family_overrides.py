"""A person's number for a whole family or plant."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from forecasting.models.families import FamilyForecast
from inventory.models import Site, unit_of
from inventory.quantities import plain


@pghistory.track()
class FamilyOverride(models.Model):
    """A person's number for a family or a whole plant over a stretch of days; what counts are its items' overrides, which share it out."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=6, choices=FamilyForecast.Level)
    family = models.CharField(
        max_length=50, blank=True, default="", help_text="Empty: items without a family"
    )
    uom = models.CharField("unit", max_length=3)
    first_date = models.DateField()
    last_date = models.DateField()
    quantity = models.DecimalField(
        max_digits=16, decimal_places=4, help_text="For all its items over the whole stretch"
    )
    reason = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = "number for a family"
        verbose_name_plural = "numbers for families"
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="family_override_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="family_override_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{plain(self.quantity)} {unit_of(self.uom)} of {self.subject}, {self.first_date}–{self.last_date}"

    @property
    def subject(self) -> str:
        """What it is of: ``Lemonade``, ``items without a family`` or ``all of North``."""
        if self.level == FamilyForecast.Level.PLANT:
            return f"all of {self.site}"
        return self.family or "items without a family"
