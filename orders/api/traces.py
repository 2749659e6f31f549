"""Traces of lots, and what others read of them: EPCIS events and the FSMA 204 spreadsheet."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.balancing import FIGURES
from inventory.inputs import QuantityField
from inventory.models import Item, Lot, Move
from mes.core.sheets import download
from mes.core.unknown import read_parameters
from orders import epcis
from orders.fsma import Asked, tracking_sheets
from orders.tracing import DIRECTIONS, trace_sheet, trace_table
from quality.api.lots import ReceivingLotViewSet

FILES = ("csv", "xlsx")
AS_FILE = OpenApiParameter(
    "as", enum=list(FILES), description="As a file for spreadsheets instead of JSON", required=False
)


class TraceQuery(serializers.Serializer[Any]):
    direction = serializers.ChoiceField(DIRECTIONS, default="both", help_text="up: what it was made of")


class PeriodQuery(serializers.Serializer[Any]):
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False, help_text="Not itself included")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "since" in attrs and "until" in attrs and attrs["until"] <= attrs["since"]:
            raise serializers.ValidationError({"until": "It lies before the beginning."})
        return attrs


class EventsQuery(PeriodQuery):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="Not itself included")


class TrackingQuery(PeriodQuery):
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.all(), many=True, required=False)
    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all(), many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.values()):
            raise serializers.ValidationError({"since": "Say which lots, which items, or which time."})
        return super().validate(attrs)


class BalanceOutput(serializers.Serializer[Any]):
    """Quantities in the item's unit."""

    difference = QuantityField(help_text="What not even counts explain")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: QuantityField() for name in FIGURES} | super().get_fields()


class HandedOutput(serializers.Serializer[Any]):
    customer = serializers.CharField()
    shipment = serializers.CharField()
    quantity = QuantityField()
    back = QuantityField(help_text="Of it, what they sent back")
    at = serializers.DateTimeField()


class MakingOutput(serializers.Serializer[Any]):
    batch = serializers.IntegerField()
    number = serializers.CharField()
    plan = serializers.CharField(help_text="Process plan with its revision")
    machines = serializers.ListField(child=serializers.CharField())


class JudgedOutput(serializers.Serializer[Any]):
    results = serializers.IntegerField()
    failed = serializers.IntegerField()
    gauges = serializers.ListField(child=serializers.CharField())


class TracedLotOutput(serializers.Serializer[Any]):
    lot = serializers.IntegerField()
    number = serializers.CharField()
    depth = serializers.IntegerField(help_text="Below zero what it was made of, above zero what became of it")
    item = serializers.CharField()
    description = serializers.CharField()
    unit = serializers.CharField()
    status = serializers.CharField()
    code = serializers.CharField(help_text="Traceability lot code")
    code_source = serializers.CharField(help_text="Who gave that code")
    balance = BalanceOutput()
    at = serializers.DateTimeField()
    by = serializers.CharField()
    through = serializers.CharField()
    parents = serializers.ListField(child=serializers.CharField())
    supplier = serializers.CharField()
    supplier_lot = serializers.CharField()
    making = MakingOutput(allow_null=True)
    judged = JudgedOutput()
    handed = HandedOutput(many=True)


class TracedLotViewSet(ReceivingLotViewSet):
    """Lots and serial numbers. POST receives a delivery: it opens the receiving inspection, or releases the lot where none is asked for."""

    @extend_schema(parameters=[TraceQuery, AS_FILE], responses=TracedLotOutput(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def trace(self, request: Request, **_: Any) -> Response | HttpResponse:
        """Every lot that this one was made of and that became of it, with who, when, machine, process plan, results, gauges,
        suppliers and customers.
        """
        lot = self.get_object()
        rows = trace_table(lot, **read_parameters(TraceQuery, request, besides=["as"]))
        if (kind := _kind_of_file(request)) is not None:
            return download(f"Trace of {lot}", [trace_sheet(rows)], kind)
        return Response(TracedLotOutput(rows, many=True).data)

    @extend_schema(parameters=[PeriodQuery], responses=OpenApiTypes.OBJECT, filters=False)
    @action(detail=True, url_path="epcis", pagination_class=None)
    def epcis_events(self, request: Request, **_: Any) -> Response:
        """What happened to this lot, what it was made of and what became of it, as an EPCIS 2.0 document (JSON-LD)."""
        keys = [row.lot for row in trace_table(self.get_object())]
        events = epcis.events_of_lots(keys, **read_parameters(PeriodQuery, request))
        return Response(epcis.document(events, at=timezone.now()))


class EpcisViewSet(viewsets.GenericViewSet[Move]):
    """What happened in a time, as EPCIS 2.0."""

    queryset = Move.objects.all()
    serializer_class: type[serializers.BaseSerializer[Any]] = serializers.Serializer
    pagination_class = None

    @extend_schema(parameters=[EventsQuery], responses=OpenApiTypes.OBJECT, filters=False)
    def list(self, request: Request) -> Response:
        """Every event of lots that moved in that time, as an EPCIS 2.0 document (JSON-LD)."""
        period = read_parameters(EventsQuery, request)
        lots = epcis.moves_between(period["since"], period["until"])
        return Response(epcis.document(epcis.events_of_lots(lots, **period), at=timezone.now()))


class TrackingViewSet(viewsets.GenericViewSet[Move]):
    """The electronic sortable spreadsheet of FSMA 204."""

    queryset = Move.objects.all()
    serializer_class: type[serializers.BaseSerializer[Any]] = serializers.Serializer
    pagination_class = None

    @extend_schema(parameters=[TrackingQuery, AS_FILE], responses=OpenApiTypes.OBJECT, filters=False)
    def list(self, request: Request) -> Response | HttpResponse:
        """Receiving, transformation and shipping events with their key data elements (21 CFR 1.1340, 1.1345, 1.1350), by lots, items
        and time; as JSON, CSV or XLSX.
        """
        asked = read_parameters(TrackingQuery, request, besides=["as"])
        sheets = tracking_sheets(
            Asked(
                lots=[lot.pk for lot in asked["lot"]] if asked.get("lot") else None,
                items=[item.pk for item in asked["item"]] if asked.get("item") else None,
                since=asked.get("since"),
                until=asked.get("until"),
            )
        )
        if (kind := _kind_of_file(request)) is not None:
            return download("FSMA 204 traceability records", sheets, kind)
        everything = sheets[0]
        return Response([dict(zip(everything.headings, row, strict=True)) for row in everything.rows])


def _kind_of_file(request: Request) -> str | None:
    """:raises ValidationError: for a kind of file that there is not."""
    kind = request.query_params.get("as")
    if kind is not None and kind not in FILES:
        raise serializers.ValidationError({"as": f"One of: {', '.join(FILES)}."})
    return kind
