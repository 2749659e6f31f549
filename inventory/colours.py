"""What colour a status of stock has in the console; the classes are those of `console.css`, one meaning each."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from inventory.models import ExpectedReceipt, Lot, Reservation
from mes.core.states import RevisionStatus

LEVELS = {
    Lot.Status.IN_PROCESS: "running",
    Lot.Status.QUARANTINE: "risk",
    Lot.Status.RELEASED: "done",
    Lot.Status.HELD: "held",
    Lot.Status.REJECTED: "late",
}
RESERVATION_LEVELS = {
    Reservation.Status.OPEN: "running",
    Reservation.Status.USED: "done",
    Reservation.Status.RELEASED: "planned",
}
EXPECTED_LEVELS = {
    ExpectedReceipt.Status.OPEN: "running",
    ExpectedReceipt.Status.RECEIVED: "done",
    ExpectedReceipt.Status.CANCELLED: "planned",
}

REVISION_LEVELS = {
    RevisionStatus.DRAFT: "planned",
    RevisionStatus.APPROVED: "done",
    RevisionStatus.SUPERSEDED: "planned",
}


def chip(text: str, level: str) -> SafeString:
    """A word in its colour, never the colour alone; `level` is running, done, late, risk, held or planned."""
    return format_html('<span class="mes-chip mes-{}">{}</span>', level, text)


def lot_chip(lot: Lot) -> SafeString:
    """Its disposition."""
    return chip(lot.get_status_display(), LEVELS[Lot.Status(lot.status)])


def revision_chip(plan: Any) -> SafeString:
    """Of a plan under revision control."""
    return chip(plan.get_status_display(), REVISION_LEVELS[RevisionStatus(plan.status)])
