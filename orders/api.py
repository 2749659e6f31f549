"""The HTTP face of this app."""

from typing import Any, cast

import django_filters
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User
from mes.papers.api import PaperSerializer
from mes.papers.inputs import SignedPaperInput
from orders import api_amending, api_recalls, api_trace, evidence, inputs, services
from orders.concerned import concerned_by
from orders.models import (
    Customer,
    CustomOrder,
    Offer,
    OrderLine,
    Promise,
    Requirement,
    Shipment,
    ShipmentLine,
    State,
)
from orders.offered import held_by_each
from orders.outputs import (
    AmendmentSerializer,
    AnswerSerializer,
    ConcernSerializer,
    CustomerSerializer,
    OfferSerializer,
    OrderLineSerializer,
    OrderSerializer,
    PromiseSerializer,
    ProofSerializer,
    RequirementSerializer,
    ShipmentSerializer,
    detailed_orders,
)
from production.models import Schedule
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


class OfferViewSet(ReadViewSet[Offer]):
    """Dates asked for before there is an order: each answer with what is kept for it until it expires."""

    queryset = Offer.objects.select_related("item", "line")
    serializer_class = OfferSerializer
    filterset_fields = {
        "status": ["exact"],
        "item": ["exact"],
        "customer": ["exact"],
        "inquiry": ["exact"],
        "line": ["exact"],
        "line__order": ["exact"],
        "expires_at": ["gte", "lt"],
    }
    search_fields = ["number", "inquiry", "item__number", "customer__name"]
    ordering_fields = ["made_at", "expires_at", "promised_date"]

    create = create_endpoint(services.make_offer, input=inputs.OfferInput)
    ask = service_endpoint(
        services.ask_promise,
        input=inputs.QuestionInput,
        output=AnswerSerializer,
        permission="orders.view_offer",
        detail=False,
    )
    accept = service_endpoint(services.accept_offer, input=inputs.AcceptInput)
    withdraw = service_endpoint(services.withdraw_offer, input=inputs.OrderReasonInput)

    def paginate_queryset(self, queryset: Any) -> Any:
        """A page of offers, what they keep read at once for all of them."""
        page = super().paginate_queryset(queryset)
        if page is not None:
            held = held_by_each(page)
            for offer in page:
                offer.held = held.get(offer.pk, [])
        return page


class PromiseViewSet(ReadViewSet[Promise]):
    """Dates given to customers for lines of their orders, the latest of a line being the one that stands."""

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

    issue_certificate = service_endpoint(
        services.issue_certificate,
        input=SignedPaperInput,
        output=PaperSerializer,
        permission="papers.issue_certificate",
    )


class ConcernedViewSet(viewsets.GenericViewSet[Any]):
    """Whom a version of the schedule concerns."""

    queryset = OrderLine.objects.all()
    serializer_class = ConcernSerializer
    pagination_class = None

    @extend_schema(responses=ConcernSerializer(many=True), filters=False)
    def list(self, request: Request, schedule_id: str) -> Response:
        """Customers' lines that a version projects for another day than the one before, those it makes late first."""
        schedule = get_object_or_404(Schedule, pk=schedule_id)
        return Response(ConcernSerializer(concerned_by(schedule), many=True).data)


VIEWSETS: dict[str, type] = {
    "customers": CustomerViewSet,
    "orders": OrderViewSet,
    "order-lines": OrderLineViewSet,
    "requirements": RequirementViewSet,
    "amendments": api_amending.AmendmentViewSet,
    "evidence": api_amending.EvidenceViewSet,
    "promises": OfferViewSet,
    "promised-dates": PromiseViewSet,
    "shipments": ShipmentViewSet,
    r"schedules/(?P<schedule_id>\d+)/customers": ConcernedViewSet,
    **api_trace.VIEWSETS,
    **api_recalls.VIEWSETS,
}
