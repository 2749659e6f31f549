"""Review before release: of the record of how a lot was made, every exception is answered, and the whole signed.

The record itself is of whoever made the lot, one floor up; it is known here by kind and key, as signatures know what they sign.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5

from inventory.models import Lot
from mes.core.states import AppendOnly


class RecordReview(AppendOnly):
    """That the record of how a lot was made is to be reviewed before the lot is released, where a signature rule demands it."""

    lot = models.OneToOneField(Lot, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=100, help_text="What kind of record, as app.model")
    key = models.BigIntegerField(help_text="Primary key of the record")
    record = models.CharField(max_length=200, help_text="What the record is called")
    asked_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_review_for_each_record")]

    def __str__(self) -> str:
        return f"Review of {self.record}"


class ExceptionAnswer(AppendOnly):
    """What a reviewer has to say about one exception, word for word as the record told it then."""

    review = models.ForeignKey(RecordReview, on_delete=models.PROTECT, related_name="answers")
    exception = models.TextField()
    answer = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            # An exception may be told at any length; an index row may not.
            models.UniqueConstraint("review", MD5("exception"), name="an_exception_is_answered_once"),
            models.CheckConstraint(condition=~Q(answer=""), name="an_answer_to_an_exception_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.exception} → {self.answer} ({self.by})"
