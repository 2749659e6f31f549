"""What did not go as planned with a batch: reports, failures, overrides, scrap, corrections, failed signatures, breakdowns."""

from datetime import tzinfo
from typing import Any

from inventory.on_paper import amount, listed, moment
from inventory.quantities import plain
from mes.core.models import AccessAttempt
from mes.papers.drawing.document import Column, Part, Statement, Table, Tone
from production.failed_signatures import what_was_tried
from production.papers.batch_records import Records
from production.papers.inspected import LOOKED_AGAIN
from quality.models import Inspection, Nonconformance


def exceptions(known: Records) -> list[Part]:
    """All that did not go as planned; a calm sentence where nothing did."""
    found = [
        *_reported(known),
        *_failed(known),
        *_overridden(known),
        *_lost(known),
        *_corrected(known),
        *_refused(known),
        *_hardly_possible(known),
        *_not_signed(known),
        *_stood(known),
    ]
    if not found:
        sentence = (
            "None. Every step was done in order with every gate open, every inspection passed, nothing was scrapped, no result was "
            "corrected, no signature failed, and no machine stood still meanwhile."
        )
        return [Statement("none", [sentence], tone=Tone.GOOD)]
    columns = [
        Column("what", "What", 1.6),
        Column("number", "Number", 1.1),
        Column("where", "Where", 1.5),
        Column("told", "What happened", 2.9),
        Column("became", "What became of it", 2.4),
    ]
    tones = [
        Tone.BAD if row[0] in {"Nonconformance", "Failed inspection", "Gate overridden"} else Tone.PLAIN
        for row in found
    ]
    return [Table("exceptions", columns, found, tones=tones)]


def _reported(known: Records) -> list[list[str]]:
    return [
        [
            "Nonconformance",
            each.number,
            f"Lot {each.lot}",
            f"{each.description} ({amount(each.quantity, known.item)})",
            _became(each, known.zone),
        ]
        for each in known.reports
    ]


def _became(report: Nonconformance, zone: tzinfo) -> str:
    if not report.disposition:
        return "Undecided"
    cause = f" Cause: {report.cause}." if report.cause else ""
    return (
        f"{report.decision} ({report.decided_by}, "
        f"{moment(report.decided_at, zone)}).{cause} {report.get_status_display()}."
    )


def _failed(known: Records) -> list[list[str]]:
    failed = [each for each in known.inspections if each.status == Inspection.Status.FAILED]
    again = {each.repeats_id: each for each in known.inspections if each.repeats_id}
    return [
        [
            "Failed inspection",
            each.plan.code,
            f"Lot {each.lot}",
            listed(
                f"{found.characteristic.name}: {found.told or found.verdict}; asked {found.requirement}"
                for found in known.results
                if found.inspection.pk == each.pk and not found.conforms and found.measurements
            ),
            f"Repeated: {again[each.gate].get_status_display().lower()}" if each.gate in again else "",
        ]
        for each in failed
    ]


def _overridden(known: Records) -> list[list[str]]:
    return [
        [
            "Gate overridden",
            each.get_gate_display(),
            f"Step {each.operation.step}",
            f"{each.refusal} Started in spite of it by {each.person}.",
            f"{each.reason} ({each.by}, {moment(each.at, known.zone)})",
        ]
        for each in known.overrides
    ]


def _lost(known: Records) -> list[list[str]]:
    return [
        [
            "Scrap",
            "",
            f"Lot {each.lot}",
            f"{amount(each.quantity, known.item)} scrapped: {each.reason or 'no reason given'}",
            f"{each.by}, {moment(each.at, known.zone)}",
        ]
        for each in known.scrapped
    ]


def _corrected(known: Records) -> list[list[str]]:
    return [
        [
            "Corrected result",
            f"{each.characteristic.number}",
            f"Lot {each.inspection.lot}, piece {each.piece}",
            f"{each.characteristic.name}: {_value(each.corrects)} ({each.corrects.by}) became {_value(each)}",
            f"{each.note or 'no reason given'} ({each.by}, {moment(each.at, known.zone)})",
        ]
        for each in known.corrections
        if each.corrects is not None
    ]


def _refused(known: Records) -> list[list[str]]:
    return [
        [
            "Refused result",
            f"{each.characteristic.number}",
            f"Piece {each.piece}",
            f"{each.characteristic.name}: {each.entered} was not taken. {each.refusal}",
            f"{each.by}, {moment(each.at, known.zone)}",
        ]
        for each in known.refused
    ]


def _hardly_possible(known: Records) -> list[list[str]]:
    return [
        [
            "Hardly possible",
            f"{each.characteristic.number}",
            f"Lot {each.inspection.lot}, piece {found.piece}",
            f"{each.characteristic.name}: {plain(found.value)} {each.characteristic.uom}".strip(),
            f"{LOOKED_AGAIN} ({found.by}, {moment(found.at, known.zone)})",
        ]
        for each in known.results
        for found in each.measurements
        if found.is_confirmed_real
    ]


def _not_signed(known: Records) -> list[list[str]]:
    return [
        [
            "Signature failed",
            *_was_to_be_signed(known, each),
            what_was_tried(each),
            f"{each.user}, {moment(each.at, known.zone)}",
        ]
        for each in known.failed_signatures
    ]


def _was_to_be_signed(known: Records, attempt: AccessAttempt) -> tuple[str, str]:
    """Number and place of the record that somebody tried to sign."""
    match attempt.kind:
        case "quality.nonconformance":
            report = next((each for each in known.reports if each.pk == attempt.key), None)
            return (report.number, f"Lot {report.lot}") if report is not None else ("", "")
        case "production.operation":
            operation = next((each for each in known.operations if each.pk == attempt.key), None)
            return "", f"Step {operation.step}" if operation is not None else ""
        case "inventory.lot":
            return "", f"Lot {known.lots.get(attempt.key or 0, '')}".strip()
    return known.batch.number, ""


def _stood(known: Records) -> list[list[str]]:
    return [
        [
            "Machine down",
            "",
            each.machine.name,
            f"{each.get_kind_display()}, {moment(each.starts_at, known.zone)} to {moment(each.ends_at, known.zone) or 'now'}",
            each.reason,
        ]
        for each in known.downtimes
    ]


def _value(measurement: Any) -> str:
    if measurement.value is not None:
        return plain(measurement.value)
    return "conforms" if measurement.conforms else "does not conform"
