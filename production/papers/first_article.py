"""First article inspection report after AS9102 Rev C: the data of its three forms, in a layout of our own.

Form 1 accounts for the part number and its sub-parts, form 2 for materials, special processes and functional tests, form 3 for every
characteristic. The numbers of the fields are the standard's. A report waits while a field that the standard requires is blank.
"""

from collections.abc import Sequence
from typing import Any

from inventory.models import Item, Lot
from inventory.on_paper import day, issuer_of, listed
from mes.papers.drawing.document import (
    Column,
    Field,
    Fields,
    Section,
    Sheet,
    Signatures,
    Signed,
    Statement,
    Table,
    Tone,
)
from mes.papers.services import Identity
from production.models import Component, FirstArticle, Operation, WorkCenter
from production.papers.first_article_records import Records, Statements, of_piece, report_of
from production.papers.inspected import LOOKED_AGAIN, Results

NOT_APPLICABLE = "N/A"


def report(known: Records, said: Statements, identity: Identity, *, is_signed: bool = False) -> Sheet:
    """The three forms under one number."""
    item = known.item
    head = _head(known, said, identity)
    return Sheet(
        title="First article inspection report",
        issuer=issuer_of(item.site),
        about=f"{item} · {item.description}",
        summary=[
            Field("scope", "First article", FirstArticle.Scope(said.scope).label),
            Field("batch", "Batch", known.batch.number),
            Field("customer", "Customer", said.customer),
            Field("order", "Production order", known.batch.order.number),
            Field("forms", "Data after", "AS9102 Rev C, forms 1 to 3"),
        ],
        sections=[
            Section(
                "form_1",
                _form_1(known, said, head, is_signed=is_signed),
                heading="Form 1: part number accountability",
            ),
            Section(
                "form_2",
                _form_2(known, said, head),
                heading="Form 2: materials, special processes, functional tests",
                on_new_page=True,
            ),
            Section(
                "form_3", _form_3(known, said, head), heading="Form 3: characteristics", on_new_page=True
            ),
        ],
        is_landscape=True,
    )


def _head(known: Records, said: Statements, identity: Identity) -> list[Field]:
    """Fields 1 to 4, which every form repeats."""
    serial = known.pieces[said.piece - 1].number if 0 < said.piece <= len(known.pieces) else ""
    return [
        Field("part_number", "Part number", known.item.number, box="1"),
        Field("part_name", "Part name", known.item.description, box="2"),
        Field("serial_number", "Serial or lot number", serial, box="3"),
        Field("fair_identifier", "FAIR identifier", f"{identity.number} rev {identity.revision}", box="4"),
    ]


def _form_1(known: Records, said: Statements, head: Sequence[Field], *, is_signed: bool) -> list[Any]:
    signed = [
        Signed("20, 21. Verified by, date"),
        Signed("22, 23. Reviewed by, date"),
        Signed("24, 25. Customer approval, date"),
    ]
    return [
        _accountability(known, said, head),
        _index(known),
        _remarks(known, said),
        Signatures("approvals", signed if not is_signed else signed[2:], heading="Verification and approval"),
    ]


def _accountability(known: Records, said: Statements, head: Sequence[Field]) -> Fields:
    item, batch = known.item, known.batch
    is_assembly = any(each.item.supply == Item.Supply.MAKE for each in known.made_parts)
    baseline = f"{said.baseline.item} ({said.baseline})" if said.baseline else NOT_APPLICABLE
    return Fields(
        "accountability",
        [
            *head,
            Field("part_revision", "Part revision level", item.revision or NOT_APPLICABLE, box="5"),
            Field("drawing_number", "Drawing number", said.drawing_number or item.number, box="6"),
            Field(
                "drawing_revision",
                "Drawing revision level",
                said.drawing_revision or item.revision or NOT_APPLICABLE,
                box="7",
            ),
            Field(
                "additional_changes", "Additional changes", said.additional_changes or NOT_APPLICABLE, box="8"
            ),
            Field(
                "process_reference",
                "Manufacturing process reference",
                f"{batch.plan}, batch {batch.number}",
                box="9",
            ),
            Field("organization", "Organization name", item.site.name, box="10"),
            Field("supplier_code", "Supplier code", item.site.gln or item.site.code, box="11"),
            Field("purchase_order", "Purchase order number", said.purchase_order or NOT_APPLICABLE, box="12"),
            Field(
                "detail_or_assembly",
                "Detail or assembly",
                "Assembly" if is_assembly else "Detail part",
                box="13",
            ),
            Field("scope", "Full or partial", FirstArticle.Scope(said.scope).label, box="14"),
            Field("baseline", "Baseline part number", baseline, box="14"),
            Field(
                "why",
                "Reason",
                _as_sentence(said.why) or "First article of this part",
                box="14",
                is_wide=True,
            ),
        ],
        columns=4,
    )


def _index(known: Records) -> Table:
    return Table(
        "index",
        [
            Column("part_number", "15. Part number", 1.6),
            Column("part_name", "16. Part name", 2.4),
            Column("part_type", "17. Part type", 1.2),
            Column("fair_identifier", "18. FAIR identifier", 1.4),
            Column("nonconformance", "19. Contains a nonconformance", 1.4),
        ],
        [_sub_part(each, known.sub_articles.get(each.item.number)) for each in known.made_parts],
        heading="Index of sub-parts and their first articles",
        empty="None: this is a detail part.",
    )


def _remarks(known: Records, said: Statements) -> Fields:
    contains = f"Yes: {listed(str(each) for each in known.reports)}" if known.reports else "No"
    return Fields(
        "remarks",
        [
            Field(
                "contains_nonconformance",
                "This report contains a documented nonconformance",
                contains,
                box="19",
            ),
            Field("comments", "Comments", said.comments or NOT_APPLICABLE, box="26", is_wide=True),
        ],
        columns=2,
    )


def _as_sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _sub_part(component: Component, article: FirstArticle | None) -> list[str]:
    item = component.item
    kind = "Made here" if item.supply == Item.Supply.MAKE else "Bought"
    if article is None:
        return [str(item), item.description, kind, "Not required", NOT_APPLICABLE]
    return [str(item), item.description, kind, str(article), "Yes" if article.has_nonconformance else "No"]


def _form_2(known: Records, said: Statements, head: Sequence[Field]) -> list[Any]:
    columns = [
        Column("name", "5. Material or process", 2.4),
        Column("specification", "6. Specification", 1.8),
        Column("code", "7. Code", 1),
        Column("supplier", "8. Supplier", 1.8),
        Column("approval", "9. Customer approval verification", 1.3),
        Column("certificate", "10. Certificate of conformity", 2.2),
    ]
    rows = [_material(lot) for lot in known.materials]
    rows += [_process(each, said) for each in known.special_processes]
    return [
        Fields("head", head, columns=4),
        Table("materials", columns, rows, heading="Materials and special processes", empty="None."),
        Fields(
            "tests",
            [
                Field(
                    "functional_test",
                    "Functional test procedure",
                    said.functional_test or NOT_APPLICABLE,
                    box="11",
                ),
                Field(
                    "acceptance_report",
                    "Acceptance report number",
                    said.acceptance_report or NOT_APPLICABLE,
                    box="12",
                ),
                Field("comments", "Comments", said.comments or NOT_APPLICABLE, box="13"),
            ],
            heading="Functional tests",
            columns=3,
        ),
    ]


def _material(lot: Lot) -> list[str]:
    supplier = lot.supplier
    told = lot.attributes
    approval = "Approved supplier" if supplier and supplier.is_approved else NOT_APPLICABLE
    heat = f"Heat {told['heat']}" if told.get("heat") else ""
    return [
        f"{lot.item} · {lot.item.description}\nLot {lot}",
        str(told.get("specification") or lot.item.number),
        str(told.get("code") or NOT_APPLICABLE),
        f"{supplier.name} ({supplier.code})" if supplier else lot.item.site.name,
        approval,
        "\n".join(filter(None, [str(told.get("certificate") or ""), heat])) or NOT_APPLICABLE,
    ]


def _process(operation: Operation, said: Statements) -> list[str]:
    step, supplier = operation.step, operation.step.work_center.supplier
    is_ours = step.work_center.kind != WorkCenter.Kind.OUTSIDE
    own_record = f"{operation.batch}, operation {operation.sequence}" if is_ours else ""
    return [
        f"{step} (special process)",
        step.special_process or step.required_qualification or step.name,
        NOT_APPLICABLE,
        f"{supplier.name} ({supplier.code})" if supplier else step.work_center.name,
        "Approved supplier" if supplier and supplier.is_approved else NOT_APPLICABLE,
        said.process_certificates.get(operation.sequence) or own_record,
    ]


def _form_3(known: Records, said: Statements, head: Sequence[Field]) -> list[Any]:
    columns = [
        Column("number", "5. Char. no.", 0.6, is_number=True),
        Column("location", "6. Reference location", 1.6),
        Column("designator", "7. Designator", 0.9),
        Column("requirement", "8. Requirement", 2.1),
        Column("results", "9. Results", 1.6),
        Column("tooling", "10. Gauge, tooling", 1.5),
        Column("nonconformance", "11. Nonconformance", 1.5),
        Column("comments", "12. Additional data", 1.8),
    ]
    rows, tones = [], []
    for each in known.results:
        row, tone = _characteristic(each, known, said)
        rows.append(row)
        tones.append(tone)
    failing = sum(tone == Tone.BAD for tone in tones)
    counted = f"{len(rows)} characteristic{'' if len(rows) == 1 else 's'}"
    sentence = (
        f"{counted}; {failing} with a documented nonconformance."
        if failing
        else f"{counted}; all that were inspected conform."
    )
    return [
        Fields("head", head, columns=4),
        Statement("verdict", [sentence], tone=Tone.BAD if failing else Tone.GOOD),
        Table(
            "characteristics",
            columns,
            rows,
            tones=tones,
            note=f"Tooling of the process plan: {listed(known.tools)}." if known.tools else "",
        ),
    ]


def _characteristic(each: Results, known: Records, said: Statements) -> tuple[list[str], Tone]:
    characteristic = each.characteristic
    measured = of_piece(each, said.piece)
    told = Results(each.inspection, characteristic, each.tightening, measured)
    carried = f"See {said.baseline}" if said.is_partial and not measured else ""
    report_number = report_of(each, known) if measured and not told.conforms else ""
    who = listed(
        dict.fromkeys(f"{found.by}, {day(found.at.astimezone(known.zone).date())}" for found in measured)
    )
    again = LOOKED_AGAIN if any(found.is_confirmed_real for found in measured) else ""
    row = [
        str(characteristic.number),
        f"{each.inspection.plan.code}, {each.inspection.plan.get_stage_display().lower()}",
        "Key" if characteristic.is_key else NOT_APPLICABLE,
        f"{characteristic.name}\n{each.requirement}",
        carried or told.told,
        listed(told.gauges) or NOT_APPLICABLE,
        report_number or NOT_APPLICABLE,
        "\n".join(filter(None, [who, again])),
    ]
    return row, Tone.BAD if measured and not told.conforms else Tone.PLAIN
