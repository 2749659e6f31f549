"""The HTTP face of forecasts that reality does not follow."""

from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import ForecastAlert
from mes.core.api import ReadViewSet, service_endpoint


class ForecastAlertSerializer(serializers.ModelSerializer[ForecastAlert]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = ForecastAlert
        fields = [
            "id",
            "item",
            "item_number",
            "kind",
            "status",
            "run",
            "raised_at",
            "value",
            "limit",
            "why",
            "factor",
            "first_date",
            "last_date",
            "seen_by",
            "seen_at",
            "note",
            "passed_at",
        ]


class ForecastAlertViewSet(ReadViewSet[ForecastAlert]):
    """Bias (tracking signal), drift, and demand outside the band since the last run, each in a sentence."""

    queryset = ForecastAlert.objects.select_related("item")
    serializer_class = ForecastAlertSerializer
    filterset_fields = {
        "status": ["exact", "in"],
        "kind": ["exact"],
        "item": ["exact"],
        "item__number": ["exact"],
        "item__site__code": ["exact"],
    }
    ordering_fields = ["raised_at"]

    seen = service_endpoint(services.see_alert, input=inputs.AlertNoteInput)
