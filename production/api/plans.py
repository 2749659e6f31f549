"""Process plans, their steps and components. Only a draft can be changed; what is in force is revised."""

from typing import Any

from django.db.models import Prefetch
from rest_framework import serializers

from mes.core import signing
from mes.core.api import MasterDataViewSet, service_endpoint
from mes.core.signing.api import SignatureSerializer
from mes.core.signing.inputs import SignedInput, SignInput
from production import inputs, services
from production.models import Component, ProcessPlan, Step


class StepSerializer(serializers.ModelSerializer[Step]):
    class Meta:
        model = Step
        fields = [
            "id",
            "plan",
            "sequence",
            "name",
            "work_center",
            "machines",
            "setup_seconds",
            "setup_family",
            "run_seconds",
            "fixed_seconds",
            "transfer_quantity",
            "may_pause",
            "inspection_plan",
            "first_piece_plan",
            "periodic_plan",
            "required_qualification",
            "special_process",
            "instruction",
        ]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = _only_in_drafts(self.instance, attrs)
        stated = ("plan", "transfer_quantity", "inspection_plan")
        step = Step(**{name: attrs.get(name, getattr(self.instance, name, None)) for name in stated})
        if fault := step.why_not_handed_on():
            raise serializers.ValidationError({"transfer_quantity": [fault]})
        return attrs


class StepViewSet(MasterDataViewSet[Step]):
    """Steps of routings; `machines` empty stands for every machine of the work center."""

    queryset = Step.objects.select_related("plan__item").prefetch_related("machines")
    serializer_class = StepSerializer
    filterset_fields = ["plan", "work_center", "setup_family"]
    ordering_fields = ["sequence"]

    def perform_destroy(self, instance: Step) -> None:
        services.require_draft(instance.plan)
        instance.delete()


class ComponentSerializer(serializers.ModelSerializer[Component]):
    class Meta:
        model = Component
        fields = ["id", "plan", "step", "item", "quantity_per"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = _only_in_drafts(self.instance, attrs)
        plan = attrs.get("plan") or self.instance.plan  # type: ignore[union-attr]  # one or the other
        step = attrs.get("step") or self.instance.step  # type: ignore[union-attr]  # as above
        if step.plan_id != plan.pk:
            raise serializers.ValidationError({"step": ["Choose a step of the same plan."]})
        if "item" in attrs:
            services.require_no_circle_by(plan, attrs["item"])
        return attrs


class ComponentViewSet(MasterDataViewSet[Component]):
    """What steps take to make one unit."""

    queryset = Component.objects.select_related("plan__item", "step")
    serializer_class = ComponentSerializer
    filterset_fields = ["plan", "step", "item"]

    def perform_destroy(self, instance: Component) -> None:
        services.require_draft(instance.plan)
        instance.delete()


class ProcessPlanSerializer(serializers.ModelSerializer[ProcessPlan]):
    steps = StepSerializer(many=True, read_only=True)
    components = ComponentSerializer(many=True, read_only=True)

    class Meta:
        model = ProcessPlan
        fields = [
            "id",
            "item",
            "revision",
            "status",
            "batch_maximum",
            "approved_by",
            "approved_at",
            "steps",
            "components",
        ]
        read_only_fields = ["status", "approved_by", "approved_at"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is not None:
            services.require_draft(self.instance)
        return attrs


class ProcessPlanViewSet(MasterDataViewSet[ProcessPlan]):
    """How items are made: bill of material and routing under one revision."""

    queryset = ProcessPlan.objects.select_related("item").prefetch_related(
        Prefetch("steps", Step.objects.prefetch_related("machines").order_by("sequence", "pk")),
        Prefetch("components", Component.objects.order_by("step__sequence", "pk")),
    )
    serializer_class = ProcessPlanSerializer
    filterset_fields = ["item", "revision", "status"]
    search_fields = ["item__number"]

    approve = service_endpoint(services.approve_process_plan, input=SignedInput)
    sign = service_endpoint(signing.sign, input=SignInput, output=SignatureSerializer)
    revise = service_endpoint(
        services.revise_process_plan,
        input=inputs.ReviseProcessPlanInput,
        output=ProcessPlanSerializer,
        permission="production.add_processplan",
    )
    revise_drawing = service_endpoint(
        services.revise_drawing,
        input=inputs.ReviseDrawingInput,
        output=ProcessPlanSerializer,
        permission="production.add_processplan",
    )

    def perform_destroy(self, instance: ProcessPlan) -> None:
        services.require_draft(instance)
        instance.delete()


def _only_in_drafts(row: Step | Component | None, attrs: dict[str, Any]) -> dict[str, Any]:
    """Neither the plan a row is in nor the one it would go to may be in force."""
    plans: list[ProcessPlan | None] = [row.plan if row is not None else None, attrs.get("plan")]
    for plan in filter(None, plans):
        services.require_draft(plan)
    return attrs
