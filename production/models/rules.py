"""What the plan strives for: one row of settings that planners change."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from production.models.orders import Priority

NOT_NEGATIVE = [MinValueValidator(0)]
MOST = 1000  # times an hour of lateness; beyond, nothing else would count at all


class SchedulingRulesManager(models.Manager["SchedulingRules"]):
    def current(self) -> "SchedulingRules":
        """The rules in force; the defaults while nobody has stated any."""
        return self.first() or SchedulingRules()


class SchedulingRules(models.Model):
    """What lateness, set-up, waiting and change count for, against each other, in every plan that is made.

    The unit is an hour of lateness of an order of weight 1.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    tardiness_weight = models.FloatField(
        default=1,
        validators=NOT_NEGATIVE,
        help_text="An hour of lateness, times the weight of the order's priority",
    )
    setup_weight = models.FloatField(default=0.01, validators=NOT_NEGATIVE, help_text="An hour of set-up")
    flow_weight = models.FloatField(
        default=0.02, validators=NOT_NEGATIVE, help_text="An hour that an order is in the plant"
    )
    move_minutes = models.FloatField(
        default=0.5,
        validators=NOT_NEGATIVE,
        help_text="A search moves an operation of the plan only where that saves so many weighted minutes of lateness, or as much else",
    )
    rush_weight = models.FloatField(default=10, validators=NOT_NEGATIVE)
    normal_weight = models.FloatField(default=3, validators=NOT_NEGATIVE)
    fill_in_weight = models.FloatField(default=1, validators=NOT_NEGATIVE)
    reserves_released_days = models.PositiveIntegerField(
        default=7,
        validators=[MaxValueValidator(365)],
        help_text="So many days ahead, capacity that is reserved and not used is open to all",
    )

    objects: ClassVar = SchedulingRulesManager()

    class Meta:
        verbose_name_plural = "scheduling rules"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_scheduling_rules"),
            models.CheckConstraint(
                condition=Q(
                    tardiness_weight__gte=0,
                    setup_weight__gte=0,
                    flow_weight__gte=0,
                    move_minutes__gte=0,
                    rush_weight__gte=0,
                    normal_weight__gte=0,
                    fill_in_weight__gte=0,
                ),
                name="weights_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(rush_weight__gte=F("normal_weight"), normal_weight__gte=F("fill_in_weight")),
                name="what_is_more_urgent_weighs_no_less",
            ),
        ]

    def __str__(self) -> str:
        return "Scheduling rules"

    def clean(self) -> None:
        """:raises ValidationError: naming the field; what the fields' own validators refuse is left to them."""
        weights = (
            "tardiness_weight",
            "setup_weight",
            "flow_weight",
            "rush_weight",
            "normal_weight",
            "fill_in_weight",
        )
        told = f"No more than {MOST:,}: beyond, nothing else counts."
        errors = {name: told for name in weights if (getattr(self, name) or 0) > MOST}
        less = "Orders of this priority would come after {0}: give it no less than they have, {1:g}."
        if _is_less(self.rush_weight, self.normal_weight):
            errors["rush_weight"] = less.format("normal ones", self.normal_weight)
        if _is_less(self.normal_weight, self.fill_in_weight):
            errors["normal_weight"] = less.format("fill-in ones", self.fill_in_weight)
        if errors:
            raise ValidationError(errors)

    def weight_of(self, priority: int) -> float:
        """How much an hour of lateness of an order of this priority counts."""
        return {
            Priority.RUSH: self.rush_weight,
            Priority.NORMAL: self.normal_weight,
            Priority.FILL_IN: self.fill_in_weight,
        }[Priority(priority)]


def _is_less(weight: float | None, than: float | None) -> bool:
    """None is what a form could not read."""
    return weight is not None and than is not None and weight < than
