"""Which work instructions a step is worked to now, and whether somebody has read them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet

from mes.core.models import User
from production.models import (
    Acknowledgement,
    Instruction,
    InstructionFile,
    InstructionVersion,
    Step,
    StepInstruction,
)

MAY_WRITE = "production.change_instructionversion"


def readable_by(
    user: AbstractBaseUser | AnonymousUser, versions: QuerySet[InstructionVersion], *, at: datetime
) -> QuerySet[InstructionVersion]:
    """The versions that somebody is shown: every one to those who write them, only what is in force to everybody else."""
    if isinstance(user, User) and user.has_perm(MAY_WRITE):
        return versions
    in_force = InstructionVersion.objects.effective(at).values("pk")
    return versions.filter(pk__in=in_force)


@dataclass(frozen=True)
class Binding:
    """An instruction of a step with the version of it in force; None where there is none."""

    instruction: Instruction
    version: InstructionVersion | None
    was_read: bool
    files: Sequence[InstructionFile] = field(default=())

    @property
    def waits_for_reading(self) -> bool:
        """Whether the reader must read it before starting."""
        return self.version is not None and self.version.must_be_read and not self.was_read


def binding_instructions(step: Step, *, reader: User | None, at: datetime) -> list[Binding]:
    """What a step is worked to at that moment, by number; four queries whatever there is.

    :param reader: whose reading counts; None for nobody's.
    """
    return bindings_of([step.pk], reader=reader, at=at).get(step.pk, [])


def bindings_of(steps: Sequence[int], *, reader: User | None, at: datetime) -> dict[int, list[Binding]]:
    """The same for several steps, by step."""
    mentions = list(
        StepInstruction.objects.filter(step__in=steps)
        .select_related("instruction")
        .order_by("step", "instruction__number", "pk")
    )
    if not mentions:
        return {}
    files = Prefetch("files", InstructionFile.objects.select_related("file").order_by("name"))
    in_force = {
        version.instruction_id: version
        for version in InstructionVersion.objects.effective(at)
        .filter(instruction__in={each.instruction_id for each in mentions})
        .select_related("instruction", "approved_by")
        .prefetch_related(files)
    }
    read: set[int] = set()
    if reader is not None:
        said = Acknowledgement.objects.filter(by=reader, version__in=in_force.values())
        read = set(said.values_list("version", flat=True))
    found: dict[int, list[Binding]] = {}
    for each in mentions:
        version = in_force.get(each.instruction_id)
        found.setdefault(each.step_id, []).append(
            Binding(
                each.instruction,
                version,
                was_read=version is not None and version.pk in read,
                files=tuple(version.files.all()) if version is not None else (),
            )
        )
    return found
