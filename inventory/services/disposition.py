"""Whether a lot may be used: held, released, rejected, put back."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.facts import LotHeld, LotQuarantined, LotRejected, LotReleased, LotResumed
from inventory.models import Lot
from inventory.services.ledger import lock_lots
from inventory.services.moving import ReasonMissing
from inventory.services.reserving import cut_reservations
from mes.core import signing
from mes.core.facts import record
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, require_said


class LotRecalled(DomainError):
    code = "inventory.lot_recalled"
    title = "An open recall holds this lot"


@transaction.atomic
def hold_lot(lot: Lot, reason: str, *, by: User, at: datetime) -> Lot:
    """Nobody may use the lot until it is released or rejected; reservations wait with it.

    :raises ReasonMissing: without a reason.
    :raises IllegalTransition: when it is held already.
    """
    require_said(reason, "Say why it is held", refusal=ReasonMissing)
    lock_lots([lot])
    lot.move_to(Lot.Status.HELD, hold_reason=reason)
    record(LotHeld(lot=lot.pk, reason=reason, by=by.pk))
    return lot


@transaction.atomic
def release_lot(lot: Lot, *, by: User, at: datetime) -> Lot:
    """The lot may be issued and shipped from now on, until it expires.

    :raises IllegalTransition: when it is released already, or rejected: that is first taken back by holding it.
    :raises LotRecalled: while an open recall holds it.
    """
    lock_lots([lot])
    _require_not_recalled(lot)
    lot.move_to(Lot.Status.RELEASED, hold_reason="")
    record(LotReleased(lot=lot.pk, by=by.pk))
    return lot


@transaction.atomic
def pass_lot(lot: Lot, *, by: User, at: datetime) -> bool:
    """Nothing stands against the lot any more: release it, or let it wait in quarantine where its release has to be signed.

    :return: whether it is released.
    """
    if not signing.needs_signature(lot, Meaning.RELEASE):
        release_lot(lot, by=by, at=at)
        return True
    lock_lots([lot])
    if lot.status != Lot.Status.QUARANTINE:
        quarantine_lot(lot, by=by, at=at)
    return False


@transaction.atomic
def reject_lot(lot: Lot, reason: str = "", *, by: User, at: datetime) -> Lot:
    """The lot will not be used; whoever had reserved of it is told, and what is left of it is scrapped or returned.

    :raises IllegalTransition: when it is released (hold it first) or rejected already.
    """
    lock_lots([lot])
    lot.move_to(Lot.Status.REJECTED, hold_reason=reason or lot.hold_reason)
    cut_reservations(lot, keep=Decimal(0))
    record(LotRejected(lot=lot.pk, reason=lot.hold_reason, by=by.pk))
    return lot


@transaction.atomic
def quarantine_lot(lot: Lot, *, by: User, at: datetime) -> Lot:
    """The lot waits to be judged (again).

    :raises IllegalTransition: from rejected; that is first taken back by holding it.
    :raises LotRecalled: while an open recall holds it.
    """
    lock_lots([lot])
    _require_not_recalled(lot)
    was_made = lot.status == Lot.Status.IN_PROCESS
    lot.move_to(Lot.Status.QUARANTINE, hold_reason="")
    if not was_made:
        record(LotQuarantined(lot=lot.pk, by=by.pk))
    return lot


@transaction.atomic
def resume_lot(lot: Lot, *, by: User, at: datetime) -> Lot:
    """A held lot goes back in process: its batch may go on, or it is reworked.

    :raises IllegalTransition: unless it is held.
    :raises LotRecalled: while an open recall holds it.
    """
    lock_lots([lot])
    _require_not_recalled(lot)
    lot.move_to(Lot.Status.IN_PROCESS, hold_reason="")
    record(LotResumed(lot=lot.pk, by=by.pk))
    return lot


def _require_not_recalled(lot: Lot) -> None:
    if lot.is_recalled:
        raise LotRecalled(
            f"Lot {lot} is recalled ({lot.hold_reason}).",
            remedy="Decide about it in its recall; closing that lets it go or rejects it.",
        )
