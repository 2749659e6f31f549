"""Items and the other units that they are counted in, over the API."""

from typing import ClassVar

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from inventory import inputs
from inventory.models import Item, ItemUnit
from mes.core.api import CheckedSerializer, MasterDataViewSet


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


class ItemUnitSerializer(serializers.ModelSerializer[ItemUnit]):
    class Meta:
        model = ItemUnit
        fields = ["id", "item", "uom", "quantity"]


class ItemUnitViewSet(MasterDataViewSet[ItemUnit]):
    """Other units in which an item is counted: how many of its own unit one of them is."""

    queryset = ItemUnit.objects.all()
    serializer_class = ItemUnitSerializer
    filterset_fields = ["item", "item__number", "uom"]
