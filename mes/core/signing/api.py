"""Signatures, the rules for them, and attempts to prove who one is, for reading by another system."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from mes.core.api import ReadViewSet
from mes.core.models import AccessAttempt, Signature, SignaturePolicy
from mes.core.signing.reading import Shown, shown


class SignatureListSerializer(serializers.ListSerializer[Any]):
    """Compares all signatures of an answer with their records at once."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data.all() if hasattr(data, "all") else data)
        cast("SignatureSerializer", self.child).states = {each.signature.pk: each for each in shown(rows)}
        return super().to_representation(rows)


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    is_void = serializers.SerializerMethodField(
        help_text="The record's content is another by now, so that the signature no longer holds"
    )
    changed = serializers.SerializerMethodField(help_text="Which parts of the content are")
    manifestation = serializers.SerializerMethodField(help_text="As it is to be printed")

    class Meta:
        model = Signature
        list_serializer_class = SignatureListSerializer
        fields = [
            "id",
            "kind",
            "key",
            "record",
            "meaning",
            "printed_name",
            "signer",
            "signed_at",
            "reason",
            "method",
            "content",
            "content_hash",
            "is_void",
            "changed",
            "manifestation",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.states: dict[int, Shown] = {}

    def _state(self, signature: Signature) -> Shown:
        if signature.pk not in self.states:
            self.states[signature.pk] = shown([signature])[0]
        return self.states[signature.pk]

    def get_is_void(self, signature: Signature) -> bool:
        return self._state(signature).is_void

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_changed(self, signature: Signature) -> list[str]:
        return list(self._state(signature).changed)

    def get_manifestation(self, signature: Signature) -> str:
        return self._state(signature).manifestation


class SignatureViewSet(ReadViewSet[Signature]):
    """Who signed what, when and meaning what. A signature is void once its record's content is another than what was signed."""

    queryset = Signature.objects.all()
    serializer_class = SignatureSerializer
    filterset_fields = {
        "kind": ["exact"],
        "key": ["exact"],
        "meaning": ["exact"],
        "signer": ["exact"],
        "signed_at": ["gte", "lt"],
    }
    ordering_fields = ["id", "signed_at"]


class SignaturePolicySerializer(serializers.ModelSerializer[SignaturePolicy]):
    class Meta:
        model = SignaturePolicy
        fields = [
            "id",
            "kind",
            "meaning",
            "demand",
            "before",
            "count",
            "not_the_author",
            "not_another_signer",
            "permission",
            "reason_required",
        ]


class SignaturePolicyViewSet(ReadViewSet[SignaturePolicy]):
    """What acts must be signed, how often and by whom; changed in the console."""

    queryset = SignaturePolicy.objects.all()
    serializer_class = SignaturePolicySerializer
    filterset_fields = ["kind", "meaning", "demand"]


class AccessAttemptSerializer(serializers.ModelSerializer[AccessAttempt]):
    class Meta:
        model = AccessAttempt
        fields = ["id", "purpose", "outcome", "username", "user", "kind", "key", "meaning", "note", "at"]


class AccessAttemptViewSet(ReadViewSet[AccessAttempt]):
    """Every attempt to sign in or to sign, proven or not, newest first."""

    queryset = AccessAttempt.objects.all()
    serializer_class = AccessAttemptSerializer
    filterset_fields = {
        "purpose": ["exact"],
        "outcome": ["exact"],
        "user": ["exact"],
        "at": ["gte", "lt"],
    }
    ordering_fields = ["id", "at"]
