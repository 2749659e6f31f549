"""Answers of the API: orders, lines, proofs and shipments as a client reads them."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from orders.answering import Answer, as_json
from orders.models import (
    Amendment,
    Customer,
    CustomOrder,
    Evidence,
    Offer,
    OrderLine,
    Promise,
    Requirement,
    Shipment,
    ShipmentLine,
    State,
)
from orders.offered import held_by
from production.feasible import Kind


def detailed_orders() -> QuerySet[CustomOrder]:
    """Orders with their state and their lines' progress: three queries, however many."""
    lines = OrderLine.objects.with_progress().select_related("item", "order").order_by("number")
    return (
        CustomOrder.objects.with_state(OrderLine.objects.all())
        .select_related("customer")
        .prefetch_related(Prefetch("lines", lines))
    )


class ConcernSerializer(serializers.Serializer[Any]):
    """A line that a version of the schedule projects for another day."""

    line = serializers.IntegerField(source="line.pk")
    number = serializers.CharField(source="line", help_text="Order and line")
    order = serializers.IntegerField(source="line.order_id")
    customer = serializers.IntegerField(source="line.order.customer_id")
    customer_name = serializers.CharField(source="line.order.customer.name")
    item = serializers.IntegerField(source="line.item_id")
    wanted = serializers.DateField(help_text="The day last promised, else the day asked for")
    was = serializers.DateField(
        allow_null=True, help_text="Projected by the version before; null: not planned then"
    )
    now = serializers.DateField(allow_null=True, help_text="Projected by this version; null: without a place")
    was_late = serializers.BooleanField()
    is_late = serializers.BooleanField()
    delay_days = serializers.IntegerField(allow_null=True)


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ["id", "code", "name", "email", "address", "gln", "agrees_to_concessions"]


class RequirementSerializer(serializers.ModelSerializer[Requirement]):
    class Meta:
        model = Requirement
        fields = [
            "id",
            "line",
            "kind",
            "text",
            "component_number",
            "step_sequence",
            "characteristic_name",
            "attribute",
            "expected",
            "lower_limit",
            "upper_limit",
            "qualification",
            "stated_in",
            "ended_in",
            "replaces",
            "evidence",
            "proven_by",
            "proven_at",
        ]


class EvidenceSerializer(serializers.ModelSerializer[Evidence]):
    url = serializers.SerializerMethodField(help_text="Where the paper itself is; null without one")

    class Meta:
        model = Evidence
        fields = [
            "id",
            "requirement",
            "kind",
            "text",
            "customer_agreement",
            "url",
            "inspection",
            "lot",
            "by",
            "at",
        ]

    def get_url(self, shown: Evidence) -> str | None:
        return reverse("evidence-content", args=[shown.pk]) if shown.file_id else None


class AmendmentSerializer(serializers.ModelSerializer[Amendment]):
    stated = RequirementSerializer(many=True, read_only=True)
    ended = RequirementSerializer(many=True, read_only=True)

    class Meta:
        model = Amendment
        fields = [
            "id",
            "order",
            "number",
            "reason",
            "customer_reference",
            "status",
            "proposed_by",
            "proposed_at",
            "decided_by",
            "decided_at",
            "stated",
            "ended",
        ]


class ProofSerializer(serializers.Serializer[Any]):
    requirement = RequirementSerializer()
    binds = serializers.CharField()
    evidence = serializers.CharField()
    is_open = serializers.BooleanField(help_text="Shipment is refused while it is.")
    is_automatic = serializers.BooleanField(help_text="Judged from records; otherwise a person proves it.")
    is_violated = serializers.BooleanField(help_text="Not met, and nothing to come will change that.")
    shown = EvidenceSerializer(many=True)
    warning = serializers.CharField(
        help_text="What keeps it from being met as things are, such as a qualification that nobody holds; or empty."
    )


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """A line with where it stands; quantities in the item's unit, dates in the site's calendar."""

    item_number = serializers.CharField(source="item.number", read_only=True)
    uom = serializers.CharField(source="item.uom", read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    why = serializers.CharField(read_only=True)
    shipped_quantity = serializers.DecimalField(18, 4, read_only=True)
    ready_quantity = serializers.DecimalField(18, 4, read_only=True)
    made_quantity = serializers.DecimalField(18, 4, read_only=True)
    uncovered_quantity = serializers.DecimalField(18, 4, read_only=True)
    promised_date = serializers.DateField(read_only=True, allow_null=True)
    projected_date = serializers.DateField(read_only=True, allow_null=True)

    class Meta:
        model = OrderLine
        fields = [
            "id",
            "order",
            "number",
            "item",
            "item_number",
            "uom",
            "quantity",
            "due_date",
            "priority",
            "unit_price",
            "state",
            "why",
            "shipped_quantity",
            "ready_quantity",
            "made_quantity",
            "uncovered_quantity",
            "promised_date",
            "projected_date",
        ]

    def to_representation(self, instance: Any) -> Any:
        """What a service returns carries no progress; it is read here."""
        if not hasattr(instance, "state"):
            instance = OrderLine.objects.with_progress().select_related("item", "order").get(pk=instance.pk)
        return super().to_representation(instance)


class OrderSerializer(serializers.ModelSerializer[CustomOrder]):
    customer_code = serializers.CharField(source="customer.code", read_only=True)
    state = serializers.ChoiceField(
        choices=State.choices, read_only=True, help_text="Of its line most in need of a person."
    )
    lines = OrderLineSerializer(many=True, read_only=True)
    tracking_url = serializers.SerializerMethodField(help_text="For the customer; whoever has it may see it.")

    class Meta:
        model = CustomOrder
        fields = [
            "id",
            "number",
            "customer",
            "customer_code",
            "customer_reference",
            "status",
            "state",
            "ordered_at",
            "confirmed_at",
            "tracking_url",
            "lines",
        ]

    def to_representation(self, instance: Any) -> Any:
        """What a service returns carries no progress; it is read here."""
        if not hasattr(instance, "state"):
            instance = detailed_orders().get(pk=instance.pk)
        return super().to_representation(instance)

    @extend_schema_field(OpenApiTypes.URI)
    def get_tracking_url(self, order: CustomOrder) -> str:
        path = reverse("track-order", args=[order.tracking_token])
        request: Request | None = self.context.get("request")
        return request.build_absolute_uri(path) if request is not None else path


class HeldSerializer(serializers.Serializer[Any]):
    machine = serializers.CharField(allow_null=True)
    step = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PromiseSerializer(serializers.ModelSerializer[Promise]):
    class Meta:
        model = Promise
        fields = ["id", "line", "promised_date", "binding", "made_at", "by"]


KINDS = f"One of {', '.join(Kind)}."


class StretchSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField(help_text=KINDS)
    text = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PaymentSerializer(serializers.Serializer[Any]):
    """An order that would end later."""

    production_order = serializers.IntegerField()
    number = serializers.CharField()
    item_number = serializers.CharField()
    priority = serializers.IntegerField()
    order = serializers.CharField(allow_null=True, help_text="The customer's order line, if it is for one.")
    customer = serializers.CharField(allow_null=True)
    was = serializers.DateField()
    will_be = serializers.DateField()
    delay_hours = serializers.FloatField()
    becomes_late = serializers.BooleanField()


class OthersSerializer(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="The day that could be kept.")
    operations = serializers.IntegerField(help_text="How many would move.")
    orders = PaymentSerializer(many=True, help_text="Who pays, the longest delay first.")


class OfferedShortageSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField()
    item_number = serializers.CharField()
    quantity = serializers.CharField()
    expected_at = serializers.DateTimeField()


class AnswerSerializer(serializers.Serializer[Any]):
    """A date, what binds it, how sure it is, and what it would be if others made way."""

    promised_date = serializers.DateField(
        help_text="The day asked for where it can be kept, else the first that can."
    )
    is_in_time = serializers.BooleanField(help_text="Whether that is the day asked for.")
    day = serializers.DateField(help_text="The first day that can be relied on.")
    day_if_ordered_now = serializers.DateField(
        help_text="The same for an order that comes now, not at the end of the hold."
    )
    binding = serializers.CharField()
    binding_kind = serializers.CharField(help_text=KINDS)
    chain = StretchSerializer(many=True)
    certainty = serializers.CharField()
    margin_hours = serializers.FloatField()
    from_stock = serializers.CharField()
    to_make = serializers.CharField()
    to_buy = serializers.CharField()
    shortages = OfferedShortageSerializer(many=True)
    moves_others = serializers.BooleanField()
    if_others_move = OthersSerializer(allow_null=True)

    def to_representation(self, instance: Any) -> Any:
        return super().to_representation(as_json(instance) if isinstance(instance, Answer) else instance)


class OfferSerializer(serializers.ModelSerializer[Offer]):
    item_number = serializers.CharField(source="item.number", read_only=True)
    uom = serializers.CharField(source="item.uom", read_only=True)
    order = serializers.IntegerField(source="line.order_id", read_only=True, default=None)
    answer = AnswerSerializer(read_only=True)
    held = serializers.SerializerMethodField(help_text="Machines and when they are kept.")

    class Meta:
        model = Offer
        fields = [
            "id",
            "number",
            "status",
            "item",
            "item_number",
            "quantity",
            "uom",
            "wanted_date",
            "priority",
            "customer",
            "inquiry",
            "promised_date",
            "binding",
            "answer",
            "held",
            "made_at",
            "expires_at",
            "by",
            "production_order",
            "line",
            "order",
        ]

    @extend_schema_field(HeldSerializer(many=True))
    def get_held(self, offer: Offer) -> list[dict[str, Any]]:
        held: Any = getattr(offer, "held", None)
        return list(HeldSerializer(held_by(offer) if held is None else held, many=True).data)


class ShipmentLineSerializer(serializers.ModelSerializer[ShipmentLine]):
    lot_number = serializers.CharField(source="lot.number", read_only=True)

    class Meta:
        model = ShipmentLine
        fields = ["line", "lot", "lot_number", "quantity", "move"]


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    lines = ShipmentLineSerializer(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = ["id", "number", "order", "shipped_at", "by", "carrier", "carrier_reference", "lines"]
