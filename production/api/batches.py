"""Batches over the API: split, reworked, reviewed, told of on paper."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core import signing
from mes.core.api import ReadViewSet, service_endpoint
from mes.core.signing.api import SignatureSerializer
from mes.core.signing.inputs import SignInput
from mes.papers.api import PaperSerializer
from mes.papers.inputs import SignedPaperInput
from production import change_inputs, inputs, services
from production.api.instructions import WorkedToSerializer
from production.api.reviews import ReviewSerializer, review_data
from production.instructions import worked_to
from production.models import Batch
from production.paper_inputs import BatchFirstArticleInput


class BatchSerializer(serializers.ModelSerializer[Batch]):
    class Meta:
        model = Batch
        fields = [
            "id",
            "number",
            "order",
            "plan",
            "quantity",
            "status",
            "lot",
            "rework_of",
            "transformation",
            "good_quantity",
            "scrap_quantity",
            "started_at",
            "finished_at",
        ]


class BatchViewSet(ReadViewSet[Batch]):
    """Runs of orders, each yielding one lot."""

    queryset = Batch.objects.all()
    serializer_class = BatchSerializer
    filterset_fields = ["order", "number", "plan", "status", "lot"]
    search_fields = ["number"]

    split = service_endpoint(services.split_batch, input=change_inputs.SplitBatchInput)
    join = service_endpoint(services.join_batches, input=change_inputs.JoinBatchesInput)
    issue_first_article = service_endpoint(
        services.issue_first_article,
        input=BatchFirstArticleInput,
        output=PaperSerializer,
        permission="papers.issue_first_article",
    )
    rework = service_endpoint(services.plan_rework, input=inputs.ReworkInput)
    sign = service_endpoint(
        signing.sign, input=SignInput, output=SignatureSerializer, permission="inventory.judge_lot"
    )
    answer_exceptions = service_endpoint(
        services.answer_exceptions, input=inputs.AnswerExceptionsInput, permission="inventory.judge_lot"
    )
    issue_record = service_endpoint(
        services.issue_batch_record,
        input=SignedPaperInput,
        output=PaperSerializer,
        permission="papers.issue_batch_record",
    )

    @extend_schema(responses=ReviewSerializer)
    @action(detail=True, filterset_fields=None)
    def review(self, request: Request, pk: int) -> Response:
        """Everything unusual about a batch, oldest first, with what was found about it, and what keeps its release waiting."""
        return Response(ReviewSerializer(review_data(self.get_object())).data)

    @extend_schema(responses=WorkedToSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def instructions(self, request: Request, pk: str) -> Response:
        """Which version of each work instruction was in force when each step of the batch was begun, in the order of its steps."""
        operations = list(self.get_object().operations.select_related("step").order_by("sequence"))
        return Response(WorkedToSerializer(instance=worked_to(operations), many=True).data)
