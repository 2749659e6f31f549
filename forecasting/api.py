"""The HTTP face of this app."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs, services, tasks
from forecasting.chart import chart
from forecasting.models import (
    DemandHistory,
    Displacement,
    Forecast,
    ForecastRun,
    ItemForecast,
    Override,
    Replenishment,
    StockPolicy,
    StockTarget,
)
from inventory.models import Item
from mes.core.api import MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User


class DemandHistorySerializer(serializers.ModelSerializer[DemandHistory]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = DemandHistory
        fields = ["id", "item", "item_number", "date", "quantity", "source", "is_censored"]


class DemandHistoryViewSet(ReadViewSet[DemandHistory]):
    """What was asked for, by item and day. `POST` states many days at once; a day that is known is brought to the new number."""

    queryset = DemandHistory.objects.select_related("item")
    serializer_class = DemandHistorySerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "date": ["gte", "lte"],
        "source": ["exact"],
    }
    ordering_fields = ["date", "quantity"]

    @extend_schema(request=inputs.DemandImportInput, responses={201: inputs.DemandImported})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = inputs.DemandImportInput(data=request.data)
        given.is_valid(raise_exception=True)
        written = services.import_demand(given.stated(), by=cast("User", request.user), at=timezone.now())
        return Response({"days": written}, status.HTTP_201_CREATED)


class ForecastRunSerializer(serializers.ModelSerializer[ForecastRun]):
    class Meta:
        model = ForecastRun
        fields = [
            "id",
            "started_at",
            "finished_at",
            "status",
            "as_of",
            "horizon_days",
            "items_total",
            "items_done",
            "message",
        ]


class ForecastRunViewSet(ReadViewSet[ForecastRun]):
    """Forecast runs. `POST` begins one; a worker carries it out, and `items_done` says how far it is."""

    queryset = ForecastRun.objects.all()
    serializer_class = ForecastRunSerializer
    filterset_fields = {"status": ["exact"], "as_of": ["exact", "gte"]}

    create = create_endpoint(tasks.forecast_in_background, input=inputs.NothingInput)


class ItemForecastSerializer(serializers.ModelSerializer[ItemForecast]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = ItemForecast
        fields = [
            "id",
            "run",
            "item",
            "item_number",
            "method",
            "why",
            "errors",
            "weeks",
            "lead_time_days",
            "lead_time_quantiles",
        ]


class ItemForecastViewSet(ReadViewSet[ItemForecast]):
    """How each item was forecast: method, why, errors in back-test, and the forecast by week."""

    queryset = ItemForecast.objects.select_related("item")
    serializer_class = ItemForecastSerializer
    filterset_fields = {"run": ["exact"], "item": ["exact"], "item__number": ["exact"], "method": ["exact"]}

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=False, url_path=r"chart/(?P<item>\d+)")
    def chart(self, request: Request, item: str) -> Response:
        """History, newest forecast with bands, overrides, target and proposals of one item, as its chart shows them."""
        found = Item.objects.select_related("site").filter(pk=item).first()
        if found is None:
            raise Http404
        return Response(chart(found, today=timezone.localdate()))


class ForecastSerializer(serializers.ModelSerializer[Forecast]):
    class Meta:
        model = Forecast
        fields = ["id", "run", "item", "date", "mean", "quantiles"]


class ForecastViewSet(ReadViewSet[Forecast]):
    """Forecasts by day."""

    queryset = Forecast.objects.all()
    serializer_class = ForecastSerializer
    filterset_fields = {
        "run": ["exact"],
        "item": ["exact"],
        "item__number": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ["date"]


class OverrideSerializer(serializers.ModelSerializer[Override]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    owner_name = serializers.CharField(source="owner.username", read_only=True)

    class Meta:
        model = Override
        fields = [
            "id",
            "item",
            "item_number",
            "first_date",
            "last_date",
            "quantity",
            "reason",
            "owner",
            "owner_name",
            "made_at",
            "is_active",
        ]


class OverrideViewSet(ReadViewSet[Override]):
    """People's numbers in place of the forecast, with owner and reason."""

    queryset = Override.objects.select_related("item", "owner")
    serializer_class = OverrideSerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "is_active": ["exact"],
        "owner": ["exact"],
    }

    create = create_endpoint(services.add_override, input=inputs.OverrideInput)
    end = service_endpoint(services.end_override)


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
        "start_date": ["lte", "gte"],
        "due_date": ["lte", "gte"],
    }
    ordering_fields = ["start_date", "due_date", "quantity"]

    firm = service_endpoint(services.firm_replenishment, input=inputs.FirmInput)
    dismiss = service_endpoint(services.dismiss_replenishment, input=inputs.DismissInput)
    reopen = service_endpoint(services.reopen_replenishment)
    renew = service_endpoint(
        services.replenish,
        output=RenewedSerializer,
        detail=False,
        permission="forecasting.change_replenishment",
    )


class DisplacementSerializer(serializers.ModelSerializer[Displacement]):
    version = serializers.IntegerField(source="schedule.version", read_only=True)
    batch_number = serializers.CharField(source="batch.number", read_only=True)
    item = serializers.IntegerField(source="batch.order.item_id", read_only=True)
    item_number = serializers.CharField(source="batch.order.item.number", read_only=True)
    quantity = serializers.DecimalField(16, 4, source="batch.quantity", read_only=True)

    class Meta:
        model = Displacement
        fields = [
            "id",
            "schedule",
            "version",
            "batch",
            "batch_number",
            "item",
            "item_number",
            "quantity",
            "was_at",
            "ends_at",
            "probability_before",
            "probability",
            "units_short",
            "days_short",
            "why",
        ]


class DisplacementFilter(django_filters.FilterSet):
    version = django_filters.NumberFilter(field_name="schedule__version")
    item = django_filters.NumberFilter(field_name="batch__order__item")
    is_standing = django_filters.BooleanFilter(
        method="standing", label="The batch is open and still planned as late as this says"
    )

    class Meta:
        model = Displacement
        fields = ["schedule", "batch"]

    def standing(self, found: QuerySet[Displacement], name: str, value: bool) -> QuerySet[Displacement]:
        standing = Displacement.objects.standing(timezone.now()).values("pk")
        return found.filter(pk__in=standing) if value else found.exclude(pk__in=standing)


class DisplacementViewSet(ReadViewSet[Displacement]):
    """Stock batches that a version of the plan moved to a later day, and the risk that stock runs out before they come."""

    queryset = Displacement.objects.select_related("schedule", "batch__order__item")
    serializer_class = DisplacementSerializer
    filterset_class = DisplacementFilter
    ordering_fields = ["probability", "units_short", "ends_at"]


VIEWSETS: dict[str, type] = {
    "demand-history": DemandHistoryViewSet,
    "forecast-runs": ForecastRunViewSet,
    "item-forecasts": ItemForecastViewSet,
    "forecasts": ForecastViewSet,
    "forecast-overrides": OverrideViewSet,
    "stock-policies": StockPolicyViewSet,
    "stock-targets": StockTargetViewSet,
    "replenishments": ReplenishmentViewSet,
    "displacements": DisplacementViewSet,
}
