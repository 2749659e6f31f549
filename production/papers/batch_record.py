"""The batch record: exceptions first, then yields, material, steps, people, inspections and the audit trail (21 CFR 211.188, 820.184)."""

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from decimal import Decimal
from typing import Any

from inventory.models import Move
from inventory.on_paper import amount, day, issuer_of, listed, moment, provenance
from inventory.quantities import plain
from mes.papers.drawing.document import Column, Field, Fields, Section, Sheet, Signatures, Signed, Table, Tone
from production.models import Cleaning, CleaningCheck, InstructionVersion, Operation
from production.papers.audited import trail_table
from production.papers.batch_records import Records
from production.papers.exceptions import exceptions
from production.papers.inspected import inspections_table, results_table

HUNDRED = Decimal(100)


def batch_record(known: Records, *, is_signed: bool = False) -> Sheet:
    """What the record of a batch says.

    :param is_signed: whether it is signed electronically as it is issued; otherwise it has lines to sign by hand.
    """
    item, zone = known.item, known.zone
    return Sheet(
        title="Batch record",
        issuer=issuer_of(item.site),
        about=f"Batch {known.batch.number} · {item} · {item.description}",
        summary=_summary(known),
        sections=[
            Section("exceptions", exceptions(known), heading="Exceptions and deviations"),
            Section("yields", [_yields(known)], heading="Yield, step by step"),
            Section("material", [_material(known)], heading="Components"),
            Section(
                "steps",
                [_steps(known), *_worked_to(known), *_cleaned(known)],
                heading="Steps as they were done",
            ),
            Section("people", [_people(known)], heading="People"),
            Section(
                "inspections",
                [inspections_table(known.inspections, zone), results_table(known.results)],
                heading="Inspections and measurements",
            ),
            *_requirements(known),
            *_numbers(known),
            Section("audit", [trail_table(known.trail, zone)], heading="Audit trail: what was changed"),
            *([] if is_signed else [_by_hand()]),
        ],
    )


def _summary(known: Records) -> list[Field]:
    batch, item, zone = known.batch, known.item, known.zone
    lot = batch.lot
    return [
        Field("batch", "Batch", batch.number),
        Field("lot", "Lot", lot.number if lot else ""),
        Field("disposition", "Lot is", lot.get_status_display() if lot else ""),
        Field("order", "Production order", batch.order.number),
        Field("plan", "Process plan", f"{batch.plan.revision}, {batch.plan.get_status_display().lower()}"),
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
        Field("zone", "Times are those of", str(zone)),
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
    batch = known.batch.pk
    for each in known.operations:
        name = _step_of(each)
        if each.batch_id != batch:
            came, batch = each.batch.quantity, each.batch_id  # what was taken back to be reworked
        if each.status != Operation.Status.DONE:
            rows.append([name, "", "", "", "", each.get_status_display(), ""])
            tones.append(Tone.PLAIN)
            continue
        difference = came - each.good_quantity - each.scrap_quantity
        rows.append(
            [
                name,
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
        Column("machine", "Equipment", 1.7),
        Column("started", "Begun", 1.4),
        Column("finished", "Finished", 1.4),
        Column("worked", "Worked, min", 1.05, is_number=True),
        Column("standard", "Standard, min", 1.2, is_number=True),
        Column("by", "By", 1.6),
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


def _worked_to(known: Records) -> list[Table]:
    """Which version of each work instruction was in force when a step was begun (21 CFR 11.10(k)), and who of those at work had read it."""
    if not known.worked_to:
        return []
    columns = [
        Column("step", "Step", 2),
        Column("started", "Begun", 1.4),
        Column("instruction", "Work instruction", 2.4),
        Column("revision", "Revision", 0.9),
        Column("in_force", "In force", 2.4),
        Column("read", "Read and understood by", 2.4),
    ]
    rows, tones = [], []
    for each in known.worked_to:
        versions = [*([each.version] if each.version else []), *each.later]
        rows.append(
            [
                _step_of(each.operation),
                moment(each.operation.started_at, known.zone),
                str(each.instruction),
                "\n".join(version.revision for version in versions) or "none",
                "\n".join(_span_of(version, known.zone) for version in versions)
                or "No version was in force.",
                "\n".join(f"{said.by}, {moment(said.at, known.zone)}" for said in each.readings),
            ]
        )
        tones.append(Tone.PLAIN if each.version else Tone.BAD)
    note = "Of a step, the version in force when it was begun; below it those that came into force while it was under way."
    heading = "Work instructions in force when each step was begun"
    return [Table("instructions", columns, rows, tones=tones, heading=heading, note=note)]


def _step_of(operation: Operation) -> str:
    return (
        str(operation.step)
        if operation.rework_of_id is None
        else f"{operation.step} again ({operation.batch.number})"
    )


def _span_of(version: InstructionVersion, zone: tzinfo) -> str:
    until = f" until {moment(version.effective_until, zone)}" if version.effective_until else ""
    return f"from {moment(version.effective_from, zone)}{until}"


def _cleaned(known: Records) -> list[Table]:
    """Cleanings and line clearances of its machines, from the run before it to its end."""
    if not known.cleanings:
        return []
    columns = [
        Column("machine", "Equipment", 1.6),
        Column("kind", "Cleaning or clearance", 2),
        Column("at", "Done", 1.4),
        Column("by", "By", 1.4),
        Column("check", "Checked by a second person", 2.4),
        Column("note", "Note", 2.4),
    ]
    rows = [
        [
            each.machine.name,
            each.kind,
            moment(each.at, known.zone),
            str(each.by),
            _check_of(each, known.zone),
            each.note,
        ]
        for each in known.cleanings
    ]
    return [Table("cleanings", columns, rows, heading="Cleaning and line clearance")]


def _check_of(cleaning: Cleaning, zone: tzinfo) -> str:
    check: CleaningCheck | None = getattr(cleaning, "check_of_it", None)
    if check is None:
        return ""
    return f"{'Clean' if check.is_clean else 'Not clean'}: {check.by}, {moment(check.at, zone)}"


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


def _percent(part: Decimal, whole: Decimal, *, sign: bool = True) -> str:
    if not whole:
        return ""
    return f"{part / whole * HUNDRED:.1f}{' %' if sign else ''}"


def _by_hand() -> Section:
    return Section(
        "release",
        [
            Signatures(
                "release",
                [Signed("Reviewed: production"), Signed("Reviewed: quality"), Signed("Released")],
                heading="By hand, where no electronic signature is used",
            )
        ],
        heading="Review and release",
    )
