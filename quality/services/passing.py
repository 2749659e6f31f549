"""What a lot may do once its inspection is passed, or skipped."""

from datetime import datetime

from inventory import services as inventory
from inventory.models import Lot
from mes.core.facts import record
from mes.core.models import User
from quality.facts import InspectionPassed
from quality.models import RELEASING, Inspection, Nonconformance


def let_lot_go_on(inspection: Inspection, status: str, *, by: User, at: datetime) -> None:
    """Close an inspection as passed or skipped. Receiving and final inspections release their lot, unless something else about it is
    undecided or its release has to be signed.
    """
    inspection.move_to(status, closed_at=at, closed_by=by)
    lot, stage = inspection.lot, inspection.plan.stage
    inventory.lock_lots([lot])
    undecided = Nonconformance.objects.undecided().filter(lot=lot).exists()
    waits = lot.status in {Lot.Status.QUARANTINE, Lot.Status.IN_PROCESS} and not undecided
    if stage in RELEASING and waits and inventory.pass_lot(lot, by=by, at=at):
        inventory.put_away(lot, by=by, at=at)
    record(
        InspectionPassed(inspection=inspection.pk, gate=inspection.gate, lot=lot.pk, stage=stage, by=by.pk)
    )
