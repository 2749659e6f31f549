"""What stands between an operation and its start: gates, overrides of them, cleanings of machines."""

from typing import Any

from rest_framework import serializers

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User
from mes.core.signing.inputs import SignatureField
from production import services
from production.inputs import machine_field
from production.models import Cleaning, CleaningCheck, Gate, GateOverride
from production.standing import OPEN, OVERRIDDEN, SHUT

MAY_OVERRIDE = "production.override_gate"


class OverrideGateInput(serializers.Serializer[Any]):
    gate = serializers.ChoiceField(Gate.choices)
    reason = serializers.CharField(max_length=500, help_text="Why it may start in spite of it")
    person = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), required=False, help_text="Who starts; left out: you"
    )
    machine = machine_field(required=False, help_text="Left out: where the schedule has it")
    signature = SignatureField(help_text="Always needed")


class StandingInput(serializers.Serializer[Any]):
    person = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True),
        required=False,
        help_text="Who would start; left out: you",
    )
    machine = machine_field(required=False, help_text="Left out: where the schedule has it")


class GateOverrideSerializer(serializers.ModelSerializer[GateOverride]):
    class Meta:
        model = GateOverride
        fields = ["id", "operation", "gate", "refusal", "reason", "person", "machine", "by", "at"]


class GateStandingSerializer(serializers.Serializer[Any]):
    """One gate for who would start: `detail` and `remedy` say what is wrong and what to do."""

    gate = serializers.ChoiceField(Gate.choices)
    state = serializers.ChoiceField([(OPEN, "Open"), (SHUT, "Shut"), (OVERRIDDEN, "Shut, answered for")])
    detail = serializers.CharField()
    remedy = serializers.CharField()
    may_be_overridden = serializers.BooleanField()
    override = GateOverrideSerializer(allow_null=True)


class GateOverrideViewSet(ReadViewSet[GateOverride]):
    """Gates that somebody answered for: what was wrong, why work started in spite of it, who said so."""

    queryset = GateOverride.objects.all()
    serializer_class = GateOverrideSerializer
    filterset_fields = ["operation", "operation__batch", "operation__batch__order", "gate", "person", "by"]


class RecordCleaningInput(serializers.Serializer[Any]):
    machine = machine_field()
    kind = serializers.CharField(max_length=80, help_text="As the changeover or work center calls it")
    note = serializers.CharField(max_length=300, required=False)


class CheckCleaningInput(serializers.Serializer[Any]):
    is_clean = serializers.BooleanField()
    note = serializers.CharField(max_length=300, required=False, help_text="Needed when it is not clean")


class CleaningCheckSerializer(serializers.ModelSerializer[CleaningCheck]):
    class Meta:
        model = CleaningCheck
        fields = ["is_clean", "note", "by", "at"]


class CleaningSerializer(serializers.ModelSerializer[Cleaning]):
    check = CleaningCheckSerializer(source="check_of_it", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Cleaning
        fields = ["id", "machine", "kind", "after", "note", "by", "at", "check"]


class CleaningViewSet(ReadViewSet[Cleaning]):
    """Cleanings and line clearances. POST records one; it counts until something runs on the machine again."""

    queryset = Cleaning.objects.select_related("check_of_it")
    serializer_class = CleaningSerializer
    filterset_fields = ["machine", "kind", "after", "by"]
    ordering_fields = ["at"]

    create = create_endpoint(services.record_cleaning, input=RecordCleaningInput)
    inspect = service_endpoint(
        services.check_cleaning,
        input=CheckCleaningInput,
        output=CleaningCheckSerializer,
        permission="production.add_cleaningcheck",
    )
