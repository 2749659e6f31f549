"""The HTTP face of stock policies and targets."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.models import (
    StockPolicy,
    StockTarget,
)
from forecasting.what_if import newest_targets, service_curve, service_curve_of
from inventory.models import Item, Site
from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet
from mes.core.refusals import DomainError
from mes.core.unknown import read_parameters


class NoTargets(DomainError):
    code = "forecasting.no_targets"
    title = "No run has set such a target yet"


class StockPolicySerializer(CheckedSerializer[StockPolicy]):
    class Meta:
        model = StockPolicy
        fields = [
            "id",
            "item",
            "abc",
            "xyz",
            "measure",
            "service_level",
            "is_shared",
            "shortage_percent",
            "budget",
            "unmet",
            "review_days",
            "cover_days",
        ]


class CurveInput(serializers.Serializer[Any]):
    """Whose curve: one item's, or that of all items that the rest names."""

    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all(), required=False)
    site = serializers.PrimaryKeyRelatedField(queryset=Site.objects.all(), required=False)
    family = serializers.CharField(required=False)
    abc = serializers.ChoiceField(choices=["A", "B", "C"], required=False)
    xyz = serializers.ChoiceField(choices=["X", "Y", "Z"], required=False)


class PointOutput(serializers.Serializer[Any]):
    """A service level and what it takes; quantities of stock are of one item only, 0 for many."""

    service = serializers.FloatField()
    capital = serializers.FloatField()
    volume_m3 = serializers.FloatField()
    holding_cost = serializers.FloatField()
    missed_value = serializers.FloatField()
    stock = serializers.FloatField()
    safety_stock = serializers.FloatField()
    order_up_to = serializers.FloatField()


class CurveOutput(serializers.Serializer[Any]):
    run = serializers.IntegerField()
    items = serializers.IntegerField()
    holding_rate = serializers.FloatField()
    now = PointOutput()
    points = PointOutput(many=True)
    shared_points = PointOutput(many=True)


class StockPolicyViewSet(MasterDataViewSet[StockPolicy]):
    """How available each item shall be, by itself or by its class; items without a policy have the defaults."""

    queryset = StockPolicy.objects.all()
    serializer_class = StockPolicySerializer
    filterset_fields = {
        "item": ["exact", "isnull"],
        "item__number": ["exact"],
        "measure": ["exact"],
        "abc": ["exact"],
        "xyz": ["exact"],
    }

    @extend_schema(parameters=[CurveInput], responses={200: CurveOutput})
    @action(detail=False)
    def curve(self, request: Request) -> Response:
        """Service against capital: of one item, or of all that a site, family or class names (of all without any of these).

        `points` are for the same service of each item, `shared_points` for the same risk of each, `now` is where the newest targets stand.
        Money is at unit cost; `holding_cost` and `missed_value` are a year's.
        """
        found = self._curve(read_parameters(CurveInput, request))
        if found is None:
            raise NoTargets(
                "There is no target to draw a curve for.",
                remedy="Run the forecast, or name items that it covers.",
            )
        return Response(found)

    def _curve(self, named: dict[str, Any]) -> dict[str, Any] | None:
        if item := named.pop("item", None):
            return service_curve(item)
        where = {"site": "item__site", "family": "item__family", "abc": "abc", "xyz": "xyz"}
        return service_curve_of(
            newest_targets().filter(**{where[name]: value for name, value in named.items()})
        )


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
            "abc",
            "xyz",
            "why",
            "explanation",
        ]


class StockTargetViewSet(ReadViewSet[StockTarget]):
    """Safety stock, reorder point and order-up-to level by run, with the class of the item and the arithmetic behind them."""

    queryset = StockTarget.objects.counting().select_related("item")
    serializer_class = StockTargetSerializer
    filterset_fields = {
        "run": ["exact"],
        "item": ["exact"],
        "item__number": ["exact"],
        "abc": ["exact"],
        "xyz": ["exact"],
    }
