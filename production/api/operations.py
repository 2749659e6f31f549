"""Operations and the time spent on them, over the API: started, reported, finished."""

from typing import cast

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Item
from mes.core.api import ReadViewSet, service_endpoint
from mes.core.models import User
from mes.core.unknown import read_parameters
from production import inputs, services
from production.api.instructions import BindingSerializer
from production.api.orders import SpecificationSerializer
from production.api.starting import (
    MAY_OVERRIDE,
    GateOverrideSerializer,
    GateStandingSerializer,
    OverrideGateInput,
    StandingInput,
)
from production.asked import asked_of
from production.instructions import binding_instructions
from production.models import Operation, ProductionOrder, ProgressReport, TimeEntry, WorkCenter
from production.standing import gates_standing

MAY_PLAN = "production.change_slot"


class ProgressReportSerializer(serializers.ModelSerializer[ProgressReport]):
    class Meta:
        model = ProgressReport
        fields = ["id", "operation", "good", "scrap", "by", "at"]


class OperationSerializer(serializers.ModelSerializer[Operation]):
    batch_number = serializers.CharField(source="batch.number", read_only=True)
    order = serializers.IntegerField(source="batch.order_id", read_only=True)
    name = serializers.CharField(source="step.name", read_only=True)
    work_center = serializers.IntegerField(source="step.work_center_id", read_only=True)
    is_ready = serializers.BooleanField(read_only=True, default=None, help_text="It is its turn")
    is_blocked = serializers.BooleanField(
        read_only=True, default=None, help_text="Only a verdict or a held lot keeps it from starting"
    )
    slot_machine = serializers.IntegerField(read_only=True, default=None)
    slot_starts_at = serializers.DateTimeField(read_only=True, default=None)
    slot_ends_at = serializers.DateTimeField(read_only=True, default=None)

    class Meta:
        model = Operation
        fields = [
            "id",
            "batch",
            "batch_number",
            "order",
            "step",
            "name",
            "sequence",
            "work_center",
            "status",
            "machine",
            "started_at",
            "running_since",
            "finished_at",
            "good_quantity",
            "scrap_quantity",
            "inspection",
            "rework_of",
            "pinned_machine",
            "pinned_start_at",
            "is_ready",
            "is_blocked",
            "slot_machine",
            "slot_starts_at",
            "slot_ends_at",
        ]


class OperationFilter(django_filters.FilterSet):
    order = django_filters.ModelChoiceFilter(
        field_name="batch__order", queryset=ProductionOrder.objects.all()
    )
    work_center = django_filters.ModelChoiceFilter(
        field_name="step__work_center", queryset=WorkCenter.objects.all()
    )
    item = django_filters.ModelChoiceFilter(field_name="batch__order__item", queryset=Item.objects.all())
    is_ready = django_filters.BooleanFilter()
    is_blocked = django_filters.BooleanFilter()
    planned_machine = django_filters.NumberFilter(field_name="slot_machine")

    class Meta:
        model = Operation
        fields = ["batch", "step", "status", "machine"]


class OperationViewSet(ReadViewSet[Operation]):
    """Steps of batches: what is running, what is ready, where the schedule has the rest."""

    queryset = (
        Operation.objects.with_readiness()
        .with_slot()
        .select_related("batch__order", "batch__plan__item", "step__work_center__site", "machine")
    )
    serializer_class = OperationSerializer
    filterset_class = OperationFilter
    search_fields = ["batch__number", "step__name"]
    ordering_fields = ["slot_starts_at", "sequence"]

    start = service_endpoint(services.start_operation, input=inputs.StartInput)
    pause = service_endpoint(services.pause_operation, input=inputs.PauseInput)
    resume = service_endpoint(services.resume_operation, input=inputs.StartInput)
    report = service_endpoint(
        services.report_progress, input=inputs.ProgressInput, output=ProgressReportSerializer
    )
    finish = service_endpoint(services.finish_operation, input=inputs.FinishInput)
    pin = service_endpoint(services.pin_operation, input=inputs.PinInput, permission=MAY_PLAN)
    unpin = service_endpoint(services.unpin_operation, permission=MAY_PLAN)

    override_gate = service_endpoint(
        services.override_gate,
        input=OverrideGateInput,
        output=GateOverrideSerializer,
        permission=MAY_OVERRIDE,
    )

    @extend_schema(parameters=[StandingInput], responses=GateStandingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def gates(self, request: Request, pk: str) -> Response:
        """Every gate before an operation that waits or is paused, for who would start it now; what is shut says what to do."""
        who = {"person": cast("User", request.user)} | read_parameters(StandingInput, request)
        standing = gates_standing(self.get_object(), **who, at=timezone.now())
        return Response(GateStandingSerializer(instance=standing, many=True).data)

    @extend_schema(responses=SpecificationSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def asked(self, request: Request, pk: str) -> Response:
        """What customers ask of this operation beyond the drawing: of the step, its material, its inspection, and of the whole order."""
        return Response(SpecificationSerializer(asked_of(self.get_object()), many=True).data)

    @extend_schema(responses=BindingSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def instructions(self, request: Request, pk: str) -> Response:
        """The work instructions in force for this operation, and whether you have read those that must be."""
        reader = cast("User", request.user)
        found = binding_instructions(self.get_object().step, reader=reader, at=timezone.now())
        return Response(BindingSerializer(instance=found, many=True).data)


class TimeEntrySerializer(serializers.ModelSerializer[TimeEntry]):
    class Meta:
        model = TimeEntry
        fields = ["id", "operation", "machine", "by", "started_at", "ended_at"]


class TimeEntryFilter(django_filters.FilterSet):
    since = django_filters.IsoDateTimeFilter(field_name="ended_at", lookup_expr="gte")

    class Meta:
        model = TimeEntry
        fields = ["operation", "machine", "by"]


class TimeEntryViewSet(ReadViewSet[TimeEntry]):
    """Stretches of work on operations."""

    queryset = TimeEntry.objects.all()
    serializer_class = TimeEntrySerializer
    filterset_class = TimeEntryFilter
