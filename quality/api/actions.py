"""Corrective actions, costs, and what goes wrong most."""

from datetime import datetime, time
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.models import User
from mes.core.unknown import read_parameters
from quality import services
from quality.models import AnalysisEntry, CauseCategory, CorrectiveAction, CostEntry, Nonconformance
from quality.pareto import BY, pareto

PEOPLE = User.objects.filter(is_active=True)


class OpenActionForInput(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=160)
    owner = serializers.PrimaryKeyRelatedField(queryset=PEOPLE)
    due_date = serializers.DateField(help_text="By when it is implemented")
    method = serializers.ChoiceField(choices=CorrectiveAction.Method.choices, required=False)


class OpenActionInput(OpenActionForInput):
    kind = serializers.ChoiceField(choices=CorrectiveAction.Kind.choices, required=False)
    nonconformances = serializers.PrimaryKeyRelatedField(
        queryset=Nonconformance.objects.all(), many=True, required=False
    )


class AnswerQuestionInput(serializers.Serializer[Any]):
    question = serializers.ChoiceField(choices=AnalysisEntry.Question.choices)
    answer = serializers.CharField()


class PlanActionInput(serializers.Serializer[Any]):
    plan = serializers.CharField(help_text="What will be done")
    cause = serializers.CharField(max_length=300, required=False, help_text="Left out: the last answer")
    cause_category = serializers.ChoiceField(choices=CauseCategory.choices)
    check_date = serializers.DateField(help_text="On or after which it is judged")
    owner = serializers.PrimaryKeyRelatedField(queryset=PEOPLE, required=False)
    due_date = serializers.DateField(required=False)


class ImplementInput(serializers.Serializer[Any]):
    done = serializers.CharField(help_text="What was done")


class JudgeInput(serializers.Serializer[Any]):
    is_effective = serializers.BooleanField()
    judgement = serializers.CharField(help_text="What shows it")


class AssignInput(serializers.Serializer[Any]):
    owner = serializers.PrimaryKeyRelatedField(queryset=PEOPLE)
    due_date = serializers.DateField()


class NameCauseInput(serializers.Serializer[Any]):
    cause = serializers.CharField(max_length=200)
    cause_category = serializers.ChoiceField(choices=CauseCategory.choices)


class PutCostInput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=CostEntry.Kind.choices)
    amount = serializers.DecimalField(14, 2)
    reason = serializers.CharField(max_length=300, help_text="Why it is put otherwise")


class AnalysisEntrySerializer(serializers.ModelSerializer[AnalysisEntry]):
    class Meta:
        model = AnalysisEntry
        fields = ["question", "answer", "by", "at"]


class CorrectiveActionSerializer(serializers.ModelSerializer[CorrectiveAction]):
    analysis = AnalysisEntrySerializer(many=True, read_only=True)

    class Meta:
        model = CorrectiveAction
        fields = "__all__"


class CorrectiveActionViewSet(ReadViewSet[CorrectiveAction]):
    """What is done so that it does not happen again: open, planned, implemented, judged, closed."""

    queryset = CorrectiveAction.objects.prefetch_related(
        Prefetch("analysis", AnalysisEntry.objects.order_by("pk")), "nonconformances"
    )
    serializer_class = CorrectiveActionSerializer
    filterset_fields = ["status", "kind", "owner", "cause_category", "nonconformances"]
    search_fields = ["number", "title", "cause"]
    ordering_fields = ["due_date", "check_date"]

    create = create_endpoint(services.open_action, input=OpenActionInput)
    answer = service_endpoint(
        services.answer_question, input=AnswerQuestionInput, output=AnalysisEntrySerializer
    )
    plan = service_endpoint(services.plan_action, input=PlanActionInput)
    implement = service_endpoint(services.implement_action, input=ImplementInput)
    judge = service_endpoint(services.judge_action, input=JudgeInput)
    close = service_endpoint(services.close_action)


class CostEntrySerializer(serializers.ModelSerializer[CostEntry]):
    class Meta:
        model = CostEntry
        fields = ["id", "nonconformance", "kind", "amount", "arithmetic", "is_computed", "by", "at"]


class CostEntryViewSet(ReadViewSet[CostEntry]):
    """What nonconformances cost: of each kind the latest entry stands."""

    queryset = CostEntry.objects.all()
    serializer_class = CostEntrySerializer
    filterset_fields = ["nonconformance", "kind", "is_computed"]


class ParetoInput(serializers.Serializer[Any]):
    by = serializers.ChoiceField([(name, name.capitalize()) for name in BY], default="cause")
    since = serializers.DateField()
    until = serializers.DateField(help_text="The last day")

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["until"] < asked["since"]:
            raise serializers.ValidationError({"until": "It is before since. Turn them round."})
        return asked


class BarSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    cases = serializers.IntegerField()
    cost = serializers.DecimalField(14, 2)
    cumulated_percent = serializers.FloatField()


class ParetoViewSet(viewsets.GenericViewSet[Any]):
    """Nonconformances by cause, supplier or item, the dearest first."""

    queryset = Nonconformance.objects.all()
    serializer_class = BarSerializer
    pagination_class = None

    @extend_schema(parameters=[ParetoInput], responses=BarSerializer(many=True), filters=False)
    def list(self, request: Request) -> Response:
        """Of the nonconformances opened from `since` to `until`: how often, what they cost, the share up to each."""
        asked = read_parameters(ParetoInput, request)
        zone = timezone.get_current_timezone()
        since, until = (
            datetime.combine(asked[name], moment, zone)
            for name, moment in (("since", time.min), ("until", time.max))
        )
        bars = pareto(asked["by"], since=since, until=until)
        return Response(BarSerializer(instance=bars, many=True).data)
