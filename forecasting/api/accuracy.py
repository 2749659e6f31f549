"""The HTTP face of how good forecasts were, and whose number was better."""

from rest_framework import serializers

from forecasting.models import ForecastAccuracy
from mes.core.api import ReadViewSet


class ForecastAccuracySerializer(serializers.ModelSerializer[ForecastAccuracy]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    owner_name = serializers.CharField(source="owner.username", read_only=True, default=None)

    class Meta:
        model = ForecastAccuracy
        fields = [
            "id",
            "item",
            "item_number",
            "owner",
            "owner_name",
            "first_week",
            "last_week",
            "run",
            "measured_at",
            "weeks",
            "actual",
            "naive_error",
            "error",
            "bias",
            "override_error",
            "override_bias",
            "consensus_error",
            "consensus_bias",
            "final_error",
            "final_bias",
            "added",
        ]


class ForecastAccuracyViewSet(ReadViewSet[ForecastAccuracy]):
    """Error and bias of the naive, statistical, own and agreed number by item and weeks ahead, of all (`owner` empty) and where one
    person gave a number. Errors are shares of demand; `added` is what people's numbers took off the statistical one.
    """

    queryset = ForecastAccuracy.objects.select_related("item", "owner")
    serializer_class = ForecastAccuracySerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "item__family": ["exact"],
        "item__site__code": ["exact"],
        "owner": ["exact", "isnull"],
        "first_week": ["exact"],
        "added": ["lt", "gt"],
    }
    ordering_fields = ["added", "error", "bias", "weeks"]
