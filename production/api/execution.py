"""Production orders, batches and operations: planned, released, started, finished."""

from datetime import timedelta
from typing import cast

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Item
from mes.core import signing
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User
from mes.core.signing.api import SignatureSerializer
from mes.core.signing.inputs import SignInput
from mes.core.unknown import read_parameters
from mes.papers.api import PaperSerializer
from mes.papers.inputs import PaperInput, SignedPaperInput
from production import change_inputs, inputs, services
from production.api.instructions import BindingSerializer, WorkedToSerializer
from production.api.reasons import WhySerializer, why_data
from production.api.reviews import ReviewSerializer, review_data
from production.api.starting import (
    MAY_OVERRIDE,
    GateOverrideSerializer,
    GateStandingSerializer,
    OverrideGateInput,
    StandingInput,
)
from production.asked import asked_of
from production.explaining import explain
from production.instructions import binding_instructions, worked_to
from production.models import (
    Batch,
    Operation,
    ProductionOrder,
    ProgressReport,
    Specification,
    TimeEntry,
    WorkCenter,
)
from production.paper_inputs import BatchFirstArticleInput
from production.standing import gates_standing

MAY_PLAN = "production.change_slot"


class SpecificationSerializer(serializers.ModelSerializer[Specification]):
    class Meta:
        model = Specification
        fields = [
            "id",
            "order",
            "kind",
            "text",
            "source",
            "component",
            "step",
            "characteristic",
            "attribute",
            "expected",
            "lower_limit",
            "upper_limit",
            "qualification",
        ]


class SpecificationViewSet(ReadViewSet[Specification]):
    """Customers' requirements where they bind; they are stated with the order and handed down."""

    queryset = Specification.objects.all()
    serializer_class = SpecificationSerializer
    filterset_fields = ["order", "kind", "component", "step", "characteristic"]


class ProductionOrderSerializer(serializers.ModelSerializer[ProductionOrder]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    projected_end = serializers.DateTimeField(
        read_only=True, default=None, help_text="By the published schedule"
    )
    lateness_seconds = serializers.SerializerMethodField(
        help_text="Negative when early; null when unscheduled"
    )

    class Meta:
        model = ProductionOrder
        fields = [
            "id",
            "number",
            "site",
            "item",
            "item_number",
            "quantity",
            "due_at",
            "earliest_start_at",
            "priority",
            "strategy",
            "status",
            "parent",
            "reason",
            "campaign",
            "projected_end",
            "lateness_seconds",
        ]

    def get_lateness_seconds(self, order: ProductionOrder) -> int | None:
        lateness: timedelta | None = getattr(order, "lateness", None)
        return None if lateness is None else int(lateness.total_seconds())


class ProductionOrderFilter(django_filters.FilterSet):
    is_late = django_filters.BooleanFilter(method="late", label="Open and projected to end after it is due")
    due_before = django_filters.IsoDateTimeFilter(field_name="due_at", lookup_expr="lt")
    is_top = django_filters.BooleanFilter(field_name="parent", lookup_expr="isnull", label="Is no sub-order")

    class Meta:
        model = ProductionOrder
        fields = ["number", "site", "item", "status", "priority", "strategy", "parent", "campaign"]

    def late(self, orders: QuerySet[ProductionOrder], name: str, value: bool) -> QuerySet[ProductionOrder]:
        late = ProductionOrder.objects.late().values("pk")
        return orders.filter(pk__in=late) if value else orders.exclude(pk__in=late)


class ProductionOrderViewSet(ReadViewSet[ProductionOrder]):
    """What is to be made by when, with sub-orders for its components."""

    queryset = ProductionOrder.objects.with_projection().select_related("item")
    serializer_class = ProductionOrderSerializer
    filterset_class = ProductionOrderFilter
    search_fields = ["number", "item__number", "reason"]
    ordering_fields = ["due_at", "priority", "number"]

    create = create_endpoint(services.plan_production, input=inputs.PlanProductionInput)
    release = service_endpoint(services.release_order)
    cancel = service_endpoint(services.cancel_order, input=inputs.CancelProductionInput)
    reprioritise = service_endpoint(services.reprioritise_order, input=change_inputs.ReprioritiseInput)
    issue_traveler = service_endpoint(
        services.issue_traveler, input=PaperInput, output=PaperSerializer, permission="papers.issue_traveler"
    )

    @extend_schema(responses=WhySerializer, filters=False)
    @action(detail=True)
    def why(self, request: Request, pk: str) -> Response:
        """What the order, or the one that waits for it, waits for from now to its projected end; the binding cause first."""
        return Response(WhySerializer(why_data(explain(self.get_object(), at=timezone.now()))).data)


class BatchSerializer(serializers.ModelSerializer[Batch]):
    class Meta:
        model = Batch
        fields = [
            "id",
            "number",
            "order",
            "plan",
            "quantity",
            "status",
            "lot",
            "rework_of",
            "transformation",
            "good_quantity",
            "scrap_quantity",
            "started_at",
            "finished_at",
        ]


class BatchViewSet(ReadViewSet[Batch]):
    """Runs of orders, each yielding one lot."""

    queryset = Batch.objects.all()
    serializer_class = BatchSerializer
    filterset_fields = ["order", "number", "plan", "status", "lot"]
    search_fields = ["number"]

    split = service_endpoint(services.split_batch, input=change_inputs.SplitBatchInput)
    join = service_endpoint(services.join_batches, input=change_inputs.JoinBatchesInput)
    issue_first_article = service_endpoint(
        services.issue_first_article,
        input=BatchFirstArticleInput,
        output=PaperSerializer,
        permission="papers.issue_first_article",
    )
    rework = service_endpoint(services.plan_rework, input=inputs.ReworkInput)
    sign = service_endpoint(
        signing.sign, input=SignInput, output=SignatureSerializer, permission="inventory.judge_lot"
    )
    answer_exceptions = service_endpoint(
        services.answer_exceptions, input=inputs.AnswerExceptionsInput, permission="inventory.judge_lot"
    )
    issue_record = service_endpoint(
        services.issue_batch_record,
        input=SignedPaperInput,
        output=PaperSerializer,
        permission="papers.issue_batch_record",
    )

    @extend_schema(responses=ReviewSerializer)
    @action(detail=True, filterset_fields=None)
    def review(self, request: Request, pk: int) -> Response:
        """Everything unusual about a batch, oldest first, with what was found about it, and what keeps its release waiting."""
        return Response(ReviewSerializer(review_data(self.get_object())).data)

    @extend_schema(responses=WorkedToSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def instructions(self, request: Request, pk: str) -> Response:
        """Which version of each work instruction was in force when each step of the batch was begun, in the order of its steps."""
        operations = list(self.get_object().operations.select_related("step").order_by("sequence"))
        return Response(WorkedToSerializer(instance=worked_to(operations), many=True).data)


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
