"""The batch record: exceptions first, then yields, material, steps, people, inspections and what was changed (21 CFR 211.188, 820.184)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from django.db.models import Q

from inventory.models import Lot, Move
from inventory.on_paper import amount, day, issuer_of, listed, moment, provenance
from inventory.quantities import plain
from inventory.renumbering import renumbered_from
from papers.drawing.document import (
    Column,
    Field,
    Fields,
    Part,
    Section,
    Sheet,
    Signatures,
    Signed,
    Statement,
    Table,
    Tone,
)
from production.models import Batch, Component, Downtime, Operation, Operator, Specification, TimeEntry
from production.papers.inspected import (
    Results,
    inspections_of,
    inspections_table,
    results_of,
    results_table,
)
from quality.models import Inspection, Measurement, Nonconformance

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Records:
    """All that is known of one batch."""

    batch: Batch
    zone: tzinfo
    lots: Mapping[int, Lot]
    operations: Sequence[Operation]
    times: Mapping[int, Sequence[TimeEntry]]
    components: Sequence[Component]
    issued: Sequence[Move]
    scrapped: Sequence[Move]
    inspections: Sequence[Inspection]
    results: Sequence[Results]
    reports: Sequence[Nonconformance]
    corrections: Sequence[Measurement]
    downtimes: Sequence[Downtime]
    specifications: Sequence[Specification]
    badges: Mapping[int, Operator]

    @property
    def item(self) -> Any:
        return self.batch.plan.item


def lots_of(batch: Batch) -> set[int]:
    """The batch's lot and the numbers that its goods bear since."""
    if batch.lot_id is None:
        return set()
    return renumbered_from([batch.lot_id])[batch.lot_id]


def gather(batch: Batch, lots: Collection[int]) -> Records:
    """Everything for the record; the number of queries depends on no quantity.

    :param batch: with its plan's item and site, lot and transformation loaded.
    :param lots: as `lots_of` tells them.
    """
    operations = list(
        batch.operations.select_related("step__work_center__supplier", "machine", "inspection").order_by(
            "sequence"
        )
    )
    times: dict[int, list[TimeEntry]] = {}
    for entry in (
        TimeEntry.objects.filter(operation__in=operations)
        .select_related("by", "machine")
        .order_by("started_at", "pk")
    ):
        times.setdefault(entry.operation_id, []).append(entry)
    moves = Move.objects.standing().select_related(
        "lot__item", "lot__supplier", "by", "source", "destination"
    )
    inspections = inspections_of(lots)
    people = {entry.by_id for found in times.values() for entry in found}
    return Records(
        batch=batch,
        zone=batch.plan.item.site.zone,
        lots=Lot.objects.select_related("item").in_bulk(lots),
        operations=operations,
        times=times,
        components=list(
            batch.plan.components.select_related("item", "step").order_by("step__sequence", "pk")
        ),
        issued=list(
            moves.filter(transformation=batch.transformation_id, kind=Move.Kind.ISSUE).order_by("at", "pk")
            if batch.transformation_id
            else []
        ),
        scrapped=list(moves.filter(lot__in=lots, kind=Move.Kind.SCRAP).order_by("at", "pk")),
        inspections=inspections,
        results=results_of(inspections),
        reports=list(
            Nonconformance.objects.filter(lot__in=lots)
            .select_related("lot", "decided_by", "inspection__plan")
            .order_by("opened_at", "pk")
        ),
        corrections=list(
            Measurement.objects.filter(inspection__in=inspections, corrects__isnull=False)
            .select_related("corrects__by", "by", "characteristic", "inspection__lot")
            .order_by("at", "pk")
        ),
        downtimes=_downtimes(operations),
        specifications=list(Specification.objects.filter(order=batch.order_id).order_by("pk")),
        badges={each.user_id: each for each in Operator.objects.filter(user__in=people)},
    )


def batch_record(known: Records) -> Sheet:
    """What the record of a batch says."""
    batch, item, zone = known.batch, known.item, known.zone
    lot = batch.lot
    return Sheet(
        title="Batch record",
        issuer=issuer_of(item.site),
        about=f"Batch {batch.number} · {item} · {item.description}",
        summary=[
            Field("batch", "Batch", batch.number),
            Field("lot", "Lot", lot.number if lot else ""),
            Field("disposition", "Lot is", lot.get_status_display() if lot else ""),
            Field("order", "Production order", batch.order.number),
            Field(
                "plan", "Process plan", f"{batch.plan.revision}, {batch.plan.get_status_display().lower()}"
            ),
            Field(
                "approved",
                "Plan approved",
                f"{batch.plan.approved_by or ''} {moment(batch.plan.approved_at, zone)}".strip(),
            ),
            Field("started", "Begun", moment(batch.started_at, zone)),
            Field("finished", "Finished", moment(batch.finished_at, zone)),
            Field("planned", "Theoretical yield", amount(batch.quantity, item)),
            Field(
                "good",
                "Actual yield",
                f"{amount(batch.good_quantity, item)} ({_percent(batch.good_quantity, batch.quantity)})",
            ),
            Field("scrap", "Scrap", amount(batch.scrap_quantity, item)),
            Field("expires", "Use by", day(lot.expires_on) if lot else ""),
        ],
        sections=[
            Section("exceptions", _exceptions(known), heading="Exceptions and deviations"),
            Section("yields", [_yields(known)], heading="Yield, step by step"),
            Section("material", [_material(known)], heading="Components"),
            Section("steps", [_steps(known)], heading="Steps as they were done"),
            Section("people", [_people(known)], heading="People"),
            Section(
                "inspections",
                [inspections_table(known.inspections, zone), results_table(known.results)],
                heading="Inspections and measurements",
            ),
            *_requirements(known),
            *_numbers(known),
            Section(
                "release",
                [
                    Signatures(
                        "release",
                        [Signed("Reviewed: production"), Signed("Reviewed: quality"), Signed("Released")],
                        heading="By hand, where no electronic signature is used",
                    )
                ],
                heading="Review and release",
            ),
        ],
    )


def _exceptions(known: Records) -> list[Part]:
    """All that did not go as planned; a calm sentence where nothing did."""
    found = [*_reported(known), *_failed(known), *_lost(known), *_corrected(known), *_stood(known)]
    if not found:
        sentence = (
            "None. Every step was done in order, every inspection passed, nothing was scrapped, no result was corrected, "
            "and no machine stood still meanwhile."
        )
        return [Statement("none", [sentence], tone=Tone.GOOD)]
    columns = [
        Column("what", "What", 1.2),
        Column("number", "Number", 1.1),
        Column("where", "Where", 1.5),
        Column("told", "What happened", 3.2),
        Column("became", "What became of it", 2.4),
    ]
    tones = [Tone.BAD if row[0] in {"Nonconformance", "Failed inspection"} else Tone.PLAIN for row in found]
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
        f"{report.get_disposition_display()}: {report.justification} ({report.decided_by}, "
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


def _yields(known: Records) -> Table:
    """What came in, what should have come out, what did: in the item's unit, each against the step before and against the batch."""
    columns = [
        Column("step", "Step", 2.6),
        Column("came", "Came in", 1, is_number=True),
        Column("good", "Good", 1, is_number=True),
        Column("scrap", "Scrap", 1, is_number=True),
        Column("difference", "Unaccounted", 1, is_number=True),
        Column("step_yield", "Of step, %", 1, is_number=True),
        Column("batch_yield", "Of theory, %", 1, is_number=True),
    ]
    rows, tones = [], []
    came = known.batch.quantity
    for each in known.operations:
        if each.status != Operation.Status.DONE:
            rows.append([str(each.step), "", "", "", "", each.get_status_display(), ""])
            tones.append(Tone.PLAIN)
            continue
        difference = came - each.good_quantity - each.scrap_quantity
        rows.append(
            [
                str(each.step),
                plain(came),
                plain(each.good_quantity),
                plain(each.scrap_quantity),
                plain(difference),
                _percent(each.good_quantity, came, sign=False),
                _percent(each.good_quantity, known.batch.quantity, sign=False),
            ]
        )
        tones.append(Tone.BAD if difference else Tone.PLAIN)
        came = each.good_quantity
    unit = known.item.unit
    return Table(
        "yields",
        columns,
        rows,
        tones=tones,
        note=f"Quantities in {unit}; the theoretical yield is {plain(known.batch.quantity)} {unit}.",
    )


def _material(known: Records) -> Table:
    columns = [
        Column("item", "Component", 2.2),
        Column("planned", "By plan", 1, is_number=True),
        Column("used", "Used", 1, is_number=True),
        Column("difference", "More or less, %", 0.9, is_number=True),
        Column("lot", "Lot", 1.5),
        Column("origin", "Supplier and origin", 2.4),
        Column("issued", "Issued", 1.5),
    ]
    made = sum((each.good_quantity + each.scrap_quantity for each in known.operations[:1]), Decimal(0))
    planned: dict[int, Decimal] = {}
    for each in known.components:
        planned[each.item_id] = planned.get(each.item_id, Decimal(0)) + each.quantity_per * (
            made or known.batch.quantity
        )
    used: dict[int, Decimal] = {}
    for move in known.issued:
        used[move.lot.item_id] = used.get(move.lot.item_id, Decimal(0)) + move.quantity
    rows = [_issue_row(move, planned, used, known.zone) for move in known.issued]
    unused = [each for each in known.components if each.item_id not in used]
    rows += [
        [str(each.item), amount(planned[each.item_id], each.item), "0", "-100", "", "Nothing was issued.", ""]
        for each in unused
    ]
    return Table(
        "components",
        columns,
        rows,
        empty="This batch takes no material.",
        note="By plan: for what its first step made, good and scrap together." if rows else "",
    )


def _issue_row(
    move: Move, planned: Mapping[int, Decimal], used: Mapping[int, Decimal], zone: tzinfo
) -> list[str]:
    lot = move.lot
    theory = planned.get(lot.item_id)
    difference = (used[lot.item_id] - theory) / theory * HUNDRED if theory else None
    origin = [
        str(lot.supplier or ""),
        f"their lot {lot.supplier_lot}" if lot.supplier_lot else "",
        provenance(lot),
    ]
    return [
        f"{lot.item} · {lot.item.description}",
        amount(theory, lot.item) if theory is not None else "not planned",
        amount(move.quantity, lot.item),
        f"{difference:.1f}" if difference is not None else "",
        lot.number + (f"\nuse by {day(lot.expires_on)}" if lot.expires_on else ""),
        "\n".join(filter(None, origin)),
        f"{moment(move.at, zone)}\n{move.by}",
    ]


def _steps(known: Records) -> Table:
    columns = [
        Column("step", "Step", 2.2),
        Column("machine", "Equipment", 1.8),
        Column("started", "Begun", 1.4),
        Column("finished", "Finished", 1.4),
        Column("worked", "Worked, min", 0.9, is_number=True),
        Column("standard", "Standard, min", 0.9, is_number=True),
        Column("by", "By", 1.8),
        Column("status", "Status", 1),
    ]
    rows = []
    for each in known.operations:
        entries = known.times.get(each.pk, [])
        worked = sum(((entry.ended_at - entry.started_at) for entry in entries), timedelta())
        step = each.step
        total = each.good_quantity + each.scrap_quantity
        standard = Decimal(step.setup_seconds + step.fixed_seconds) + step.run_seconds * total
        center = step.work_center
        place = each.machine.name if each.machine else center.name
        rows.append(
            [
                str(step),
                f"{place}\n{center.supplier}" if center.supplier else place,
                moment(each.started_at, known.zone),
                moment(each.finished_at, known.zone),
                str(round(worked.total_seconds() / 60)) if entries else "",
                str(round(standard / 60)) if each.finished_at else "",
                listed(str(entry.by) for entry in entries),
                each.get_status_display(),
            ]
        )
    return Table("steps", columns, rows)


def _people(known: Records) -> Table:
    did: dict[Any, list[str]] = {}
    for each in known.operations:
        for entry in known.times.get(each.pk, []):
            did.setdefault(entry.by, []).append(f"step {each.step}")
    for found in known.results:
        for measured in found.measurements:
            did.setdefault(measured.by, []).append(f"inspection {found.inspection.plan.code}")
    for inspection in known.inspections:
        if inspection.closed_by:
            did.setdefault(inspection.closed_by, []).append(f"verdict of {inspection.plan.code}")
    for move in known.issued:
        did.setdefault(move.by, []).append("issue of components")
    rows = [
        [
            str(person),
            person.get_username(),
            known.badges[person.pk].badge if person.pk in known.badges else "",
            listed(what),
        ]
        for person, what in sorted(did.items(), key=lambda entry: (str(entry[0]), entry[0].pk))
    ]
    columns = [
        Column("name", "Name", 1.6),
        Column("user", "User", 1.2),
        Column("badge", "Badge", 1),
        Column("did", "Took part in", 4),
    ]
    return Table("people", columns, rows, empty="Nobody has taken part yet.")


def _requirements(known: Records) -> list[Section]:
    if not known.specifications:
        return []
    columns = [
        Column("source", "From", 1),
        Column("kind", "Kind", 1),
        Column("text", "What the customer asked beyond the drawing", 4),
    ]
    rows = [[each.source, each.get_kind_display(), each.text] for each in known.specifications]
    return [Section("requirements", [Table("requirements", columns, rows)], heading="Customer requirements")]


def _numbers(known: Records) -> list[Section]:
    others = sorted(lot.number for key, lot in known.lots.items() if key != known.batch.lot_id)
    if not others:
        return []
    told = Fields(
        "numbers", [Field("numbers", f"{len(others)} numbers", ", ".join(others), is_wide=True)], columns=1
    )
    return [Section("numbers", [told], heading="Serial and lot numbers that its goods bear")]


def _downtimes(operations: Sequence[Operation]) -> list[Downtime]:
    """Of the machines it ran on, while it ran there."""
    during = Q(pk__in=[])
    for each in operations:
        if each.machine_id and each.started_at:
            ends: datetime | None = each.finished_at
            overlaps = Q(machine=each.machine_id) & (Q(ends_at__isnull=True) | Q(ends_at__gt=each.started_at))
            during |= overlaps & (Q(starts_at__lt=ends) if ends else Q())
    found = Downtime.objects.filter(during).select_related("machine")
    return list(found.order_by("starts_at", "pk"))


def _value(measurement: Any) -> str:
    if measurement.value is not None:
        return plain(measurement.value)
    return "conforms" if measurement.conforms else "does not conform"


def _percent(part: Decimal, whole: Decimal, *, sign: bool = True) -> str:
    if not whole:
        return ""
    return f"{part / whole * HUNDRED:.1f}{' %' if sign else ''}"
