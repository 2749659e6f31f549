"""Work centers, machines, their working time, and the people who work at them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet, create_endpoint, service_endpoint
from mes.core.unknown import read_parameters
from production import inputs, services
from production.load import load_by_day
from production.models import (
    CalendarException,
    Changeover,
    Downtime,
    Machine,
    Operator,
    Overtime,
    Qualification,
    Shift,
    WorkCenter,
)


class WorkCenterSerializer(CheckedSerializer[WorkCenter]):
    never_closes = serializers.BooleanField(read_only=True)

    class Meta:
        model = WorkCenter
        fields = [
            "id",
            "site",
            "code",
            "name",
            "kind",
            "is_unlimited",
            "supplier",
            "hourly_cost",
            "is_limited_by_people",
            "order_share",
            "stock_share",
            "clearance",
            "clearance_name",
            "clearance_is_checked",
            "never_closes",
        ]


class LoadSerializer(serializers.Serializer[Any]):
    work_center = serializers.IntegerField(source="work_center.pk")
    code = serializers.CharField(source="work_center.code")
    day = serializers.DateField()
    planned_hours = serializers.FloatField()
    available_hours = serializers.FloatField()


class WorkCenterViewSet(MasterDataViewSet[WorkCenter]):
    """Groups of machines that can stand in for one another, and suppliers who do a step.

    `order_share` and `stock_share` of the machines' time are kept for what is made to order and to stock. One that
    `never_closes` has no shifts; it works around the clock.
    """

    queryset = WorkCenter.objects.with_hours()
    serializer_class = WorkCenterSerializer
    filterset_fields = ["site", "code", "kind", "is_unlimited"]
    search_fields = ["code", "name"]

    @extend_schema(parameters=[inputs.LoadInput], responses=LoadSerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def load(self, request: Request) -> Response:
        """Planned and available hours of each work center by day of its site, from `start` to `end`, both included."""
        asked = read_parameters(inputs.LoadInput, request)
        loads = load_by_day(asked["start"], asked["end"], at=timezone.now())
        return Response(LoadSerializer(loads, many=True).data)


class MachineSerializer(CheckedSerializer[Machine]):
    class Meta:
        model = Machine
        fields = ["id", "work_center", "code", "name", "speed", "batch_limit", "is_active"]


class DowntimeSerializer(serializers.ModelSerializer[Downtime]):
    class Meta:
        model = Downtime
        fields = ["id", "machine", "kind", "starts_at", "ends_at", "expected_until", "reason"]


class MachineViewSet(MasterDataViewSet[Machine]):
    queryset = Machine.objects.select_related("work_center")
    serializer_class = MachineSerializer
    filterset_fields = ["work_center", "code", "is_active"]
    search_fields = ["code", "name"]

    break_down = service_endpoint(
        services.report_breakdown,
        input=inputs.BreakdownInput,
        output=DowntimeSerializer,
        permission="production.add_downtime",
    )


class ShiftSerializer(CheckedSerializer[Shift]):
    class Meta:
        model = Shift
        fields = ["id", "work_center", "weekday", "starts", "ends", "break_starts", "break_ends"]


class ShiftViewSet(MasterDataViewSet[Shift]):
    """Weekly working time, in the site's own time. A work center without shifts works around the clock."""

    queryset = Shift.objects.all()
    serializer_class = ShiftSerializer
    filterset_fields = ["work_center", "weekday"]


class CalendarExceptionSerializer(CheckedSerializer[CalendarException]):
    class Meta:
        model = CalendarException
        fields = ["id", "work_center", "date", "starts", "ends", "reason"]


class CalendarExceptionViewSet(MasterDataViewSet[CalendarException]):
    """Days on which a work center is closed (without hours) or works other hours."""

    queryset = CalendarException.objects.all()
    serializer_class = CalendarExceptionSerializer
    filterset_fields = ["work_center", "date"]


class ChangeoverSerializer(serializers.ModelSerializer[Changeover]):
    class Meta:
        model = Changeover
        fields = [
            "id",
            "work_center",
            "from_family",
            "to_family",
            "seconds",
            "cleaning",
            "cleaning_is_checked",
        ]


class ChangeoverViewSet(MasterDataViewSet[Changeover]):
    """Set-up from one family to another, where it is not the step's own."""

    queryset = Changeover.objects.all()
    serializer_class = ChangeoverSerializer
    filterset_fields = ["work_center", "from_family", "to_family"]


class DowntimeViewSet(ReadViewSet[Downtime], mixins.CreateModelMixin):
    """When machines stand still. Breakdowns are reported at the machine; maintenance is planned here."""

    queryset = Downtime.objects.select_related("machine")
    serializer_class = DowntimeSerializer
    filterset_fields = ["machine", "kind"]
    ordering_fields = ["starts_at"]

    create = create_endpoint(services.plan_downtime, input=inputs.MaintenanceInput)
    end = service_endpoint(services.end_downtime)


class OvertimeSerializer(serializers.ModelSerializer[Overtime]):
    class Meta:
        model = Overtime
        fields = ["id", "machine", "starts_at", "ends_at", "reason", "by"]


class OvertimeViewSet(ReadViewSet[Overtime], mixins.CreateModelMixin):
    """When machines work beside their shifts."""

    queryset = Overtime.objects.select_related("machine")
    serializer_class = OvertimeSerializer
    filterset_fields = ["machine"]
    ordering_fields = ["starts_at"]

    create = create_endpoint(services.plan_overtime, input=inputs.MaintenanceInput)
    call_off = service_endpoint(services.call_off_overtime)


class OperatorSerializer(serializers.ModelSerializer[Operator]):
    name = serializers.CharField(source="user", read_only=True, help_text="As it stands on papers and pages")

    class Meta:
        model = Operator
        fields = ["id", "user", "name", "site", "badge"]


class OperatorViewSet(MasterDataViewSet[Operator]):
    """Who works at machines or inspects; `user` is what others take for a person."""

    queryset = Operator.objects.select_related("user")
    serializer_class = OperatorSerializer
    filterset_fields = ["site", "badge", "user"]


class QualificationSerializer(serializers.ModelSerializer[Qualification]):
    class Meta:
        model = Qualification
        fields = ["id", "operator", "code", "expires_on"]


class QualificationViewSet(MasterDataViewSet[Qualification]):
    """What operators may do, until when."""

    queryset = Qualification.objects.all()
    serializer_class = QualificationSerializer
    filterset_fields = ["operator", "code"]
    ordering_fields = ["expires_on"]
