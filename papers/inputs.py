"""Bodies of the endpoints that issue papers."""

from typing import Any

from rest_framework import serializers


class PaperInput(serializers.Serializer[Any]):
    reason = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=300,
        help_text="Why it is issued again; needed where there is one already.",
    )
