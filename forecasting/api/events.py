"""The HTTP face of what explains demand."""

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import DemandEvent
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint


class DemandEventSerializer(serializers.ModelSerializer[DemandEvent]):
    item_number = serializers.CharField(source="item.number", read_only=True, default=None)
    site_code = serializers.CharField(source="site.code", read_only=True)

    class Meta:
        model = DemandEvent
        fields = [
            "id",
            "kind",
            "status",
            "name",
            "site",
            "site_code",
            "item",
            "item_number",
            "family",
            "first_date",
            "last_date",
            "factor",
            "is_learnt",
            "like_items",
            "found_by",
            "why",
            "made_by",
            "made_at",
            "decided_by",
            "decided_at",
            "decision_reason",
        ]


class DemandEventFilter(django_filters.FilterSet):
    touches_from = django_filters.DateFilter(
        method="from_day", label="Ends on that day or later, or not at all"
    )

    class Meta:
        model = DemandEvent
        fields = {
            "kind": ["exact", "in"],
            "status": ["exact", "in"],
            "found_by": ["exact"],
            "site__code": ["exact"],
            "item": ["exact"],
            "item__number": ["exact"],
            "family": ["exact"],
            "first_date": ["gte", "lte"],
        }

    def from_day(self, found: QuerySet[DemandEvent], name: str, value: object) -> QuerySet[DemandEvent]:
        return found.exclude(last_date__lt=value)


class DemandEventViewSet(ReadViewSet[DemandEvent]):
    """Promotions, outliers, holidays, price changes, launches, ends of life and stock-outs, of an item, a family or a site."""

    queryset = DemandEvent.objects.select_related("item", "site").prefetch_related("like_items")
    serializer_class = DemandEventSerializer
    filterset_class = DemandEventFilter
    ordering_fields = ["first_date", "made_at"]

    create = create_endpoint(services.add_event, input=inputs.DemandEventInput)
    confirm = service_endpoint(services.confirm_event, input=inputs.ConfirmEventInput)
    dismiss = service_endpoint(services.dismiss_event, input=inputs.GivenReasonInput)
