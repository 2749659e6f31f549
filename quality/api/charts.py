"""Control charts, their limits, points and signals."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User
from quality import services
from quality.charted import draw
from quality.inputs import ReasonInput
from quality.models import (
    Characteristic,
    ChartLimits,
    ChartPoint,
    ChartRule,
    ChartSignal,
    ControlChart,
    SignalAcknowledgement,
)

FIX = "quality.fix_limits"


class ChartRuleSerializer(serializers.ModelSerializer[ChartRule]):
    class Meta:
        model = ChartRule
        fields = ["rule", "points", "holds_lot", "asks_sample"]


class ControlChartSerializer(serializers.ModelSerializer[ControlChart]):
    rules = ChartRuleSerializer(many=True, read_only=True)

    class Meta:
        model = ControlChart
        fields = [
            "id",
            "name",
            "characteristic",
            "line",
            "kind",
            "subgroup_size",
            "status",
            "owner",
            "made_at",
            "rules",
        ]


class RuleInput(serializers.Serializer[Any]):
    rule = serializers.IntegerField(min_value=1, max_value=8)
    points = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        help_text="In a row: rule 2 (7 to 9), rule 3 (6 or 7), rule 4 (14 or 15); default: Nelson's",
    )
    holds_lot = serializers.BooleanField(default=False)
    asks_sample = serializers.BooleanField(default=False)

    def to_internal_value(self, data: Any) -> Any:
        return services.RuleAsked(**super().to_internal_value(data))


class SetUpInput(serializers.Serializer[Any]):
    characteristic = serializers.PrimaryKeyRelatedField(
        queryset=Characteristic.objects.select_related("plan__item", "plan__sampling")
    )
    kind = serializers.ChoiceField(choices=ControlChart.Kind.choices)
    name = serializers.CharField(max_length=120, required=False)
    subgroup_size = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    line = serializers.CharField(max_length=40, required=False, help_text="Only what was made on it")
    owner = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), required=False)
    rules = RuleInput(many=True, required=False, help_text="Default: all of Nelson's")
    with_history = serializers.BooleanField(default=True, help_text="Plot what was measured before")


class SetRulesInput(serializers.Serializer[Any]):
    rules = RuleInput(many=True)


class FixInput(serializers.Serializer[Any]):
    first = serializers.IntegerField(min_value=1, required=False)
    last = serializers.IntegerField(min_value=1, required=False)
    exclude = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    reason = serializers.CharField(max_length=300)


class GiveInput(serializers.Serializer[Any]):
    center = serializers.FloatField()
    sigma = serializers.FloatField(required=False)
    spread = serializers.FloatField(required=False)
    reason = serializers.CharField(max_length=300)


class LimitsSerializer(serializers.ModelSerializer[ChartLimits]):
    class Meta:
        model = ChartLimits
        fields = [
            "id",
            "chart",
            "center",
            "sigma",
            "spread",
            "first",
            "last",
            "excluded",
            "subgroups",
            "reason",
            "at",
            "by",
        ]


class ControlChartViewSet(ReadViewSet[ControlChart]):
    """Charts fill themselves from measurements. POST sets one up; limits are fixed or given; `data` is what is drawn."""

    queryset = ControlChart.objects.prefetch_related("rules")
    serializer_class = ControlChartSerializer
    filterset_fields = ["characteristic", "characteristic__plan__item", "kind", "line", "status", "owner"]
    search_fields = ["name"]

    create = create_endpoint(services.set_up_chart, input=SetUpInput)
    rules = service_endpoint(services.set_chart_rules, input=SetRulesInput)
    fix = service_endpoint(services.fix_limits, input=FixInput, output=LimitsSerializer, permission=FIX)
    give = service_endpoint(services.give_limits, input=GiveInput, output=LimitsSerializer, permission=FIX)
    establish_anew = service_endpoint(services.establish_anew, input=ReasonInput, permission=FIX)
    retire = service_endpoint(services.retire_chart, input=ReasonInput, permission=FIX)

    @extend_schema(responses={200: dict[str, Any]}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def data(self, request: Request, **_: Any) -> Response:
        """The last points with limits, broken rules, histogram and capability with its intervals."""
        return Response(draw(self.get_object()).as_data())


class ChartLimitsViewSet(ReadViewSet[ChartLimits]):
    """Every set of limits that a chart had, with its source and reason."""

    queryset = ChartLimits.objects.all()
    serializer_class = LimitsSerializer
    filterset_fields = ["chart"]


class ChartPointSerializer(serializers.ModelSerializer[ChartPoint]):
    class Meta:
        model = ChartPoint
        fields = [
            "id",
            "chart",
            "sequence",
            "inspection",
            "first_piece",
            "last_piece",
            "value",
            "spread",
            "size",
            "values",
            "at",
            "replaces",
        ]


class ChartPointViewSet(ReadViewSet[ChartPoint]):
    """Subgroups as they were plotted; one that a correction replaced is named by `replaces`."""

    queryset = ChartPoint.objects.all()
    serializer_class = ChartPointSerializer
    filterset_fields = {"chart": ["exact"], "inspection": ["exact"], "sequence": ["gte", "lte"]}
    ordering_fields = ["sequence", "at"]


class SignalAcknowledgementSerializer(serializers.ModelSerializer[SignalAcknowledgement]):
    class Meta:
        model = SignalAcknowledgement
        fields = ["signal", "cause", "action", "by", "at"]


class ChartSignalSerializer(serializers.ModelSerializer[ChartSignal]):
    acknowledgement: Any = SignalAcknowledgementSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = ChartSignal
        fields = [
            "id",
            "chart",
            "point",
            "limits",
            "rule",
            "part",
            "sentence",
            "nonconformance",
            "sample",
            "at",
            "acknowledgement",
        ]


class AcknowledgeInput(serializers.Serializer[Any]):
    cause = serializers.CharField(max_length=300)
    action = serializers.CharField(max_length=300, required=False)


class ChartSignalViewSet(ReadViewSet[ChartSignal]):
    """What rules found, and what that set off at once."""

    queryset = ChartSignal.objects.select_related("acknowledgement", "chart", "point")
    serializer_class = ChartSignalSerializer
    filterset_fields = {"chart": ["exact"], "rule": ["exact"], "acknowledgement": ["isnull"]}
    ordering_fields = ["at"]

    acknowledge = service_endpoint(
        services.acknowledge_signal,
        input=AcknowledgeInput,
        output=SignalAcknowledgementSerializer,
        permission="quality.add_signalacknowledgement",
    )
