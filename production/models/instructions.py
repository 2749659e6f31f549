"""Work instructions: what the person at the machine reads, under document control.

An instruction is a numbered document; its versions are written as drafts, approved, and in force from one moment to another. Which one
is in force at a moment is told by these moments alone, and never are there two. A process plan's steps name the document, so
that a better version reaches the machine without a new plan. Who has read and understood a version is written once for each person.
"""

from datetime import datetime
from typing import ClassVar, Self

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q

from mes.core.models import StoredFile
from mes.core.states import REVISION_TRANSITIONS, AppendOnly, RevisionStatus, Stateful
from production.models.plans import ProcessPlan, Step, stands_still_in_force


@pghistory.track()
class Instruction(models.Model):
    """A document for the people at the machines, whatever its version."""

    number = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=160)

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class InstructionVersionQuerySet(models.QuerySet["InstructionVersion"]):
    def effective(self, at: datetime) -> Self:
        """In force at that moment: at most one of each instruction."""
        return self.filter(effective_from__lte=at).filter(
            Q(effective_until__isnull=True) | Q(effective_until__gt=at)
        )

    def run_out(self, at: datetime) -> Self:
        """Approved ones whose time is over and that nobody has called superseded yet."""
        return self.filter(status=InstructionVersion.Status.APPROVED, effective_until__lte=at)


@pghistory.track()
class InstructionVersion(Stateful):
    """One version of an instruction: text with pictures, files, or both."""

    Status = RevisionStatus
    TRANSITIONS: ClassVar = REVISION_TRANSITIONS

    instruction = models.ForeignKey(Instruction, on_delete=models.PROTECT, related_name="versions")
    revision = models.CharField(max_length=10, default="A")
    text = models.TextField(
        blank=True,
        help_text="Markdown: # heading, - list, **bold**; ![what it shows](name of a picture below) puts the picture there",
    )
    change = models.CharField(
        max_length=300, blank=True, help_text="What is different from the version before, and why"
    )
    must_be_read = models.BooleanField(
        default=False,
        help_text="Nobody starts a step of it before having read and understood this version",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    effective_from = models.DateTimeField(null=True, blank=True)
    effective_until = models.DateTimeField(
        null=True, blank=True, help_text="Empty = until the next version, or until it is withdrawn"
    )

    objects: ClassVar = InstructionVersionQuerySet.as_manager()

    class Meta(Stateful.Meta):
        permissions = [("approve_instructionversion", "Can put instructions in force and withdraw them")]
        constraints = [
            models.UniqueConstraint(
                fields=["instruction", "revision"], name="one_version_per_instruction_and_revision"
            ),
            models.UniqueConstraint(
                fields=["instruction"], condition=Q(status="draft"), name="one_draft_per_instruction"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", effective_from__isnull=True)
                | (~Q(status="draft") & Q(effective_from__isnull=False, approved_by__isnull=False)),
                name="an_approved_version_says_from_when",
            ),
            models.CheckConstraint(
                condition=Q(effective_until__isnull=True) | Q(effective_until__gte=F("effective_from")),
                name="a_version_ends_after_it_begins",
            ),
            ExclusionConstraint(
                name="one_version_in_force_at_any_moment",
                expressions=[
                    (Func("instruction", "instruction", models.Value("[]"), function="int8range"), "&&"),
                    (Func("effective_from", "effective_until", function="tstzrange"), "&&"),
                ],
                condition=Q(effective_from__isnull=False),
            ),
        ]
        triggers = [
            *Stateful.Meta.triggers,
            pgtrigger.Protect(  # type: ignore[list-item]  # both are triggers
                name="an_approved_version_stands_still",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'draft' AND (OLD.instruction_id, OLD.revision, OLD.text, OLD.change, OLD.must_be_read,"
                    " OLD.effective_from) IS DISTINCT FROM"
                    " (NEW.instruction_id, NEW.revision, NEW.text, NEW.change, NEW.must_be_read, NEW.effective_from)"
                ),
            ),
            pgtrigger.Protect(  # type: ignore[list-item]  # as above
                name="an_approved_version_is_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status <> 'draft'"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instruction.number} rev {self.revision}"

    def is_effective(self, at: datetime) -> bool:
        """As `effective` tells it."""
        begins, ends = self.effective_from, self.effective_until
        return begins is not None and begins <= at and (ends is None or ends > at)


class InstructionFile(models.Model):
    """A picture or PDF of a version."""

    version = models.ForeignKey(InstructionVersion, on_delete=models.CASCADE, related_name="files")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120, help_text="As the text calls it")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="one_file_per_version_and_name")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="files_of_an_approved_version_stand_still",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM production_instructionversion
                        WHERE status <> 'draft' AND id IN (
                            CASE WHEN TG_OP <> 'INSERT' THEN OLD.version_id END,
                            CASE WHEN TG_OP <> 'DELETE' THEN NEW.version_id END
                        )
                    ) THEN
                        RAISE EXCEPTION 'The version is approved; revise it instead.';
                    END IF;
                    RETURN COALESCE(NEW, OLD);
                """,
            )
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class StepInstruction(models.Model):
    """An instruction that a step is worked to."""

    plan = models.ForeignKey(ProcessPlan, on_delete=models.CASCADE, related_name="step_instructions")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="instructions")
    instruction = models.ForeignKey(Instruction, on_delete=models.PROTECT, related_name="steps")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["step", "instruction"], name="one_mention_per_step_and_instruction"
            )
        ]
        triggers = [stands_still_in_force()]

    def __str__(self) -> str:
        return str(self.instruction)


class Acknowledgement(AppendOnly):
    """A person has read and understood a version."""

    version = models.ForeignKey(InstructionVersion, on_delete=models.PROTECT, related_name="acknowledgements")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["version", "by"], name="one_acknowledgement_per_person_and_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.version}"
