"""What-if plans and trials: what changes would make of the plan, before anybody decides."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.permissions import requires
from production import change_inputs, taking_back, what_ifs
from production.models import WhatIf

MAY_PUBLISH = "production.add_schedule"


class FiguresSerializer(serializers.Serializer[Any]):
    late_orders = serializers.IntegerField()
    late = serializers.ListField(child=serializers.CharField(), help_text="Numbers of production orders")
    tardiness_hours = serializers.FloatField(
        help_text="Summed over orders; each is as late as its last batch"
    )
    setup_hours = serializers.FloatField()
    ends_at = serializers.DateTimeField(allow_null=True)


class OrderChangeSerializer(serializers.Serializer[Any]):
    order = serializers.IntegerField()
    number = serializers.CharField()
    item = serializers.CharField()
    reason = serializers.CharField(help_text="Why it is made: for whom")
    due_at = serializers.DateTimeField()
    was = serializers.DateTimeField(
        allow_null=True, help_text="Its end; null while not all of it has a place"
    )
    now = serializers.DateTimeField(allow_null=True)
    late_before_hours = serializers.FloatField()
    late_after_hours = serializers.FloatField()


class ComparisonSerializer(serializers.Serializer[Any]):
    before = FiguresSerializer()
    after = FiguresSerializer()
    moved = serializers.IntegerField(help_text="Waiting operations that leave their machine or time")
    orders = OrderChangeSerializer(many=True, help_text="Those that end at another time, worst first")
    unaided = FiguresSerializer(
        allow_null=True, required=False, help_text="What as long a search achieves without the changes"
    )


class PlaceSerializer(serializers.Serializer[Any]):
    operation = serializers.IntegerField(help_text="A split one has several places")
    machine = serializers.IntegerField(allow_null=True)
    starts_at = serializers.DateTimeField()
    setup_ends_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class TrialSerializer(serializers.Serializer[Any]):
    feasible = serializers.BooleanField()
    sentence = serializers.CharField()
    refusals = serializers.ListField(
        child=serializers.CharField(), help_text="What cannot be, why, and what to do"
    )
    comparison = ComparisonSerializer()
    places = PlaceSerializer(many=True)


class WhatIfSerializer(serializers.ModelSerializer[WhatIf]):
    based_on_version = serializers.IntegerField(source="based_on.version", read_only=True)
    is_stale = serializers.BooleanField(
        read_only=True, default=False, help_text="The plan was replaced since it was worked out"
    )
    changes = serializers.ListField(child=serializers.DictField(), help_text="Each with its `kind`")
    told = serializers.ListField(child=serializers.CharField(), help_text="The changes in words")
    refusals = serializers.ListField(
        child=serializers.CharField(), help_text="What cannot be, why, and what to do"
    )
    caveats = serializers.ListField(
        child=serializers.CharField(), help_text="What publishing cannot put in force, and what to do"
    )
    figures = serializers.DictField(
        help_text="`before`, `after`, `moved`, and `unaided`: what as long a search achieves without the changes"
    )

    class Meta:
        model = WhatIf
        fields = [
            "id",
            "name",
            "status",
            "by",
            "made_at",
            "based_on",
            "based_on_version",
            "is_stale",
            "worked_out_at",
            "freely",
            "changes",
            "told",
            "refusals",
            "caveats",
            "figures",
            "decided_by",
            "decided_at",
            "published_as",
        ]


class WhatIfComparisonSerializer(ComparisonSerializer):
    feasible = serializers.BooleanField()
    refusals = serializers.ListField(child=serializers.CharField())
    caveats = serializers.ListField(
        child=serializers.CharField(), help_text="What publishing cannot put in force, and what to do"
    )
    is_stale = serializers.BooleanField()


class WhatIfViewSet(ReadViewSet[WhatIf]):
    """Plans beside the published one. Creating one works it out; `change` adds changes and works it out again."""

    queryset = WhatIf.objects.for_lists()
    serializer_class = WhatIfSerializer
    filterset_fields = ["status", "by"]
    search_fields = ["name"]
    ordering_fields = ["made_at", "name"]

    create = create_endpoint(what_ifs.create_what_if, input=change_inputs.WhatIfInput)
    change = service_endpoint(what_ifs.change_what_if, input=change_inputs.MoreChangesInput)
    publish = service_endpoint(what_ifs.publish_what_if, permission=MAY_PUBLISH)
    take_back = service_endpoint(taking_back.take_back_what_if, permission=MAY_PUBLISH)
    drop = service_endpoint(what_ifs.drop_what_if)

    @extend_schema(responses=WhatIfComparisonSerializer)
    @action(detail=True, methods=["get"], permission_classes=[requires("production.view_whatif")])
    def comparison(self, request: Request, **_: Any) -> Response:
        """Figures before and after, and the orders that end at another time."""
        what_if: Any = self.get_object()
        return Response(
            {
                **what_if.figures,
                "orders": what_if.orders,
                "feasible": not what_if.refusals,
                "refusals": what_if.refusals,
                "caveats": what_if.caveats,
                "is_stale": what_if.is_stale,
            }
        )
