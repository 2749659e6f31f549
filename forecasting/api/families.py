"""The HTTP face of forecasts by family and plant."""

from django.db.models import QuerySet
from rest_framework import serializers

from forecasting.models import FamilyForecast, ForecastRun
from mes.core.api import ReadViewSet


class FamilyForecastSerializer(serializers.ModelSerializer[FamilyForecast]):
    site_code = serializers.CharField(source="site.code", read_only=True)

    class Meta:
        model = FamilyForecast
        fields = [
            "id",
            "run",
            "site",
            "site_code",
            "level",
            "family",
            "uom",
            "items",
            "mean",
            "value",
            "correlation",
            "weeks",
        ]


class FamilyForecastViewSet(ReadViewSet[FamilyForecast]):
    """Sums of items' forecasts by family and plant, quantiles of the sum included; of the newest run unless `run` is given."""

    queryset = FamilyForecast.objects.select_related("site")
    serializer_class = FamilyForecastSerializer
    filterset_fields = {
        "run": ["exact"],
        "site__code": ["exact"],
        "level": ["exact"],
        "family": ["exact"],
        "uom": ["exact"],
    }
    ordering_fields = ["mean", "value", "family"]

    def get_queryset(self) -> QuerySet[FamilyForecast]:
        found = super().get_queryset()
        if self.action == "list" and "run" not in self.request.query_params:
            return found.filter(run=ForecastRun.objects.latest_done())
        return found
