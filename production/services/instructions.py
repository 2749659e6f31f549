"""Work instructions: written, approved, in force from a moment on, read and understood.

Whoever changes which version is in force locks the instruction first, so that of two who approve at once one is told.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from mes.core import signing
from mes.core.facts import record
from mes.core.files import store_file
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, InvalidInput, require_said
from mes.core.states import require_draft_revision
from production.facts import InstructionApproved, InstructionRead, InstructionWithdrawn
from production.instruction_text import pictures_in
from production.models import Acknowledgement, Instruction, InstructionFile, InstructionVersion

Status = InstructionVersion.Status


class NumberTaken(DomainError):
    code = "production.instruction_number_taken"
    title = "There is an instruction of this number"


class VersionTaken(DomainError):
    code = "production.instruction_version_taken"
    title = "There is a version of this revision"


class DraftExists(DomainError):
    code = "production.instruction_draft_exists"
    title = "The next version is being written already"


class VersionInForce(DomainError):
    code = "production.instruction_version_approved"
    title = "Only a draft can be changed"


class InstructionIncomplete(DomainError):
    code = "production.instruction_incomplete"
    title = "Nobody could work to this version"


class WrongMoment(InvalidInput):
    code = "production.instruction_wrong_moment"
    title = "It cannot be in force from then on"


class NotInForce(DomainError):
    code = "production.instruction_not_in_force"
    title = "This version is not in force"


@transaction.atomic
def write_instruction(
    number: str,
    title: str,
    *,
    text: str = "",
    must_be_read: bool = False,
    revision: str = "A",
    by: User,
    at: datetime,
) -> InstructionVersion:
    """Begin a new instruction with the draft of its first version.

    :raises NumberTaken: when there is one of this number.
    """
    if Instruction.objects.filter(number=number.strip()).exists():
        raise NumberTaken(
            f"There is an instruction {number} already.",
            remedy="Revise that one, or choose another number.",
            errors={"number": ["It is taken."]},
        )
    instruction = Instruction.objects.create(number=number.strip(), title=title.strip())
    return InstructionVersion.objects.create(
        instruction=instruction,
        revision=revision,
        text=text,
        must_be_read=must_be_read,
        written_by=by,
        written_at=at,
    )


@transaction.atomic
def revise_instruction(
    version: InstructionVersion, *, revision: str, change: str, by: User, at: datetime
) -> InstructionVersion:
    """Copy a version with its files to the draft of another revision, to be changed and approved.

    :param change: what is going to be different, and why.
    :raises DraftExists: while another draft of it is being written.
    :raises VersionTaken: when there is a version of that revision.
    """
    instruction = _lock(version.instruction_id)
    draft = instruction.versions.filter(status=Status.DRAFT).first()
    if draft is not None:
        raise DraftExists(
            f"{draft} is being written.", remedy="Change and approve that one, or delete it first."
        )
    if instruction.versions.filter(revision=revision).exists():
        raise VersionTaken(
            f"There is a version {revision} of {instruction} already.",
            remedy="Choose another revision.",
            errors={"revision": ["It is taken."]},
        )
    draft = InstructionVersion.objects.create(
        instruction=instruction,
        revision=revision,
        text=version.text,
        change=change.strip(),
        must_be_read=version.must_be_read,
        written_by=by,
        written_at=at,
    )
    InstructionFile.objects.bulk_create(
        InstructionFile(version=draft, file_id=each.file_id, name=each.name)
        for each in version.files.order_by("pk")
    )
    return draft


@transaction.atomic
def attach_file(
    version: InstructionVersion, file: File[bytes], *, name: str = "", by: User, at: datetime
) -> InstructionFile:
    """Add a picture or PDF to a draft; one of the same name takes the place of the one before.

    :param name: what the text calls it; by default the file's own name.
    :raises VersionInForce: unless it is a draft.
    :raises FileRefused: for what is neither a picture nor a PDF, empty or too large.
    """
    require_draft_version(version)
    stored = store_file(file, by=by, at=at)
    attached, _ = InstructionFile.objects.update_or_create(
        version=version, name=name.strip() or stored.name, defaults={"file": stored}
    )
    return attached


@transaction.atomic
def remove_file(attached: InstructionFile, *, by: User, at: datetime) -> InstructionVersion:
    """Take a file off a draft.

    :raises VersionInForce: unless it is a draft.
    """
    require_draft_version(attached.version)
    attached.delete()
    return attached.version


@transaction.atomic
def approve_instruction(
    version: InstructionVersion,
    *,
    effective_from: datetime | None = None,
    credentials: signing.Credentials | None = None,
    by: User,
    at: datetime,
) -> InstructionVersion:
    """Put a draft in force from a moment on, by signature where the rules demand it; the version before it is in force until then.

    :param effective_from: now, unless it is to begin later.
    :raises InstructionIncomplete: when it has neither text nor file, or its text shows a picture that is not there.
    :raises WrongMoment: for a moment that is past, or not after the one from which another version was approved to be in force.
    :raises IllegalTransition: when it is not a draft.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign_as_demanded` raises.
    """
    instruction = _lock(version.instruction_id)
    version.refresh_from_db(fields=["status"])
    begins = effective_from or at
    if version.may_move_to(Status.APPROVED):
        _require_complete(version)
        if begins < at:
            raise _wrong_moment(
                f"{timezone.localtime(begins):%Y-%m-%d %H:%M %Z} is past.",
                "Leave it empty for now, or choose a moment to come.",
            )
        signing.sign_as_demanded(version, Meaning.APPROVE, credentials=credentials, by=by, at=at)
        _end_former(instruction, version, begins, at)
    version.move_to(
        Status.APPROVED, approved_by=by, approved_at=at, effective_from=begins, effective_until=None
    )
    record(
        InstructionApproved(version=version.pk, instruction=instruction.pk, effective_from=begins, by=by.pk)
    )
    return version


@transaction.atomic
def withdraw_instruction(
    version: InstructionVersion, reason: str, *, by: User, at: datetime
) -> InstructionVersion:
    """End an approved version without another in its place; steps that are worked to it cannot be started until there is one.

    One that was to begin later never does, and whichever it would have ended goes on.

    :raises NotInForce: for a draft, and for one whose time is over.
    :raises InvalidInput: without a reason.
    """
    require_said(reason, "Say why it is withdrawn")
    instruction = _lock(version.instruction_id)
    version.refresh_from_db(fields=["status", "effective_from", "effective_until"])
    begins, ends = version.effective_from, version.effective_until
    if begins is None or (ends is not None and ends <= at):
        raise NotInForce(
            f"{version} is {version.get_status_display().lower()}.",
            remedy="Delete a draft; what is over needs no withdrawal.",
        )
    until = max(begins, at)
    version.move_to(Status.SUPERSEDED, effective_until=until)
    if begins > at:
        instruction.versions.filter(status=Status.APPROVED, effective_until=begins).update(
            effective_until=None
        )
    record(
        InstructionWithdrawn(version=version.pk, instruction=instruction.pk, reason=reason.strip(), by=by.pk)
    )
    return version


@transaction.atomic
def acknowledge(version: InstructionVersion, *, by: User, at: datetime) -> Acknowledgement:
    """Say that one has read and understood a version; safe to repeat. One that begins later may be read before.

    :raises NotInForce: for a draft, and for one whose time is over.
    """
    version.refresh_from_db(fields=["status", "effective_from", "effective_until"])
    if version.effective_from is None or (
        version.effective_until is not None and version.effective_until <= at
    ):
        now = version.instruction.versions.effective(at).first()
        raise NotInForce(
            f"{version} is {version.get_status_display().lower()}.",
            remedy=f"Read {now}, which is in force." if now else "No version of it is in force.",
        )
    said, is_new = Acknowledgement.objects.get_or_create(version=version, by=by, defaults={"at": at})
    if is_new:
        record(InstructionRead(version=version.pk, by=by.pk))
    return said


@transaction.atomic
def supersede_due(*, at: datetime) -> int:
    """Call superseded what is no longer in force because a later version has begun; safe to repeat.

    :return: how many were.
    """
    due = InstructionVersion.objects.run_out(at).select_for_update(no_key=True, skip_locked=True)
    versions = list(due.order_by("pk"))
    for version in versions:
        version.move_to(Status.SUPERSEDED)
    return len(versions)


def require_draft_version(version: InstructionVersion) -> None:
    """:raises VersionInForce: unless the version is a draft; what people were told to work to does not change under them."""
    _lock(version.instruction_id)
    version.refresh_from_db(fields=["status"])
    require_draft_revision(version, VersionInForce)


def _lock(key: int) -> Instruction:
    return Instruction.objects.select_for_update(no_key=True).get(pk=key)


def _require_complete(version: InstructionVersion) -> None:
    names = set(version.files.values_list("name", flat=True))
    faults: list[str] = []
    if not (version.text.strip() or names):
        faults.append("it has neither text nor file")
    faults += [f"its text shows “{name}”, which is not attached" for name in _missing(version.text, names)]
    if faults:
        raise InstructionIncomplete(
            f"{version} cannot be approved: {'; '.join(faults)}.", remedy="Complete the draft first."
        )


def _missing(text: str, names: Iterable[str]) -> list[str]:
    known = {name.casefold() for name in names}
    return [
        name for name in pictures_in(text) if name.casefold() not in known and not re.match(r"\w+:", name)
    ]


def _end_former(
    instruction: Instruction, version: InstructionVersion, begins: datetime, at: datetime
) -> None:
    """The version that would be in force from then on ends then; at once superseded when that is now."""
    former = (
        instruction.versions.filter(status=Status.APPROVED)
        .filter(effective_until__isnull=True)
        .exclude(pk=version.pk)
        .first()
    )
    if former is None or former.effective_from is None:
        return
    if begins <= former.effective_from:
        raise _wrong_moment(
            f"{former} is approved to be in force from {timezone.localtime(former.effective_from):%Y-%m-%d %H:%M %Z}.",
            "Choose a later moment, or withdraw that one first.",
        )
    former.effective_until = begins
    former.save(update_fields=["effective_until"])
    if begins <= at:
        former.move_to(Status.SUPERSEDED)


def _wrong_moment(detail: str, remedy: str) -> WrongMoment:
    return WrongMoment.at_field("effective_from", detail, remedy=remedy)
