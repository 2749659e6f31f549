"""What was inspected on lots, as papers show it: every inspection with its verdict, every characteristic with its results."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from inventory.on_paper import listed, moment
from inventory.quantities import plain
from mes.papers.drawing.document import Column, Table, Tone
from quality.limits import told_limits
from quality.models import Characteristic, Inspection, Measurement, Tightening

LOOKED_AGAIN = "Taken: looked at again, it is so"
SINGLY = 12  # results told one by one; of more their range


@dataclass
class Results:
    """What one inspection found of one characteristic, correct entries alone, in the order of the pieces."""

    inspection: Inspection
    characteristic: Characteristic
    tightening: Tightening | None
    measurements: list[Any] = field(default_factory=list)

    @property
    def conforms(self) -> bool:
        return bool(self.measurements) and all(each.conforms for each in self.measurements)

    @property
    def verdict(self) -> str:
        if not self.measurements:
            return "No result"
        failing = sum(not each.conforms for each in self.measurements)
        return "Conforms" if not failing else f"{failing} of {len(self.measurements)} do not conform"

    @property
    def requirement(self) -> str:
        """What was asked, as it bound in this inspection."""
        told = requirement_of(self.characteristic, self.tightening)
        return f"{told} ({self.tightening.source})" if self.tightening else told

    @property
    def told(self) -> str:
        """The results themselves: each value, or the range of many."""
        values = [each.value for each in self.measurements if each.value is not None]
        if not values:
            return self.verdict if self.measurements else ""
        if len(values) <= SINGLY:
            return ", ".join(plain(value) for value in values)
        mean = sum(values, Decimal(0)) / len(values)
        return (
            f"{plain(min(values))} to {plain(max(values))}, mean {plain(round(mean, 4))} (n = {len(values)})"
        )

    @property
    def gauges(self) -> list[str]:
        """Numbers of the gauges that measured it; the method where none was named."""
        named = [each.gauge.number for each in self.measurements if each.gauge is not None]
        return named or ([self.characteristic.method] if self.characteristic.method else [])

    @property
    def people(self) -> list[str]:
        return [str(each.by) for each in self.measurements]


def requirement_of(characteristic: Characteristic, tightening: Tightening | None = None) -> str:
    """`9 to 11 mm, nominal 10`, `at most 0.8 µm`, or `Conforms` where there is nothing to measure."""
    low, high = tightening.narrow(characteristic.limits) if tightening else characteristic.limits
    told = told_limits(low, high, characteristic.uom)
    if not told:
        return "Conforms"
    nominal = f", nominal {plain(characteristic.nominal)}" if characteristic.nominal is not None else ""
    return told + nominal


def inspections_of(lots: Collection[int]) -> list[Inspection]:
    """Every inspection of these lots that was not cancelled, oldest first."""
    kept = Inspection.objects.filter(lot__in=lots).exclude(status=Inspection.Status.CANCELLED)
    return list(kept.select_related("plan", "lot", "closed_by", "nonconformance").oldest_first())


def results_of(inspections: Sequence[Inspection]) -> list[Results]:
    """Every characteristic of each inspection with what was found; three queries."""
    plans = {each.plan_id for each in inspections}
    by_plan: dict[int, list[Characteristic]] = {}
    for characteristic in Characteristic.objects.filter(plan__in=plans).order_by("plan", "number"):
        by_plan.setdefault(characteristic.plan_id, []).append(characteristic)
    tightened = {
        (each.inspection_id, each.characteristic_id): each
        for each in Tightening.objects.filter(inspection__in=inspections)
    }
    found: dict[tuple[int, int], list[Measurement]] = {}
    rows = Measurement.objects.standing().filter(inspection__in=inspections)
    for row in rows.select_related("by", "gauge").order_by("piece", "pk"):
        found.setdefault((row.inspection_id, row.characteristic_id), []).append(row)
    return [
        Results(
            inspection,
            characteristic,
            tightened.get((inspection.pk, characteristic.pk)),
            found.get((inspection.pk, characteristic.pk), []),
        )
        for inspection in inspections
        for characteristic in by_plan.get(inspection.plan_id, [])
    ]


def inspections_table(inspections: Sequence[Inspection], zone: tzinfo) -> Table:
    """Every inspection with its verdict."""
    columns = [
        Column("plan", "Inspection", 1.9),
        Column("stage", "Stage", 1.1),
        Column("lot", "Lot", 1.8),
        Column("sample", "Sample", 0.9, is_number=True),
        Column("verdict", "Verdict", 1),
        Column("closed_at", "Concluded", 1.6),
        Column("closed_by", "By", 1.4),
        Column("nonconformance", "Nonconformance", 2),
    ]
    rows = [
        [
            f"{each.plan}\n{each.plan.name}",
            each.plan.get_stage_display(),
            each.lot.number,
            f"{each.sample_size} of {plain(each.lot_quantity)}",
            each.get_status_display(),
            moment(each.closed_at, zone),
            str(each.closed_by or ""),
            _report_of(each),
        ]
        for each in inspections
    ]
    tones = [Tone.BAD if each.status == Inspection.Status.FAILED else Tone.PLAIN for each in inspections]
    return Table("inspections", columns, rows, tones=tones, empty="No inspection was asked for.")


def results_table(results: Sequence[Results]) -> Table:
    """Every characteristic with its results."""
    columns = [
        Column("plan", "Inspection", 1.7),
        Column("number", "No.", 0.5, is_number=True),
        Column("characteristic", "Characteristic", 2),
        Column("requirement", "Requirement", 1.9),
        Column("results", "Results", 2.2),
        Column("gauge", "Gauge", 1.5),
        Column("verdict", "Verdict", 1.2),
        Column("by", "By", 1.2),
    ]
    rows = [
        [
            f"{each.inspection.plan.code}\n{each.inspection.lot.number}",
            str(each.characteristic.number),
            each.characteristic.name + (" (key)" if each.characteristic.is_key else ""),
            each.requirement,
            each.told,
            listed(each.gauges),
            each.verdict,
            ", ".join(dict.fromkeys(each.people)),
        ]
        for each in results
    ]
    tones = [Tone.PLAIN if each.conforms or not each.measurements else Tone.BAD for each in results]
    return Table("measurements", columns, rows, tones=tones, empty="Nothing was measured.")


def _report_of(inspection: Inspection) -> str:
    report = getattr(inspection, "nonconformance", None)
    return str(report) if report is not None else ""
