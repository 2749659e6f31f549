"""The signature as part of a request's body: `"signature": {"username": …, "password": …, "reason": …}`."""

from typing import Any

from rest_framework import serializers

from mes.core.models import Meaning
from mes.core.signing.credentials import Credentials


class SignatureField(serializers.Serializer[Any]):
    """User name and password of whoever sends the request; each signature on the API takes both."""

    username = serializers.CharField(max_length=150)
    password = serializers.CharField(write_only=True, trim_whitespace=False, style={"input_type": "password"})
    reason = serializers.CharField(max_length=500, required=False, help_text="Kept with the signature")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("source", "credentials")
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return Credentials(**super().to_internal_value(data))


class SignedInput(serializers.Serializer[Any]):
    """Input of a service that may need a signature and nothing else."""

    signature = SignatureField(help_text="Needed where the rules demand it")


class SignInput(serializers.Serializer[Any]):
    """A signature for its own sake, such as a review that goes before the approval."""

    meaning = serializers.ChoiceField(choices=Meaning.choices)
    signature = SignatureField(required=True)
