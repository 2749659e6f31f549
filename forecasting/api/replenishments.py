"""The HTTP face of proposals."""

from typing import Any

from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import (
    Replenishment,
)
from mes.core.api import ReadViewSet, service_endpoint


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
    """The proposals that stand now."""

    proposals = ReplenishmentSerializer(many=True)

    def to_representation(self, instance: Any) -> Any:
        return {"proposals": ReplenishmentSerializer(instance, many=True, context=self.context).data}


class ReplenishmentViewSet(ReadViewSet[Replenishment]):
    """Proposals to make or buy, and what became of them."""

    queryset = Replenishment.objects.select_related("item")
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
