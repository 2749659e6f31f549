"""Which work instructions a step is worked to now, or was when it was begun, and whether somebody has read them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
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
    Operation,
    Step,
    StepInstruction,
    TimeEntry,
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


@dataclass(frozen=True)
class WorkedTo:
    """An instruction of a step that was begun, with the version in force at that moment; None where there was none.

    :ivar later: versions that came into force while the step was under way, in their order.
    :ivar readings: that somebody who worked on the step has read and understood one of these versions.
    """

    operation: Operation
    instruction: Instruction
    version: InstructionVersion | None
    later: Sequence[InstructionVersion]
    readings: Sequence[Acknowledgement]


def worked_to(operations: Sequence[Operation]) -> list[WorkedTo]:
    """What each operation that was begun was worked to, in the order of the operations; four queries, however many there are.

    :param operations: with their steps.
    """
    begun = {each: each.started_at for each in operations if each.started_at is not None}
    mentions: dict[int, list[Instruction]] = defaultdict(list)
    for mention in (
        StepInstruction.objects.filter(step__in={each.step_id for each in begun})
        .select_related("instruction")
        .order_by("instruction__number", "pk")
    ):
        mentions[mention.step_id].append(mention.instruction)
    if not mentions:
        return []
    versions: dict[int, list[InstructionVersion]] = defaultdict(list)
    named = {each.pk for found in mentions.values() for each in found}
    approved = InstructionVersion.objects.filter(instruction__in=named, effective_from__isnull=False)
    for version in approved.select_related("instruction").order_by("effective_from", "pk"):
        versions[version.instruction_id].append(version)
    workers: dict[int, set[int]] = defaultdict(set)
    entries = TimeEntry.objects.filter(operation__in=begun).values_list("operation", "by").distinct()
    for operation, worker in entries:
        workers[operation].add(worker)
    read: dict[int, list[Acknowledgement]] = defaultdict(list)
    people = {worker for found in workers.values() for worker in found}
    said = Acknowledgement.objects.filter(version__instruction__in=named, by__in=people)
    for each in said.select_related("by").order_by("at", "pk"):
        read[each.version_id].append(each)
    return [
        _worked_to(operation, began, instruction, versions[instruction.pk], read, workers[operation.pk])
        for operation, began in begun.items()
        for instruction in mentions[operation.step_id]
    ]


def _worked_to(
    operation: Operation,
    began: datetime,
    instruction: Instruction,
    versions: Sequence[InstructionVersion],
    read: Mapping[int, Sequence[Acknowledgement]],
    workers: Set[int],
) -> WorkedTo:
    first = next((each for each in versions if each.is_effective(began)), None)
    later = [each for each in versions if _begins_within(each, began, operation.finished_at)]
    shown = [*([first] if first else []), *later]
    readings = [said for each in shown for said in read[each.pk] if said.by_id in workers]
    return WorkedTo(operation, instruction, first, later, readings)


def _begins_within(version: InstructionVersion, since: datetime, until: datetime | None) -> bool:
    """Whether it came into force after the one moment and before the other; one that was withdrawn before its time never did."""
    begins = version.effective_from
    return (
        begins is not None
        and since < begins
        and (until is None or begins < until)
        and version.is_effective(begins)
    )
