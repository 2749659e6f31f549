"""The HTTP face of frozen forecasts."""

from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import Freeze
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint


class FreezeSerializer(serializers.ModelSerializer[Freeze]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = Freeze
        fields = [
            "id",
            "item",
            "item_number",
            "first_date",
            "last_date",
            "means",
            "reason",
            "frozen_by",
            "frozen_at",
            "is_active",
            "lifted_by",
            "lifted_at",
            "lift_reason",
        ]


class FreezeViewSet(ReadViewSet[Freeze]):
    """Numbers that stay as they were, whatever later runs say."""

    queryset = Freeze.objects.select_related("item")
    serializer_class = FreezeSerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "is_active": ["exact"],
        "first_date": ["gte", "lte"],
        "last_date": ["gte", "lte"],
    }

    create = create_endpoint(services.freeze, input=inputs.FreezeInput)
    lift = service_endpoint(
        services.lift_freeze, input=inputs.GivenReasonInput, permission="forecasting.unfreeze_forecast"
    )
