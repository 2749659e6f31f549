"""What is not as it should be."""

from rest_framework import serializers

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from quality import inputs, services
from quality.api.actions import (
    AssignInput,
    CorrectiveActionSerializer,
    CostEntrySerializer,
    NameCauseInput,
    OpenActionForInput,
    PutCostInput,
)
from quality.models import Nonconformance


class NonconformanceSerializer(serializers.ModelSerializer[Nonconformance]):
    class Meta:
        model = Nonconformance
        exclude = ["lot_was"]


class NonconformanceViewSet(ReadViewSet[Nonconformance]):
    """What is not as it should be. POST reports one and holds the lot; a decision carries itself out."""

    queryset = Nonconformance.objects.select_related("lot__item__site", "inspection__plan")
    serializer_class = NonconformanceSerializer
    filterset_fields = ["lot", "status", "disposition", "inspection", "owner", "cause_category"]
    search_fields = ["number", "description"]
    ordering_fields = ["opened_at", "due_date"]

    create = create_endpoint(services.open_nonconformance, input=inputs.ReportInput)
    decide = service_endpoint(services.decide_nonconformance, input=inputs.DecideInput)
    customer_agrees = service_endpoint(services.note_customer_agreement, input=inputs.AgreementInput)
    close = service_endpoint(services.close_nonconformance, input=inputs.CloseInput)
    assign = service_endpoint(services.assign_nonconformance, input=AssignInput)
    name_cause = service_endpoint(services.name_cause, input=NameCauseInput)
    put_cost = service_endpoint(services.put_cost, input=PutCostInput, output=CostEntrySerializer)
    open_action = service_endpoint(
        services.open_action_for,
        input=OpenActionForInput,
        output=CorrectiveActionSerializer,
        permission="quality.add_correctiveaction",
    )
