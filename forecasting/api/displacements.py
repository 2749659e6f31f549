"""The HTTP face of displaced batches."""

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers

from forecasting.models import (
    Displacement,
)
from mes.core.api import ReadViewSet


class DisplacementSerializer(serializers.ModelSerializer[Displacement]):
    version = serializers.IntegerField(source="schedule.version", read_only=True)
    batch_number = serializers.CharField(source="batch.number", read_only=True)
    item = serializers.IntegerField(source="batch.order.item_id", read_only=True)
    item_number = serializers.CharField(source="batch.order.item.number", read_only=True)
    quantity = serializers.DecimalField(16, 4, source="batch.quantity", read_only=True)

    class Meta:
        model = Displacement
        fields = [
            "id",
            "schedule",
            "version",
            "batch",
            "batch_number",
            "item",
            "item_number",
            "quantity",
            "was_at",
            "ends_at",
            "probability_before",
            "probability",
            "units_short",
            "days_short",
            "why",
        ]


class DisplacementFilter(django_filters.FilterSet):
    version = django_filters.NumberFilter(field_name="schedule__version")
    item = django_filters.NumberFilter(field_name="batch__order__item")
    is_standing = django_filters.BooleanFilter(
        method="standing", label="The batch is open and still planned as late as this says"
    )

    class Meta:
        model = Displacement
        fields = ["schedule", "batch"]

    def standing(self, found: QuerySet[Displacement], name: str, value: bool) -> QuerySet[Displacement]:
        standing = Displacement.objects.standing(timezone.now()).values("pk")
        return found.filter(pk__in=standing) if value else found.exclude(pk__in=standing)


class DisplacementViewSet(ReadViewSet[Displacement]):
    """Stock batches that a version of the plan moved to a later day, and the risk that stock runs out before they come."""

    queryset = Displacement.objects.select_related("schedule", "batch__order__item")
    serializer_class = DisplacementSerializer
    filterset_class = DisplacementFilter
    ordering_fields = ["probability", "units_short", "ends_at"]
