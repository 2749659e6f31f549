"""Results that were refused, where somebody may ask later: beyond what is plausible, in a unit of something else, or measured
with what may not measure.
"""

from django.conf import settings
from django.db import models

from mes.core.states import AppendOnly
from quality.models.inspections import Inspection
from quality.models.plans import Characteristic


class RefusedResult(AppendOnly):
    """A result that somebody tried to enter and that was not taken (21 CFR 211.160(b)(4), 820.72: unfit gauges measure nothing)."""

    # Written in a transaction of its own, which stays when the caller's is rolled back and must not wait for it.
    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    characteristic = models.ForeignKey(
        Characteristic, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    piece = models.PositiveIntegerField()
    entered = models.CharField(max_length=60, help_text="What was typed, with its unit")
    code = models.CharField(max_length=60, help_text="Of the refusal, as the API tells it")
    refusal = models.CharField(max_length=400)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["inspection"], name="refused_result_by_inspection")]

    def __str__(self) -> str:
        return f"{self.characteristic} of piece {self.piece}: {self.entered}"
