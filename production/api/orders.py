"""Production orders and what customers asked of them, over the API: planned, released, cancelled."""

from datetime import timedelta

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.papers.api import PaperSerializer
from mes.papers.inputs import PaperInput
from production import change_inputs, inputs, services
from production.api.reasons import WhySerializer, why_data
from production.explaining import explain
from production.models import ProductionOrder, Specification


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
