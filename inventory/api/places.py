"""Plants, the places in them, and suppliers over the API."""

import django_filters
from rest_framework import serializers

from inventory import services
from inventory.models import Location, Site, Supplier
from mes.core.api import CheckedSerializer, MasterDataViewSet


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
