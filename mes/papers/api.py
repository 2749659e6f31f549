"""The HTTP face of this app. Papers are issued at what they are about: `POST /batches/7/issue_record/`, for example."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request

from mes.core.api import ReadViewSet
from mes.core.unknown import refuse_unknown_parameters
from mes.papers.files import PDF, XLSX, pdf_file, workbook_file
from mes.papers.models import Paper


class _AsFile(BaseRenderer):
    """Lets a client ask for the file's own type; what is refused is told in JSON all the same."""

    charset = None

    def render(self, data: Any, *_: Any, **__: Any) -> bytes:
        return bytes(JSONRenderer().render(data))


class AsPdf(_AsFile):
    media_type, format = PDF, "pdf"


class AsWorkbook(_AsFile):
    media_type, format = XLSX, "xlsx"


class PaperSerializer(serializers.ModelSerializer[Paper]):
    """A paper without its content, which `GET /papers/{id}/` has."""

    replaced_by = serializers.SerializerMethodField(
        help_text="The later revision that stands in its place; null: this one stands."
    )

    pdf_digest = serializers.CharField(
        source="print.digest", read_only=True, help_text="SHA-256 of the PDF as it was issued"
    )
    signed = serializers.ListField(
        source="print.signed", read_only=True, help_text="Who signed it: name, moment, meaning, hash"
    )

    class Meta:
        model = Paper
        fields = [
            "id",
            "kind",
            "number",
            "revision",
            "subject",
            "subject_name",
            "concerns",
            "digest",
            "pdf_digest",
            "signed",
            "issued_at",
            "issued_by",
            "supersedes",
            "replaced_by",
            "reason",
        ]

    def get_replaced_by(self, paper: Any) -> int | None:
        """The revision; a paper that was issued this moment is replaced by none."""
        later: int | None = getattr(paper, "replaced_by", None)
        return later


class WholePaperSerializer(PaperSerializer):
    content = serializers.DictField(help_text="All that it says, as it was frozen; `digest` is its SHA-256.")

    class Meta(PaperSerializer.Meta):
        fields = [*PaperSerializer.Meta.fields, "content"]


class PaperFilter(django_filters.FilterSet):
    about = django_filters.CharFilter(
        method="told_of",
        help_text="What it tells of, e.g. inventory.lot:5",
    )
    naming = django_filters.CharFilter(
        method="of_number", help_text="The number of an order, shipment, batch or lot"
    )
    is_current = django_filters.BooleanFilter(
        field_name="superseded_by", lookup_expr="isnull", help_text="Whether no later revision replaces it"
    )

    class Meta:
        model = Paper
        fields = {
            "kind": ["exact"],
            "number": ["exact"],
            "subject": ["exact"],
            "issued_at": ["gte", "lt"],
        }

    def told_of(self, queryset: QuerySet[Paper], name: str, value: str) -> QuerySet[Paper]:
        return queryset.filter(concerns__contains=[value])

    def of_number(self, queryset: QuerySet[Paper], name: str, value: str) -> QuerySet[Paper]:
        return queryset.filter(names__contains=[value])


class PaperViewSet(ReadViewSet[Paper]):
    """Papers as they were issued: certificates, batch records, first articles, travelers, labels."""

    queryset = Paper.objects.all()
    serializer_class = PaperSerializer
    filterset_class = PaperFilter
    search_fields = ["number", "subject_name"]
    ordering_fields = ["issued_at", "number"]

    def get_queryset(self) -> QuerySet[Paper]:
        papers: Any = Paper.objects.with_standing()
        papers = papers.select_related("print").defer("print__pdf")
        found: QuerySet[Paper] = papers.without_content() if self.action == "list" else papers
        return found

    def get_serializer_class(self) -> type[PaperSerializer]:
        return WholePaperSerializer if self.action == "retrieve" else PaperSerializer

    @extend_schema(
        responses={(200, PDF): OpenApiTypes.BINARY},
        parameters=[OpenApiParameter("copy", bool, description="Stamp it as an uncontrolled copy")],
        filters=False,
    )
    @action(detail=True, renderer_classes=[JSONRenderer, AsPdf])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The PDF as it was issued; stamped where another revision replaced it."""
        refuse_unknown_parameters(request.query_params, ["copy"])
        wanted = request.query_params.get("copy", "").lower() in {"1", "true"}
        return pdf_file(self.get_object(), copy=wanted)

    @extend_schema(responses={(200, XLSX): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, renderer_classes=[JSONRenderer, AsWorkbook])
    def workbook(self, request: Request, pk: str) -> HttpResponse:
        """The content as XLSX, each section on a sheet of its own."""
        return workbook_file(self.get_object())


VIEWSETS: dict[str, type] = {"papers": PaperViewSet}
