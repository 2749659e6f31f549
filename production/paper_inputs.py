"""Bodies of the endpoints that issue papers of production."""

from typing import Any

from rest_framework import serializers

from mes.papers.inputs import SignedPaperInput
from production.models import FirstArticle


class CertificatesField(serializers.DictField):
    """Certificates by the sequence of the step that was done outside: `{"60": "NDT-4711"}`."""

    child = serializers.CharField(max_length=120)

    def to_internal_value(self, data: Any) -> dict[int, str]:
        told = super().to_internal_value(data)
        if wrong := [key for key in told if not str(key).isdecimal()]:
            raise serializers.ValidationError(f"{wrong[0]} is no sequence of a step.")
        return {int(key): value for key, value in told.items()}


class FirstArticleInput(SignedPaperInput):
    scope = serializers.ChoiceField(choices=FirstArticle.Scope.choices, default=FirstArticle.Scope.FULL)
    why = serializers.CharField(
        max_length=300, default="", allow_blank=True, help_text="Left out: what made it due"
    )
    drawing_number = serializers.CharField(max_length=60, default="", allow_blank=True)
    drawing_revision = serializers.CharField(max_length=20, default="", allow_blank=True)
    additional_changes = serializers.CharField(max_length=300, default="", allow_blank=True)
    functional_test = serializers.CharField(max_length=120, default="", allow_blank=True)
    acceptance_report = serializers.CharField(max_length=120, default="", allow_blank=True)
    process_certificates = CertificatesField(
        required=False, help_text="By the sequence of each step that was done outside"
    )
    comments = serializers.CharField(max_length=500, default="", allow_blank=True)
    piece = serializers.IntegerField(default=1, min_value=1)


class BatchFirstArticleInput(FirstArticleInput):
    customer = serializers.CharField(max_length=120, default="", allow_blank=True)
    purchase_order = serializers.CharField(max_length=60, default="", allow_blank=True)
