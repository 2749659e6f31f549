"""The HTTP face of forecast runs and what they made."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs, tasks
from forecasting.chart import chart
from forecasting.models import (
    Forecast,
    ForecastRun,
    ItemForecast,
)
from inventory.models import Item
from mes.core.api import ReadViewSet, create_endpoint


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
            "measure",
            "weeks",
            "lead_time_days",
            "lead_time_quantiles",
        ]


class ItemForecastViewSet(ReadViewSet[ItemForecast]):
    """How each item was forecast: method, why, errors in back-test, and the forecast by week."""

    queryset = ItemForecast.objects.counting().select_related("item")
    serializer_class = ItemForecastSerializer
    filterset_fields = {"run": ["exact"], "item": ["exact"], "item__number": ["exact"], "method": ["exact"]}

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=False, url_path=r"chart/(?P<item>\d+)")
    def chart(self, request: Request, item: str) -> Response:
        """History, newest forecast with bands, overrides, target and proposals of one item, as its chart shows them."""
        found = Item.objects.select_related("site").filter(pk=item).first()
        if found is None:
            raise Http404
        return Response(chart(found, today=timezone.now().astimezone(found.site.zone).date()))


class ForecastSerializer(serializers.ModelSerializer[Forecast]):
    class Meta:
        model = Forecast
        fields = ["id", "run", "item", "date", "mean", "quantiles"]


class ForecastViewSet(ReadViewSet[Forecast]):
    """Forecasts by day."""

    queryset = Forecast.objects.counting()
    serializer_class = ForecastSerializer
    filterset_fields = {
        "run": ["exact"],
        "item": ["exact"],
        "item__number": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ["date"]
