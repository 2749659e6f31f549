"""What is not as it should be: the lot is held, somebody decides what becomes of it, and it is done in the same act."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from inventory.quantities import check_quantity, plain
from mes.core import signing
from mes.core.facts import record
from mes.core.models import Meaning, User
from mes.core.refusals import DomainError, InvalidInput, require_said
from quality.facts import NonconformanceDecided
from quality.models import RELEASING, WHILE_RUNNING, Inspection, Nonconformance
from quality.services.costs import ensure_material_cost
from quality.services.extent import MoreThanThere, has_no_quantity_yet
from quality.services.goods import about_goods_of
from quality.services.inspecting import repeat_inspection
from quality.services.passing import pass_lot
from quality.services.reporting import WHY_FOR_AUDITORS, JustificationMissing
from quality.services.reviewing import require_reviewed
from quality.services.rework import is_being_reworked

Disposition = Nonconformance.Disposition


class UnknownDisposition(InvalidInput):
    code = "quality.unknown_disposition"
    title = "There is no such disposition"


class NothingToInspectAgain(DomainError):
    code = "quality.nothing_to_inspect_again"
    title = "No inspection found this"


class StillOpen(DomainError):
    code = "quality.still_open"
    title = "Its consequences are not done yet"


class NotJudged(DomainError):
    code = "quality.not_judged"
    title = "It has not been judged yet"


@transaction.atomic
def release_lot(lot: Lot, *, credentials: signing.Credentials | None = None, by: User, at: datetime) -> Lot:
    """Release a lot that nothing is open about, by signature where the rules demand it; for instance one that was held by hand.

    One that was held while its batch runs goes back in process: what comes out of the batch is judged when there is something to judge.

    :raises NotJudged: while it is made and not held, while an inspection of it is open or failed and not cleared, and while a
        nonconformance of it is undecided.
    :raises RecordNotReviewed: while the rules demand a review of how it was made, and an exception is open or a signature missing.
    :raises IllegalTransition: when it is released already, or rejected.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign_as_demanded` raises.
    """
    inventory.lock_lots([lot])
    if lot.status == Lot.Status.IN_PROCESS:
        raise NotJudged(
            f"Lot {lot} is still being made or reworked.", remedy="Finish its batch or close its rework."
        )
    undecided = Nonconformance.objects.undecided().filter(about_goods_of(lot)).select_related("lot").first()
    if undecided is not None:
        then = "that releases the lot too" if undecided.lot_id == lot.pk else "then release this one"
        raise NotJudged(
            f"{undecided} of lot {undecided.lot}{_told_of(lot, undecided.lot)} is undecided.",
            remedy=f"Decide it; {then}.",
            see=[undecided],
        )
    if is_being_reworked(lot):
        raise NotJudged(f"Lot {lot} is being reworked.", remedy="Finish its rework, or cancel its order.")
    if inventory.is_being_made(lot):
        if lot.status != Lot.Status.HELD:
            raise NotJudged(f"Lot {lot} is still being made.", remedy="Finish its batch; it is judged then.")
        return inventory.resume_lot(lot, by=by, at=at)
    _require_inspected(lot)
    require_reviewed(lot)
    released = inventory.release_lot(lot, by=by, at=at)
    signing.sign_as_demanded(lot, Meaning.RELEASE, credentials=credentials, by=by, at=at)
    return released


@transaction.atomic
def decide_nonconformance(
    nonconformance: Nonconformance,
    disposition: str,
    justification: str,
    *,
    quantity: Decimal | None = None,
    customer_agreement: str = "",
    credentials: signing.Credentials | None = None,
    by: User,
    at: datetime,
) -> Nonconformance:
    """Decide what becomes of it, by signature where the rules demand it, and do it.

    Use as is: the lot goes on as if it had passed. Scrap, return: `quantity` of what is on hand goes; when that is all of the lot it
    is rejected, else the rest goes on. Rework: the lot goes back in process, and the inspection that found it is repeated; inspect
    again: the same without rework. The lot stays held while another nonconformance of it is undecided.

    :param quantity: how much is scrapped or returned; by default what was reported, or what is left of it.
    :param customer_agreement: of a use as is, the customer's letter or number that agrees to it.
    :raises JustificationMissing: without a justification.
    :raises MoreThanThere: when more is to be scrapped or returned than is on hand.
    :raises IllegalTransition: when it is decided already.
    :raises NothingToInspectAgain: to "inspect again" when no inspection found it.
    :raises SignatureMissing: and whatever else `mes.core.signing.sign_as_demanded` raises.
    """
    if disposition not in Disposition.values:
        known = ", ".join(Disposition.values)
        raise UnknownDisposition(
            f"A disposition is one of: {known}.", errors={"disposition": [f"one of: {known}"]}
        )
    require_said(
        justification,
        WHY_FOR_AUDITORS,
        field="justification",
        refusal=JustificationMissing,
    )
    lot = nonconformance.lot
    inventory.lock_lots([lot])
    nonconformance.refresh_from_db(fields=["status"])
    nonconformance.move_to(
        Nonconformance.Status.DECIDED,
        disposition=disposition,
        justification=justification,
        customer_agreement=customer_agreement.strip(),
        decided_by=by,
        decided_at=at,
    )
    signing.sign_as_demanded(nonconformance, Meaning.DISPOSITION, credentials=credentials, by=by, at=at)
    if disposition in {Disposition.SCRAP, Disposition.RETURN}:
        _remove(nonconformance, quantity, by=by, at=at)
    elif disposition == Disposition.USE_AS_IS:
        _let_go_on(nonconformance, by=by, at=at)
    else:
        _do_again(nonconformance, by=by, at=at)
    inspection = nonconformance.inspection
    record(
        NonconformanceDecided(
            nonconformance=nonconformance.pk,
            lot=lot.pk,
            disposition=disposition,
            gate=inspection.gate if inspection else None,
            by=by.pk,
        )
    )
    return nonconformance


@transaction.atomic
def close_nonconformance(
    nonconformance: Nonconformance, *, cause: str = "", by: User, at: datetime
) -> Nonconformance:
    """Nothing is left to do about it. A reworked lot that no inspection waits for goes back to what it was; one that was released waits in
    quarantine for somebody to judge it, for nobody has seen yet what came of the rework.

    :raises IllegalTransition: unless it is decided.
    :raises StillOpen: while its goods are being reworked, and while the inspection that a rework called for is not cleared.
    """
    lot = nonconformance.lot
    inventory.lock_lots([lot])
    nonconformance.refresh_from_db(fields=["status", "cause"])
    if Nonconformance.objects.being_reworked().filter(pk=nonconformance.pk).exists():
        raise StillOpen(
            f"Lot {lot} is being reworked for {nonconformance}.",
            remedy="Finish the rework, or cancel its order.",
        )
    inspection = nonconformance.inspection
    if inspection is not None and _waits_for_repetition(nonconformance, inspection):
        raise StillOpen(
            f"The repeated inspection of lot {lot} has not passed yet.",
            remedy="Conclude it, then close this.",
        )
    nonconformance.move_to(Nonconformance.Status.CLOSED, closed_at=at, cause=cause or nonconformance.cause)
    by_hand = inspection is None and lot.status == Lot.Status.IN_PROCESS
    if nonconformance.disposition == Disposition.REWORK and by_hand:
        is_unseen = nonconformance.lot_was == Lot.Status.RELEASED
        _return_to(lot, Lot.Status.QUARANTINE if is_unseen else nonconformance.lot_was, by=by, at=at)
    return nonconformance


def _require_inspected(lot: Lot) -> None:
    inspections = Inspection.objects.filter(about_goods_of(lot)).select_related("plan", "lot").order_by("pk")
    waiting = inspections.open().first()
    if waiting is not None:
        then = "passing releases the lot" if waiting.lot_id == lot.pk else "once it passed, release this one"
        raise NotJudged(
            f"{waiting}{_told_of(lot, waiting.lot)} is open.",
            remedy=f"Record its results; {then}. Or cancel it first.",
            see=[waiting],
        )
    cleared = set(Inspection.objects.cleared().filter(about_goods_of(lot)).values_list("pk", flat=True))
    for failed in inspections.failed():
        if failed.gate not in cleared:
            raise NotJudged(
                f"{failed}{_told_of(lot, failed.lot)} failed.",
                remedy="Repeat it; once it passes the lot may go on.",
                see=[failed],
            )


def _told_of(lot: Lot, other: Lot) -> str:
    return f", whose goods {lot} is of," if other.pk != lot.pk else ""


def _waits_for_repetition(nonconformance: Nonconformance, inspection: Inspection) -> bool:
    return (
        nonconformance.disposition in {Disposition.REWORK, Disposition.REINSPECT}
        and nonconformance.lot.status != Lot.Status.REJECTED
        and not Inspection.objects.cleared().filter(pk=inspection.gate).exists()
    )


def _let_go_on(nonconformance: Nonconformance, *, by: User, at: datetime) -> None:
    """The lot goes on as if nothing had been found: released by a receiving or final inspection, else what it was before. What somebody had
    held by hand goes on being held: that is released by hand.
    """
    lot, inspection = nonconformance.lot, nonconformance.inspection
    if lot.status != Lot.Status.HELD or Nonconformance.objects.undecided().filter(lot=lot).exists():
        return
    was = nonconformance.lot_was
    is_released = inspection is not None and inspection.plan.stage in RELEASING and was != Lot.Status.HELD
    _return_to(lot, Lot.Status.RELEASED if is_released else was, by=by, at=at)


def _return_to(lot: Lot, status: str, *, by: User, at: datetime) -> None:
    if is_being_reworked(lot):
        status = Lot.Status.IN_PROCESS
    if lot.status == status:
        return
    if status == Lot.Status.RELEASED:
        if pass_lot(lot, by=by, at=at):
            inventory.put_away(lot, by=by, at=at)
    elif status == Lot.Status.IN_PROCESS:
        inventory.resume_lot(lot, by=by, at=at)
    elif status == Lot.Status.QUARANTINE:
        inventory.quarantine_lot(lot, by=by, at=at)
    elif status == Lot.Status.HELD:
        inventory.hold_lot(lot, "Held before it was reworked", by=by, at=at)


def _remove(nonconformance: Nonconformance, quantity: Decimal | None, *, by: User, at: datetime) -> None:
    """Scrap or return what was decided. Of a lot in process nothing is on hand yet: its batch reports that scrap itself."""
    lot = nonconformance.lot
    present, is_at_machine = inventory.on_hand(lot), has_no_quantity_yet(lot)
    wanted = nonconformance.quantity if quantity is None else check_quantity(lot.item, quantity)
    if quantity is not None and wanted > present and not is_at_machine:
        told = f"{plain(present)} {lot.item.unit}"
        raise MoreThanThere(
            f"{plain(wanted)} {lot.item.unit} of lot {lot} cannot go: {told} are on hand.",
            remedy=f"Enter at most {plain(present)}."
            if present
            else "What customers have is taken back first, what is being reworked is finished first; else decide otherwise.",
            errors={"quantity": [f"At most {told} are on hand"]},
        )
    gone = min(wanted, present)
    reason = f"{nonconformance.number}: {nonconformance.justification}"[:300]
    if gone and nonconformance.disposition == Disposition.SCRAP:
        inventory.scrap(lot, gone, reason=reason, reference=nonconformance.number, by=by, at=at)
    elif gone:
        inventory.return_to_supplier(lot, gone, reason=reason, reference=nonconformance.number, by=by, at=at)
    ensure_material_cost(nonconformance, wanted if is_at_machine else gone, by=by, at=at)
    inspection = nonconformance.inspection
    whole = present or (inspection.lot_quantity if inspection else wanted)
    # What a running operation just made is not the lot: its batch reports that scrap, and goes on.
    if wanted < whole or (inspection is not None and inspection.plan.stage in WHILE_RUNNING and not present):
        _let_go_on(nonconformance, by=by, at=at)
    elif lot.may_move_to(Lot.Status.REJECTED):
        inventory.reject_lot(lot, reason, by=by, at=at)


def _do_again(nonconformance: Nonconformance, *, by: User, at: datetime) -> None:
    lot, inspection = nonconformance.lot, nonconformance.inspection
    rework = nonconformance.disposition == Disposition.REWORK
    if inspection is None and not rework:
        raise NothingToInspectAgain(
            f"{nonconformance} was reported without an inspection.",
            remedy="Decide on rework, or open an inspection.",
        )
    waiting = lot.status != Lot.Status.HELD or Nonconformance.objects.undecided().filter(lot=lot).exists()
    if not waiting:
        _return_to(lot, Lot.Status.IN_PROCESS if rework else nonconformance.lot_was, by=by, at=at)
    if inspection is not None:
        what = f"{nonconformance.get_disposition_display()} by {nonconformance.number}"
        repeat_inspection(inspection, note=what, by=by, at=at)
