"""Amendments of orders, and what was shown for their requirements."""

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from mes.core.api import ReadViewSet, service_endpoint
from mes.core.files import file_response
from mes.core.signing.inputs import SignedInput
from orders import inputs, services
from orders.models import Amendment, Evidence
from orders.outputs import AmendmentSerializer, EvidenceSerializer, RequirementSerializer


class AmendmentViewSet(ReadViewSet[Amendment]):
    """Changes of what confirmed orders ask: what each states and ends, why, and who decided."""

    queryset = Amendment.objects.select_related("order").prefetch_related("stated", "ended")
    serializer_class = AmendmentSerializer
    filterset_fields = ["order", "status"]

    restate = service_endpoint(
        services.restate_requirement, input=inputs.RestateInput, output=RequirementSerializer
    )
    end = service_endpoint(
        services.end_requirement, input=inputs.EndRequirementInput, output=RequirementSerializer
    )
    approve = service_endpoint(
        services.approve_amendment, input=SignedInput, permission="orders.approve_amendment"
    )
    drop = service_endpoint(services.drop_amendment)


class EvidenceViewSet(ReadViewSet[Evidence]):
    """What people showed for requirements; `content` is the paper itself, where there is one."""

    queryset = Evidence.objects.select_related("file")
    serializer_class = EvidenceSerializer
    filterset_fields = ["requirement", "requirement__line", "requirement__line__order", "kind"]

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True)
    def content(self, request: Request, pk: str) -> HttpResponse:
        """The certificate, report or letter."""
        shown = self.get_object()
        if shown.file is None:
            raise Http404
        return file_response(shown.file)
