"""What left."""

from django.db.models import Prefetch

from mes.core.api import ReadViewSet, service_endpoint
from mes.papers.api import PaperSerializer
from mes.papers.inputs import SignedPaperInput
from orders import services
from orders.models import Shipment, ShipmentLine
from orders.outputs import ShipmentSerializer


class ShipmentViewSet(ReadViewSet[Shipment]):
    """What left, lot by lot."""

    queryset = Shipment.objects.prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("lot").order_by("pk"))
    )
    serializer_class = ShipmentSerializer
    filterset_fields = {"order": ["exact"], "order__customer": ["exact"], "shipped_at": ["gte", "lt"]}
    search_fields = ["number", "carrier_reference", "lines__lot__number"]

    issue_certificate = service_endpoint(
        services.issue_certificate,
        input=SignedPaperInput,
        output=PaperSerializer,
        permission="papers.issue_certificate",
    )
