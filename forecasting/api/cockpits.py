"""The HTTP face of the cockpit: all that is known of one item that is kept in stock, in one call."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.api.pegging import CoveredOutput
from forecasting.cockpit import cockpit, with_stock_today
from forecasting.outputs import CockpitOutput, Number
from forecasting.pegging import pegging
from forecasting.portfolio import MONTHS_OF_COVER, ORDERS, WORDS, Wanted, portfolio
from inventory.models import Item
from mes.core.listing import parameters_of_pages
from mes.core.permissions import ModelPermissions, requires
from mes.core.unknown import read_parameters


class NarrowedInput(serializers.Serializer[Any]):
    """Query parameters of the portfolio."""

    site = serializers.CharField(default="", allow_blank=True)
    family = serializers.CharField(default="", allow_blank=True)
    term = serializers.CharField(default="", allow_blank=True)
    standing = serializers.CharField(default="", allow_blank=True, max_length=2)
    order = serializers.ChoiceField(choices=list(ORDERS), default="risk")
    months = serializers.IntegerField(default=MONTHS_OF_COVER, min_value=1, max_value=60)


class HoldingOutput(serializers.Serializer[Any]):
    """One item's stock against its target; quantities in its unit, money at cost."""

    item = serializers.IntegerField(source="item.pk")
    item_number = serializers.CharField(source="item")
    description = serializers.CharField(source="item.description")
    family = serializers.CharField(source="item.family")
    site = serializers.CharField(source="item.site.code")
    uom = serializers.CharField(source="item.unit")
    state = serializers.ChoiceField(source="band", choices=list(WORDS))
    free = Number()
    on_hand = Number()
    expected = Number()
    safety_stock = Number(source="target.safety_stock")
    reorder_point = Number(source="target.reorder_point")
    order_up_to = Number(source="target.order_up_to")
    chance_out = Number(
        allow_null=True, help_text="Within lead time and review if nothing is done, from 0 to 1"
    )
    runs_out = serializers.DateField(allow_null=True, help_text="Without the proposals")
    proposals = serializers.IntegerField(help_text="How many are open")
    months = Number(allow_null=True, help_text="Free stock over a month's demand")
    beyond = Number(help_text="On hand beyond so many months of demand")
    expires = Number(help_text="On hand that expires before it is used")
    at_stake = Number(help_text="The more of the two, at cost")
    capital = Number()
    capital_later = Number(help_text="At the end of the horizon, if the proposals are taken")
    capital_at_target = Number()
    volume_m3 = Number()
    added = Number(
        allow_null=True,
        help_text="What people took off the forecast error, in parts of demand; below zero: worse",
    )
    bias = Number(allow_null=True, help_text="Of the numbers that counted; above zero too much was forecast")
    method = serializers.CharField()
    error = Number(allow_null=True, help_text="Of the method in back-test, smaller is better")
    measure = serializers.CharField(help_text="Of the error: MASE, RMSSE, or empty where nothing was tested")


_NARROWED = [
    OpenApiParameter("site", str, description="Code of the site"),
    OpenApiParameter("family", str),
    OpenApiParameter("term", str, description="A part of number, description or family"),
    OpenApiParameter("standing", str, description="A class: A, BX, Z"),
    OpenApiParameter("order", str, enum=list(ORDERS)),
    OpenApiParameter(
        "months", int, description=f"Stock beyond so many months of demand lies too long; {MONTHS_OF_COVER}"
    ),
]


class CockpitViewSet(viewsets.GenericViewSet[Item]):
    """Items that are kept in stock, each with all that is known of it."""

    queryset = Item.objects.order_by("pk")
    serializer_class = CockpitOutput
    lookup_value_regex = r"\d{1,18}"
    # More than the item is told: what is asked of it, what people said of that and what it is worth.
    permission_classes = (ModelPermissions, requires("forecasting.view_forecast"))

    @extend_schema(responses=HoldingOutput(many=True), parameters=_NARROWED, filters=False)
    def list(self, request: Request) -> Response:
        """Every item with a target, by default the most at risk first: the portfolio."""
        asked = read_parameters(NarrowedInput, request, besides=parameters_of_pages(self))
        wanted = Wanted(asked["site"], asked["family"], asked["term"], asked["standing"])
        found = portfolio(wanted, at=timezone.now(), months=asked["months"])
        rows = self.paginate_queryset(found.in_order(asked["order"]))
        return self.get_paginated_response(HoldingOutput(rows, many=True).data)

    @extend_schema(responses=CockpitOutput)
    def retrieve(self, request: Request, pk: int) -> Response:
        """Demand, forecast with its bands, people's numbers, stock to come, targets, proposals, policy, lots, batches and uses of one item."""
        now = timezone.now()
        return Response(cockpit(get_object_or_404(with_stock_today(pk, at=now)), at=now).as_json())

    @extend_schema(responses=CoveredOutput(many=True), filters=False)
    @action(detail=True)
    def pegging(self, request: Request, pk: int) -> Response:
        """Each demand of the item by day, and the stock, orders and proposals that cover it, with what nothing covers."""
        item = get_object_or_404(Item.objects.select_related("site"), pk=pk)
        rows = self.paginate_queryset(pegging(item, at=timezone.now()).demands)
        return self.get_paginated_response(CoveredOutput(rows, many=True).data)
