"""Gauge studies: how much of what is seen is the gauge and who holds it."""

from typing import Any

from rest_framework import serializers

from mes.core.api import ReadViewSet, create_endpoint
from quality import services, spc
from quality.models import Characteristic, Gauge, GaugeStudy


class ReadingInput(serializers.Serializer[Any]):
    part = serializers.CharField(max_length=30)
    appraiser = serializers.CharField(max_length=60)
    value = serializers.FloatField()

    def to_internal_value(self, data: Any) -> Any:
        return spc.Reading(**super().to_internal_value(data))


class StudyInput(serializers.Serializer[Any]):
    gauge = serializers.PrimaryKeyRelatedField(queryset=Gauge.objects.all())
    name = serializers.CharField(max_length=120)
    characteristic = serializers.PrimaryKeyRelatedField(queryset=Characteristic.objects.all(), required=False)
    tolerance = serializers.FloatField(
        required=False, help_text="Width of the drawing's limits; default: the characteristic's"
    )
    pools = serializers.BooleanField(default=True)
    note = serializers.CharField(max_length=300, required=False)
    readings = ReadingInput(many=True)


class ComponentSerializer(serializers.Serializer[Any]):
    variance = serializers.FloatField()
    contribution_percent = serializers.FloatField()
    study_percent = serializers.FloatField()
    tolerance_percent = serializers.FloatField(allow_null=True)


class GaugeStudySerializer(serializers.ModelSerializer[GaugeStudy]):
    result = serializers.SerializerMethodField()

    class Meta:
        model = GaugeStudy
        fields = ["id", "gauge", "name", "characteristic", "tolerance", "pools", "note", "at", "by", "result"]

    def get_result(self, study: GaugeStudy) -> dict[str, Any]:
        found = study.result()
        return {
            "parts": found.parts,
            "appraisers": found.appraisers,
            "trials": found.trials,
            "pooled": found.pooled,
            "categories": found.categories,
            "verdict": found.verdict,
            "table": [
                {"source": row.name, "df": row.freedom, "ss": row.squares, "f": row.f, "p": row.p}
                for row in found.table
            ],
            "components": {
                name: ComponentSerializer(component).data for name, component in found.components.items()
            },
        }


class GaugeStudyViewSet(ReadViewSet[GaugeStudy]):
    """Gauge repeatability and reproducibility by analysis of variance. POST records a study with all its readings."""

    queryset = GaugeStudy.objects.prefetch_related("readings")
    serializer_class = GaugeStudySerializer
    filterset_fields = ["gauge", "characteristic"]
    ordering_fields = ["at"]

    create = create_endpoint(services.record_study, input=StudyInput)
