"""The HTTP face of forecasts by family and plant."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from forecasting import inputs, services
from forecasting.models import FamilyForecast, FamilyOverride, ForecastRun
from forecasting.outputs import Number
from forecasting.planned_families import Change, changes_for
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint


class SummedWeekOutput(serializers.Serializer[Any]):
    date = serializers.DateField(help_text="Its first day")
    mean = Number(help_text="By statistics")
    value = Number(help_text="The same at the items' prices")
    planned = Number(help_text="With people's numbers for the items put in, as they stand now")
    planned_value = Number()
    q = serializers.DictField(child=Number(), help_text="Quantiles of the statistical sum by probability")


class FamilyForecastListSerializer(serializers.ListSerializer[FamilyForecast]):
    def to_representation(self, data: Any) -> Any:
        """People's numbers are read once for all rows."""
        rows = list(data)
        cast("dict[str, Any]", self.context)["changes"] = changes_for(rows)
        return super().to_representation(rows)


class FamilyForecastSerializer(serializers.ModelSerializer[FamilyForecast]):
    site_code = serializers.CharField(source="site.code", read_only=True)
    planned = serializers.SerializerMethodField(help_text="As `mean`, with people's numbers put in")
    planned_value = serializers.SerializerMethodField(help_text="As `value`, with people's numbers put in")
    items_changed = serializers.SerializerMethodField(help_text="Items for which people's numbers count")
    weeks = serializers.SerializerMethodField()

    class Meta:
        model = FamilyForecast
        list_serializer_class = FamilyForecastListSerializer
        fields = [
            "id",
            "run",
            "site",
            "site_code",
            "level",
            "family",
            "uom",
            "items",
            "mean",
            "value",
            "planned",
            "planned_value",
            "items_changed",
            "correlation",
            "weeks",
        ]

    def get_planned(self, row: FamilyForecast) -> float:
        return round(row.mean + float(self._change(row).units.sum()), 3)

    def get_planned_value(self, row: FamilyForecast) -> float:
        return round(row.value + float(self._change(row).value.sum()), 2)

    def get_items_changed(self, row: FamilyForecast) -> int:
        return self._change(row).items

    @extend_schema_field(SummedWeekOutput(many=True))
    def get_weeks(self, row: FamilyForecast) -> list[dict[str, Any]]:
        change = self._change(row)
        return [
            week
            | {
                "planned": round(week["mean"] + float(units), 3),
                "planned_value": round(week["value"] + float(value), 2),
            }
            for week, units, value in zip(row.weeks, change.units, change.value, strict=True)
        ]

    def _change(self, row: FamilyForecast) -> Change:
        known: dict[int, Change] = cast("dict[str, Any]", self.context).setdefault("changes", {})
        if row.pk not in known:
            known |= changes_for([row])
        return known[row.pk]


class FamilyForecastViewSet(ReadViewSet[FamilyForecast]):
    """Sums of items' forecasts by family and plant, by statistics with the quantiles of the sum, and with people's numbers for the items put in;
    of the newest run unless `run` is given.
    """

    queryset = FamilyForecast.objects.select_related("site", "run")
    serializer_class = FamilyForecastSerializer
    filterset_fields = {
        "run": ["exact"],
        "site__code": ["exact"],
        "level": ["exact"],
        "family": ["exact"],
        "uom": ["exact"],
    }
    ordering_fields = ["mean", "value", "family"]

    def get_queryset(self) -> QuerySet[FamilyForecast]:
        found = super().get_queryset()
        if self.action == "list" and "run" not in self.request.query_params:
            return found.filter(run=ForecastRun.objects.latest_done())
        return found


class FamilyOverrideSerializer(serializers.ModelSerializer[FamilyOverride]):
    site_code = serializers.CharField(source="site.code", read_only=True)
    owner_name = serializers.CharField(source="owner.username", read_only=True)

    class Meta:
        model = FamilyOverride
        fields = [
            "id",
            "site",
            "site_code",
            "level",
            "family",
            "uom",
            "first_date",
            "last_date",
            "quantity",
            "reason",
            "owner",
            "owner_name",
            "made_at",
            "is_active",
            "ended_at",
            "ended_by",
        ]


class FamilyOverrideViewSet(ReadViewSet[FamilyOverride]):
    """People's numbers for families and plants. Their shares are overrides of the items: `/forecast-overrides/?part_of=`."""

    queryset = FamilyOverride.objects.select_related("site", "owner")
    serializer_class = FamilyOverrideSerializer
    filterset_fields = {
        "site__code": ["exact"],
        "level": ["exact"],
        "family": ["exact"],
        "is_active": ["exact"],
        "owner": ["exact"],
    }

    create = create_endpoint(services.override_family, input=inputs.FamilyOverrideInput)
    end = service_endpoint(services.end_family_override)
