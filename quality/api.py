"""The HTTP face of this app, and of lots, which are received through it."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api import JUDGE_LOT, LotViewSet
from inventory.inputs import ReceiveInput
from mes.core import signing
from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.core.signing.api import SignatureSerializer
from mes.core.signing.inputs import SignedInput, SignInput
from quality import api_actions, api_charts, api_gauges, api_sampling, inputs, services
from quality.api_sampling import InspectionPictureSerializer
from quality.models import (
    Characteristic,
    Inspection,
    InspectionPlan,
    Measurement,
    Nonconformance,
    SamplePiece,
    Tightening,
)


class ReceivingLotViewSet(LotViewSet):
    """Lots and serial numbers. POST receives a delivery: it opens the receiving inspection, or releases the lot where none is asked for."""

    create = create_endpoint(services.receive, input=ReceiveInput)
    release = service_endpoint(services.release_lot, input=SignedInput, permission=JUDGE_LOT)


class CharacteristicSerializer(serializers.ModelSerializer[Characteristic]):
    class Meta:
        model = Characteristic
        fields = [
            "id",
            "plan",
            "number",
            "name",
            "kind",
            "nominal",
            "lower_limit",
            "upper_limit",
            "uom",
            "method",
            "gauge_kind",
            "is_key",
            "plausible_lower",
            "plausible_upper",
            "needs_second_person",
            "instruction",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        services.require_draft(attrs.get("plan") or self.instance.plan)  # type: ignore[union-attr]  # one or the other
        return attrs


class CharacteristicViewSet(MasterDataViewSet[Characteristic]):
    """What a plan inspects; only a draft can be changed."""

    queryset = Characteristic.objects.select_related("plan")
    serializer_class = CharacteristicSerializer
    filterset_fields = ["plan", "is_key", "name"]
    ordering_fields = ["number"]

    def perform_destroy(self, instance: Characteristic) -> None:
        services.require_draft(instance.plan)
        instance.delete()


class InspectionPlanSerializer(CheckedSerializer[InspectionPlan]):
    class Meta:
        model = InspectionPlan
        fields = [
            "id",
            "code",
            "revision",
            "name",
            "item",
            "stage",
            "sampling",
            "every_minutes",
            "every_quantity",
            "identifies_pieces",
            "instruction",
            "status",
            "approved_by",
            "approved_at",
        ]
        read_only_fields = ["status", "approved_by", "approved_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None:
            services.require_draft(self.instance)
        return super().validate(attrs)


class InspectionPlanViewSet(MasterDataViewSet[InspectionPlan]):
    """What is inspected on an item at a stage. Only a draft can be changed; what is in force is revised."""

    queryset = InspectionPlan.objects.all()
    serializer_class = InspectionPlanSerializer
    filterset_fields = ["code", "item", "stage", "status"]
    search_fields = ["code", "name"]

    approve = service_endpoint(services.approve_inspection_plan, input=SignedInput)
    sign = service_endpoint(signing.sign, input=SignInput, output=SignatureSerializer)
    revise = service_endpoint(
        services.revise_inspection_plan,
        input=inputs.ReviseInput,
        output=InspectionPlanSerializer,
        permission="quality.add_inspectionplan",
    )
    attach = service_endpoint(
        services.attach_picture, input=inputs.AttachPictureInput, output=InspectionPictureSerializer
    )

    def perform_destroy(self, instance: InspectionPlan) -> None:
        services.require_draft(instance)
        instance.delete()


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

    create = create_endpoint(services.open_inspection, input=inputs.OpenInspectionInput)
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


class NonconformanceSerializer(serializers.ModelSerializer[Nonconformance]):
    class Meta:
        model = Nonconformance
        exclude = ["lot_was"]


class NonconformanceViewSet(ReadViewSet[Nonconformance]):
    """What is not as it should be. POST reports one and holds the lot; a decision carries itself out."""

    queryset = Nonconformance.objects.select_related("lot__item__site", "inspection__plan")
    serializer_class = NonconformanceSerializer
    filterset_fields = ["lot", "status", "disposition", "inspection", "owner", "cause_category"]
    search_fields = ["number", "description"]
    ordering_fields = ["opened_at", "due_date"]

    create = create_endpoint(services.open_nonconformance, input=inputs.ReportInput)
    decide = service_endpoint(services.decide_nonconformance, input=inputs.DecideInput)
    close = service_endpoint(services.close_nonconformance, input=inputs.CloseInput)
    assign = service_endpoint(services.assign_nonconformance, input=api_actions.AssignInput)
    name_cause = service_endpoint(services.name_cause, input=api_actions.NameCauseInput)
    put_cost = service_endpoint(
        services.put_cost, input=api_actions.PutCostInput, output=api_actions.CostEntrySerializer
    )
    open_action = service_endpoint(
        services.open_action_for,
        input=api_actions.OpenActionForInput,
        output=api_actions.CorrectiveActionSerializer,
        permission="quality.add_correctiveaction",
    )


VIEWSETS: dict[str, type] = {
    "inspection-plans": InspectionPlanViewSet,
    "characteristics": CharacteristicViewSet,
    "inspections": InspectionViewSet,
    "measurements": MeasurementViewSet,
    "nonconformances": NonconformanceViewSet,
    **api_charts.VIEWSETS,
    **api_actions.VIEWSETS,
    **api_gauges.VIEWSETS,
    **api_sampling.VIEWSETS,
}
