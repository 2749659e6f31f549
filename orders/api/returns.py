"""What customers send back."""

from typing import Any

from django.db.models import Q
from rest_framework import serializers

from inventory.inputs import QuantityField
from mes.core.api import ReadViewSet, create_endpoint
from orders import services
from orders.models import CustomerReturn, ShipmentLine


class ReturnInput(serializers.Serializer[Any]):
    shipped = serializers.PrimaryKeyRelatedField(
        queryset=ShipmentLine.objects.select_related("shipment__order", "lot__item__site"),
        help_text="Line of the shipment that it came by",
    )
    quantity = QuantityField()
    reason = serializers.CharField(max_length=300)
    reference = serializers.CharField(max_length=60, required=False, help_text="Return note")


class CustomerReturnSerializer(serializers.ModelSerializer[CustomerReturn]):
    is_standing = serializers.BooleanField(
        read_only=True, default=True, help_text="Its move was not reversed: it did come back"
    )

    class Meta:
        model = CustomerReturn
        exclude: list[str] = []


class CustomerReturnViewSet(ReadViewSet[CustomerReturn]):
    """What customers sent back. POST takes goods back against the shipment line that brought them; they wait in quarantine."""

    queryset = CustomerReturn.objects.annotate(is_standing=Q(move__reversed_by__isnull=True))
    serializer_class = CustomerReturnSerializer
    filterset_fields = ["shipped", "lot", "shipped__shipment__order__customer"]

    create = create_endpoint(services.return_goods, input=ReturnInput)
