"""The HTTP face of this app."""

from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from orders import evidence, inputs, services
from orders.models import (
    Customer,
    CustomOrder,
    OrderLine,
    Promise,
    Requirement,
    Shipment,
    ShipmentLine,
    State,
)


def detailed_orders() -> QuerySet[CustomOrder]:
    """Orders with their state and their lines' progress: three queries, however many."""
    lines = OrderLine.objects.with_progress().select_related("item", "order").order_by("number")
    return (
        CustomOrder.objects.with_state(OrderLine.objects.all())
        .select_related("customer")
        .prefetch_related(Prefetch("lines", lines))
    )


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ["id", "code", "name", "email", "address"]


class RequirementSerializer(serializers.ModelSerializer[Requirement]):
    class Meta:
        model = Requirement
        fields = [
            "id",
            "line",
            "kind",
            "text",
            "component_number",
            "step_sequence",
            "characteristic_name",
            "attribute",
            "expected",
            "lower_limit",
            "upper_limit",
            "evidence",
            "proven_by",
            "proven_at",
        ]


class ProofSerializer(serializers.Serializer[evidence.Proof]):
    requirement = RequirementSerializer()
    binds = serializers.CharField()
    evidence = serializers.CharField()
    is_open = serializers.BooleanField(help_text="Shipment is refused while it is.")
    is_automatic = serializers.BooleanField(help_text="Judged from records; otherwise a person proves it.")


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line with where it stands; quantities in the item's unit, dates in the site's calendar."""

    item_number = serializers.CharField(source="item.number", read_only=True)
    uom = serializers.CharField(source="item.uom", read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    why = serializers.CharField(read_only=True)
    shipped_quantity = serializers.DecimalField(18, 4, read_only=True)
    ready_quantity = serializers.DecimalField(18, 4, read_only=True)
    made_quantity = serializers.DecimalField(18, 4, read_only=True)
    uncovered_quantity = serializers.DecimalField(18, 4, read_only=True)
    promised_date = serializers.DateField(read_only=True, allow_null=True)
    projected_date = serializers.DateField(read_only=True, allow_null=True)

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "order",
            "number",
            "item",
            "item_number",
            "uom",
            "quantity",
            "due_date",
            "priority",
            "unit_price",
            "state",
            "why",
            "shipped_quantity",
            "ready_quantity",
            "made_quantity",
            "uncovered_quantity",
            "promised_date",
            "projected_date",
        ]

    def to_representation(self, instance: Any) -> Any:
        """What a service returns carries no progress; it is read here."""
        if not hasattr(instance, "state"):
            instance = OrderLine.objects.with_progress().select_related("item", "order").get(pk=instance.pk)
        return super().to_representation(instance)


class OrderSerializer(serializers.ModelSerializer[CustomOrder]):
    customer_code = serializers.CharField(source="customer.code", read_only=True)
    state = serializers.ChoiceField(
        choices=State.choices, read_only=True, help_text="Of its line most in need of a person."
    )
    lines = OrderLineSerializer(many=True, read_only=True)
    tracking_url = serializers.SerializerMethodField(help_text="For the customer; whoever has it may see it.")

    class Meta:
        model = CustomOrder
        fields = [
            "id",
            "number",
            "customer",
            "customer_code",
            "customer_reference",
            "status",
            "state",
            "ordered_at",
            "confirmed_at",
            "tracking_url",
            "lines",
        ]

    def to_representation(self, instance: Any) -> Any:
        """What a service returns carries no progress; it is read here."""
        if not hasattr(instance, "state"):
            instance = detailed_orders().get(pk=instance.pk)
        return super().to_representation(instance)

    @extend_schema_field(OpenApiTypes.URI)
    def get_tracking_url(self, order: CustomOrder) -> str:
        path = reverse("track-order", args=[order.tracking_token])
        request: Request | None = self.context.get("request")
        return request.build_absolute_uri(path) if request is not None else path


class PromiseSerializer(serializers.ModelSerializer[Promise]):
    class Meta:
        model = Promise
        fields = ["id", "line", "promised_date", "binding", "made_at", "by"]


class ShipmentLineSerializer(serializers.ModelSerializer[ShipmentLine]):
    lot_number = serializers.CharField(source="lot.number", read_only=True)

    class Meta:
        model = ShipmentLine
        fields = ["line", "lot", "lot_number", "quantity", "move"]


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    lines = ShipmentLineSerializer(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = ["id", "number", "order", "shipped_at", "by", "carrier", "carrier_reference", "lines"]


class OrderFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=State.choices)
    customer_code = django_filters.CharFilter(field_name="customer__code")

    class Meta:
        model = CustomOrder
        fields = {
            "status": ["exact"],
            "customer": ["exact"],
            "number": ["exact"],
            "customer_reference": ["exact"],
            "ordered_at": ["gte", "lt"],
        }


class OrderLineFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=State.choices)

    class Meta:
        model = OrderLine
        fields = {
            "order": ["exact"],
            "order__customer": ["exact"],
            "item": ["exact"],
            "due_date": ["exact", "gte", "lte"],
        }


class CustomerViewSet(MasterDataViewSet[Customer]):
    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_fields = ["code"]
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name"]


class OrderViewSet(ReadViewSet[CustomOrder]):
    """Orders with their lines; every change is one of the endpoints below."""

    queryset = CustomOrder.objects.all()
    serializer_class = OrderSerializer
    filterset_class = OrderFilter
    search_fields = ["number", "customer_reference", "customer__name", "lines__item__number"]
    ordering_fields = ["number", "ordered_at", "wanted_date"]

    create = create_endpoint(services.create_order, input=inputs.OrderInput)
    add_line = service_endpoint(services.add_line, input=inputs.LineInput, output=OrderLineSerializer)
    confirm = service_endpoint(services.confirm_order)
    promise = service_endpoint(services.promise_order)
    ship = service_endpoint(
        services.ship, input=inputs.ShipInput, output=ShipmentSerializer, permission="orders.add_shipment"
    )
    cancel = service_endpoint(services.cancel_order, input=inputs.ReasonInput)
    reopen = service_endpoint(services.reopen_order, input=inputs.ReasonInput)
    renew_tracking_link = service_endpoint(services.renew_tracking_link)

    def get_queryset(self) -> QuerySet[CustomOrder]:
        return detailed_orders()

    @extend_schema(responses=ProofSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def evidence(self, request: Request, pk: str) -> Response:
        """Every requirement of the order, where it binds, and what proves it."""
        return Response(ProofSerializer(evidence.matrix(self.get_object()), many=True).data)


class OrderLineViewSet(ReadViewSet[OrderLine], DestroyModelMixin):
    """Order lines with where they stand. Deleting one takes it off its draft."""

    queryset = OrderLine.objects.all()
    serializer_class = OrderLineSerializer
    filterset_class = OrderLineFilter
    search_fields = ["order__number", "item__number"]
    ordering_fields = ["due_date", "wanted_date", "priority"]

    amend = service_endpoint(services.amend_line, input=inputs.AmendInput)
    cover = service_endpoint(services.cover_line)
    promise = service_endpoint(services.promise_line, input=inputs.PromiseInput, output=PromiseSerializer)
    state_requirement = service_endpoint(
        services.state_requirement, input=inputs.RequirementInput, output=RequirementSerializer
    )

    def get_queryset(self) -> QuerySet[OrderLine]:
        return OrderLine.objects.with_progress().select_related("item", "order")

    def perform_destroy(self, instance: OrderLine) -> None:
        services.remove_line(instance, by=self.request.user, at=timezone.now())


class RequirementViewSet(ReadViewSet[Requirement], DestroyModelMixin):
    """What customers ask beyond the drawing. Deleting one takes it back from its draft."""

    queryset = Requirement.objects.select_related("line__order")
    serializer_class = RequirementSerializer
    filterset_fields = ["line", "line__order", "kind"]

    prove = service_endpoint(services.prove_requirement, input=inputs.EvidenceInput)

    def perform_destroy(self, instance: Requirement) -> None:
        services.withdraw_requirement(instance, by=self.request.user, at=timezone.now())


class PromiseViewSet(ReadViewSet[Promise]):
    """Dates given to customers, the latest of a line being the one that stands."""

    queryset = Promise.objects.all()
    serializer_class = PromiseSerializer
    filterset_fields = ["line", "line__order"]


class ShipmentViewSet(ReadViewSet[Shipment]):
    """What left, lot by lot."""

    queryset = Shipment.objects.prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("lot").order_by("pk"))
    )
    serializer_class = ShipmentSerializer
    filterset_fields = {"order": ["exact"], "order__customer": ["exact"], "shipped_at": ["gte", "lt"]}
    search_fields = ["number", "carrier_reference", "lines__lot__number"]


VIEWSETS: dict[str, type] = {
    "customers": CustomerViewSet,
    "orders": OrderViewSet,
    "order-lines": OrderLineViewSet,
    "requirements": RequirementViewSet,
    "promises": PromiseViewSet,
    "shipments": ShipmentViewSet,
}
