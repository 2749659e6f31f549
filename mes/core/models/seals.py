"""Seals over rows that never change, in one chain; what was forgotten on purpose; and what each check of them found."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from mes.core.models.people import User
from mes.core.states import AppendOnly


class Seal(AppendOnly):
    """A block of rows of one table, each with its hash, bound to the seal before it."""

    number = models.PositiveBigIntegerField(unique=True, help_text="1, 2, 3 … without a gap")
    previous_hash = models.CharField(
        max_length=64, blank=True, help_text="Hash of the seal before; empty for the first"
    )
    table = models.CharField(max_length=100)
    columns = ArrayField(
        models.CharField(max_length=100), help_text="What of each row is sealed, in this order"
    )
    after_key = models.BigIntegerField(help_text="Rows above this key …")
    upto_key = models.BigIntegerField(help_text="… up to this one; what is not listed was not there")
    keys = ArrayField(models.BigIntegerField(), help_text="Keys of the rows, in order")
    digests = ArrayField(
        models.CharField(max_length=64), help_text="SHA-256 of each row, in the order of the keys"
    )
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        permissions = [("read_trail", "Can read the audit trail")]
        constraints = [
            models.CheckConstraint(condition=Q(after_key__lt=F("upto_key")), name="a_seal_spans_some_keys"),
            models.UniqueConstraint(fields=["table", "after_key"], name="one_seal_per_table_and_start"),
        ]

    def __str__(self) -> str:
        return f"Seal {self.number}"


class SealMark(models.Model):
    """How far a table may be sealed once every transaction that was running when the mark was set is over."""

    table = models.CharField(max_length=100, unique=True)
    upto_key = models.BigIntegerField()
    horizon = models.BigIntegerField(help_text="The first transaction that had not begun")
    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.table} to {self.upto_key}"


class Forgetting(AppendOnly):
    """Rows that were deleted on purpose, because their retention was over: the act by which sealed rows may go."""

    table = models.CharField(max_length=100)
    keys = ArrayField(models.BigIntegerField())
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{len(self.keys)} rows of {self.table}"


class VerificationQuerySet(models.QuerySet["Verification"]):
    def newest(self) -> "Verification | None":
        return self.order_by("-pk").first()


class Verification(AppendOnly):
    """One check of all records against their seals."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    seals = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    head = models.CharField(max_length=64, blank=True, help_text="Hash of the newest seal")
    faults = models.JSONField(
        default=list, help_text="What does not stand up: kind, table, key and a sentence"
    )

    objects: ClassVar = VerificationQuerySet.as_manager()

    def __str__(self) -> str:
        if not self.faults:
            return "All records stand up"
        return (
            "1 record does not stand up"
            if len(self.faults) == 1
            else f"{len(self.faults)} records do not stand up"
        )

    @property
    def is_sound(self) -> bool:
        return not self.faults
