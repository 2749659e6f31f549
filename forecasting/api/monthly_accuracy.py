"""The HTTP face of how good forecasts were month by month."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting.comparing import HORIZONS
from forecasting.models import MonthlyAccuracy
from forecasting.models.monthly_accuracy import SUMS
from forecasting.outputs import Number
from forecasting.portfolio import Wanted
from forecasting.track_record import track_record
from inventory.models import Item
from mes.core.api import ReadViewSet
from mes.core.unknown import read_parameters


class MonthlyAccuracySerializer(serializers.ModelSerializer[MonthlyAccuracy]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    owner_name = serializers.CharField(source="owner.username", read_only=True, default=None)

    class Meta:
        model = MonthlyAccuracy
        fields = [
            "id",
            "item",
            "item_number",
            "owner",
            "owner_name",
            "month",
            "first_week",
            "last_week",
            "measured_at",
            "worth",
            "weeks",
            *SUMS,
        ]


class TrackRecordInput(serializers.Serializer[Any]):
    """Query parameters of the course of errors: whose, of what, how far ahead."""

    item = serializers.PrimaryKeyRelatedField(queryset=Item.objects.all(), required=False, allow_null=True)
    site = serializers.CharField(default="", allow_blank=True)
    family = serializers.CharField(default="", allow_blank=True)
    term = serializers.CharField(default="", allow_blank=True, help_text="A part of number or description")
    owner = serializers.IntegerField(
        required=False, allow_null=True, help_text="Key of a user: only weeks in which he gave a number"
    )
    first_week = serializers.ChoiceField(
        choices=[first for first, _ in HORIZONS], default=1, help_text="Of the weeks ahead"
    )


class ErrorsOutput(serializers.Serializer[Any]):
    """Shares of demand; null where a step said nothing or nothing was asked for."""

    weeks = serializers.IntegerField(help_text="Weeks of items that were compared")
    items = serializers.IntegerField()
    naive = Number(allow_null=True)
    statistical = Number(allow_null=True)
    statistical_bias = Number(allow_null=True, help_text="Above zero too much was forecast")
    override = Number(allow_null=True)
    override_bias = Number(allow_null=True)
    consensus = Number(allow_null=True)
    consensus_bias = Number(allow_null=True)
    final = Number(allow_null=True, help_text="Of the number that counted")
    final_bias = Number(allow_null=True)
    added = Number(allow_null=True, help_text="What people took off the statistical error; below zero: worse")


class MonthOutput(serializers.Serializer[Any]):
    month = serializers.DateField(source="first_date", help_text="Its first day")
    shares = ErrorsOutput(source="errors")


class CourseOutput(serializers.Serializer[Any]):
    """The newest three months against the three before."""

    name = serializers.CharField()
    owner = serializers.IntegerField(source="who", allow_null=True, help_text="Key of the user")
    before = ErrorsOutput(allow_null=True)
    lately = ErrorsOutput(allow_null=True)
    better_by = Number(allow_null=True, help_text="What the error fell by; below zero it grew")


class TrackRecordOutput(serializers.Serializer[Any]):
    """Months the oldest first; families and people by name."""

    months = MonthOutput(many=True)
    whole = CourseOutput(allow_null=True)
    families = CourseOutput(many=True)
    owners = CourseOutput(many=True)


class MonthlyAccuracyViewSet(ReadViewSet[MonthlyAccuracy]):
    """Errors of each item's numbers by month, added up, in its unit: `…_off` absolute ones, `…_over` with their sign. Rows of all (`owner` empty) and of
    weeks in which one person gave a number. They stay when the runs are gone.
    """

    queryset = MonthlyAccuracy.objects.select_related("item", "owner")
    serializer_class = MonthlyAccuracySerializer
    filterset_fields = {
        "item": ["exact"],
        "item__number": ["exact"],
        "item__family": ["exact"],
        "item__site__code": ["exact"],
        "owner": ["exact", "isnull"],
        "first_week": ["exact"],
        "month": ["exact", "gte", "lte"],
    }
    ordering_fields = ["month", "off", "final_off"]

    @extend_schema(parameters=[TrackRecordInput], responses=TrackRecordOutput, filters=False)
    @action(detail=False, url_path="course", pagination_class=None)
    def course(self, request: Request) -> Response:
        """Whether error and bias get better: by month for up to two years, and the newest three months against the three before by family and person;
        items weigh what a unit of them is worth.
        """
        asked = read_parameters(TrackRecordInput, request)
        items = Wanted(asked["site"], asked["family"], asked["term"]).items()
        if asked.get("item") is not None:
            items = items.filter(pk=asked["item"].pk)
        found = track_record(items, first_week=asked["first_week"], owner=asked.get("owner"))
        return Response(TrackRecordOutput(found).data)
