"""Rules by which proposals become orders by themselves."""

from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from inventory.models import Item, Site


class FirmingRuleQuerySet(models.QuerySet["FirmingRule"]):
    def in_force(self) -> Self:
        return self.filter(is_active=True)


@pghistory.track()
class FirmingRule(models.Model):
    """Which proposals are firmed without anybody looking at them, and in whose name."""

    name = models.CharField(max_length=100, unique=True)
    within_days = models.PositiveSmallIntegerField(help_text="Firm what must start within so many days")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    supply = models.CharField(
        max_length=4, choices=Item.Supply, blank=True, help_text="Only what is made, or bought; empty = both"
    )
    item_family = models.CharField(
        max_length=50, blank=True, help_text="Only items of this family; empty = all"
    )
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Only this item"
    )
    most_value = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Only proposals worth no more than this at the item's unit cost, which must be known; empty = whatever they cost",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="Whose decision it is: whoever wrote the rule last",
    )
    is_active = models.BooleanField(default=True)
    last_run_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_result = models.CharField(max_length=400, blank=True, editable=False)

    objects: ClassVar = FirmingRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(most_value__isnull=True) | Q(most_value__gte=0), name="a_value_is_not_negative"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A family that no item has is a slip: the rule would never firm anything, and nobody would know."""
        if self.item_family and not Item.objects.filter(family=self.item_family).exists():
            raise ValidationError(
                {
                    "item_family": f"No item is of the family “{self.item_family}”. Write it as the items have it."
                }
            )
