"""Results of inspections: entered once, judged on entry, confirmed or corrected by further entries.

What is implausible, in a unit of something else, or measured with what may not measure, is refused and kept as refused (`RefusedResult`).

Whoever enters a result locks its inspection first, so that of two who enter the same piece one is told, and the last result of all
concludes exactly once (`quality.services.verdicts`).
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from inventory.quantities import plain
from mes.core.firsts import who_and_when
from mes.core.models import User
from mes.core.refusals import DomainError
from quality.models import Characteristic, Confirmation, Gauge, Inspection, Measurement
from quality.services.charting import plot_measurements
from quality.services.gauges import BeyondGauge, GaugeUnusable, WrongGauge, require_gauge
from quality.services.inspecting import lock
from quality.services.judging import (
    Entry,
    Implausible,
    InvalidMeasurement,
    WrongUnit,
    in_its_unit,
    is_confirmed_real,
    judge,
)
from quality.services.pieces import name_piece
from quality.services.refusing import kept_if_refused
from quality.services.verdicts import move_on, require_open


class NotInPlan(DomainError):
    code = "quality.not_in_plan"
    title = "Not a characteristic of this inspection"


class AlreadyMeasured(DomainError):
    code = "quality.already_measured"
    title = "This was measured already"


class NotAnotherPerson(DomainError):
    code = "quality.not_another_person"
    title = "Another person confirms"


@transaction.atomic
def record_measurement(
    inspection: Inspection,
    characteristic: Characteristic,
    *,
    piece: int = 1,
    value: Decimal | None = None,
    conforms: bool | None = None,
    uom: str = "",
    is_real: bool = False,
    identity: str = "",
    gauge: Gauge | None = None,
    note: str = "",
    by: User,
    at: datetime,
) -> Measurement:
    """Enter one result. A value is judged at once against the limits that bind in this inspection; the last result concludes it.

    :param piece: which piece of the sample, from 1.
    :param value: of a measured characteristic, in its unit; of one that is counted, how many nonconformities the piece has.
    :param conforms: of one that conforms or not.
    :param uom: unit of the value where it is another one of the same dimension; the value is converted, what was typed is kept.
    :param is_real: a value beyond what is plausible was looked at again and is so.
    :param identity: serial number of the piece; needed where the plan names each piece, once for each.
    :param gauge: what it was measured with; needed where the characteristic asks for a kind of gauge.
    :raises InspectionClosed: when it is concluded, cancelled or skipped.
    :raises Discontinued: while inspection of the lot's source is discontinued.
    :raises NotInPlan: when the inspection's plan does not list the characteristic.
    :raises InvalidMeasurement: when the piece is not in the sample, or the result is not of the characteristic's kind.
    :raises WrongUnit: when `uom` measures something else.
    :raises Implausible: when the value is beyond what is plausible and `is_real` is not said.
    :raises PieceUnnamed: when the plan names each piece and this one has no name, or that of another.
    :raises AlreadyMeasured: when this piece has a result; it can be corrected.
    :raises GaugeNeeded, WrongGauge, GaugeUnusable, BeyondGauge: see `require_gauge`.
    """
    lock(inspection)
    require_open(inspection)
    entry = Entry(characteristic, piece, value, conforms, uom, is_real, identity, gauge, note)
    measurement = _enter(inspection, entry, _measured(inspection, [entry]), by=by, at=at)
    plot_measurements([measurement], by=by, at=at)
    move_on(inspection, by=by, at=at)
    return measurement


@transaction.atomic
def record_results(
    inspection: Inspection, results: Sequence[Entry], *, by: User, at: datetime
) -> list[Measurement]:
    """Enter several results at once, all or none.

    Raises what `record_measurement` raises; the refusal then says which result it is about.
    """
    lock(inspection)
    require_open(inspection)
    entered, measured = [], _measured(inspection, results)
    for number, entry in enumerate(results):
        try:
            entered.append(_enter(inspection, entry, measured, by=by, at=at))
        except DomainError as refusal:
            refusal.errors = {
                f"results/{number}/{field}": told for field, told in refusal.errors.items()
            } or {f"results/{number}": [refusal.detail]}
            raise
    plot_measurements(entered, by=by, at=at)
    move_on(inspection, by=by, at=at)
    return entered


@transaction.atomic
def pass_rest(
    inspection: Inspection, characteristic: Characteristic, *, by: User, at: datetime
) -> list[Measurement]:
    """Enter that every piece without a result conforms in one characteristic; of what is counted, that nothing was found.

    Raises what `record_results` raises: of a measured characteristic each piece needs its value.
    """
    lock(inspection)
    results = inspection.measurements.filter(characteristic=characteristic)
    judged = set(results.values_list("piece", flat=True))
    is_counted = characteristic.kind == Characteristic.Kind.COUNT
    value, conforms = (Decimal(0), None) if is_counted else (None, True)
    rest = [piece for piece in range(1, inspection.sample_size + 1) if piece not in judged]
    entries = [Entry(characteristic, piece, value, conforms) for piece in rest]
    return record_results(inspection, entries, by=by, at=at)


@transaction.atomic
def correct_measurement(
    measurement: Measurement,
    *,
    value: Decimal | None = None,
    conforms: bool | None = None,
    uom: str = "",
    is_real: bool = False,
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
    :raises WrongUnit, Implausible: as for a first entry.
    :raises GaugeNeeded, WrongGauge, GaugeUnusable, BeyondGauge: see `require_gauge`.
    """
    inspection = measurement.inspection
    lock(inspection)
    require_open(inspection)
    if not note.strip():
        raise InvalidMeasurement.at_field("note", "Say why the entry is corrected.")
    if Measurement.objects.filter(corrects=measurement).exists():
        raise AlreadyMeasured("This entry was corrected before.", remedy="Correct the newer one.")
    characteristic = measurement.characteristic
    entry = Entry(characteristic, measurement.piece, value, conforms, uom, is_real, note=note)
    with _kept_if_refused(inspection, entry, by=by, at=at):
        own = _gauge_of_correction(measurement, gauge, in_its_unit(entry), at=at)
        corrected = _write(inspection, entry, own, corrects=measurement, by=by, at=at)
    plot_measurements([corrected], by=by, at=at)
    move_on(inspection, by=by, at=at)
    return corrected


@transaction.atomic
def confirm_measurement(measurement: Measurement, *, by: User, at: datetime) -> Measurement:
    """Confirm, as another person, a result whose characteristic asks for that. The last confirmation may conclude the inspection.

    Who found something else corrects the result, and somebody else confirms that.

    :raises InspectionClosed: when the inspection is concluded.
    :raises AlreadyMeasured: when it was corrected or confirmed before.
    :raises NotAnotherPerson: for whoever entered it, and where no second person is asked for.
    """
    inspection = measurement.inspection
    lock(inspection)
    require_open(inspection)
    if Measurement.objects.filter(corrects=measurement).exists():
        raise AlreadyMeasured("This entry was corrected.", remedy="Confirm the newer one.")
    earlier = Confirmation.objects.filter(measurement=measurement).select_related("by").first()
    if earlier is not None:
        raise AlreadyMeasured(
            f"This result was confirmed already ({who_and_when(earlier.by, earlier.at)}).",
            remedy="Nothing is left to confirm here.",
        )
    if not measurement.characteristic.needs_second_person:
        raise NotAnotherPerson(
            f"{measurement.characteristic} asks for no second person.", remedy="Its result stands as it is."
        )
    if measurement.by_id == by.pk:
        raise NotAnotherPerson(
            f"{by} entered this result.", remedy="Ask a colleague to measure again and confirm it."
        )
    Confirmation.objects.create(measurement=measurement, by=by, at=at)
    move_on(inspection, by=by, at=at)
    return measurement


def _measured(inspection: Inspection, entries: Sequence[Entry]) -> set[tuple[int, int]]:
    """The characteristics and pieces that have results, among those of these entries."""
    standing = inspection.measurements.standing().filter(
        characteristic__in={entry.characteristic.pk for entry in entries},
        piece__in={entry.piece for entry in entries if 1 <= entry.piece <= inspection.sample_size},
    )
    return set(standing.values_list("characteristic", "piece"))


def _enter(
    inspection: Inspection, entry: Entry, measured: set[tuple[int, int]], *, by: User, at: datetime
) -> Measurement:
    """:param measured: which characteristics and pieces have results; this one's is added."""
    characteristic, piece = entry.characteristic, entry.piece
    if characteristic.plan_id != inspection.plan_id:
        raise NotInPlan(f"{inspection.plan} does not list {characteristic}.", remedy="Choose one of its own.")
    if not 1 <= piece <= inspection.sample_size:
        raise InvalidMeasurement.at_field("piece", f"The sample has pieces 1 to {inspection.sample_size}.")
    if (characteristic.pk, piece) in measured:
        results = inspection.measurements.standing().filter(characteristic=characteristic, piece=piece)
        earlier = results.select_related("by").latest("pk")
        raise AlreadyMeasured(
            f"{characteristic} of piece {piece} was measured already ({who_and_when(earlier.by, earlier.at)}).",
            remedy="Correct that entry if it is wrong.",
        )
    if inspection.plan.identifies_pieces or entry.identity:
        name_piece(inspection, piece, entry.identity.strip())
    with _kept_if_refused(inspection, entry, by=by, at=at):
        gauge = require_gauge(
            characteristic, entry.gauge, in_its_unit(entry), site=inspection.lot.item.site, at=at
        )
        result = _write(inspection, entry, gauge, by=by, at=at)
    measured.add((characteristic.pk, piece))
    return result


def _kept_if_refused(
    inspection: Inspection, entry: Entry, *, by: User, at: datetime
) -> AbstractContextManager[None]:
    return kept_if_refused(
        Implausible,
        WrongUnit,
        GaugeUnusable,
        WrongGauge,
        BeyondGauge,
        inspection=inspection,
        characteristic=entry.characteristic,
        piece=entry.piece,
        value=entry.value,
        uom=entry.uom,
        by=by,
        at=at,
    )


def _write(
    inspection: Inspection,
    entry: Entry,
    gauge: Gauge | None,
    *,
    corrects: Measurement | None = None,
    by: User,
    at: datetime,
) -> Measurement:
    value = in_its_unit(entry)
    return Measurement.objects.create(
        inspection=inspection,
        characteristic=entry.characteristic,
        piece=entry.piece,
        value=value,
        conforms=judge(inspection, entry, value),
        entered=""
        if entry.value is None or entry.value == value
        else f"{plain(entry.value)} {entry.uom}"[:40],
        is_confirmed_real=is_confirmed_real(entry, value),
        gauge=gauge,
        corrects=corrects,
        note=entry.note,
        by=by,
        at=at,
    )


def _gauge_of_correction(
    measurement: Measurement, gauge: Gauge | None, value: Decimal | None, *, at: datetime
) -> Gauge | None:
    """A slip of the pen keeps the gauge that the piece was measured with, whatever became of it since."""
    if gauge is None and measurement.gauge is not None:
        return measurement.gauge
    site = measurement.inspection.lot.item.site
    return require_gauge(measurement.characteristic, gauge, value, site=site, at=at)
