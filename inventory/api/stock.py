"""What moved, what is where, what is kept for somebody, and what suppliers owe, over the API."""

import django_filters
from rest_framework import serializers

from inventory import inputs, services
from inventory.models import Balance, ExpectedReceipt, Move, Reservation
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint


class MoveSerializer(serializers.ModelSerializer[Move]):
    class Meta:
        model = Move
        fields = [
            "id",
            "lot",
            "quantity",
            "source",
            "destination",
            "kind",
            "at",
            "by",
            "transformation",
            "reverses",
            "reference",
            "reason",
        ]


class MovesSerializer(serializers.ListSerializer[list[Move]]):
    child = MoveSerializer()


class MoveFilter(django_filters.FilterSet):
    item = django_filters.NumberFilter("lot__item")
    since = django_filters.IsoDateTimeFilter("at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter("at", lookup_expr="lt")

    class Meta:
        model = Move
        fields = ["lot", "kind", "source", "destination", "transformation", "reference", "by"]


class MoveViewSet(ReadViewSet[Move]):
    """The ledger: every change of stock, never changed or deleted."""

    queryset = Move.objects.all()
    serializer_class = MoveSerializer
    filterset_class = MoveFilter
    ordering_fields = ["at"]

    reverse = service_endpoint(
        services.reverse,
        input=inputs.StockReasonInput,
        output=MoveSerializer,
        permission="inventory.reverse_move",
    )


class BalanceSerializer(serializers.ModelSerializer[Balance]):
    item = serializers.IntegerField(source="lot.item_id", read_only=True)

    class Meta:
        model = Balance
        fields = ["id", "lot", "item", "location", "quantity"]


class BalanceFilter(django_filters.FilterSet):
    item = django_filters.NumberFilter("lot__item")
    site = django_filters.NumberFilter("location__site")

    class Meta:
        model = Balance
        fields = ["lot", "location"]


class BalanceViewSet(ReadViewSet[Balance]):
    """What is where now: lots in real locations."""

    queryset = Balance.objects.on_hand().select_related("lot")
    serializer_class = BalanceSerializer
    filterset_class = BalanceFilter


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    class Meta:
        model = Reservation
        fields = ["id", "lot", "quantity", "purpose", "status", "made_at", "expires_at"]


class ReservationViewSet(ReadViewSet[Reservation]):
    """Claims on stock."""

    queryset = Reservation.objects.all()
    serializer_class = ReservationSerializer
    filterset_fields = ["lot", "purpose", "status"]

    create = create_endpoint(services.reserve, input=inputs.ReserveInput)
    release = service_endpoint(services.release_reservation)


class ExpectedReceiptSerializer(serializers.ModelSerializer[ExpectedReceipt]):
    class Meta:
        model = ExpectedReceipt
        fields = ["id", "number", "item", "supplier", "quantity", "received_quantity", "due_date", "status"]


class ExpectedReceiptViewSet(ReadViewSet[ExpectedReceipt]):
    """Open purchases: what suppliers owe, how much and when."""

    queryset = ExpectedReceipt.objects.all()
    serializer_class = ExpectedReceiptSerializer
    filterset_fields = ["item", "supplier", "status", "number"]
    ordering_fields = ["due_date"]

    create = create_endpoint(services.expect_receipt, input=inputs.ExpectInput)
    postpone = service_endpoint(services.postpone_expected_receipt, input=inputs.PostponeInput)
    reduce = service_endpoint(services.reduce_expected_receipt, input=inputs.ReduceInput)
    cancel = service_endpoint(services.cancel_expected_receipt)
