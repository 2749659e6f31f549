"""Amendments of what a confirmed order asks beyond the drawing, and the evidence that it was met.

A requirement is never rewritten. An amendment states new ones and marks those that it ends; until it is approved the order stands as it
was, and afterwards both stay readable: what was asked before, who changed it and why. Evidence is written once, with the file,
inspection or lot that shows it; a concession is evidence too, signed, and agreed by the customer where he asks for that.
"""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from inventory.models import Lot
from mes.core.models import StoredFile
from mes.core.states import AppendOnly
from orders.models.orders import Amendment, Requirement
from quality.models import Inspection

__all__ = ["Amendment", "Evidence"]


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def in_order(self) -> Self:
        return self.select_related("file", "inspection__plan", "inspection__lot", "lot", "by").order_by("pk")


class Evidence(AppendOnly):
    """What somebody showed for a requirement."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", "Statement"
        DOCUMENT = "document", "Document"
        INSPECTION = "inspection", "Inspection"
        LOT = "lot", "Lot"
        CONCESSION = "concession", "Concession"

    requirement = models.ForeignKey(Requirement, on_delete=models.PROTECT, related_name="shown")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STATEMENT)
    text = models.CharField(max_length=300)
    customer_agreement = models.CharField(
        max_length=200,
        blank=True,
        help_text="Of a concession: the customer's letter or number that agrees to it",
    )
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects: ClassVar = EvidenceQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name_plural = "evidence"
        permissions = [("grant_concession", "Can grant concessions")]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="evidence_says_what_it_shows"),
            models.CheckConstraint(
                condition=~Q(kind="document") | Q(file__isnull=False),
                name="a_document_as_evidence_has_its_file",
            ),
        ]

    def __str__(self) -> str:
        return self.text
