"""What a lot may do once its inspection is passed, or skipped."""

from datetime import datetime

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from mes.core.facts import record
from mes.core.models import User
from quality.facts import InspectionPassed
from quality.models import RELEASING, Inspection, Nonconformance
from quality.services.reviewing import why_not_reviewed
from quality.services.rework import is_being_reworked


@transaction.atomic
def pass_lot(lot: Lot, *, by: User, at: datetime) -> bool:
    """Nothing found about the lot stands against it any more: release it, or let it wait in quarantine for a signature or a review.

    :return: whether it is released.
    """
    inventory.lock_lots([lot])
    if is_being_reworked(lot):
        return False
    if why_not_reviewed(lot) is None:
        return inventory.pass_lot(lot, by=by, at=at)
    if lot.status != Lot.Status.QUARANTINE:
        inventory.quarantine_lot(lot, by=by, at=at)
    return False


def let_lot_go_on(inspection: Inspection, status: str, *, by: User, at: datetime) -> None:
    """Close an inspection as passed or skipped. Receiving and final inspections release their lot, unless something else about it is
    undecided, it is being reworked, its release has to be signed, or the record of how it was made waits for its review.
    """
    inspection.move_to(status, closed_at=at, closed_by=by)
    lot, stage = inspection.lot, inspection.plan.stage
    inventory.lock_lots([lot])
    undecided = Nonconformance.objects.undecided().filter(lot=lot).exists()
    waits = lot.status in {Lot.Status.QUARANTINE, Lot.Status.IN_PROCESS} and not undecided
    waits = waits and not is_being_reworked(lot)
    if stage in RELEASING and waits and pass_lot(lot, by=by, at=at):
        inventory.put_away(lot, by=by, at=at)
    record(
        InspectionPassed(inspection=inspection.pk, gate=inspection.gate, lot=lot.pk, stage=stage, by=by.pk)
    )
