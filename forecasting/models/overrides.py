"""A person's numbers in place of the statistical ones."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inventory.models import Item


@pghistory.track()
class Override(models.Model):
    """A person's number for a stretch of days, in place of the statistical one."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    quantity = models.DecimalField(max_digits=16, decimal_places=4, help_text="For the whole stretch")
    reason = models.CharField(max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="override_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="override_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.first_date}–{self.last_date}: {self.quantity.normalize():f}"
