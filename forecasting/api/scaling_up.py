"""The HTTP face of “what if more were asked for?”."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from forecasting import inputs
from forecasting.models import ForecastRun
from forecasting.scaling_up import scale_up
from mes.core.unknown import read_parameters


class FirstLimitSerializer(serializers.Serializer[Any]):
    breaks = serializers.ChoiceField(["machine", "warehouse", "material"])
    what = serializers.CharField(help_text="Work center, warehouse or item")
    date = serializers.DateField(help_text="The first day; of a work center, the first of its week")
    needed = serializers.FloatField(
        help_text="Hours of a work center, cubic metres of a warehouse, units of an item"
    )
    available = serializers.FloatField()
    sentence = serializers.CharField()
    anyway = serializers.BooleanField(help_text="It gives way with demand as it is, too")


class ScaledUpSerializer(serializers.Serializer[Any]):
    factor = serializers.DecimalField(8, 3)
    items = serializers.IntegerField(help_text="Whose forecast was multiplied")
    until = serializers.DateField(help_text="The last day that is planned")
    sentence = serializers.CharField()
    limits = FirstLimitSerializer(many=True)


class ScaleUpViewSet(viewsets.GenericViewSet[ForecastRun]):
    """What breaks first when so many times as much is asked for, and when."""

    queryset = ForecastRun.objects.all()
    serializer_class = ScaledUpSerializer
    pagination_class = None

    @extend_schema(parameters=[inputs.ScaleUpInput], responses=ScaledUpSerializer, filters=False)
    def list(self, request: Request) -> Response:
        """The first limit of each work center, warehouse and material under a multiple of the forecast; reads only."""
        asked = read_parameters(inputs.ScaleUpInput, request)
        return Response(ScaledUpSerializer(scale_up(**asked, at=timezone.now())).data)
