"""An instruction as people read it: its text with pictures, its PDFs, and whether the reader still has to read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.safestring import SafeString

from mes.core.models import User
from mes.core.states import is_draft
from production.colours import instruction_chip
from production.instruction_text import pictures_in, rendered
from production.instructions import Binding
from production.models import Acknowledgement, InstructionFile, InstructionVersion


@dataclass(frozen=True)
class Enclosure:
    """A file that is not shown within the text."""

    name: str
    url: str
    is_picture: bool


@dataclass(frozen=True)
class InstructionPage:
    """What a page shows of one version."""

    version: InstructionVersion
    status: SafeString
    html: SafeString
    enclosures: Sequence[Enclosure]
    read_at: datetime | None
    waits_for_reading: bool


def page_of(version: InstructionVersion, *, reader: User, at: datetime) -> InstructionPage:
    """A version for its own page; three queries."""
    files = list(version.files.select_related("file").order_by("name"))
    said = Acknowledgement.objects.filter(version=version, by=reader).first()
    return _page(version, files, said.at if said else None, at=at)


def pages_of(bindings: Sequence[Binding], *, reader: User, at: datetime) -> list[InstructionPage]:
    """The versions in force among these, for the page of an operation; one query."""
    versions = [each.version for each in bindings if each.version is not None]
    said = Acknowledgement.objects.filter(version__in=versions, by=reader)
    read = dict(said.values_list("version", "at"))
    return [
        _page(each.version, each.files, read.get(each.version.pk), at=at)
        for each in bindings
        if each.version is not None
    ]


def _page(
    version: InstructionVersion, files: Sequence[InstructionFile], read_at: datetime | None, *, at: datetime
) -> InstructionPage:
    addresses = {each.name: reverse("instruction-files-content", args=[each.pk]) for each in files}
    pictures = {each.name: addresses[each.name] for each in files if each.file.is_picture}
    shown = {name.casefold() for name in pictures_in(version.text)}
    return InstructionPage(
        version=version,
        status=instruction_chip(version, at),
        html=rendered(version.text, pictures),
        enclosures=[
            Enclosure(each.name, addresses[each.name], each.file.is_picture)
            for each in files
            if not (each.file.is_picture and each.name.casefold() in shown)
        ],
        read_at=read_at,
        waits_for_reading=version.must_be_read and read_at is None and not is_draft(version),
    )
