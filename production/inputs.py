"""What the API and its callers say to the services of production."""

from typing import Any

from rest_framework import serializers

from inventory.inputs import QuantityField
from inventory.models import Item, Lot
from production.models import Component, Machine, Priority, Specification, Step
from quality.models import Characteristic


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


class PlanProductionInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    quantity = QuantityField()
    due_at = serializers.DateTimeField()
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    strategy = serializers.ChoiceField(
        choices=Item.Strategy.choices, required=False, help_text="Default: as the item is made"
    )
    reason = serializers.CharField(max_length=200, required=False)
    earliest_start_at = serializers.DateTimeField(required=False)
    specifications = SpecificationInput(many=True, required=False)

    def validate_specifications(self, rows: list[dict[str, Any]]) -> list[Specification]:
        return [Specification(**row) for row in rows]


class CancelProductionInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class ReviseProcessPlanInput(serializers.Serializer[Any]):
    revision = serializers.CharField(max_length=10)


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
