"""Electronic signatures, what the rules demand of them, and every attempt to prove who one is.

A signature names what was signed by the record's kind (`app.model`) and key, so that a record of any floor can be signed
without a foreign key that points up. It keeps the content that was signed and its hash: once the record's content is
another, the signature no longer holds (see `mes.core.signing`).
"""

from collections.abc import Iterable
from typing import ClassVar, Self

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from mes.core.models.people import User
from mes.core.states import AppendOnly


class Meaning(models.TextChoices):
    """What a signature says (21 CFR 11.50(a)(3))."""

    AUTHOR = "author", "Author"
    REVIEW = "review", "Review"
    APPROVE = "approve", "Approval"
    RESPONSIBILITY = "responsibility", "Responsibility"
    VERIFY = "verify", "Verification"
    RELEASE = "release", "Release"
    DISPOSITION = "disposition", "Disposition"
    OVERRIDE = "override", "Override"
    CONCESSION = "concession", "Concession"
    CERTIFICATE = "certificate", "Certificate"
    RECALL_CLOSING = "recall_closing", "Closing of a recall"


class SignatureQuerySet(models.QuerySet["Signature"]):
    def of(self, kind: str, keys: Iterable[int]) -> Self:
        """Signatures of records of one kind, oldest first."""
        return self.filter(kind=kind, key__in=list(keys)).order_by("pk")


class Signature(AppendOnly):
    """One signature: who, when, meaning what, and exactly what was signed."""

    class Method(models.TextChoices):
        FULL = "full", "User name and password"
        PASSWORD = "password", "Password, within a session"

    kind = models.CharField(max_length=100, help_text="What kind of record was signed, as app.model")
    key = models.BigIntegerField(help_text="Primary key of the record")
    record = models.CharField(max_length=200, help_text="What the record was called when it was signed")
    meaning = models.CharField(max_length=20, choices=Meaning)
    content = models.JSONField(help_text="What was signed")
    content_hash = models.CharField(
        "hash", max_length=64, help_text="SHA-256 of the content in canonical JSON"
    )
    signer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signatures")
    printed_name = models.CharField(max_length=310)
    reason = models.CharField(max_length=500, blank=True)
    method = models.CharField("identified by", max_length=10, choices=Method)
    signed_at = models.DateTimeField()

    objects: ClassVar = SignatureQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(printed_name=""), name="a_signature_has_a_printed_name"),
            models.CheckConstraint(
                condition=Q(content_hash__regex="^[0-9a-f]{64}$"),
                name="a_signature_has_the_hash_of_its_content",
            ),
        ]
        indexes = [models.Index(fields=["kind", "key", "id"], name="signature_by_record")]

    def __str__(self) -> str:
        return f"{self.get_meaning_display()} of {self.record} by {self.printed_name}"


class SignaturePolicyQuerySet(models.QuerySet["SignaturePolicy"]):
    def for_act(self, kind: str, meaning: str) -> Self:
        """What an act of this meaning demands: its own signature, and those that must be there before it."""
        return self.filter(Q(meaning=meaning) | Q(before=meaning), kind=kind).order_by("pk")


@pghistory.track()
class SignaturePolicy(models.Model):
    """Whether an act on a kind of record is signed, how often, and by whom: the four-eyes rules."""

    class Demand(models.TextChoices):
        NEVER = "never", "Not demanded"
        REGULATED = "regulated", "For regulated items"
        ALWAYS = "always", "Always"

    kind = models.CharField("record", max_length=100, help_text="What is signed")
    meaning = models.CharField(max_length=20, choices=Meaning)
    demand = models.CharField("demanded", max_length=10, choices=Demand, default=Demand.REGULATED)
    before = models.CharField(
        max_length=20,
        choices=Meaning,
        blank=True,
        help_text="Must be there before the act of that meaning, for instance a review before the approval; "
        "empty: it is the signature of the act itself",
    )
    count = models.PositiveSmallIntegerField(
        default=1, help_text="How many different people sign, the one who does the act among them"
    )
    not_the_author = models.BooleanField(
        default=True, help_text="Whoever wrote, changed or measured what is signed may not sign it"
    )
    not_another_signer = models.BooleanField(
        default=False, help_text="Whoever signed the same content with another meaning may not sign it too"
    )
    permission = models.CharField(
        max_length=150,
        blank=True,
        help_text="What the signer must be permitted, as app.permission; empty: whoever may do the act may sign it",
    )
    reason_required = models.BooleanField(default=False, help_text="The signer says why")

    objects: ClassVar = SignaturePolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "signature rules"
        verbose_name = "signature rule"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "meaning"], name="one_signature_rule_per_record_and_meaning"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="a_signature_rule_asks_for_at_least_one"),
            models.CheckConstraint(
                condition=~Q(before=F("meaning")), name="a_signature_does_not_go_before_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_meaning_display()} of {self.kind}"


class AccountLockQuerySet(models.QuerySet["AccountLock"]):
    def locked(self) -> Self:
        return self.filter(locked_at__isnull=False)


@pghistory.track()
class AccountLock(models.Model):
    """How often in a row somebody failed to prove to be this person, and since when the account is locked for it."""

    # Written in a transaction of its own, which must not wait for the one that made or changes the account.
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="lock", db_constraint=False)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = AccountLockQuerySet.as_manager()

    class Meta:
        permissions = [("unlock_account", "Can unlock accounts")]

    def __str__(self) -> str:
        return f"{self.user}"

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None


class AccessAttempt(AppendOnly):
    """One attempt to prove who one is: to sign in, or to sign something."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", "To sign in"
        SIGNATURE = "signature", "To sign"

    class Outcome(models.TextChoices):
        PROVEN = "proven", "Proven"
        WRONG = "wrong", "Wrong user name or password"
        LOCKED = "locked", "Account locked"
        REFUSED = "refused", "Not entitled to sign"
        UNLOCKED = "unlocked", "Unlocked by an administrator"

    purpose = models.CharField(max_length=10, choices=Purpose)
    outcome = models.CharField(max_length=10, choices=Outcome)
    username = models.CharField("user name given", max_length=150, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        help_text="Whose account it was tried on",
    )
    kind = models.CharField("record", max_length=100, blank=True)
    key = models.BigIntegerField(null=True, blank=True)
    meaning = models.CharField(max_length=20, choices=Meaning, blank=True)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["user", "id"], name="access_attempt_by_user")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} as {self.username}: {self.get_outcome_display().lower()}"
