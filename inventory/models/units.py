"""Other units in which people count an item: how many of its own unit one of them is."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import Q

from inventory.models.counting import Counted, counted_in_a_unit_that_stays
from inventory.models.items import Item, unit_of
from inventory.quantities import plain


@pghistory.track()
class ItemUnit(models.Model):
    """One box of an item is twelve of its pieces."""

    COUNTED: ClassVar = Counted(
        "other units", way="Take those out and save; then change the unit, and state them in it."
    )

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="other_units")
    uom = models.CharField(
        "unit", max_length=3, help_text="UN/ECE Rec 20 or 21 code: XBX box, XPK pack, PF pallet"
    )
    quantity = models.DecimalField(
        max_digits=16, decimal_places=6, help_text="How many of the item's own unit one of it is"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["item", "uom"], name="one_conversion_per_item_and_unit"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="a_unit_holds_more_than_nothing"),
        ]
        triggers: ClassVar = [counted_in_a_unit_that_stays()]

    def __str__(self) -> str:
        return f"1 {unit_of(self.uom)} of {self.item} = {plain(self.quantity)} {self.item.unit}"
