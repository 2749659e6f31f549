"""What this app records."""

from dataclasses import dataclass

from mes.core.facts import Fact


@dataclass(frozen=True)
class PaperIssued(Fact):
    """A paper, or a later revision of it, was issued; the digests vouch for what it said."""

    paper: int
    kind: str
    number: str
    revision: int
    subject: str
    digest: str
    pdf_digest: str
    by: int
