"""Lots and what is done with them, over the API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory import inputs, services
from inventory.api.stock import MoveSerializer, MovesSerializer
from inventory.genealogy import graph
from inventory.models import Lot, StockCount
from inventory.models.days import day_at
from inventory.models.lots import ZONE
from mes.core.api import ReadViewSet, service_endpoint
from mes.papers.api import PaperSerializer

ADD_MOVE = "inventory.add_move"
JUDGE_LOT = "inventory.judge_lot"


class StockCountSerializer(serializers.ModelSerializer[StockCount]):
    class Meta:
        model = StockCount
        fields = ["id", "lot", "location", "expected", "counted", "at", "by", "adjustment"]


class LotSerializer(serializers.ModelSerializer[Lot]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    code = serializers.CharField(read_only=True, help_text="Traceability lot code")
    on_hand = serializers.SerializerMethodField()

    class Meta:
        model = Lot
        fields = [
            "id",
            "number",
            "item",
            "item_number",
            "status",
            "hold_reason",
            "attributes",
            "supplier",
            "supplier_lot",
            "made_at",
            "expires_on",
            "is_serial",
            "is_recalled",
            "code",
            "on_hand",
        ]

    def get_on_hand(self, lot: Lot) -> str:
        """Quantity in real locations."""
        on_hand = getattr(lot, "on_hand", None)
        return f"{services.on_hand(lot) if on_hand is None else on_hand:.4f}"


class LotsSerializer(serializers.ListSerializer[list[Lot]]):
    child = LotSerializer()


def _narrowed(lots: QuerySet[Lot], asked: QuerySet[Lot], wanted: bool) -> QuerySet[Lot]:
    """Those of the lots that are among others, or are not."""
    keys = asked.values("pk")
    return lots.filter(pk__in=keys) if wanted else lots.exclude(pk__in=keys)


class LotFilter(django_filters.FilterSet):
    usable = django_filters.BooleanFilter(method="only_usable", label="Released and not expired")
    in_stock = django_filters.BooleanFilter(method="only_in_stock", label="Something of it is on hand")

    class Meta:
        model = Lot
        fields = ["item", "number", "status", "supplier", "supplier_lot"]

    def only_usable(self, lots: QuerySet[Lot], name: str, wanted: bool) -> QuerySet[Lot]:
        return _narrowed(lots, Lot.objects.usable(day_at(timezone.now(), ZONE)), wanted)

    def only_in_stock(self, lots: QuerySet[Lot], name: str, wanted: bool) -> QuerySet[Lot]:
        return _narrowed(lots, Lot.objects.in_stock(), wanted)


class LotViewSet(ReadViewSet[Lot]):
    """Lots and serial numbers; a quantity of one item with one origin."""

    queryset = Lot.objects.with_on_hand().select_related("item__site", "supplier")
    serializer_class = LotSerializer
    filterset_class = LotFilter
    search_fields = ["number", "supplier_lot", "item__number"]
    ordering_fields = ["number", "made_at", "expires_on"]

    hold = service_endpoint(services.hold_lot, input=inputs.StockReasonInput, permission=JUDGE_LOT)
    reject = service_endpoint(services.reject_lot, input=inputs.RejectInput, permission=JUDGE_LOT)
    quarantine = service_endpoint(services.quarantine_lot, permission=JUDGE_LOT)
    transfer = service_endpoint(
        services.transfer, input=inputs.TransferInput, output=MovesSerializer, permission=ADD_MOVE
    )
    put_away = service_endpoint(services.put_away, output=MovesSerializer, permission=ADD_MOVE)
    scrap = service_endpoint(
        services.scrap, input=inputs.TakeOutInput, output=MovesSerializer, permission=ADD_MOVE
    )
    take_back = service_endpoint(
        services.take_back, input=inputs.TakeBackInput, output=LotSerializer, permission=ADD_MOVE
    )
    return_to_supplier = service_endpoint(
        services.return_to_supplier, input=inputs.TakeOutInput, output=MovesSerializer, permission=ADD_MOVE
    )
    adjust = service_endpoint(
        services.adjust,
        input=inputs.AdjustInput,
        output=MoveSerializer,
        permission="inventory.adjust_stock",
    )
    count = service_endpoint(
        services.count_stock,
        input=inputs.CountInput,
        output=StockCountSerializer,
        permission="inventory.add_stockcount",
    )
    split = service_endpoint(
        services.split_lot, input=inputs.SplitInput, output=LotSerializer, permission=ADD_MOVE
    )
    serialise = service_endpoint(
        services.serialise, input=inputs.SerialiseInput, output=LotsSerializer, permission=ADD_MOVE
    )
    merge = service_endpoint(
        services.merge_lots, input=inputs.MergeInput, output=LotSerializer, permission=ADD_MOVE, detail=False
    )

    issue_labels = service_endpoint(
        services.issue_labels,
        input=inputs.LabelInput,
        output=PaperSerializer,
        permission="papers.issue_label",
    )

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def genealogy(self, request: Request, **_: Any) -> Response:
        """Where the lot came from and what became of it: nodes and links from suppliers to shipments."""
        return Response(graph(self.get_object()))
