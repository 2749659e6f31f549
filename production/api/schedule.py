"""The schedule: its versions, and the slots that are published now."""

from collections.abc import Mapping
from typing import Any

import django_filters
from rest_framework import serializers

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from production import change_inputs, inputs, what_ifs
from production.api.what_ifs import TrialSerializer
from production.models import Schedule, Slot, WorkCenter
from production.models.schedule import SlotQuerySet
from production.news import MEMORY
from production.planning import reschedule


class FiguresField(serializers.DictField):
    """The figures of a plan, without what it remembers to tell when it is out of date."""

    def to_representation(self, value: Mapping[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(
            {key: each for key, each in value.items() if key not in MEMORY}
        )
        return told


class ScheduleSerializer(serializers.ModelSerializer[Schedule]):
    figures = FiguresField(help_text="Operations, orders, late orders, set-up, utilisation, bound, shortages")
    moved = serializers.ListField(
        child=serializers.DictField(),
        help_text="Operations that moved, longest delay first; `from` and `to` tell machine, start and end",
    )
    unplanned = serializers.ListField(
        child=serializers.DictField(), help_text="What found no place, each with its reason"
    )

    causes = serializers.ListField(
        child=serializers.DictField(), help_text="What happened that called for it: text, at, about and id"
    )
    orders = serializers.ListField(
        child=serializers.DictField(),
        help_text="Production orders whose end it changes, from when to when, most delayed first",
    )

    class Meta:
        model = Schedule
        fields = [
            "id",
            "version",
            "made_at",
            "by",
            "reason",
            "causes",
            "objective",
            "figures",
            "moved",
            "orders",
            "unplanned",
        ]


class ScheduleViewSet(ReadViewSet[Schedule]):
    """Versions of the plan. Creating one plans every unfinished operation anew and publishes the result."""

    queryset = Schedule.objects.all()
    serializer_class = ScheduleSerializer
    filterset_fields = ["version"]
    ordering_fields = ["version", "made_at"]

    create = create_endpoint(reschedule, input=inputs.RescheduleInput)
    trial = service_endpoint(
        what_ifs.try_changes,
        input=change_inputs.TrialInput,
        output=TrialSerializer,
        permission="production.add_schedule",
        detail=False,
    )


class SlotSerializer(serializers.ModelSerializer[Slot]):
    batch_number = serializers.CharField(source="operation.batch.number", read_only=True)
    work_center = serializers.IntegerField(source="operation.step.work_center_id", read_only=True)

    class Meta:
        model = Slot
        fields = [
            "id",
            "schedule",
            "operation",
            "batch_number",
            "machine",
            "work_center",
            "starts_at",
            "setup_ends_at",
            "ends_at",
            "is_published",
        ]


class SlotFilter(django_filters.FilterSet):
    ends_after = django_filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="gt")
    starts_before = django_filters.IsoDateTimeFilter(field_name="starts_at", lookup_expr="lt")
    work_center = django_filters.ModelChoiceFilter(
        field_name="operation__step__work_center", queryset=WorkCenter.objects.all()
    )

    schedule = django_filters.ModelChoiceFilter(
        queryset=Schedule.objects.all(),
        method="of_version",
        help_text="Slots of that version, whichever put them there",
    )

    class Meta:
        model = Slot
        fields = ["schedule", "operation", "machine", "is_published"]

    def of_version(self, slots: SlotQuerySet, name: str, schedule: Schedule) -> SlotQuerySet:
        return slots.of(schedule)


class SlotViewSet(ReadViewSet[Slot]):
    """When and where operations are planned; `is_published=true` is the plan in force."""

    queryset = Slot.objects.select_related("operation__batch", "operation__step")
    serializer_class = SlotSerializer
    filterset_class = SlotFilter
    ordering_fields = ["starts_at"]
