"""Sampling schemes, the sources whose record decides how strictly their lots are inspected, and plans' pictures."""

from typing import cast

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from mes.core.api import CheckedSerializer, MasterDataViewSet, ReadViewSet, service_endpoint
from mes.core.files import file_response
from mes.core.models import User
from quality import services
from quality.inputs import ReasonInput, SteadinessInput
from quality.models import InspectionPicture, SamplingScheme, SamplingSource, SeverityChange


class SamplingSchemeSerializer(CheckedSerializer[SamplingScheme]):
    class Meta:
        model = SamplingScheme
        fields = [
            "id",
            "name",
            "kind",
            "size",
            "accept",
            "aql",
            "level",
            "counts",
            "source",
            "switches",
            "reduces",
            "reduction_limit",
            "skip_qualifies",
            "skip_every",
            "stops_early",
        ]


class SamplingSchemeViewSet(MasterDataViewSet[SamplingScheme]):
    """How samples are sized; the plans of ANSI/ASQ Z1.4 by AQL and level, with switching, skipping and zero acceptance."""

    queryset = SamplingScheme.objects.all()
    serializer_class = SamplingSchemeSerializer


class SeverityChangeSerializer(serializers.ModelSerializer[SeverityChange]):
    class Meta:
        model = SeverityChange
        fields = ["id", "source", "before", "now", "stops", "why", "inspection", "at", "by"]


class SamplingSourceSerializer(serializers.ModelSerializer[SamplingSource]):
    changes = SeverityChangeSerializer(many=True, read_only=True)

    class Meta:
        model = SamplingSource
        fields = [
            "id",
            "plan_code",
            "item",
            "supplier",
            "line",
            "severity",
            "since",
            "because",
            "is_discontinued",
            "is_steady",
            "changes",
        ]


class SamplingSourceViewSet(ReadViewSet[SamplingSource]):
    """Where lots come from, and how strictly the next one is inspected; with every change of that."""

    queryset = SamplingSource.objects.prefetch_related("changes")
    serializer_class = SamplingSourceSerializer
    filterset_fields = ["plan_code", "item", "supplier", "line", "severity", "is_discontinued"]
    ordering_fields = ["since"]

    restart = service_endpoint(services.restart_inspection, input=ReasonInput)
    set_steadiness = service_endpoint(services.set_steadiness, input=SteadinessInput)


class InspectionPictureSerializer(serializers.ModelSerializer[InspectionPicture]):
    name = serializers.CharField(source="file.name", read_only=True)
    content_type = serializers.CharField(source="file.content_type", read_only=True)
    url = serializers.SerializerMethodField(help_text="Where the file itself is")

    class Meta:
        model = InspectionPicture
        fields = ["id", "plan", "characteristic", "caption", "name", "content_type", "url"]

    def get_url(self, picture: InspectionPicture) -> str:
        return reverse("inspection-pictures-content", args=[picture.pk])


class InspectionPictureViewSet(mixins.DestroyModelMixin, ReadViewSet[InspectionPicture]):
    """Pictures and sheets of inspection plans; `content` is the file itself. Deleting one takes it off a draft."""

    queryset = InspectionPicture.objects.select_related("file", "plan")
    serializer_class = InspectionPictureSerializer
    filterset_fields = ["plan", "characteristic"]

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True)
    def content(self, request: Request, pk: str) -> HttpResponse:
        """The file itself, in the type it has."""
        return file_response(self.get_object().file)

    def perform_destroy(self, instance: InspectionPicture) -> None:
        services.remove_picture(instance, by=cast("User", self.request.user), at=timezone.now())
