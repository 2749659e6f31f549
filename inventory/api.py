"""The HTTP face of this app. Lots are registered by quality, which receives them: whether a delivery must be inspected is known there."""

from typing import Any, ClassVar

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
from inventory.genealogy import graph
from inventory.models import (
    Balance,
    ExpectedReceipt,
    Item,
    ItemUnit,
    Location,
    Lot,
    Move,
    Reservation,
    Site,
    StockCount,
    Supplier,
)
from inventory.models.days import day_at
from inventory.models.lots import ZONE
from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.papers.api import PaperSerializer

ADD_MOVE = "inventory.add_move"
JUDGE_LOT = "inventory.judge_lot"


class SiteSerializer(CheckedSerializer[Site]):
    class Meta:
        model = Site
        fields = ["id", "code", "name", "time_zone", "gln", "is_regulated"]


class SiteViewSet(MasterDataViewSet[Site]):
    """Plants of the group. A new one comes with one location of each kind."""

    queryset = Site.objects.all()
    serializer_class = SiteSerializer
    search_fields = ["code", "name"]

    def perform_create(self, serializer: serializers.BaseSerializer[Site]) -> None:
        services.ensure_locations(serializer.save())


class SupplierSerializer(serializers.ModelSerializer[Supplier]):
    class Meta:
        model = Supplier
        fields = ["id", "code", "name", "email", "is_approved", "gln"]


class SupplierViewSet(MasterDataViewSet[Supplier]):
    """Who sends bought material."""

    queryset = Supplier.objects.all()
    serializer_class = SupplierSerializer
    filterset_fields = ["code", "is_approved"]
    search_fields = ["code", "name"]


class ItemSerializer(CheckedSerializer[Item]):
    on_hand = inputs.QuantityField(read_only=True, default=None, help_text="In real locations")
    usable = inputs.QuantityField(read_only=True, default=None, help_text="Released and not expired")
    reserved = inputs.QuantityField(read_only=True, default=None)
    expected = inputs.QuantityField(read_only=True, default=None, help_text="From open purchases")
    is_under_rules = serializers.BooleanField(
        read_only=True, help_text="Regulated: by `is_regulated` or, where that is null, as its site says"
    )

    class Meta:
        model = Item
        exclude: ClassVar[list[str]] = []


class ItemFilter(django_filters.FilterSet):
    is_under_rules = django_filters.BooleanFilter(
        method="under_rules", label="Regulated, itself or by its site"
    )

    class Meta:
        model = Item
        fields = ["number", "site", "kind", "strategy", "supply", "family", "is_active", "is_regulated"]

    def under_rules(self, items: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        bound = Item.objects.under_rules().values("pk")
        return items.filter(pk__in=bound) if value else items.exclude(pk__in=bound)


class ItemViewSet(MasterDataViewSet[Item]):
    """What is bought, made, stocked or sold, with its stock."""

    queryset = Item.objects.all()
    serializer_class = ItemSerializer
    filterset_class = ItemFilter
    search_fields = ["number", "description"]
    ordering_fields = ["number", "family"]

    def get_queryset(self) -> QuerySet[Item]:
        stocked: QuerySet[Item] = Item.objects.with_stock().select_related("site")
        return stocked


class LocationSerializer(CheckedSerializer[Location]):
    filled_m3 = serializers.DecimalField(max_digits=24, decimal_places=6, read_only=True, default=None)
    fill = serializers.FloatField(read_only=True, default=None, help_text="Share of the capacity")

    class Meta:
        model = Location
        fields = ["id", "site", "code", "name", "kind", "capacity_m3", "is_real", "filled_m3", "fill"]


class LocationFilter(django_filters.FilterSet):
    # django-filter knows no generated fields.
    is_real = django_filters.BooleanFilter()

    class Meta:
        model = Location
        fields = ["site", "kind"]


class LocationViewSet(MasterDataViewSet[Location]):
    """Places where stock is, with how full they are, and the edges of each plant that stock crosses."""

    queryset = Location.objects.with_fill()
    serializer_class = LocationSerializer
    filterset_class = LocationFilter
    search_fields = ["code", "name"]


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


class ItemUnitSerializer(serializers.ModelSerializer[ItemUnit]):
    class Meta:
        model = ItemUnit
        fields = ["id", "item", "uom", "quantity"]


class ItemUnitViewSet(MasterDataViewSet[ItemUnit]):
    """Other units in which an item is counted: how many of its own unit one of them is."""

    queryset = ItemUnit.objects.all()
    serializer_class = ItemUnitSerializer
    filterset_fields = ["item", "item__number", "uom"]


VIEWSETS: dict[str, type] = {
    "sites": SiteViewSet,
    "items": ItemViewSet,
    "item-units": ItemUnitViewSet,
    "suppliers": SupplierViewSet,
    "locations": LocationViewSet,
    "moves": MoveViewSet,
    "balances": BalanceViewSet,
    "reservations": ReservationViewSet,
    "expected-receipts": ExpectedReceiptViewSet,
}
