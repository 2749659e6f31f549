"""Customers, their orders, the lines, and what they ask beyond the drawing."""

from typing import cast

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User
from mes.papers.api import PaperSerializer
from mes.papers.inputs import SignedPaperInput
from orders import evidence, inputs, services
from orders.models import Customer, CustomOrder, OrderLine, Requirement, State
from orders.outputs import (
    AmendmentSerializer,
    CustomerSerializer,
    OrderLineSerializer,
    OrderSerializer,
    PromiseSerializer,
    ProofSerializer,
    RequirementSerializer,
    ShipmentSerializer,
    detailed_orders,
)
from production.paper_inputs import FirstArticleInput


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
    """Who orders, and what is agreed with them."""

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
    cancel = service_endpoint(services.cancel_order, input=inputs.OrderReasonInput)
    reopen = service_endpoint(services.reopen_order, input=inputs.OrderReasonInput)
    propose_amendment = service_endpoint(
        services.propose_amendment, input=inputs.AmendmentInput, output=AmendmentSerializer
    )
    renew_tracking_link = service_endpoint(services.renew_tracking_link)

    def get_queryset(self) -> QuerySet[CustomOrder]:
        return detailed_orders()

    @extend_schema(responses=ProofSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def evidence(self, request: Request, pk: str) -> Response:
        """Every requirement of the order, where it binds, and what proves it."""
        return Response(ProofSerializer(instance=evidence.matrix(self.get_object()), many=True).data)


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
    issue_first_article = service_endpoint(
        services.issue_line_first_article,
        input=FirstArticleInput,
        output=PaperSerializer,
        permission="papers.issue_first_article",
    )
    issue_certificate = service_endpoint(
        services.issue_line_certificate,
        input=SignedPaperInput,
        output=PaperSerializer,
        permission="papers.issue_certificate",
    )

    def get_queryset(self) -> QuerySet[OrderLine]:
        return OrderLine.objects.with_progress().select_related("item", "order")

    def perform_destroy(self, instance: OrderLine) -> None:
        services.remove_line(instance, by=cast("User", self.request.user), at=timezone.now())


class RequirementViewSet(ReadViewSet[Requirement], DestroyModelMixin):
    """What customers ask beyond the drawing. Deleting one takes it back from its draft."""

    queryset = Requirement.objects.select_related("line__order")
    serializer_class = RequirementSerializer
    filterset_fields = ["line", "line__order", "kind", "stated_in", "ended_in"]

    prove = service_endpoint(services.prove_requirement, input=inputs.EvidenceInput)
    concede = service_endpoint(
        services.grant_concession, input=inputs.ConcessionInput, permission="orders.grant_concession"
    )

    def perform_destroy(self, instance: Requirement) -> None:
        services.withdraw_requirement(instance, by=cast("User", self.request.user), at=timezone.now())
