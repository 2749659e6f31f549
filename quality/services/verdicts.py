"""What the results of an inspection add up to: nothing yet, the next sample, or the verdict."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import prefetch_related_objects

from inventory import services as inventory
from inventory.quantities import COUNTED_UNITS, plain
from mes.core.facts import record
from mes.core.firsts import who_moved
from mes.core.models import User
from mes.core.refusals import DomainError
from quality import sampling
from quality.facts import InspectionFailed
from quality.limits import told_limits
from quality.models import Characteristic, Inspection, Measurement, Stage
from quality.services.charting import plot_rest
from quality.services.inspecting import lock
from quality.services.passing import let_lot_go_on
from quality.services.reporting import report_finding
from quality.services.rework import is_being_reworked
from quality.services.sources import count_verdict

CERTAIN = frozenset({"accept", "reject"})


class InspectionClosed(DomainError):
    code = "quality.inspection_closed"
    title = "The inspection is concluded"


class Discontinued(DomainError):
    code = "quality.discontinued"
    title = "Inspection of this source is discontinued"


class StillReworked(DomainError):
    code = "quality.still_reworked"
    title = "The goods are being reworked"


class Incomplete(DomainError):
    code = "quality.incomplete"
    title = "Measurements are missing"


@transaction.atomic
def conclude_inspection(inspection: Inspection, *, by: User, at: datetime) -> Inspection:
    """Conclude before the last result is in, which is possible only when no result still to come can change the verdict.

    :raises InspectionClosed: when it is concluded or cancelled.
    :raises Discontinued: while inspection of the lot's source is discontinued.
    :raises Incomplete: while results that matter are missing, or a second person has to confirm one.
    """
    lock(inspection)
    require_open(inspection)
    found = standing_of(inspection)
    if found.verdict not in CERTAIN:
        wanted = inspection.sample_size * inspection.plan.characteristics.count()
        missing = wanted - inspection.measurements.standing().count()
        raise Incomplete(
            f"{missing} of {wanted} results are missing.", remedy="Measure what is left, or cancel."
        )
    if waiting := unconfirmed(inspection):
        raise Incomplete(
            f"{waiting} result{'s wait' if waiting > 1 else ' waits'} for a second person.",
            remedy="Have a colleague confirm them.",
        )
    _conclude(inspection, found, by=by, at=at)
    return inspection


def move_on(inspection: Inspection, *, by: User, at: datetime) -> None:
    """Draw the next sample or conclude, when the results so far call for it. The inspection is locked."""
    scheme = inspection.plan.sampling
    wanted = inspection.sample_size * inspection.plan.characteristics.count()
    complete = inspection.measurements.standing().count() == wanted
    if not complete and (scheme is None or not scheme.stops_early):
        return
    found = standing_of(inspection)
    if found.verdict == "more":
        following = inspection.sampling_plan[inspection.drawn]
        inspection.drawn += 1
        inspection.sample_size += following.size
        inspection.save(update_fields=["drawn", "sample_size"])
    elif found.verdict in CERTAIN and not unconfirmed(inspection):
        _conclude(inspection, found, by=by, at=at)


def standing_of(inspection: Inspection) -> sampling.Standing:
    """What the results so far say of the lot."""
    keys = list(inspection.plan.characteristics.values_list("is_key", flat=True))
    return sampling.standing(
        _results(inspection),
        inspection.sampling_plan,
        inspection.drawn,
        characteristics=len(keys),
        keys=sum(keys),
        counts_defects=inspection.counts_defects,
    )


def unconfirmed(inspection: Inspection) -> int:
    """Results that a second person has still to confirm."""
    waiting = inspection.measurements.standing().filter(characteristic__needs_second_person=True)
    return waiting.filter(confirmation__isnull=True).count()


def require_open(inspection: Inspection) -> None:
    """Results can be entered.

    :raises InspectionClosed: when it is concluded, cancelled or skipped.
    :raises StillReworked: when it repeats one whose goods are still being reworked.
    :raises Discontinued: while its source's lots are not judged.
    """
    if inspection.status != Inspection.Status.OPEN:
        first = f" ({told})" if (told := who_moved(inspection)) else ""
        raise InspectionClosed(
            f"{inspection} is {inspection.get_status_display().lower()}{first}.",
            remedy="Nothing more can be entered. If it must be inspected again, say so in its nonconformance or repeat it.",
        )
    if inspection.repeats_id and is_being_reworked(inspection.lot):
        raise StillReworked(
            f"Lot {inspection.lot} is being reworked.",
            remedy="Finish the rework, then inspect what came of it.",
        )
    source = inspection.source
    if source is not None:
        source.refresh_from_db(fields=["is_discontinued", "because"])
        if source.is_discontinued:
            raise Discontinued(
                f"Lots of {source} are not judged any more: {source.because}.",
                remedy="Put right what is wrong there, then restart its inspection with a reason.",
                see=[source],
            )


def why_shut(inspection: Inspection) -> DomainError | None:
    """What `require_open` refuses results of an inspection with; None where they can be entered."""
    try:
        require_open(inspection)
    except (InspectionClosed, StillReworked, Discontinued) as refusal:
        return refusal
    return None


def _conclude(inspection: Inspection, found: sampling.Standing, *, by: User, at: datetime) -> None:
    # Charts are locked before lots, here as where a result is plotted.
    plot_rest(inspection, by=by, at=at)
    inventory.lock_lots([inspection.lot])
    accepted = found.verdict == "accept"
    count_verdict(inspection, accepted=accepted, between=found.between, found=found.found, by=by, at=at)
    if accepted:
        let_lot_go_on(inspection, Inspection.Status.PASSED, by=by, at=at)
    else:
        _fail(inspection, by=by, at=at)


def _fail(inspection: Inspection, *, by: User, at: datetime) -> None:
    inspection.move_to(Inspection.Status.FAILED, closed_at=at, closed_by=by)
    # When every piece was looked at, only the bad ones are in doubt; a sample casts doubt on all that it stands for.
    pieces = Decimal(len(sampling.nonconforming_pieces(_results(inspection))))
    counted = inspection.lot.item.uom in COUNTED_UNITS
    every_piece = counted and inspection.sample_size >= inspection.lot_quantity
    first_piece = counted and inspection.plan.stage == Stage.FIRST_PIECE
    nonconformance = report_finding(
        inspection.lot,
        pieces if every_piece or first_piece else inspection.lot_quantity,
        _what_failed(inspection),
        inspection=inspection,
        by=by,
        at=at,
    )
    record(
        InspectionFailed(
            inspection=inspection.pk,
            gate=inspection.gate,
            lot=inspection.lot_id,
            stage=inspection.plan.stage,
            nonconformance=nonconformance.pk,
            by=by.pk,
        )
    )


def _what_failed(inspection: Inspection) -> str:
    bad = inspection.measurements.standing().filter(conforms=False).select_related("characteristic")
    prefetch_related_objects([inspection], "tightenings")
    lines = [
        f"{each.characteristic}, piece {each.piece}: {_found(inspection, each)}"
        for each in bad.order_by("characteristic__number", "piece")[:10]
    ]
    return f"{inspection.plan} failed on lot {inspection.lot}. " + "; ".join(lines)


def _found(inspection: Inspection, measurement: Measurement) -> str:
    """What was measured, with what was asked: whoever decides sees how far off it is, and that a customer asked for less."""
    if measurement.value is None:
        return "does not conform"
    characteristic = measurement.characteristic
    asked = told_limits(*inspection.limits_of(characteristic), characteristic.uom)
    return f"{plain(measurement.value)}{f' (asked: {asked})' if asked else ''}"


def _results(inspection: Inspection) -> list[sampling.Result]:
    """The results that stand; of counted nonconformities with their number."""
    standing = inspection.measurements.standing().values_list(
        "piece", "conforms", "characteristic__is_key", "characteristic__kind", "value"
    )
    return [
        sampling.Result(
            piece,
            conforms,
            is_key,
            int(value) if kind == Characteristic.Kind.COUNT and value is not None else None,
        )
        for piece, conforms, is_key, kind, value in standing
    ]
