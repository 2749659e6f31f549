"""Capacity for other systems: hours of each work center by day or week."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.unknown import read_parameters
from production import inputs
from production.capacity import Capacity, capacity_by_day, capacity_by_week
from production.models import WorkCenter


class UnattainableSerializer(serializers.Serializer[Any]):
    down_hours = serializers.FloatField(help_text="Machines are down, or will be for maintenance")
    closed_hours = serializers.FloatField(help_text="Regular hours that an exception closes")
    unstaffed_hours = serializers.FloatField(help_text="Nobody at the site is qualified to work there")
    past_hours = serializers.FloatField(help_text="Gone by unused")


class CapacitySerializer(serializers.Serializer[Any]):
    work_center = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    site = serializers.IntegerField()
    day = serializers.DateField(help_text="A day of the site; by week, its Monday")
    week = serializers.CharField(help_text="ISO 8601, as in 2026-W10")
    total_hours = serializers.FloatField(help_text="committed + available + unattainable")
    committed_hours = serializers.FloatField(help_text="Running and planned, set-up included")
    running_hours = serializers.FloatField(help_text="Of the committed, what is under way")
    available_hours = serializers.FloatField()
    unattainable_hours = serializers.FloatField()
    unattainable = UnattainableSerializer(help_text="What the unattainable hours are lost to")


class CapacityViewSet(viewsets.GenericViewSet[WorkCenter]):
    """Total, committed, available and unattainable hours of each work center with limited capacity."""

    queryset = WorkCenter.objects.all()
    serializer_class = CapacitySerializer
    pagination_class = None

    @extend_schema(parameters=[inputs.CapacityInput], responses=CapacitySerializer(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Hours by day of the site, or by week, from `from` to `to`, both included; by what is known now."""
        values = read_parameters(inputs.CapacityInput, request)
        centers = WorkCenter.objects.all()
        if site := values.get("site"):
            centers = centers.filter(site=site)
        if center := values.get("work_center"):
            centers = centers.filter(pk=center.pk)
        of = capacity_by_week if values["by"] == "week" else capacity_by_day
        rows = of(values["from"], values["to"], at=timezone.now(), centers=centers)
        return Response(CapacitySerializer([_row(row) for row in rows], many=True).data)


def _row(capacity: Capacity) -> dict[str, Any]:
    center, day = capacity.work_center, capacity.day
    hours = {
        name: round(getattr(capacity, name), 2)
        for name in (
            "total_hours",
            "committed_hours",
            "running_hours",
            "available_hours",
            "unattainable_hours",
        )
    }
    lost = ("down_hours", "closed_hours", "unstaffed_hours", "past_hours")
    return {
        "work_center": center.pk,
        "code": center.code,
        "name": center.name,
        "site": center.site_id,
        "day": day,
        "week": f"{day:%G-W%V}",
        "unattainable": {name: round(getattr(capacity, name), 2) for name in lost},
    } | hours
