"""The HTTP face of people's numbers."""

from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import (
    Override,
)
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint


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
            "part_of",
            "is_active",
            "ended_at",
            "ended_by",
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
        "part_of": ["exact"],
    }

    create = create_endpoint(services.add_override, input=inputs.OverrideInput)
    end = service_endpoint(services.end_override)
