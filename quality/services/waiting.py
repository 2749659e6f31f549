"""What a lot that may not be used waits for: named, with what to do about it and where."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model

from inventory import services as inventory
from inventory.models import Lot
from inventory.renumbering import numbered_before
from mes.core import signing
from mes.core.models import Meaning
from quality.models import RELEASING, Inspection, InspectionPlan, Nonconformance
from quality.services.goods import about_goods_of
from quality.services.reviewing import why_not_reviewed
from quality.services.rework import is_being_reworked

BY_HAND = "whoever judges lots releases it by hand (Release on its page)"


@dataclass(frozen=True)
class Wait:
    """:ivar told: what is missing, in a sentence. :ivar remedy: what to do next. :ivar see: where."""

    told: str
    remedy: str
    see: tuple[Model, ...] = ()


def what_it_waits_for(lot: Lot) -> Wait | None:
    """The first thing that is missing; None for a lot that is released, recalled or rejected: those wait for nothing here."""
    if lot.is_recalled or lot.status in {Lot.Status.RELEASED, Lot.Status.REJECTED}:
        return None
    return _for_a_decision(lot) or _for_a_verdict(lot) or _for_work(lot) or _for_release(lot)


def require_usable(lot: Lot, at: datetime) -> None:
    """As `inventory.require_usable`, saying what the lot really waits for.

    :raises LotNotUsable: unless the lot is released and not expired, on the calendar of its item's site.
    """
    because = lot.unusable_because(at.astimezone(lot.item.site.zone).date())
    if because is None:
        return
    reason, remedy = because
    wait = what_it_waits_for(lot)
    if wait is not None:
        reason, remedy = f"{reason} {wait.told}", f"{wait.remedy} Or take another lot."
    raise inventory.LotNotUsable(reason, remedy=remedy, see=wait.see if wait and wait.see else [lot])


def _for_a_decision(lot: Lot) -> Wait | None:
    undecided = (
        Nonconformance.objects.undecided().filter(about_goods_of(lot)).select_related("lot").order_by("pk")
    )
    if (found := undecided.first()) is not None:
        if found.lot_id == lot.pk:
            return Wait(f"{found} of it is undecided.", "Decide it: that lets the lot go on.", (found,))
        return Wait(
            f"{found} of lot {found.lot}, whose goods it is of, is undecided.",
            f"Decide it; then {BY_HAND}.",
            (found,),
        )
    if is_being_reworked(lot):
        return Wait("It is being reworked.", "Finish its rework, or cancel its order.")
    return None


def _for_a_verdict(lot: Lot) -> Wait | None:
    about = Inspection.objects.filter(about_goods_of(lot))
    inspections = about.select_related("plan", "lot", "source").order_by("pk")
    waiting = inspections.open().first()
    if waiting is not None:
        source = waiting.source
        if source is not None and source.is_discontinued:
            return Wait(
                f"{waiting} is open, but lots of {source} are not judged any more: {source.because}.",
                "Put right what is wrong there, restart its inspection with a reason, then record the results.",
                (source, waiting),
            )
        if waiting.lot_id != lot.pk:
            then = f"once it passed, {BY_HAND}"
            return Wait(
                f"{waiting}, whose goods it is of, is open.", f"Record its results: {then}.", (waiting,)
            )
        then = "passing releases the lot" if waiting.plan.stage in RELEASING else "then its batch goes on"
        return Wait(f"{waiting} is open.", f"Record its results: {then}.", (waiting,))
    cleared = set(Inspection.objects.cleared().filter(about_goods_of(lot)).values_list("pk", flat=True))
    failed = next((each for each in inspections.failed() if each.gate not in cleared), None)
    if failed is None:
        return None
    return Wait(f"{failed} failed.", "Repeat it; once it passes the lot may go on.", (failed,))


def _for_work(lot: Lot) -> Wait | None:
    if lot.status == Lot.Status.HELD:
        return Wait("Somebody held it by hand.", f"Once that is settled {BY_HAND}.", (lot,))
    if lot.status == Lot.Status.IN_PROCESS:
        return Wait("It is still being made or reworked.", "Finish its batch, or close its rework.")
    return None


def _for_release(lot: Lot) -> Wait:
    """Nothing is open about it: what keeps it in quarantine is a review, a signature, or that nobody was asked to inspect it."""
    review = why_not_reviewed(lot)
    if review is not None:
        return Wait(review.detail, review.remedy, review.see)
    if signing.needs_signature(lot, Meaning.RELEASE):
        return Wait(
            "Nothing is open about it; its release has to be signed.",
            "Whoever judges lots signs it with Release on its page.",
            (lot,),
        )
    releasing = Inspection.objects.filter(lot__in=numbered_before(lot.pk), plan__stage__in=RELEASING)
    if releasing.exclude(status=Inspection.Status.CANCELLED).exists():
        return Wait(
            "Nothing is open about it, and nobody has released it.", f"Look at it; then {BY_HAND}.", (lot,)
        )
    plan = InspectionPlan.objects.effective().filter(item=lot.item_id, stage__in=RELEASING).order_by("stage")
    if (asked := plan.first()) is not None:
        return Wait(
            f"Nobody has asked for its inspection, though {asked} is in force.",
            f"Ask for it with Inspect… on its page; or {BY_HAND}.",
            (lot, asked),
        )
    return Wait(
        f"{lot.item} has no receiving or final inspection plan in force, so no inspection will release it.",
        f"Look at it; then {BY_HAND}. For those to come, whoever writes inspection plans adds one under Inspection plans and approves it.",
        (lot,),
    )
