"""What netting goes by: one row of rules for the plant, and how the lots of an item are sized."""

from typing import ClassVar

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from inventory.models import Item
from inventory.models.counting import ANOTHER, Counted, counted_in_a_unit_that_stays

NOT_NEGATIVE = [MinValueValidator(0)]


class NettingRulesManager(models.Manager["NettingRules"]):
    def current(self) -> "NettingRules":
        """The rules in force; the defaults while nobody has stated any."""
        return self.first() or NettingRules()


@pghistory.track()
class NettingRules(models.Model):
    """What waiting and holding cost, and how large a difference must be before somebody is asked to change an order."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    tolerance_days = models.PositiveSmallIntegerField(
        default=3,
        help_text="An order that comes no more than so many days too early or too late is left alone",
    )
    tolerance_share = models.FloatField(
        default=0.1,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="An order that brings no more than this share of its quantity in vain is left alone",
    )
    late_share_a_day = models.FloatField(
        default=0.002,
        validators=NOT_NEGATIVE,
        help_text="What a day of lateness costs, as a share of the price of what is ordered",
    )
    holding_share_a_year = models.FloatField(
        default=0.25,
        validators=NOT_NEGATIVE,
        help_text="What a year in stock costs, as a share of the unit cost",
    )

    objects: ClassVar = NettingRulesManager()

    class Meta:
        verbose_name_plural = "netting rules"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_netting_rules"),
            models.CheckConstraint(
                condition=Q(tolerance_share__gte=0, tolerance_share__lte=1), name="tolerance_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(late_share_a_day__gte=0, holding_share_a_year__gte=0),
                name="waiting_and_holding_do_not_pay",
            ),
        ]

    def __str__(self) -> str:
        return "Netting rules"


@pghistory.track()
class LotRule(models.Model):
    """How much one replenishment of an item brings; without one it is the demand of the policy's cover."""

    class Sizing(models.TextChoices):
        PERIOD = "period", "Demand of so many days"
        LOT_FOR_LOT = "lot_for_lot", "Lot for lot"
        FIXED = "fixed", "Fixed lots"
        LEAST_COST = "least_cost", "Least cost (Wagner and Whitin)"
        JOINT = "joint", "Together with its family (Silver and Meal)"

    COUNTED: ClassVar = Counted(
        "a fixed lot",
        Q(fixed_lot__gt=0),
        f"Clear it in the lot rule, and state it anew in the other unit; or leave the unit, and {ANOTHER}.",
    )

    item = models.OneToOneField(Item, on_delete=models.PROTECT, related_name="+")
    sizing = models.CharField(max_length=11, choices=Sizing, default=Sizing.PERIOD)
    fixed_lot = models.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=0,
        help_text="For fixed lots: what one brings, in the item's unit",
    )
    order_cost = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Of one set-up or order of the item; empty = its set-up time at the work center's hourly cost",
    )
    family = models.CharField(
        max_length=60,
        blank=True,
        help_text="What is set up or ordered together; empty = the set-up family of its longest set-up, or its supplier",
    )
    family_cost = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Of setting up for the family, however many of its items follow; empty = the family's set-up time at the "
        "work center's hourly cost",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(sizing="fixed") | Q(fixed_lot__gt=0), name="fixed_lots_have_a_size"
            ),
            models.CheckConstraint(
                condition=(Q(order_cost__isnull=True) | Q(order_cost__gte=0))
                & (Q(family_cost__isnull=True) | Q(family_cost__gte=0)),
                name="set_up_does_not_pay",
            ),
        ]
        triggers = [counted_in_a_unit_that_stays(once_stated=True)]

    def __str__(self) -> str:
        return f"{self.item}: {self.get_sizing_display().lower()}"
