"""Inspection plans and their characteristics."""

from typing import Any

from rest_framework import serializers

from mes.core import signing
from mes.core.api import CheckedSerializer, MasterDataViewSet, service_endpoint
from mes.core.signing.api import SignatureSerializer
from mes.core.signing.inputs import SignedInput, SignInput
from quality import inputs, services
from quality.api.sampling import InspectionPictureSerializer
from quality.models import Characteristic, InspectionPlan


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
