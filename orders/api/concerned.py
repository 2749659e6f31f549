"""Whom a version of the schedule concerns."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.unknown import refuse_unknown_parameters
from orders.concerned import concerned_by
from orders.models import OrderLine
from orders.outputs import ConcernSerializer
from production.models import Schedule


class ConcernedViewSet(viewsets.GenericViewSet[Any]):
    """Whom a version of the schedule concerns."""

    queryset = OrderLine.objects.all()
    serializer_class = ConcernSerializer
    pagination_class = None

    @extend_schema(responses=ConcernSerializer(many=True), filters=False)
    def list(self, request: Request, schedule_id: str) -> Response:
        """Customers' lines that a version projects for another day than the one before, those it makes late first."""
        refuse_unknown_parameters(request.query_params, ())
        schedule = get_object_or_404(Schedule, pk=schedule_id)
        return Response(ConcernSerializer(concerned_by(schedule), many=True).data)
