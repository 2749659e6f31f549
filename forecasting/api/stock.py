"""The HTTP face of stock policies and targets."""

from rest_framework import serializers

from forecasting.models import (
    StockPolicy,
    StockTarget,
)
from mes.core.api import MasterDataViewSet, ReadViewSet


class StockPolicySerializer(serializers.ModelSerializer[StockPolicy]):
    class Meta:
        model = StockPolicy
        fields = ["id", "item", "measure", "service_level", "unmet", "review_days", "cover_days"]


class StockPolicyViewSet(MasterDataViewSet[StockPolicy]):
    """How available each item shall be; items without a policy have the defaults."""

    queryset = StockPolicy.objects.all()
    serializer_class = StockPolicySerializer
    filterset_fields = {"item": ["exact"], "item__number": ["exact"], "measure": ["exact"]}


class StockTargetSerializer(serializers.ModelSerializer[StockTarget]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = StockTarget
        fields = [
            "id",
            "run",
            "item",
            "item_number",
            "safety_stock",
            "reorder_point",
            "order_up_to",
            "why",
            "explanation",
        ]


class StockTargetViewSet(ReadViewSet[StockTarget]):
    """Safety stock, reorder point and order-up-to level by run, with the arithmetic behind them."""

    queryset = StockTarget.objects.select_related("item")
    serializer_class = StockTargetSerializer
    filterset_fields = {"run": ["exact"], "item": ["exact"], "item__number": ["exact"]}
