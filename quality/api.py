"""The HTTP face of this app, and of lots, which are received through it."""

from typing import Any

from rest_framework import serializers

from inventory.api import JUDGE_LOT, LotViewSet
from inventory.inputs import ReceiveInput
from mes.core.api import MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from quality import api_gauges, inputs, services
from quality.models import (
    Characteristic,
    Inspection,
    InspectionPlan,
    Measurement,
    Nonconformance,
    SamplingScheme,
    Tightening,
)


class ReceivingLotViewSet(LotViewSet):
    """Lots and serial numbers. POST receives a delivery: it opens the receiving inspection, or releases the lot where none is asked for."""

    create = create_endpoint(services.receive, input=ReceiveInput)
    release = service_endpoint(services.release_lot, permission=JUDGE_LOT)


class SamplingSchemeSerializer(serializers.ModelSerializer[SamplingScheme]):
    class Meta:
        model = SamplingScheme
        fields = ["id", "name", "kind", "size", "accept"]


class SamplingSchemeViewSet(MasterDataViewSet[SamplingScheme]):
    queryset = SamplingScheme.objects.all()
    serializer_class = SamplingSchemeSerializer


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


class InspectionPlanSerializer(serializers.ModelSerializer[InspectionPlan]):
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
            "status",
            "approved_by",
            "approved_at",
        ]
        read_only_fields = ["status", "approved_by", "approved_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None:
            services.require_draft(self.instance)
        return attrs


class InspectionPlanViewSet(MasterDataViewSet[InspectionPlan]):
    """What is inspected on an item at a stage. Only a draft can be changed; what is in force is revised."""

    queryset = InspectionPlan.objects.all()
    serializer_class = InspectionPlanSerializer
    filterset_fields = ["code", "item", "stage", "status"]
    search_fields = ["code", "name"]

    approve = service_endpoint(services.approve_inspection_plan)
    revise = service_endpoint(
        services.revise_inspection_plan,
        input=inputs.ReviseInput,
        output=InspectionPlanSerializer,
        permission="quality.add_inspectionplan",
    )

    def perform_destroy(self, instance: InspectionPlan) -> None:
        services.require_draft(instance)
        instance.delete()


class MeasurementSerializer(serializers.ModelSerializer[Measurement]):
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
            "at",
            "by",
            "corrects",
            "note",
        ]


class MeasurementViewSet(ReadViewSet[Measurement]):
    """Results, judged on entry. POST records one; the last one concludes its inspection."""

    queryset = Measurement.objects.select_related("inspection__plan__sampling", "characteristic")
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


class TighteningSerializer(serializers.ModelSerializer[Tightening]):
    class Meta:
        model = Tightening
        fields = ["characteristic", "lower_limit", "upper_limit", "source"]


class InspectionSerializer(serializers.ModelSerializer[Inspection]):
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
            "reference",
            "repeats",
            "note",
            "opened_at",
            "closed_at",
            "closed_by",
            "tightenings",
        ]


class InspectionViewSet(ReadViewSet[Inspection]):
    """Plans applied to lots. POST opens one; production and receiving open theirs themselves."""

    queryset = Inspection.objects.select_related("plan__sampling", "lot__item__site").prefetch_related(
        "tightenings"
    )
    serializer_class = InspectionSerializer
    filterset_fields = ["plan", "plan__stage", "lot", "status", "reference"]
    ordering_fields = ["opened_at"]

    create = create_endpoint(services.open_inspection, input=inputs.OpenInspectionInput)
    measure = service_endpoint(
        services.record_measurement,
        input=inputs.RecordInput,
        output=MeasurementSerializer,
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


class NonconformanceSerializer(serializers.ModelSerializer[Nonconformance]):
    class Meta:
        model = Nonconformance
        exclude = ["lot_was"]


class NonconformanceViewSet(ReadViewSet[Nonconformance]):
    """What is not as it should be. POST reports one and holds the lot; a decision carries itself out."""

    queryset = Nonconformance.objects.select_related("lot__item__site", "inspection__plan")
    serializer_class = NonconformanceSerializer
    filterset_fields = ["lot", "status", "disposition", "inspection", "owner"]
    search_fields = ["number", "description"]
    ordering_fields = ["opened_at", "due_date"]

    create = create_endpoint(services.open_nonconformance, input=inputs.ReportInput)
    decide = service_endpoint(services.decide_nonconformance, input=inputs.DecideInput)
    close = service_endpoint(services.close_nonconformance, input=inputs.CloseInput)


VIEWSETS: dict[str, type] = {
    "lots": ReceivingLotViewSet,
    "sampling-schemes": SamplingSchemeViewSet,
    "inspection-plans": InspectionPlanViewSet,
    "characteristics": CharacteristicViewSet,
    "inspections": InspectionViewSet,
    "measurements": MeasurementViewSet,
    "nonconformances": NonconformanceViewSet,
    **api_gauges.VIEWSETS,
}
