"""Changes to the plan as the API, the board and whoever else sends them: rows with a `kind` and its fields."""

from dataclasses import MISSING, fields
from typing import Any

from rest_framework import serializers

from inventory.models import Item
from production.changes import KINDS, MOST_PARTS, Change, Pin, Unpin, UseMachine
from production.models import Batch, Machine, Operation, Priority, ProductionOrder, WhatIf, WorkCenter

MOST_CHANGES = 100
PIN_KINDS = (Pin, Unpin, UseMachine)


class ChangeInput(serializers.Serializer[Any]):
    """One change. `pin`: operation, machine, start_at (null: any time). `unpin`: operation. `use_machine`: operation, machine.
    `overtime`: machine or work_center, starts_at, ends_at. `material_by`: item, at, order (left out: for all).
    `split`: batch, parts. `reprioritise`: order, priority or due_at.
    """

    kind = serializers.ChoiceField(choices=list(KINDS))
    operation = serializers.PrimaryKeyRelatedField(queryset=Operation.objects.all(), required=False)
    machine = serializers.PrimaryKeyRelatedField(
        queryset=Machine.objects.all(), required=False, allow_null=True
    )
    work_center = serializers.PrimaryKeyRelatedField(
        queryset=WorkCenter.objects.all(), required=False, allow_null=True
    )
    start_at = serializers.DateTimeField(required=False, allow_null=True)
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all(), required=False)
    at = serializers.DateTimeField(required=False)
    order = serializers.PrimaryKeyRelatedField(
        queryset=ProductionOrder.objects.all(), required=False, allow_null=True
    )
    batch = serializers.PrimaryKeyRelatedField(queryset=Batch.objects.all(), required=False)
    parts = serializers.IntegerField(min_value=2, max_value=MOST_PARTS, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> Any:
        """The change itself."""
        name = attrs.pop("kind")
        kind = KINDS[name]
        own = {field.name for field in fields(kind)}
        errors = {field: [f"A change of kind {name} has no such field."] for field in attrs.keys() - own}
        needed = {field.name for field in fields(kind) if field.default is MISSING} - {"machine"}
        if name in {"pin", "use_machine"}:
            needed.add("machine")
        errors |= {field: ["This field is required."] for field in sorted(needed) if attrs.get(field) is None}
        errors |= _one_of_several(name, attrs)
        if errors:
            raise serializers.ValidationError(errors)
        values = {field: getattr(value, "pk", value) for field, value in attrs.items()}
        return kind(**({"machine": None} if name == "overtime" else {}) | values)


def _one_of_several(kind: str, attrs: dict[str, Any]) -> dict[str, list[str]]:
    if kind == "overtime" and (attrs.get("machine") is None) == (attrs.get("work_center") is None):
        return {"machine": ["Name a machine or a work center, and not both."]}
    if kind == "reprioritise" and attrs.get("priority") is None and attrs.get("due_at") is None:
        return {"priority": ["Give a priority, a due date or both."]}
    return {}


class ChangesInput(serializers.Serializer[Any]):
    changes = serializers.ListField(child=ChangeInput(), allow_empty=False, max_length=MOST_CHANGES)


class MoreChangesInput(serializers.Serializer[Any]):
    changes = serializers.ListField(
        child=ChangeInput(),
        max_length=MOST_CHANGES,
        required=False,
        help_text="Added to those it has; left out: only worked out again",
    )
    without = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        max_length=MOST_CHANGES,
        required=False,
        help_text="Places, from 0, of those that are taken out of it",
    )
    freely = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether everything may move for it; left out: as it was",
    )


class TrialInput(ChangesInput):
    what_if = serializers.PrimaryKeyRelatedField(
        queryset=WhatIf.objects.open(),
        required=False,
        allow_null=True,
        help_text="An open what-if plan that they are added to; left out: the published plan",
    )
    seconds = serializers.FloatField(
        min_value=0, max_value=60, required=False, help_text="That the search may take; default 0"
    )


class WhatIfInput(ChangesInput):
    name = serializers.CharField(max_length=100)
    freely = serializers.BooleanField(
        default=False,
        help_text="Everything may move for it, as in the plan from hour to hour; else few operations do, as in a repair",
    )


class PinsInput(serializers.Serializer[Any]):
    """Changes that the board puts in force at once."""

    changes = serializers.ListField(child=ChangeInput(), allow_empty=False, max_length=MOST_CHANGES)

    def validate_changes(self, changes: list[Change]) -> list[Change]:
        for change in changes:
            if not isinstance(change, PIN_KINDS):
                raise serializers.ValidationError(
                    "Only pins are put in force at once; make a what-if plan of the rest and publish it."
                )
        return changes


class SplitBatchInput(serializers.Serializer[Any]):
    parts = serializers.IntegerField(min_value=2, max_value=MOST_PARTS)


class JoinBatchesInput(serializers.Serializer[Any]):
    others = serializers.PrimaryKeyRelatedField(
        queryset=Batch.objects.all(),
        many=True,
        allow_empty=False,
        help_text="Batches of the same order, whose quantities this one gets; they are cancelled.",
    )


class ReprioritiseInput(serializers.Serializer[Any]):
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    due_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"priority": ["Give a priority, a due date or both."]})
        return attrs
