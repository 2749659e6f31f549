"""Measurements, and the verdict they add up to."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory import services as inventory
from inventory.models import Lot
from inventory.quantities import COUNTED_UNITS, plain
from mes.core.facts import record
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from quality import sampling
from quality.facts import InspectionFailed, InspectionPassed
from quality.models import Characteristic, Gauge, Inspection, Measurement, Nonconformance, Stage
from quality.services.charting import plot_measurement, plot_rest
from quality.services.gauges import require_gauge
from quality.services.inspecting import lock
from quality.services.nonconformances import open_nonconformance

DECIMALS = 6
LARGEST = Decimal(10) ** 10


class InspectionClosed(DomainError):
    code = "quality.inspection_closed"
    title = "The inspection is concluded"


class NotInPlan(DomainError):
    code = "quality.not_in_plan"
    title = "Not a characteristic of this inspection"


class AlreadyMeasured(DomainError):
    code = "quality.already_measured"
    title = "This was measured already"


class Incomplete(DomainError):
    code = "quality.incomplete"
    title = "Measurements are missing"


class InvalidMeasurement(InvalidInput):
    code = "quality.invalid_measurement"
    title = "Not a result of this characteristic"


@transaction.atomic
def record_measurement(
    inspection: Inspection,
    characteristic: Characteristic,
    *,
    piece: int = 1,
    value: Decimal | None = None,
    conforms: bool | None = None,
    gauge: Gauge | None = None,
    note: str = "",
    by: User,
    at: datetime,
) -> Measurement:
    """Enter one result. A value is judged at once against the limits that bind in this inspection; the last result concludes it.

    :param piece: which piece of the sample, from 1.
    :param value: of a measured characteristic, in its unit.
    :param conforms: of one that conforms or not.
    :param gauge: what it was measured with; needed where the characteristic asks for a kind of gauge.
    :raises InspectionClosed: when it is concluded or cancelled.
    :raises NotInPlan: when the inspection's plan does not list the characteristic.
    :raises InvalidMeasurement: when the piece is not in the sample, or the result is not of the characteristic's kind.
    :raises AlreadyMeasured: when this piece has a result; it can be corrected.
    :raises GaugeNeeded, WrongGauge, GaugeUnusable, BeyondGauge: see `require_gauge`.
    """
    lock(inspection)
    _require_open(inspection)
    if characteristic.plan_id != inspection.plan_id:
        raise NotInPlan(f"{inspection.plan} does not list {characteristic}.", remedy="Choose one of its own.")
    if not 1 <= piece <= inspection.sample_size:
        raise _invalid("piece", f"the sample has pieces 1 to {inspection.sample_size}")
    if inspection.measurements.filter(characteristic=characteristic, piece=piece).exists():
        raise AlreadyMeasured(
            f"{characteristic} of piece {piece} was measured already.",
            remedy="Correct that entry if it is wrong.",
        )
    measurement = Measurement.objects.create(
        inspection=inspection,
        characteristic=characteristic,
        piece=piece,
        value=value,
        conforms=_judge(inspection, characteristic, value, conforms),
        gauge=require_gauge(characteristic, gauge, value, site=inspection.lot.item.site, at=at),
        note=note,
        by=by,
        at=at,
    )
    plot_measurement(measurement, by=by, at=at)
    _conclude_when_complete(inspection, by=by, at=at)
    return measurement


@transaction.atomic
def correct_measurement(
    measurement: Measurement,
    *,
    value: Decimal | None = None,
    conforms: bool | None = None,
    gauge: Gauge | None = None,
    note: str,
    by: User,
    at: datetime,
) -> Measurement:
    """Enter a result again, because the first entry was wrong; both are kept, the new one counts.

    :param gauge: what it was measured with; by default what it was before.
    :param note: why.
    :raises InspectionClosed: when the inspection is concluded; it is then inspected again through its nonconformance.
    :raises AlreadyMeasured: when this entry was corrected before.
    :raises InvalidMeasurement: without a note, or when the result is not of the characteristic's kind.
    :raises GaugeNeeded, WrongGauge, GaugeUnusable, BeyondGauge: see `require_gauge`.
    """
    inspection = measurement.inspection
    lock(inspection)
    _require_open(inspection)
    if not note.strip():
        raise _invalid("note", "say why the entry is corrected")
    if Measurement.objects.filter(corrects=measurement).exists():
        raise AlreadyMeasured("This entry was corrected before.", remedy="Correct the newer one.")
    characteristic = measurement.characteristic
    corrected = Measurement.objects.create(
        inspection=inspection,
        characteristic=characteristic,
        piece=measurement.piece,
        value=value,
        conforms=_judge(inspection, characteristic, value, conforms),
        gauge=_gauge_of_correction(measurement, gauge, value, at=at),
        corrects=measurement,
        note=note,
        by=by,
        at=at,
    )
    plot_measurement(corrected, by=by, at=at)
    return corrected


@transaction.atomic
def conclude_inspection(inspection: Inspection, *, by: User, at: datetime) -> Inspection:
    """Conclude before the last result is in, which is possible only when the lot can no longer pass.

    :raises InspectionClosed: when it is concluded or cancelled.
    :raises Incomplete: while results that matter are missing.
    """
    lock(inspection)
    _require_open(inspection)
    results = _results(inspection)
    wanted = inspection.sample_size * inspection.plan.characteristics.count()
    if len(results) < wanted and sampling.accepts(results, _acceptance_number(inspection)):
        raise Incomplete(
            f"{wanted - len(results)} of {wanted} results are missing.",
            remedy="Measure what is left, or cancel.",
        )
    _conclude(inspection, results, by=by, at=at)
    return inspection


def limits(inspection: Inspection, characteristic: Characteristic) -> tuple[Decimal | None, Decimal | None]:
    """The limits that bind in this inspection: the plan's, narrowed by what a customer asked for."""
    own = (characteristic.lower_limit, characteristic.upper_limit)
    asked = next(
        (each for each in inspection.tightenings.all() if each.characteristic_id == characteristic.pk), None
    )
    return own if asked is None else sampling.tighter(own, (asked.lower_limit, asked.upper_limit))


def _judge(
    inspection: Inspection, characteristic: Characteristic, value: Decimal | None, conforms: bool | None
) -> bool:
    if characteristic.kind == Characteristic.Kind.ATTRIBUTE:
        if conforms is None or value is not None:
            raise _invalid("conforms", "say whether it conforms; there is nothing to measure")
        return conforms
    if value is None or conforms is not None:
        raise _invalid(
            "value", f"enter the value measured{f', in {characteristic.uom}' if characteristic.uom else ''}"
        )
    if not value.is_finite() or abs(value) >= LARGEST or value != round(value, DECIMALS):
        raise _invalid("value", f"a value is a number with at most {DECIMALS} decimals")
    return sampling.within(value, *limits(inspection, characteristic))


def _gauge_of_correction(
    measurement: Measurement, gauge: Gauge | None, value: Decimal | None, *, at: datetime
) -> Gauge | None:
    """A slip of the pen keeps the gauge that the piece was measured with, whatever became of it since."""
    if gauge is None and measurement.gauge is not None:
        return measurement.gauge
    site = measurement.inspection.lot.item.site
    return require_gauge(measurement.characteristic, gauge, value, site=site, at=at)


def _conclude_when_complete(inspection: Inspection, *, by: User, at: datetime) -> None:
    wanted = inspection.sample_size * inspection.plan.characteristics.count()
    if inspection.measurements.standing().count() == wanted:
        _conclude(inspection, _results(inspection), by=by, at=at)


def _conclude(inspection: Inspection, results: list[sampling.Result], *, by: User, at: datetime) -> None:
    plot_rest(inspection, by=by, at=at)
    if sampling.accepts(results, _acceptance_number(inspection)):
        _pass(inspection, by=by, at=at)
    else:
        _fail(inspection, len(sampling.nonconforming_pieces(results)), by=by, at=at)


def _pass(inspection: Inspection, *, by: User, at: datetime) -> None:
    """Receiving and final inspections release their lot, unless something else about it is undecided."""
    inspection.move_to(Inspection.Status.PASSED, closed_at=at, closed_by=by)
    lot, stage = inspection.lot, inspection.plan.stage
    inventory.lock_lots([lot])
    undecided = Nonconformance.objects.undecided().filter(lot=lot).exists()
    if (
        stage != Stage.IN_PROCESS
        and lot.status in {Lot.Status.QUARANTINE, Lot.Status.IN_PROCESS}
        and not undecided
    ):
        inventory.release_lot(lot, by=by, at=at)
        inventory.put_away(lot, by=by, at=at)
    record(
        InspectionPassed(inspection=inspection.pk, gate=inspection.gate, lot=lot.pk, stage=stage, by=by.pk)
    )


def _fail(inspection: Inspection, pieces: int, *, by: User, at: datetime) -> None:
    inspection.move_to(Inspection.Status.FAILED, closed_at=at, closed_by=by)
    # When every piece was looked at, only the bad ones are in doubt; a sample casts doubt on the whole lot.
    counted = inspection.lot.item.uom in COUNTED_UNITS
    every_piece = counted and inspection.sample_size >= inspection.lot_quantity
    nonconformance = open_nonconformance(
        inspection.lot,
        Decimal(pieces) if every_piece else inspection.lot_quantity,
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
    lines = []
    for measurement in bad.order_by("characteristic__number", "piece")[:10]:
        found = "does not conform" if measurement.value is None else plain(measurement.value)
        lines.append(f"{measurement.characteristic}, piece {measurement.piece}: {found}")
    return f"{inspection.plan} failed on lot {inspection.lot}. " + "; ".join(lines)


def _results(inspection: Inspection) -> list[sampling.Result]:
    standing = inspection.measurements.standing().values_list("piece", "conforms", "characteristic__is_key")
    return [sampling.Result(piece, conforms, is_key) for piece, conforms, is_key in standing]


def _acceptance_number(inspection: Inspection) -> int:
    return inspection.plan.sampling.accept if inspection.plan.sampling else 0


def _require_open(inspection: Inspection) -> None:
    if inspection.status != Inspection.Status.OPEN:
        raise InspectionClosed(
            f"{inspection} is {inspection.get_status_display().lower()}.",
            remedy="Nothing more can be entered. If it must be inspected again, say so in its nonconformance or repeat it.",
        )


def _invalid(field: str, sentence: str) -> InvalidMeasurement:
    return InvalidMeasurement(f"{sentence[0].upper()}{sentence[1:]}.", errors={field: [sentence]})
