"""Why an order ends when it does, as data: the links of the chain, and the causes they add up to."""

from typing import Any

from rest_framework import serializers

from production.causes import Cause, Kind, Link
from production.explanation import Explanation
from production.material import Awaited
from production.reasons import cause_sentence, sentence

KINDS = [(kind.value, kind.name) for kind in Kind]


class NamedSerializer(serializers.Serializer[Any]):
    operation = serializers.IntegerField()
    batch = serializers.CharField()
    step = serializers.CharField()
    order = serializers.IntegerField()
    order_number = serializers.CharField()
    item = serializers.CharField(help_text="Number of the item that the order makes")
    priority = serializers.IntegerField(help_text="1 rush, 2 normal, 3 fill-in")


class AwaitedSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField(source="item.pk")
    item_number = serializers.CharField(source="item.number")
    quantity = serializers.DecimalField(18, 4)
    until = serializers.DateTimeField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # the material's, not the base class's
        [str(each) for each in Awaited.Source],
        help_text="purchase: on order; verdict: waits for its inspection; nobody: has, makes or ordered it",
    )
    expected_receipt = serializers.IntegerField(source="receipt", allow_null=True)


class CauseSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(KINDS)
    hours = serializers.FloatField()
    text = serializers.CharField()


class LinkSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(KINDS)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    hours = serializers.FloatField()
    is_wait = serializers.BooleanField(help_text="The operation waits; else it is set up, run or interrupted")
    operation = NamedSerializer()
    machine = serializers.IntegerField(allow_null=True)
    work_center = serializers.IntegerField(allow_null=True)
    busy_with = NamedSerializer(allow_null=True, help_text="Whose operation has the machine meanwhile")
    material = AwaitedSerializer(allow_null=True)


class WhySerializer(serializers.Serializer[Any]):
    order = serializers.IntegerField(help_text="That was asked about, or whose sub-order that is")
    number = serializers.CharField()
    at = serializers.DateTimeField(help_text="When this was worked out; the chain begins there")
    due_at = serializers.DateTimeField()
    projected_end = serializers.DateTimeField(allow_null=True, help_text="By the published plan")
    late_hours = serializers.FloatField(allow_null=True, help_text="Negative: hours to spare")
    sentence = serializers.CharField(help_text="How late, and what binds")
    causes = CauseSerializer(many=True, help_text="The binding one first")
    links = LinkSerializer(many=True, help_text="Without a gap from `at` to `projected_end`")
    unplanned_because = serializers.ListField(child=serializers.CharField())


def why_data(explanation: Explanation) -> dict[str, Any]:
    """An explanation as `WhySerializer` writes it."""
    lateness = explanation.lateness
    return {
        "order": explanation.order.pk,
        "number": explanation.order.number,
        "at": explanation.at,
        "due_at": explanation.order.due_at,
        "projected_end": explanation.ends_at,
        "late_hours": None if lateness is None else round(lateness.total_seconds() / 3600, 2),
        "sentence": sentence(explanation),
        "causes": [_cause(explanation, cause) for cause in explanation.causes],
        "links": [_link(explanation, link) for link in explanation.links],
        "unplanned_because": explanation.reasons,
    }


def _cause(explanation: Explanation, cause: Cause) -> dict[str, Any]:
    text = cause_sentence(explanation, cause)
    return {"kind": cause.kind, "hours": round(cause.hours, 4), "text": text}


def _link(explanation: Explanation, link: Link) -> dict[str, Any]:
    place = explanation.places.get(link.place)
    return {
        "kind": link.kind,
        "starts_at": link.starts_at,
        "ends_at": link.ends_at,
        "hours": round(link.hours, 4),
        "is_wait": link.is_wait,
        "operation": explanation.operations[link.operation],
        "machine": place.machine.pk if place is not None and place.machine is not None else None,
        "work_center": place.work_center.pk if place is not None else None,
        "busy_with": explanation.operations[link.by] if link.by is not None else None,
        "material": explanation.awaited.get(link.hold.key) if link.hold is not None else None,
    }
