"""Bodies of the API's writes: what a client sends, as the keyword arguments of a service."""

from typing import Any

from rest_framework import serializers

from inventory.models import Item, Lot
from mes.core.signing.inputs import SignatureField
from orders.models import Customer, OrderLine, Requirement
from orders.services import Change, LineAsked, Pick, RequirementAsked
from production.models import Priority, Specification
from quality.models import Inspection


class RequirementInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Specification.Kind.choices)
    text = serializers.CharField(max_length=300, help_text="What is asked, in the customer's words.")
    component_number = serializers.CharField(
        max_length=50, required=False, help_text="Material it binds, by item number."
    )
    step_sequence = serializers.IntegerField(min_value=1, required=False, help_text="Step it binds.")
    characteristic_name = serializers.CharField(
        max_length=120,
        required=False,
        help_text="Characteristic it tightens, by its name in the inspection plan.",
    )
    attribute = serializers.CharField(
        max_length=50, required=False, help_text="Attribute the lot must carry."
    )
    expected = serializers.CharField(max_length=100, required=False, help_text="Its value; left out: any.")
    lower_limit = serializers.DecimalField(16, 6, required=False)
    upper_limit = serializers.DecimalField(16, 6, required=False)
    qualification = serializers.CharField(
        max_length=50, required=False, help_text="That whoever does the step must hold."
    )


class LineInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all())
    quantity = serializers.DecimalField(16, 4, help_text="In the item's unit.")
    due_date = serializers.DateField(help_text="The day the customer wants it shipped.")
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    unit_price = serializers.DecimalField(
        14, 4, min_value=0, required=False, help_text="Left out: that of the item."
    )
    number = serializers.IntegerField(min_value=1, required=False, help_text="Left out: the next.")
    requirements = RequirementInput(many=True, required=False)

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        asked = found.pop("requirements", [])
        return found | ({"requirements": tuple(RequirementAsked(**each) for each in asked)} if asked else {})


class OrderInput(serializers.Serializer[Any]):
    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all())
    customer_reference = serializers.CharField(
        max_length=60, required=False, help_text="The customer's purchase order; entered once only."
    )
    number = serializers.CharField(max_length=20, required=False, help_text="Left out: the next.")
    lines = LineInput(many=True, required=False)

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[LineAsked]:
        return [LineAsked(**line) for line in lines]


class AmendInput(serializers.Serializer[Any]):
    quantity = serializers.DecimalField(16, 4, required=False)
    due_date = serializers.DateField(required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    unit_price = serializers.DecimalField(14, 4, min_value=0, required=False)
    reason = serializers.CharField(max_length=300, required=False)


class PromiseInput(serializers.Serializer[Any]):
    promised_date = serializers.DateField(required=False, help_text="Left out: the best that can be kept.")
    binding = serializers.CharField(max_length=200, required=False, help_text="What it hangs on.")


class QuestionInput(serializers.Serializer[Any]):
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.select_related("site"))
    quantity = serializers.DecimalField(16, 4, help_text="In the item's unit.")
    wanted_date = serializers.DateField(help_text="The day the customer wants it shipped.")
    priority = serializers.ChoiceField(
        choices=Priority.choices, required=False, help_text="1 rush, 2 normal, 3 fill-in. Left out: normal."
    )
    hold_hours = serializers.DecimalField(
        7, 2, required=False, help_text="How long the date is to stand. Left out: as the plant has it."
    )


class OfferInput(QuestionInput):
    customer = serializers.PrimaryKeyRelatedField(queryset=Customer.objects.all(), required=False)
    inquiry = serializers.CharField(
        max_length=60, required=False, help_text="The customer's reference; one open offer for each."
    )
    move_others = serializers.BooleanField(
        required=False, help_text="Take the day for which less important work makes way."
    )


class AcceptInput(serializers.Serializer[Any]):
    customer = serializers.PrimaryKeyRelatedField(
        queryset=Customer.objects.all(), required=False, help_text="Left out: who asked."
    )
    customer_reference = serializers.CharField(
        max_length=60, required=False, help_text="The customer's purchase order; entered once only."
    )
    unit_price = serializers.DecimalField(
        14, 4, min_value=0, required=False, help_text="Left out: that of the item."
    )


class OrderReasonInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, required=False)


class EvidenceInput(serializers.Serializer[Any]):
    """With a file it is sent as `multipart/form-data`."""

    evidence = serializers.CharField(
        max_length=300, help_text="What proves it: a certificate's number, a report."
    )
    file = serializers.FileField(
        required=False, allow_empty_file=True, help_text="The paper itself, PDF or picture."
    )
    inspection = serializers.PrimaryKeyRelatedField(
        queryset=Inspection.objects.select_related("plan", "lot"),
        required=False,
        help_text="One that passed.",
    )
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.all(), required=False)


class ConcessionInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300, help_text="Why the goods may go all the same.")
    customer_agreement = serializers.CharField(
        max_length=200, required=False, help_text="The customer's letter or number that agrees."
    )
    file = serializers.FileField(required=False, allow_empty_file=True, help_text="That letter.")
    signature = SignatureField(help_text="Always needed.")


class RequirementChangeInput(serializers.Serializer[Any]):
    """One change: `asked` with `line` adds, with `requirement` takes its place; `requirement` alone ends it."""

    line = serializers.PrimaryKeyRelatedField(
        queryset=OrderLine.objects.select_related("order"), required=False
    )
    requirement = serializers.PrimaryKeyRelatedField(
        queryset=Requirement.objects.select_related("line__order"), required=False
    )
    asked = RequirementInput(required=False)

    def validate(self, typed: dict[str, Any]) -> dict[str, Any]:
        if not ("requirement" in typed or ("line" in typed and "asked" in typed)):
            raise serializers.ValidationError("Name a requirement, or a line and what is asked of it.")
        return typed

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        asked = found.pop("asked", None)
        return found | ({"asked": RequirementAsked(**asked)} if asked else {})


class AmendmentInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)
    customer_reference = serializers.CharField(
        max_length=60, required=False, help_text="Number of the customer's change."
    )
    changes = RequirementChangeInput(many=True, required=False)

    def validate_changes(self, rows: list[dict[str, Any]]) -> list[Change]:
        return [Change(**row) for row in rows]


class RestateInput(RequirementInput):
    line = serializers.PrimaryKeyRelatedField(
        queryset=OrderLine.objects.select_related("order"), required=False, help_text="To ask it anew of."
    )
    requirement = serializers.PrimaryKeyRelatedField(
        queryset=Requirement.objects.select_related("line__order"),
        required=False,
        help_text="To take the place of.",
    )


class EndRequirementInput(serializers.Serializer[Any]):
    requirement = serializers.PrimaryKeyRelatedField(
        queryset=Requirement.objects.select_related("line__order")
    )


class PickInput(serializers.Serializer[Any]):
    line = serializers.PrimaryKeyRelatedField(
        queryset=OrderLine.objects.select_related("item__site", "order")
    )
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.select_related("item__site"))
    quantity = serializers.DecimalField(16, 4)


class ShipInput(serializers.Serializer[Any]):
    lots = PickInput(
        many=True,
        required=False,
        allow_empty=False,
        help_text="Left out: all that is ready, first expired first.",
    )
    lines = serializers.PrimaryKeyRelatedField(
        queryset=OrderLine.objects.all(),
        many=True,
        required=False,
        allow_empty=False,
        help_text="Left out: every line of the order.",
    )
    carrier = serializers.CharField(max_length=60, required=False)
    carrier_reference = serializers.CharField(max_length=60, required=False)

    def validate_lots(self, lots: list[dict[str, Any]]) -> list[Pick]:
        return [Pick(**pick) for pick in lots]
