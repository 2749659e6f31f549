"""Rework of goods that are made already: while it goes on, their lot is neither released nor their nonconformance closed.

Who plans the work and does it, one floor up, says here when it begins and ends.
"""

from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError
from quality.facts import ReworkEnded
from quality.models import Nonconformance


class NotToBeReworked(DomainError):
    code = "quality.not_to_be_reworked"
    title = "This is not to be reworked"


@transaction.atomic
def begin_rework(nonconformance: Nonconformance, *, by: User, at: datetime) -> Nonconformance:
    """The goods go to be reworked: their lot waits, in process, until that is done or given up.

    :raises NotToBeReworked: unless it is decided so, and while its rework is planned or done already.
    """
    lot = nonconformance.lot
    inventory.lock_lots([lot])
    found = Nonconformance.objects.filter(
        pk=nonconformance.pk,
        status=Nonconformance.Status.DECIDED,
        disposition=Nonconformance.Disposition.REWORK,
        rework_planned_at__isnull=True,
    )
    if not found.update(rework_planned_at=at):
        raise NotToBeReworked(
            f"{nonconformance} is not to be reworked, or is already.",
            remedy="Decide on rework first; of what is planned already, work it off.",
        )
    nonconformance.rework_planned_at = at
    if lot.status in {Lot.Status.QUARANTINE, Lot.Status.RELEASED}:
        inventory.hold_lot(lot, f"{nonconformance}: to be reworked", by=by, at=at)
    if lot.status == Lot.Status.HELD and not Nonconformance.objects.undecided().filter(lot=lot).exists():
        inventory.resume_lot(lot, by=by, at=at)
    return nonconformance


@transaction.atomic
def end_rework(nonconformance: Nonconformance, *, by: User, at: datetime) -> None:
    """The work is done; what comes of it is judged as anything that was made."""
    Nonconformance.objects.being_reworked().filter(pk=nonconformance.pk).update(rework_done_at=at)
    record(ReworkEnded(nonconformance=nonconformance.pk, lot=nonconformance.lot_id, is_done=True, by=by.pk))


@transaction.atomic
def give_up_rework(nonconformance: Nonconformance, reason: str, *, by: User, at: datetime) -> None:
    """The work is not done, or not all of it: the lot is held until somebody plans it anew or reports what is left of it."""
    Nonconformance.objects.being_reworked().filter(pk=nonconformance.pk).update(rework_planned_at=None)
    lot = nonconformance.lot
    inventory.lock_lots([lot])
    if lot.status == Lot.Status.IN_PROCESS:
        inventory.hold_lot(lot, f"{nonconformance}: rework given up, {reason}"[:300], by=by, at=at)
    record(ReworkEnded(nonconformance=nonconformance.pk, lot=lot.pk, is_done=False, by=by.pk))


def is_being_reworked(lot: Lot) -> bool:
    """Whether rework of the lot was decided and is not done."""
    return Nonconformance.objects.being_reworked().filter(lot=lot).exists()
