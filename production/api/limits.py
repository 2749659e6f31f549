"""Tools and when they are away, what steps need of them, and the rules that plans are made by."""

from typing import Any

from rest_framework import mixins

from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet
from production import services
from production.models import SchedulingRules, Tool, ToolAbsence, ToolNeed


class ToolSerializer(CheckedSerializer[Tool]):
    class Meta:
        model = Tool
        fields = ["id", "site", "code", "name", "quantity"]


class ToolViewSet(MasterDataViewSet[Tool]):
    """Tools and fixtures, and how many of each a site has."""

    queryset = Tool.objects.all()
    serializer_class = ToolSerializer
    filterset_fields = ["site", "code"]
    search_fields = ["code", "name"]


class ToolAbsenceSerializer(CheckedSerializer[ToolAbsence]):
    class Meta:
        model = ToolAbsence
        fields = ["id", "tool", "kind", "quantity", "starts_at", "ends_at", "reason"]


class ToolAbsenceViewSet(MasterDataViewSet[ToolAbsence]):
    """When some of a tool are out for calibration or maintenance; without an end, until further notice."""

    queryset = ToolAbsence.objects.select_related("tool")
    serializer_class = ToolAbsenceSerializer
    filterset_fields = ["tool", "kind"]
    ordering_fields = ["starts_at"]


class ToolNeedSerializer(CheckedSerializer[ToolNeed]):
    class Meta:
        model = ToolNeed
        fields = ["id", "plan", "step", "tool", "quantity"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for plan in filter(None, [getattr(self.instance, "plan", None), attrs.get("plan")]):
            services.require_draft(plan)
        return super().validate(attrs)


class ToolNeedViewSet(MasterDataViewSet[ToolNeed]):
    """What steps hold of a tool while they are set up and run."""

    queryset = ToolNeed.objects.select_related("plan__item", "step", "tool")
    serializer_class = ToolNeedSerializer
    filterset_fields = ["plan", "step", "tool"]

    def perform_destroy(self, instance: ToolNeed) -> None:
        services.require_draft(instance.plan)
        instance.delete()


class SchedulingRulesSerializer(CheckedSerializer[SchedulingRules]):
    class Meta:
        model = SchedulingRules
        fields = [
            "id",
            "tardiness_weight",
            "setup_weight",
            "flow_weight",
            "move_minutes",
            "rush_weight",
            "normal_weight",
            "fill_in_weight",
            "reserves_released_days",
        ]


class SchedulingRulesViewSet(mixins.UpdateModelMixin, ReadViewSet[SchedulingRules]):
    """What plans strive for; one row, number 1. The next plan goes by it."""

    queryset = SchedulingRules.objects.all()
    serializer_class = SchedulingRulesSerializer
