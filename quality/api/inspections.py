"""Inspections of lots, and the results that are entered."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from quality import inputs, services
from quality.models import Inspection, Measurement, SamplePiece, Tightening


class MeasurementSerializer(serializers.ModelSerializer[Measurement]):
    confirmed_by = serializers.SerializerMethodField(help_text="The second person, where one confirmed it")

    class Meta:
        model = Measurement
        fields = [
            "id",
            "inspection",
            "characteristic",
            "piece",
            "value",
            "conforms",
            "gauge",
            "entered",
            "is_confirmed_real",
            "confirmed_by",
            "at",
            "by",
            "corrects",
            "note",
        ]

    def get_confirmed_by(self, measurement: Measurement) -> int | None:
        confirmation = getattr(measurement, "confirmation", None)
        return confirmation.by_id if confirmation is not None else None


class MeasurementViewSet(ReadViewSet[Measurement]):
    """Results, judged on entry. POST records one; the last one concludes its inspection."""

    queryset = Measurement.objects.select_related(
        "inspection__plan__sampling", "inspection__source", "characteristic", "confirmation"
    )
    serializer_class = MeasurementSerializer
    filterset_fields = ["inspection", "inspection__lot", "characteristic", "piece", "conforms", "gauge"]
    ordering_fields = ["at"]

    create = create_endpoint(services.record_measurement, input=inputs.CreateMeasurementInput)
    correct = service_endpoint(
        services.correct_measurement,
        input=inputs.CorrectInput,
        output=MeasurementSerializer,
        permission="quality.add_measurement",
    )
    confirm = service_endpoint(services.confirm_measurement, permission="quality.add_measurement")


class TighteningSerializer(serializers.ModelSerializer[Tightening]):
    class Meta:
        model = Tightening
        fields = ["characteristic", "lower_limit", "upper_limit", "source"]


class SamplePieceSerializer(serializers.ModelSerializer[SamplePiece]):
    class Meta:
        model = SamplePiece
        fields = ["piece", "identity"]


class StandingSerializer(serializers.Serializer[Any]):
    """What the results so far say of the lot."""

    verdict = serializers.ChoiceField(
        choices=["accept", "reject", "more", "open"],
        help_text="accept, reject: no result still to come can change it",
    )
    found = serializers.IntegerField(help_text="Nonconforming pieces, or nonconformities, so far")
    why = serializers.CharField()
    unconfirmed = serializers.IntegerField(help_text="Results that wait for a second person")
    pieces = SamplePieceSerializer(many=True, help_text="Pieces of the sample that were named")


class InspectionSerializer(serializers.ModelSerializer[Inspection]):
    samples = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(allow_null=True)),
        read_only=True,
        help_text="Each sample of the plan: its size, and the cumulative acceptance (null: too early) and rejection number",
    )
    stage = serializers.CharField(source="plan.stage", read_only=True)
    tightenings = TighteningSerializer(many=True, read_only=True)

    class Meta:
        model = Inspection
        fields = [
            "id",
            "plan",
            "stage",
            "lot",
            "status",
            "lot_quantity",
            "sample_size",
            "samples",
            "drawn",
            "code_letter",
            "severity",
            "sampled_because",
            "source",
            "due_at",
            "reference",
            "repeats",
            "note",
            "opened_at",
            "closed_at",
            "closed_by",
            "tightenings",
        ]


class EnteredSerializer(serializers.Serializer[Any]):
    """The results that were entered, in the order in which they were given."""

    results = serializers.SerializerMethodField()

    @extend_schema_field(MeasurementSerializer(many=True))
    def get_results(self, entered: list[Measurement]) -> Any:
        return MeasurementSerializer(entered, many=True).data


class InspectionViewSet(ReadViewSet[Inspection]):
    """Plans applied to lots. POST opens one; production and receiving open theirs themselves."""

    queryset = Inspection.objects.select_related(
        "plan__sampling", "lot__item__site", "source"
    ).prefetch_related("tightenings")
    serializer_class = InspectionSerializer
    filterset_fields = ["plan", "plan__stage", "lot", "status", "severity", "source", "reference"]
    ordering_fields = ["opened_at", "due_at"]

    create = create_endpoint(services.ask_for_inspection, input=inputs.OpenInspectionInput)
    measure = service_endpoint(
        services.record_measurement,
        input=inputs.RecordInput,
        output=MeasurementSerializer,
        permission="quality.add_measurement",
    )
    results = service_endpoint(
        services.record_results,
        input=inputs.ResultsInput,
        output=EnteredSerializer,
        permission="quality.add_measurement",
    )
    conclude = service_endpoint(services.conclude_inspection)
    cancel = service_endpoint(services.cancel_inspection, input=inputs.ReasonInput)
    repeat = service_endpoint(
        services.repeat_inspection,
        input=inputs.RepeatInput,
        output=InspectionSerializer,
        permission="quality.add_inspection",
    )

    @extend_schema(responses=StandingSerializer, filters=False)
    @action(detail=True)
    def standing(self, request: Request, pk: str) -> Response:
        """What the results so far say of the lot: the verdict as soon as it is certain, else what it takes."""
        inspection = self.get_object()
        found = services.standing_of(inspection)
        told = {
            "verdict": found.verdict,
            "found": found.found,
            "why": found.why,
            "unconfirmed": services.unconfirmed(inspection),
            "pieces": inspection.pieces.order_by("piece"),
        }
        return Response(StandingSerializer(told).data)
