"""Files that people attach to records: drawings, photographs, certificates.

They are kept in the database, so that they are backed up, rolled back and never lost apart from what they belong to. What a file is, is
told by its first bytes, never by its name.
"""

import hashlib
import re
from datetime import datetime
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.http import HttpResponse
from django.utils.http import content_disposition_header

from mes.core.models import FileContent, StoredFile, User
from mes.core.models.files import LONGEST_NAME, PICTURES
from mes.core.refusals import InvalidInput

KNOWN = {"application/pdf": ".pdf", **PICTURES}


class FileRefused(InvalidInput):
    code = "file_refused"
    title = "This file is not taken"


@transaction.atomic
def store_file(upload: File[bytes], *, by: User, at: datetime) -> StoredFile:
    """Keep an uploaded PDF or picture (PNG, JPEG, WebP).

    :raises FileRefused: for an empty file, one that is too large, and one that is neither.
    """
    most = settings.MES["FILE_MEGABYTES"]
    if not upload.size:
        raise _refused("The file is empty.", "Choose the file again.")
    if upload.size > most * 1_000_000:
        raise _refused(
            f"The file has {upload.size / 1_000_000:.1f} MB; at most {most} MB are kept.",
            "Save it smaller, or in parts.",
        )
    content = upload.read()
    content_type = type_of(content)
    if not content_type:
        raise _refused(
            f"{clean_name(upload.name or '', '')} is neither a PDF nor a picture (PNG, JPEG, WebP).",
            "Save or scan it as one of these.",
        )
    file = StoredFile.objects.create(
        name=clean_name(upload.name or "", KNOWN[content_type]),
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        added_by=by,
        added_at=at,
    )
    FileContent.objects.create(file=file, content=content)
    return file


def type_of(content: bytes) -> str:
    """The media type that the first bytes tell; empty for anything that is not kept."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def clean_name(name: str, suffix: str) -> str:
    """A file name that is safe to show, to link and to save under, with the suffix of its real type."""
    stem = PurePath(name.replace("\\", "/")).stem
    stem = re.sub(r"[^\w .()+-]+", "-", stem).strip(" .-") or "file"
    return stem[: LONGEST_NAME - len(suffix)] + suffix


def file_response(file: StoredFile) -> HttpResponse:
    """The file as a browser may show it. Whoever calls this has seen to it that the reader may."""
    content = FileContent.objects.values_list("content", flat=True).get(file=file)
    response = HttpResponse(bytes(content), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(False, file.name) or "inline"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _refused(detail: str, remedy: str) -> FileRefused:
    return FileRefused.at_field("file", detail, remedy=remedy)
