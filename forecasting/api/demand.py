"""The HTTP face of what was asked for."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs, services
from forecasting.models import (
    DemandHistory,
)
from mes.core.api import ReadViewSet
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
