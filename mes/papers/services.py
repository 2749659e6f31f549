"""Issuing papers: the number taken, the content frozen and drawn, in one transaction."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Model

from mes.core import signing
from mes.core.facts import record
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, InvalidInput
from mes.core.signing import Credentials
from mes.papers.drawing import pdf
from mes.papers.drawing.document import Document, Signed, as_json, digest_of
from mes.papers.drawing.symbols import NotEncodable
from mes.papers.facts import PaperIssued
from mes.papers.models import Paper, PaperPrint, reference_to, references_to

MEANINGS = {
    Paper.Kind.CERTIFICATE: Meaning.CERTIFICATE,
    Paper.Kind.BATCH_RECORD: Meaning.RELEASE,
    Paper.Kind.FIRST_ARTICLE: Meaning.VERIFY,
}
"""What a signature on a paper says, of the kinds that are signed."""
SUPERSEDED = "SUPERSEDED"
COPY = "UNCONTROLLED COPY"


class NotReadyForPaper(DomainError):
    """Something that the paper would vouch for is not done, not judged or not proven."""

    code = "papers.not_ready"
    title = "The records are not complete"


class ReasonMissing(InvalidInput):
    code = "papers.reason_missing"
    title = "A paper is issued again only with a reason"


class Unprintable(InvalidInput):
    code = "papers.unprintable"
    title = "This cannot be printed"


@dataclass(frozen=True)
class Identity:
    """What a paper is called, known when its content is composed."""

    sequence: int
    number: str
    revision: int


Composer = Callable[[Identity], Document]


@transaction.atomic
def issue(
    kind: str,
    subject: Model,
    compose: Composer,
    *,
    concerns: Iterable[Model] = (),
    zone: tzinfo,
    reason: str = "",
    is_regulated: bool = False,
    credentials: Credentials | None = None,
    by: User,
    at: datetime,
) -> Paper:
    """Issue a paper for `subject`, or the next revision of the one it has.

    :param compose: tells the content for the number that the paper gets.
    :param concerns: what else it tells of, so that it is found from there.
    :param zone: in which its moments are written.
    :param reason: why it is issued again; ignored the first time.
    :param is_regulated: whether it tells of a regulated item, for which the rules may demand a signature.
    :param credentials: of whoever signs it; the signature is printed on it.
    :raises ReasonMissing: when there is one already and no reason is given.
    :raises SignatureMissing: where the rules demand a signature and no credentials are given.
    :raises Unprintable: for a character that no font has, or a number that no barcode holds.
    """
    _take_turns(kind)
    earlier = Paper.objects.of(subject).filter(kind=kind).current().without_content().first()
    reason = _reason_to_supersede(earlier, subject, reason)
    told_of = [subject, *concerns]
    identity = _next_identity(kind, earlier)
    content = {
        "schema": 1,
        "kind": kind,
        "kind_name": str(Paper.Kind(kind).label),
        "number": identity.number,
        "revision": identity.revision,
        "supersedes": str(earlier) if earlier else "",
        "reason": reason,
        "issued_at": moment(at, zone),
        "issued_by": str(by),
        "is_regulated": is_regulated,
        "document": as_json(compose(identity)),
    }
    digest = digest_of(content)
    paper = Paper.objects.create(
        kind=kind,
        sequence=identity.sequence,
        revision=identity.revision,
        number=identity.number,
        subject=reference_to(subject),
        subject_name=str(subject)[:120],
        concerns=references_to(told_of),
        names=list(dict.fromkeys(str(each)[:120] for each in told_of)),
        content=content,
        digest=digest,
        issued_at=at,
        issued_by=by,
        supersedes=earlier,
        reason=reason,
    )
    printed = _print(paper, _signed(paper, zone, credentials, by=by, at=at))
    record(
        PaperIssued(
            paper=paper.pk,
            kind=kind,
            number=paper.number,
            revision=paper.revision,
            subject=paper.subject,
            digest=digest,
            pdf_digest=printed.digest,
            by=by.pk,
        )
    )
    return paper


def _signed(
    paper: Paper, zone: tzinfo, credentials: Credentials | None, *, by: User, at: datetime
) -> list[Signed]:
    """The signature of a paper where the rules demand one or one is given, as it is printed."""
    meaning = MEANINGS.get(Paper.Kind(paper.kind))
    if meaning is None:
        return []
    signature = signing.sign_as_demanded(paper, meaning, credentials=credentials, by=by, at=at)
    if signature is None:
        return []
    told = " · ".join(filter(None, [signature.get_meaning_display(), signature.reason]))
    when = moment(signature.signed_at, zone)
    return [Signed("Electronic signature", signature.printed_name, when, told, signature.content_hash)]


def _print(paper: Paper, signed: Sequence[Signed]) -> PaperPrint:
    told = as_json(signed)
    drawn = _drawn(paper, told)
    return PaperPrint.objects.create(
        paper=paper, signed=told, pdf=drawn, digest=hashlib.sha256(drawn).hexdigest()
    )


def printed(paper: Paper, *, copy: bool = False) -> bytes:
    """The PDF of a paper: as it was issued, or, where another revision replaced it or a copy is asked for, drawn anew with a stamp."""
    stamp = stamp_on(paper) or (COPY if copy else "")
    return _drawn(paper, paper.print.signed, stamp) if stamp else bytes(paper.print.pdf)


def stamp_on(paper: Paper) -> str:
    """What is written across a paper that another revision replaced; nothing on one that stands."""
    later = Paper.objects.filter(supersedes=paper).values_list("revision", flat=True).first()
    return f"{SUPERSEDED} BY REV {later}" if later else ""


def moment(at: datetime, zone: tzinfo) -> str:
    """A moment as papers write it, its offset said: `2 March 2026, 10:15 CET`."""
    there = at.astimezone(zone)
    return f"{there.day} {there:%B %Y, %H:%M %Z}"


def _take_turns(kind: str) -> None:
    """Wait for whoever is issuing a paper of this kind; the trigger of the table takes the same lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('papers_paper'), hashtext(%s))", [kind])


def _reason_to_supersede(earlier: Paper | None, subject: Model, reason: str) -> str:
    """The reason, which counts for nothing the first time.

    :raises ReasonMissing: when there is a paper already and none is given.
    """
    if earlier is None:
        return ""
    if not reason.strip():
        raise ReasonMissing(
            f"{earlier} of {earlier.issued_at:%d %b %Y} stands for {subject}.",
            remedy="Say why it is issued again; it becomes the next revision.",
            errors={"reason": ["Say why it is issued again."]},
        )
    return reason.strip()[:300]


def _next_identity(kind: str, earlier: Paper | None) -> Identity:
    if earlier is not None:
        return Identity(earlier.sequence, earlier.number, earlier.revision + 1)
    last = Paper.objects.filter(kind=kind).aggregate(last=Max("sequence"))["last"] or 0
    return Identity(last + 1, f"{Paper.PREFIXES[Paper.Kind(kind)]}-{last + 1:05d}", 1)


def _drawn(paper: Paper, signed: Any, stamp: str = "") -> bytes:
    folder = settings.MES["PAPER_FONTS"]
    try:
        return pdf.draw(
            paper.content | {"digest": paper.digest, "signed": signed},
            issued_at=paper.issued_at,
            stamp=stamp,
            font_folder=Path(folder) if folder else None,
        )
    except pdf.NotPrintable as failure:
        raise Unprintable(
            f"A character has no shape in our fonts: {failure}",
            remedy="Put a font that has it into the folder that MES_PAPER_FONTS names, or write it in another way.",
        ) from failure
    except NotEncodable as failure:
        raise Unprintable(
            f"{failure}", remedy="Use a number of plain letters and digits, or one that is shorter."
        ) from failure
