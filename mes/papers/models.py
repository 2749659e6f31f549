"""Numbered, immutable papers.

A paper is a content, frozen when it was issued, with its hash; beside it stands the PDF that was drawn then, with the signatures on it. Numbers of a kind have no
gap: the next one is taken in the transaction that issues the paper. A paper is never changed; issued again it becomes the next revision under
the same number, which says why, and the older one is superseded. Contents are gathered by the app that knows the subject.
"""

from collections.abc import Iterable
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, Model, OuterRef, Q

from mes.core.states import AppendOnly


def reference_to(thing: Model) -> str:
    """How a paper names what it is about: `orders.shipment:17`."""
    return f"{thing._meta.label_lower}:{thing.pk}"


class PaperQuerySet(models.QuerySet["Paper"]):
    def current(self) -> Self:
        """Those that no later revision replaces."""
        return self.filter(~Exists(Paper.objects.filter(supersedes=OuterRef("pk"))))

    def of(self, subject: Model) -> Self:
        """Those issued for just this."""
        return self.filter(subject=reference_to(subject))

    def about(self, *things: Model) -> Self:
        """Those that tell of any of these: issued for it, or naming it."""
        return self.filter(concerns__overlap=[reference_to(thing) for thing in things])

    def naming(self, number: str) -> Self:
        """Those that tell of something with this number: a lot, an order, a batch, a delivery note."""
        return self.filter(names__contains=[number])

    def with_standing(self) -> Self:
        """Adds `replaced_by`, the revision that superseded it; None for a current one."""
        return self.annotate(replaced_by=F("superseded_by__revision"))

    def without_content(self) -> Self:
        """For lists: leaves what it says in the database."""
        return self.defer("content")


class Paper(AppendOnly):
    """One revision of one paper."""

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate", "Certificate of conformity"
        BATCH_RECORD = "batch_record", "Batch record"
        FIRST_ARTICLE = "first_article", "First article inspection"
        TRAVELER = "traveler", "Traveler"
        LABEL = "label", "Label"

    PREFIXES: ClassVar = {
        Kind.CERTIFICATE: "COC",
        Kind.BATCH_RECORD: "BR",
        Kind.FIRST_ARTICLE: "FAI",
        Kind.TRAVELER: "TR",
        Kind.LABEL: "LB",
    }

    kind = models.CharField(max_length=13, choices=Kind)
    sequence = models.PositiveIntegerField(help_text="From 1 without a gap, for each kind")
    revision = models.PositiveSmallIntegerField(default=1)
    number = models.CharField(max_length=20)
    subject = models.CharField(max_length=60, help_text="What it was issued for, e.g. orders.shipment:17")
    subject_name = models.CharField(max_length=120)
    concerns = ArrayField(
        models.CharField(max_length=60), help_text="Everything it tells of, in the same way as the subject"
    )
    names = ArrayField(models.CharField(max_length=120), help_text="The numbers of all that, to search by")
    content = models.JSONField(help_text="All that it says; screen, PDF and workbook are drawn from it")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content's canonical JSON")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was issued again")

    objects: ClassVar = PaperQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        permissions = [
            ("issue_certificate", "Can issue certificates of conformity"),
            ("issue_batch_record", "Can issue batch records"),
            ("issue_first_article", "Can issue first article inspections"),
            ("issue_traveler", "Can issue travelers"),
            ("issue_label", "Can issue labels"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sequence", "revision"], name="one_paper_per_kind_number_and_revision"
            ),
            models.UniqueConstraint(fields=["number", "revision"], name="one_paper_per_number_and_revision"),
            models.CheckConstraint(
                condition=Q(revision=1, supersedes__isnull=True, reason="")
                | (Q(revision__gt=1, supersedes__isnull=False) & ~Q(reason="")),
                name="a_later_revision_supersedes_and_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "kind"], name="paper_by_subject"),
            models.Index(fields=["kind", "issued_at"], name="paper_by_kind"),
            GinIndex(fields=["concerns"], name="paper_by_concern"),
            GinIndex(fields=["names"], name="paper_by_name"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(  # type: ignore[list-item]  # both are triggers
                name="numbers_have_no_gap",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                # The lock makes issuers of one kind take turns until they commit, so that none counts past another.
                func="""
                    PERFORM pg_advisory_xact_lock(hashtext('papers_paper'), hashtext(NEW.kind));
                    IF NEW.revision = 1 AND NEW.sequence IS DISTINCT FROM (
                        SELECT coalesce(max(sequence), 0) + 1 FROM papers_paper WHERE kind = NEW.kind
                    ) THEN
                        RAISE EXCEPTION 'The next % is not number %.', NEW.kind, NEW.sequence;
                    END IF;
                    IF NEW.revision > 1 AND NOT EXISTS (
                        SELECT FROM papers_paper older WHERE older.id = NEW.supersedes_id AND older.kind = NEW.kind
                        AND older.sequence = NEW.sequence AND older.revision = NEW.revision - 1
                    ) THEN
                        RAISE EXCEPTION 'Revision % does not follow the one that it supersedes.', NEW.revision;
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} rev {self.revision}"

    @property
    def file_name(self) -> str:
        return f"{self.number}-rev-{self.revision}"


class PaperPrint(AppendOnly):
    """The PDF of a paper as it was issued, with what was signed on it."""

    paper = models.OneToOneField(Paper, on_delete=models.PROTECT, related_name="print")
    signed = models.JSONField(default=list, help_text="The signatures as they are printed")
    pdf = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the PDF")

    def __str__(self) -> str:
        return f"PDF of {self.paper}"


def references_to(things: Iterable[Model]) -> list[str]:
    """References to all of these, once each, in order."""
    return list(dict.fromkeys(reference_to(thing) for thing in things))
