"""Gauges, their calibrations and the reviews that a bad one opens."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Lot
from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet, service_endpoint
from quality import services
from quality.doubt import doubtful_lots
from quality.inputs import ReasonInput, ResultField
from quality.models import Calibration, Gauge, GaugeReview

CALIBRATE = "quality.calibrate_gauge"


class GaugeSerializer(CheckedSerializer[Gauge]):
    class Meta:
        model = Gauge
        fields = [
            "id",
            "number",
            "name",
            "kind",
            "site",
            "range_from",
            "range_to",
            "resolution",
            "permissible_error",
            "uom",
            "interval_days",
            "due_date",
            "status",
            "status_reason",
        ]
        read_only_fields = ["due_date", "status", "status_reason"]


class CalibrationSerializer(serializers.ModelSerializer[Calibration]):
    review: Any = serializers.PrimaryKeyRelatedField(
        read_only=True, allow_null=True, default=None, help_text="Opened where it was found out of tolerance"
    )

    class Meta:
        model = Calibration
        fields = [
            "id",
            "gauge",
            "as_found",
            "found_in_tolerance",
            "as_left",
            "left_in_tolerance",
            "certificate",
            "laboratory",
            "note",
            "next_due_date",
            "at",
            "recorded_at",
            "by",
            "review",
        ]


class CalibrateInput(serializers.Serializer[Any]):
    found_in_tolerance = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="May be left to `as_found`"
    )
    as_found = ResultField(required=False, help_text="Largest error before adjustment, in the gauge's unit")
    left_in_tolerance = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Default: as found, or as `as_left` says"
    )
    as_left = ResultField(required=False)
    certificate = serializers.CharField(max_length=60, required=False)
    laboratory = serializers.CharField(max_length=120, required=False)
    calibrated_at = serializers.DateTimeField(required=False, help_text="Default: now")
    next_due_date = serializers.DateField(required=False, help_text="Default: the gauge's interval from then")
    note = serializers.CharField(max_length=300, required=False)
    hold = serializers.BooleanField(default=False, help_text="Hold every lot in doubt at once")


class GaugeViewSet(MasterDataViewSet[Gauge]):
    """What we measure with. `due_date` is the last day on which a gauge may be used."""

    queryset = Gauge.objects.select_related("site")
    serializer_class = GaugeSerializer
    filterset_fields = {
        "number": ["exact"],
        "kind": ["exact", "iexact"],
        "site": ["exact"],
        "status": ["exact"],
        "due_date": ["lte", "gte", "isnull"],
    }
    search_fields = ["number", "name", "kind"]
    ordering_fields = ["number", "due_date"]

    calibrate = service_endpoint(
        services.calibrate_gauge, input=CalibrateInput, output=CalibrationSerializer, permission=CALIBRATE
    )
    block = service_endpoint(services.block_gauge, input=ReasonInput, permission=CALIBRATE)
    take_out = service_endpoint(services.take_out_gauge, input=ReasonInput, permission=CALIBRATE)
    put_in_use = service_endpoint(services.put_gauge_in_use, input=ReasonInput, permission=CALIBRATE)
    retire = service_endpoint(services.retire_gauge, input=ReasonInput, permission=CALIBRATE)


class CalibrationViewSet(ReadViewSet[Calibration]):
    queryset = Calibration.objects.select_related("review")
    serializer_class = CalibrationSerializer
    filterset_fields = ["gauge", "found_in_tolerance", "left_in_tolerance", "certificate"]
    ordering_fields = ["at"]


class DoubtfulLotSerializer(serializers.Serializer[Any]):
    """A lot in doubt, where it is now, and what was decided of it."""

    lot = serializers.IntegerField(source="lot.pk")
    number = serializers.CharField(source="lot.number")
    item = serializers.CharField(source="lot.item.number")
    results = serializers.IntegerField()
    failed = serializers.IntegerField()
    first = serializers.DateTimeField()
    last = serializers.DateTimeField()
    here = serializers.DecimalField(max_digits=18, decimal_places=4)
    places = serializers.CharField()
    shipped = serializers.DecimalField(max_digits=18, decimal_places=4)
    used = serializers.DecimalField(max_digits=18, decimal_places=4)
    gone = serializers.DecimalField(max_digits=18, decimal_places=4)
    verdict = serializers.CharField(source="verdict.verdict", default=None, allow_null=True)
    nonconformance = serializers.IntegerField(
        source="verdict.nonconformance_id", default=None, allow_null=True
    )


class GaugeReviewSerializer(serializers.ModelSerializer[GaugeReview]):
    gauge = serializers.IntegerField(source="calibration.gauge_id", read_only=True)

    class Meta:
        model = GaugeReview
        fields = [
            "id",
            "gauge",
            "calibration",
            "status",
            "since",
            "until",
            "opened_at",
            "conclusion",
            "concluded_at",
            "concluded_by",
        ]


class LotReasonInput(serializers.Serializer[Any]):
    lot = serializers.PrimaryKeyRelatedField(queryset=Lot.objects.select_related("item__site"))
    reason = serializers.CharField(max_length=300)


class ConcludeInput(serializers.Serializer[Any]):
    conclusion = serializers.CharField()


class GaugeReviewViewSet(ReadViewSet[GaugeReview]):
    """What a gauge found out of tolerance leaves in doubt. `lots` lists it; each is cleared or doubted, or all held at once."""

    queryset = GaugeReview.objects.select_related("calibration__gauge")
    serializer_class = GaugeReviewSerializer
    filterset_fields = ["status", "calibration__gauge"]
    ordering_fields = ["opened_at"]

    clear = service_endpoint(services.clear_doubtful_lot, input=LotReasonInput, permission=CALIBRATE)
    doubt = service_endpoint(services.doubt_lot, input=LotReasonInput, permission=CALIBRATE)
    hold = service_endpoint(services.hold_doubtful_lots, permission=CALIBRATE)
    conclude = service_endpoint(services.conclude_gauge_review, input=ConcludeInput, permission=CALIBRATE)

    @extend_schema(responses=DoubtfulLotSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def lots(self, request: Request, **_: Any) -> Response:
        """The lots in doubt, those that can still be held first."""
        return Response(DoubtfulLotSerializer(doubtful_lots(self.get_object()), many=True).data)
