"""The review of a batch by exception, over HTTP."""

from typing import Any

from rest_framework import serializers

from mes.core import signing
from mes.core.models import Meaning
from production.models import Batch
from production.review import oddities
from quality.models import ExceptionAnswer


class ExceptionAnswerSerializer(serializers.ModelSerializer[ExceptionAnswer]):
    class Meta:
        model = ExceptionAnswer
        fields = ["answer", "by", "at"]


class ExceptionSerializer(serializers.Serializer[Any]):
    exception = serializers.CharField(help_text="The whole sentence; an answer names it word for word")
    kind = serializers.CharField()
    what = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    answer = ExceptionAnswerSerializer(allow_null=True)


class ReviewSerializer(serializers.Serializer[Any]):
    is_demanded = serializers.BooleanField(help_text="Whether it goes before the release of the lot")
    unanswered = serializers.IntegerField(help_text="Exceptions that nobody has answered")
    signatures_missing = serializers.IntegerField(help_text="Of those demanded, or that do not hold any more")
    exceptions = ExceptionSerializer(many=True)


def review_data(batch: Batch) -> dict[str, Any]:
    """What `ReviewSerializer` shows."""
    given = ExceptionAnswer.objects.filter(review__kind=batch._meta.label_lower, review__key=batch.pk)
    answers = {each.exception: each for each in given}
    found = oddities(batch)
    return {
        "is_demanded": signing.needs_signature(batch, Meaning.REVIEW),
        "unanswered": sum(1 for each in found if each.sentence not in answers),
        "signatures_missing": signing.short_of(batch, Meaning.REVIEW),
        "exceptions": [
            {
                "exception": each.sentence,
                "kind": each.kind,
                "what": each.what,
                "by": each.by,
                "at": each.at,
                "answer": answers.get(each.sentence),
            }
            for each in found
        ],
    }
