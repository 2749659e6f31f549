"""Recalls, and the notices that tell customers of them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.balancing import balances_of
from inventory.inputs import QuantityField
from inventory.models import Lot, Supplier
from mes.core.api import ReadViewSet, create_endpoint, service_endpoint
from mes.core.signing.inputs import SignatureField
from orders import epcis, services
from orders.api.traces import BalanceOutput
from orders.models import RecallNotice, RecallNoticeLine
from orders.recalled import delivered_of, effectiveness_of, reach_of, waiting_for
from production.models import Machine, ProcessPlan
from quality import services as quality
from quality.models import Gauge, Recall, RecallLot, RecallRun

CHANGE_NOTICE = "orders.change_recallnotice"


class StartRecallInput(serializers.Serializer[Any]):
    basis = serializers.ChoiceField(Recall.Basis.choices)
    reason = serializers.CharField(help_text="What is wrong, in words that customers may read")
    lots = serializers.PrimaryKeyRelatedField(
        queryset=Lot.objects.select_related("item"), many=True, required=False
    )
    supplier = serializers.PrimaryKeyRelatedField(queryset=Supplier.objects.all(), required=False)
    supplier_lot = serializers.CharField(max_length=60, required=False)
    machine = serializers.PrimaryKeyRelatedField(queryset=Machine.objects.all(), required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(
        required=False, help_text="Default: now; of a gauge when it was found out of tolerance, if it was"
    )
    gauge = serializers.PrimaryKeyRelatedField(queryset=Gauge.objects.all(), required=False)
    plan = serializers.PrimaryKeyRelatedField(queryset=ProcessPlan.objects.all(), required=False)
    is_mock = serializers.BooleanField(default=False, help_text="A drill: nothing is held")


class NoteInput(serializers.Serializer[Any]):
    note = serializers.CharField(required=False, help_text="What explains a difference")


class DecideLotsInput(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(RecallLot.Decision.choices)
    justification = serializers.CharField(max_length=300)
    lots = serializers.PrimaryKeyRelatedField(
        queryset=Lot.objects.all(),
        many=True,
        required=False,
        help_text="Default: all that nobody has decided about, wherever they are",
    )


class WhyInput(serializers.Serializer[Any]):
    reason = serializers.CharField()


class ConclusionInput(serializers.Serializer[Any]):
    conclusion = serializers.CharField(help_text="What was found and what was done")
    signature = SignatureField(help_text="Always needed")


class EditInput(serializers.Serializer[Any]):
    subject = serializers.CharField(max_length=200)
    text = serializers.CharField()


class SendInput(serializers.Serializer[Any]):
    channel = serializers.ChoiceField(RecallNotice.Channel.choices)
    sent_to = serializers.CharField(
        max_length=254, required=False, help_text="Default: the customer's e-mail"
    )


class AcknowledgeNoticeInput(serializers.Serializer[Any]):
    acknowledged_by = serializers.CharField(max_length=120, required=False)


class AccountInput(serializers.Serializer[Any]):
    returned = QuantityField(required=False, min_value=0)
    destroyed = QuantityField(required=False, min_value=0)


class CountOutput(serializers.Serializer[Any]):
    lots = serializers.IntegerField()

    def to_representation(self, instance: int) -> dict[str, int]:
        return {"lots": instance}


class RunSerializer(serializers.ModelSerializer[RecallRun]):
    class Meta:
        model = RecallRun
        fields = ["id", "at", "by", "origins", "lots", "new_lots", "milliseconds"]


class RecallSerializer(serializers.ModelSerializer[Recall]):
    runs = RunSerializer(many=True, read_only=True)

    class Meta:
        model = Recall
        fields = [
            "id",
            "number",
            "status",
            "is_mock",
            "basis",
            "scope",
            "scope_text",
            "reason",
            "opened_at",
            "opened_by",
            "traced_at",
            "held_at",
            "held_by",
            "balanced_at",
            "balanced_by",
            "balance_note",
            "closed_at",
            "closed_by",
            "conclusion",
            "effectiveness",
            "runs",
        ]


class AffectedLotOutput(serializers.Serializer[Any]):
    lot = serializers.IntegerField(source="lot_id")
    number = serializers.CharField(source="lot.number")
    item = serializers.CharField(source="lot.item.number")
    status = serializers.CharField(source="lot.status")
    is_origin = serializers.BooleanField()
    held_at = serializers.DateTimeField(allow_null=True)
    held_from = serializers.CharField()
    decision = serializers.CharField()
    justification = serializers.CharField()
    balance = serializers.SerializerMethodField()

    @extend_schema_field(BalanceOutput)
    def get_balance(self, row: RecallLot) -> dict[str, Any]:
        return dict(BalanceOutput(self.context["balances"][row.lot_id]).data)


class DeliveredOutput(serializers.Serializer[Any]):
    customer = serializers.IntegerField()
    lot = serializers.IntegerField()
    quantity = QuantityField(help_text="Shipped and not sent back")
    shipments = serializers.ListField(child=serializers.CharField())
    last_at = serializers.DateTimeField()


class WaitingOutput(serializers.Serializer[Any]):
    lot = serializers.IntegerField()
    quantity = QuantityField()
    purpose = serializers.CharField(help_text="Number of the order line or batch that it is kept for")
    order = serializers.IntegerField(allow_null=True)
    customer = serializers.CharField()
    due = serializers.CharField()


class ReachOutput(serializers.Serializer[Any]):
    uom = serializers.CharField()
    shipped = QuantityField()
    accounted = QuantityField()
    untold = QuantityField(help_text="Of the shipped, what no notice tells anybody of")
    percent = serializers.DecimalField(max_digits=6, decimal_places=1)


class ScopeOutput(serializers.Serializer[Any]):
    """What a recall affects, at this moment."""

    lots = AffectedLotOutput(many=True)
    customers = DeliveredOutput(many=True)
    waiting = WaitingOutput(many=True)
    reach = ReachOutput(many=True)
    effectiveness = serializers.DecimalField(
        max_digits=6,
        decimal_places=1,
        allow_null=True,
        help_text="Per cent accounted for; null where nothing was shipped, of a drill, which tells nobody, and of what was called off",
    )


class NoticeLineSerializer(serializers.ModelSerializer[RecallNoticeLine]):
    class Meta:
        model = RecallNoticeLine
        fields = ["id", "notice", "lot", "quantity", "returned", "destroyed"]


class NoticeSerializer(serializers.ModelSerializer[RecallNotice]):
    lines = NoticeLineSerializer(many=True, read_only=True)

    class Meta:
        model = RecallNotice
        exclude: list[str] = []


class NoticesSerializer(serializers.ListSerializer[list[RecallNotice]]):
    child = NoticeSerializer()


class RecallViewSet(ReadViewSet[Recall]):
    """Recalls and drills. POST opens one and finds what it affects at once; nothing is held until `hold`."""

    queryset = Recall.objects.prefetch_related("runs")
    serializer_class = RecallSerializer
    filterset_fields = ["status", "is_mock", "basis", "number"]
    search_fields = ["number", "scope_text", "reason"]
    ordering_fields = ["opened_at"]

    create = create_endpoint(services.start_recall, input=StartRecallInput)
    retrace = service_endpoint(services.retrace_recall, output=RunSerializer)
    hold = service_endpoint(quality.hold_recall, permission="quality.hold_recall")
    balance = service_endpoint(services.balance_recall, input=NoteInput)
    decide = service_endpoint(quality.decide_lots, input=DecideLotsInput, output=CountOutput)
    prepare_notices = service_endpoint(
        services.prepare_notices, output=NoticesSerializer, permission="orders.add_recallnotice"
    )
    cancel = service_endpoint(quality.cancel_recall, input=WhyInput)
    close = service_endpoint(services.close_recall, input=ConclusionInput, permission="quality.close_recall")

    @extend_schema(responses=ScopeOutput)
    @action(detail=True)
    def affected(self, request: Request, **_: Any) -> Response:
        """Every affected lot with its balance, the customers who have some, who waits for what is held, and how much is accounted for."""
        recall = self.get_object()
        rows = list(recall.lots.select_related("lot__item").order_by("lot"))
        keys = [row.lot_id for row in rows]
        balances = balances_of(keys)
        reach = reach_of(recall, balances)
        told = {
            "lots": rows,
            "customers": delivered_of(keys),
            "waiting": waiting_for(keys, timezone.now()),
            "reach": reach,
            "effectiveness": effectiveness_of(recall, reach),
        }
        return Response(ScopeOutput(told, context={"balances": balances}).data)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, url_path="epcis")
    def epcis_events(self, request: Request, **_: Any) -> Response:
        """What happened to every affected lot, as an EPCIS 2.0 document (JSON-LD)."""
        lots = list(self.get_object().lots.values_list("lot", flat=True))
        return Response(epcis.document(epcis.events_of_lots(lots), at=timezone.now()))


class RecallNoticeViewSet(ReadViewSet[RecallNotice]):
    """What customers are told of recalls, and what they answered; prepared by `POST /recalls/{id}/prepare_notices/`."""

    queryset = RecallNotice.objects.select_related("recall", "customer").prefetch_related("lines")
    serializer_class = NoticeSerializer
    filterset_fields = ["recall", "customer", "status"]

    edit = service_endpoint(services.edit_notice, input=EditInput)
    send = service_endpoint(services.send_notice, input=SendInput)
    acknowledge = service_endpoint(services.acknowledge_notice, input=AcknowledgeNoticeInput)
    withdraw = service_endpoint(services.withdraw_notice)


class RecallNoticeLineViewSet(ReadViewSet[RecallNoticeLine]):
    """Quantities that notices tell of, and what became of them."""

    queryset = RecallNoticeLine.objects.select_related("notice__recall", "lot__item__site")
    serializer_class = NoticeLineSerializer
    filterset_fields = ["notice", "notice__recall", "lot"]

    account_for = service_endpoint(services.account_for, input=AccountInput, permission=CHANGE_NOTICE)
