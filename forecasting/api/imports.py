"""The HTTP face of files of demand."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs, services
from forecasting.models import DemandImport
from mes.core.api import ReadViewSet
from mes.core.models import User
from mes.core.unknown import read_body


class DemandImportSerializer(serializers.ModelSerializer[DemandImport]):
    class Meta:
        model = DemandImport
        fields = ["id", "name", "made_at", "by", "rows", "days", "faults", "notes"]


class DemandImportViewSet(ReadViewSet[DemandImport]):
    """Files of demand, each with the rows left out and those not taken as they stood. `POST` imports one as `multipart/form-data`:
    while a row is wrong nothing is taken, unless wrong rows are to be left out.
    """

    queryset = DemandImport.objects.all()
    serializer_class = DemandImportSerializer
    parser_classes = [MultiPartParser]
    filterset_fields = {"name": ["exact", "icontains"], "by": ["exact"]}

    @extend_schema(request=inputs.DemandFileInput, responses={201: DemandImportSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = read_body(inputs.DemandFileInput, request)
        file = given["file"]
        made = services.import_demand_file(
            file.read(),
            name=file.name,
            leave_out_wrong=given["leave_out_wrong"],
            by=cast("User", request.user),
            at=timezone.now(),
        )
        return Response(DemandImportSerializer(made).data, status.HTTP_201_CREATED)
