"""What the API and its callers say to the services of production."""

from datetime import date
from typing import Any

from rest_framework import serializers

from inventory.inputs import QuantityField
from inventory.models import Item, Lot, Site
from production.models import Component, Machine, Priority, Specification, Step, WorkCenter
from quality.models import Characteristic, Nonconformance

MOST_DAYS = 180
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)  # calendars of sites are read beyond both ends


def machine_field(**kwargs: Any) -> serializers.PrimaryKeyRelatedField[Machine]:
    return serializers.PrimaryKeyRelatedField(
        queryset=Machine.objects.select_related("work_center__site"), **kwargs
    )


class SpecificationInput(serializers.Serializer[Any]):
    """A customer's requirement; component, step or characteristic say where it binds."""

    kind = serializers.ChoiceField(choices=Specification.Kind.choices)
    text = serializers.CharField(max_length=300)
    source = serializers.CharField(  # type: ignore[assignment]  # the requirement's field, not the base class's
        max_length=100, help_text="Number of the order line it comes from"
    )
    component = serializers.PrimaryKeyRelatedField(queryset=Component.objects.all(), required=False)
    step = serializers.PrimaryKeyRelatedField(queryset=Step.objects.all(), required=False)
    characteristic = serializers.PrimaryKeyRelatedField(
        queryset=Characteristic.objects.select_related("plan"), required=False
    )
    attribute = serializers.CharField(
        max_length=50, required=False, help_text="That lots of the component must carry"
    )
    expected = serializers.CharField(max_length=100, required=False, help_text="Its value; left out: any")
    lower_limit = serializers.DecimalField(16, 6, required=False)
    upper_limit = serializers.DecimalField(16, 6, required=False)
    qualification = serializers.CharField(
        max_length=50, required=False, help_text="That whoever does the step must hold"
    )


class PlanProductionInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    quantity = QuantityField()
    due_at = serializers.DateTimeField()
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    strategy = serializers.ChoiceField(
        choices=Item.Strategy.choices, required=False, help_text="Default: as the item is made"
    )
    reason = serializers.CharField(max_length=200, required=False)
    campaign = serializers.CharField(
        max_length=80,
        required=False,
        help_text="Orders of one name are made one after another with one set-up",
    )
    earliest_start_at = serializers.DateTimeField(required=False)
    specifications = SpecificationInput(many=True, required=False)

    def validate_specifications(self, rows: list[dict[str, Any]]) -> list[Specification]:
        for row in rows:
            if row.get("qualification") and row.get("step") is None:
                raise serializers.ValidationError("A qualification is asked of a step: name the step.")
        return [Specification(**row) for row in rows]


class CancelProductionInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class ReviseProcessPlanInput(serializers.Serializer[Any]):
    revision = serializers.CharField(max_length=10)
    reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="What is going to be different, and why; needed where the item is regulated, here or as X-Change-Reason",
    )


class ReviseDrawingInput(serializers.Serializer[Any]):
    revision = serializers.CharField(max_length=10, help_text="Of the drawing; the new item's")
    reason = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="What is different on it, and why; needed where the item is regulated, here or as X-Change-Reason",
    )


class ReworkInput(serializers.Serializer[Any]):
    nonconformance = serializers.PrimaryKeyRelatedField(
        queryset=Nonconformance.objects.select_related("lot"), help_text="Decided on rework"
    )
    steps = serializers.PrimaryKeyRelatedField(
        queryset=Step.objects.select_related("plan"), many=True, help_text="To be done once more"
    )


class AnswerExceptionsInput(serializers.Serializer[Any]):
    exceptions = serializers.ListField(
        child=serializers.CharField(), min_length=1, help_text="Word for word, as the review lists them"
    )
    answer = serializers.CharField(max_length=500, help_text="What was found about them")


class StartInput(serializers.Serializer[Any]):
    machine = machine_field(
        required=False,
        help_text="Default: where the schedule has it, else the only machine that may do it; none without limit",
    )


class PauseInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, required=False)


class ConsumedInput(serializers.Serializer[Any]):
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.select_related("item__site"))
    quantity = QuantityField()


class FinishInput(serializers.Serializer[Any]):
    good = QuantityField()
    scrap = QuantityField(required=False)
    consumed = ConsumedInput(
        many=True,
        required=False,
        help_text="Lots that were used; of components not named, what is kept for the batch is taken, then free stock",
    )

    def validate_consumed(self, rows: list[dict[str, Any]]) -> list[tuple[Lot, Any]]:
        return [(row["lot"], row["quantity"]) for row in rows]


class ProgressInput(serializers.Serializer[Any]):
    good = QuantityField(help_text="What can go on, since the last report")
    scrap = QuantityField(required=False, help_text="What cannot, since the last report")


class PinInput(serializers.Serializer[Any]):
    machine = machine_field()
    start_at = serializers.DateTimeField(required=False, help_text="Left out: any time")


class BreakdownInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)
    expected_until = serializers.DateTimeField(required=False)


class MaintenanceInput(serializers.Serializer[Any]):
    machine = machine_field()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(max_length=200)


class RescheduleInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)
    seconds = serializers.FloatField(
        min_value=0, max_value=60, required=False, help_text="That the search may take; 0: the first plan"
    )
    seed = serializers.IntegerField(required=False)


class LoadInput(serializers.Serializer[Any]):
    start = serializers.DateField()
    end = serializers.DateField()

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        check_period(asked, "start", "end")
        return asked


class CapacityInput(serializers.Serializer[Any]):
    """`from` is a word of Python, so that field is declared where fields are listed."""

    to = serializers.DateField(help_text="The last day")
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False)
    work_center = serializers.PrimaryKeyRelatedField(
        queryset=WorkCenter.objects.filter(is_unlimited=False),
        required=False,
        help_text="One whose capacity is limited",
    )
    by = serializers.ChoiceField([("day", "Day"), ("week", "Week")], default="day")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": serializers.DateField(help_text="The first day")} | super().get_fields()

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        check_period(asked, "from", "to")
        site, center = asked.get("site"), asked.get("work_center")
        if site is not None and center is not None and center.site_id != site.pk:
            raise serializers.ValidationError(
                {"work_center": f"{center} is not at {site}. Leave one of the two out."}
            )
        return asked


def check_period(asked: dict[str, Any], first: str, last: str) -> None:
    """:raises ValidationError: for a period that ends before it begins, is longer than anybody should ask for at once, or of another age."""
    for name in (first, last):
        if not FIRST_DAY <= asked[name] <= LAST_DAY:
            raise serializers.ValidationError(
                {name: f"{asked[name]} is not between {FIRST_DAY} and {LAST_DAY}. Ask for days of this age."}
            )
    days = (asked[last] - asked[first]).days + 1
    if days < 1:
        raise serializers.ValidationError({last: f"It is before {first}, {asked[first]}. Turn them round."})
    if days > MOST_DAYS:
        raise serializers.ValidationError(
            {last: f"{days} days are more than {MOST_DAYS} at once. Ask for a shorter period."}
        )
