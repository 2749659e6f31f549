"""The HTTP face of what was asked for."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs, services
from forecasting.models import DemandHistory
from mes.core.api import ReadViewSet, service_endpoint
from mes.core.models import User
from mes.core.unknown import refuse_unknown_fields


class DemandHistorySerializer(serializers.ModelSerializer[DemandHistory]):
    item_number = serializers.CharField(source="item.number", read_only=True)

    class Meta:
        model = DemandHistory
        fields = [
            "id",
            "item",
            "item_number",
            "date",
            "quantity",
            "is_return",
            "source",
            "customer_group",
            "channel",
            "location",
            "is_censored",
            "is_standing",
            "replaces",
            "reason",
            "imported",
            "recorded_at",
            "by",
        ]


class DemandHistoryViewSet(ReadViewSet[DemandHistory]):
    """What was asked for, by item and day. `POST` states many days at once; a day that is known is stated anew, and its old
    statement stays readable: the list shows what stands, `?is_standing=false` what was replaced.
    """

    queryset = DemandHistory.objects.select_related("item")
    serializer_class = DemandHistorySerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "item__family": ["exact"],
        "item__site__code": ["exact"],
        "date": ["gte", "lte"],
        "source": ["exact"],
        "is_return": ["exact"],
        "customer_group": ["exact"],
        "channel": ["exact"],
        "location": ["exact"],
        "is_standing": ["exact"],
    }
    ordering_fields = ["date", "quantity"]

    def get_queryset(self) -> QuerySet[DemandHistory]:
        found = super().get_queryset()
        if self.action == "list" and "is_standing" not in self.request.query_params:
            return found.filter(is_standing=True)
        return found

    @extend_schema(request=inputs.DemandImportInput, responses={201: inputs.DemandImported})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = inputs.DemandImportInput(data=request.data)
        refuse_unknown_fields(given, request.data)
        given.is_valid(raise_exception=True)
        written = services.import_demand(given.stated(), by=cast("User", request.user), at=timezone.now())
        return Response({"days": written}, status.HTTP_201_CREATED)

    correct = service_endpoint(
        services.correct_demand,
        input=inputs.CorrectDemandInput,
        output=DemandHistorySerializer,
        permission="forecasting.add_demandhistory",
    )
