"""The HTTP face of proposals."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs, services
from forecasting.api.pegging import ServedOutput
from forecasting.models import ExceptionMessage, FirmingRule, Replenishment
from forecasting.pegging import serves
from mes.core.api import MasterDataViewSet, ReadViewSet, service_endpoint


class ReplenishmentSerializer(serializers.ModelSerializer[Replenishment]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    uom = serializers.CharField(source="item.uom", read_only=True)
    supply = serializers.CharField(source="item.supply", read_only=True)

    class Meta:
        model = Replenishment
        fields = [
            "id",
            "run",
            "item",
            "item_number",
            "uom",
            "supply",
            "quantity",
            "start_date",
            "due_date",
            "stockout_date",
            "status",
            "why",
            "cost",
            "cost_why",
            "family",
            "pegging",
            "production_order",
            "expected_receipt",
            "decided_by",
            "decided_at",
            "decision_reason",
        ]


class RenewedSerializer(serializers.Serializer[Any]):
    """How many proposals stand now."""

    proposals = serializers.IntegerField()

    def to_representation(self, instance: Any) -> Any:
        return {"proposals": instance}


class ReplenishmentViewSet(ReadViewSet[Replenishment]):
    """Proposals to make or buy, and what became of them."""

    queryset = Replenishment.objects.counting().select_related("item")
    serializer_class = ReplenishmentSerializer
    filterset_fields = {
        "status": ["exact", "in"],
        "item": ["exact"],
        "item__number": ["exact"],
        "item__supply": ["exact"],
        "item__site__code": ["exact"],
        "family": ["exact"],
        "cost": ["gte"],
        "start_date": ["lte", "gte"],
        "due_date": ["lte", "gte"],
    }
    ordering_fields = ["start_date", "due_date", "quantity", "cost"]

    firm = service_endpoint(services.firm_replenishment, input=inputs.FirmInput)
    dismiss = service_endpoint(services.dismiss_replenishment, input=inputs.DismissInput)
    reopen = service_endpoint(services.reopen_replenishment)
    renew = service_endpoint(
        services.replenish,
        output=RenewedSerializer,
        detail=False,
        permission="forecasting.change_replenishment",
    )

    @extend_schema(responses=ServedOutput(many=True), filters=False)
    @action(detail=True)
    def serves(self, request: Request, pk: str) -> Response:
        """The demands that a proposal serves in the end, up to the customer's order or the forecast; none once it is not open."""
        found = self.get_queryset().select_related("item__site")
        proposal = get_object_or_404(found, pk=pk)
        rows = self.paginate_queryset(serves(proposal, at=timezone.now()))
        return self.get_paginated_response(ServedOutput(rows, many=True).data)


class ExceptionMessageSerializer(serializers.ModelSerializer[ExceptionMessage]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = ExceptionMessage
        fields = [
            "id",
            "kind",
            "item",
            "item_number",
            "production_order",
            "expected_receipt",
            "due_date",
            "better_date",
            "stated_date",
            "quantity",
            "better_quantity",
            "why",
            "cost",
            "status",
            "made_at",
            "decided_by",
            "decided_at",
            "decision_reason",
        ]


class ExceptionMessageViewSet(ReadViewSet[ExceptionMessage]):
    """Open orders and purchases that come too late, too early, too much or in vain, and what became of each message."""

    queryset = ExceptionMessage.objects.select_related("item")
    serializer_class = ExceptionMessageSerializer
    filterset_fields = {
        "status": ["exact", "in"],
        "kind": ["exact", "in"],
        "item": ["exact"],
        "item__number": ["exact"],
        "production_order": ["exact"],
        "expected_receipt": ["exact"],
        "cost": ["gte"],
    }
    ordering_fields = ["cost", "due_date", "better_date"]

    act = service_endpoint(services.act_on_message)
    dismiss = service_endpoint(services.dismiss_message, input=inputs.ExceptionDismissInput)
    reopen = service_endpoint(services.reopen_message)


class FirmingRuleSerializer(serializers.ModelSerializer[FirmingRule]):
    class Meta:
        model = FirmingRule
        fields = [
            "id",
            "name",
            "within_days",
            "site",
            "supply",
            "item_family",
            "item",
            "most_value",
            "owner",
            "is_active",
            "last_run_at",
            "last_result",
        ]
        read_only_fields = ["owner", "last_run_at", "last_result"]


class FirmingRuleViewSet(MasterDataViewSet[FirmingRule]):
    """Which proposals become orders without anybody looking at them, in the name of whoever wrote the rule last."""

    queryset = FirmingRule.objects.all()
    serializer_class = FirmingRuleSerializer
    filterset_fields = {"is_active": ["exact"], "site": ["exact"], "item": ["exact"]}

    def perform_create(self, serializer: serializers.BaseSerializer[FirmingRule]) -> None:
        serializer.save(owner=self.request.user)

    def perform_update(self, serializer: serializers.BaseSerializer[FirmingRule]) -> None:
        serializer.save(owner=self.request.user)
