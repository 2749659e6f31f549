"""Bodies of the endpoints that issue papers."""

from typing import Any

from rest_framework import serializers

from mes.core.signing.inputs import SignatureField


class PaperInput(serializers.Serializer[Any]):
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=300,
        help_text="Why it is issued again; needed where there is one already.",
    )


class SignedPaperInput(PaperInput):
    signature = SignatureField(help_text="Needed where the rules demand it; printed on the paper.")
