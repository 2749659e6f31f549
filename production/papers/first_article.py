"""First article inspection report after AS9102 Rev C: the data of its three forms, in a layout of our own.

Form 1 accounts for the part number and its sub-parts, form 2 for materials, special processes and functional tests, form 3 for every
characteristic. The numbers of the fields are the standard's. A report waits while a field that the standard requires is blank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from inventory.models import Item, Lot, Move
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
from production.models import Batch, Component, FirstArticle, Operation, ToolNeed, WorkCenter
from production.papers.completeness import Gap
from production.papers.inspected import Results, inspections_of, results_of
from quality.models import Inspection, InspectionPlan, Nonconformance, Stage

NOT_APPLICABLE = "N/A"


@dataclass(frozen=True)
class Statements:
    """What no record shows and a person states."""

    scope: str = FirstArticle.Scope.FULL
    baseline: FirstArticle | None = None
    why: str = ""
    drawing_number: str = ""
    drawing_revision: str = ""
    additional_changes: str = ""
    customer: str = ""
    purchase_order: str = ""
    functional_test: str = ""
    acceptance_report: str = ""
    process_certificates: Mapping[int, str] = field(default_factory=dict)
    comments: str = ""
    piece: int = 1

    @property
    def is_partial(self) -> bool:
        return self.scope == FirstArticle.Scope.PARTIAL


@dataclass(frozen=True)
class Records:
    """All that is known of the batch that the first article is of."""

    batch: Batch
    zone: tzinfo
    pieces: Sequence[Lot]
    results: Sequence[Results]
    uninspected: Sequence[InspectionPlan]
    materials: Sequence[Lot]
    outside: Sequence[Operation]
    made_parts: Sequence[Component]
    sub_articles: Mapping[str, FirstArticle]
    tools: Sequence[str]
    reports: Sequence[Nonconformance]

    @property
    def item(self) -> Item:
        return self.batch.plan.item


def gather(batch: Batch, lots: set[int]) -> Records:
    """Everything for the report; the number of queries depends on no quantity."""
    item = batch.plan.item
    inspections = _latest(inspections_of(lots))
    gated = batch.plan.steps.filter(inspection_plan__isnull=False)
    asked = list(InspectionPlan.objects.filter(pk__in=gated.values("inspection_plan")))
    asked += [
        each
        for each in InspectionPlan.objects.effective().filter(item=item, stage=Stage.FINAL)
        if each not in asked
    ]
    seen = {each.plan_id for each in inspections}
    seen_codes = {each.plan.code for each in inspections}
    issued = Move.objects.standing().filter(transformation=batch.transformation_id, kind=Move.Kind.ISSUE)
    materials = Lot.objects.filter(pk__in=issued.values("lot")).exclude(item__kind=Item.Kind.PACKAGING)
    outside = batch.operations.filter(
        status=Operation.Status.DONE, step__work_center__kind=WorkCenter.Kind.OUTSIDE
    )
    made = [
        each
        for each in batch.plan.components.select_related("item").order_by("step__sequence", "pk")
        if each.item.supply == Item.Supply.MAKE or each.item.needs_first_article
    ]
    articles: dict[str, FirstArticle] = {}
    for article in (
        FirstArticle.objects.filter(item__number__in={each.item.number for each in made})
        .select_related("paper", "item")
        .order_by("at", "pk")
    ):
        articles[article.item.number] = article
    known = Lot.objects.filter(pk__in=lots)
    pieces = known.filter(pk__in=lots - {batch.lot_id}) if len(lots) > 1 else known
    tools = ToolNeed.objects.filter(plan=batch.plan).select_related("tool").order_by("tool__code")
    return Records(
        batch=batch,
        zone=item.site.zone,
        pieces=list(pieces.order_by("number", "pk")),
        results=results_of(inspections),
        uninspected=[each for each in asked if each.pk not in seen and each.code not in seen_codes],
        materials=list(materials.select_related("item", "supplier").order_by("item__number", "number", "pk")),
        outside=list(outside.select_related("step__work_center__supplier").order_by("sequence")),
        made_parts=made,
        sub_articles=articles,
        tools=[each.tool.code for each in tools],
        reports=list(Nonconformance.objects.filter(lot__in=lots).select_related("inspection").order_by("pk")),
    )


def _latest(inspections: Sequence[Inspection]) -> list[Inspection]:
    """Of the inspections of one gate the last: a repetition stands in for what it repeats."""
    by_gate = {each.gate: each for each in inspections}
    return sorted(by_gate.values(), key=lambda each: (_order(each), each.pk))


def _order(inspection: Inspection) -> int:
    """Receiving first, final last, everything between them between them."""
    return {Stage.RECEIVING: 0, Stage.FINAL: 2}.get(Stage(inspection.plan.stage), 1)


def blanks(known: Records, said: Statements) -> list[Gap]:
    """Every required field that is blank, by form and number, with what fills it."""
    return [*_blank_accountability(known, said), *_blank_materials(known, said), *_blank_results(known, said)]


def _blank_accountability(known: Records, said: Statements) -> list[Gap]:
    found = []
    if said.is_partial and not said.why.strip():
        found.append(
            Gap(
                "Form 1, field 14: the reason for a partial first article is blank.", "Say why it is partial."
            )
        )
    found += [
        Gap(
            f"Form 1, field 18: {each.item} has no first article yet.",
            f"Issue the first article of {each.item} first.",
        )
        for each in known.made_parts
        if each.item.needs_first_article and each.item.number not in known.sub_articles
    ]
    return found


def _blank_materials(known: Records, said: Statements) -> list[Gap]:
    found = [
        Gap(
            f"Form 2, field 10: lot {lot} of {lot.item} names no certificate.",
            "Enter the certificate among the lot's attributes.",
        )
        for lot in known.materials
        if lot.item.supply == Item.Supply.BUY and not lot.attributes.get("certificate")
    ]
    return found + [
        Gap(
            f"Form 2, field 10: step {each.step} done outside names no certificate.",
            "Name the certificates of the special processes.",
        )
        for each in known.outside
        if not said.process_certificates.get(each.sequence)
    ]


def _blank_results(known: Records, said: Statements) -> list[Gap]:
    if not known.results and not said.is_partial:
        return [
            Gap(
                "Form 3, field 5: there is no characteristic to account for.",
                "Give the part an inspection plan and inspect it.",
            )
        ]
    found = [
        Gap(f"Form 3, field 9: {plan} was never inspected.", "Inspect it.")
        for plan in known.uninspected
        if not said.is_partial
    ]
    for each in known.results:
        measured = _of_piece(each, said.piece)
        what = (
            f"balloon {each.characteristic.number} {each.characteristic.name} ({each.inspection.plan.code})"
        )
        if not measured and not said.is_partial:
            found.append(Gap(f"Form 3, field 9: {what} has no result of piece {said.piece}.", "Measure it."))
        if any(not result.conforms for result in measured) and not _report_of(each, known):
            found.append(
                Gap(
                    f"Form 3, field 11: {what} does not conform and names no nonconformance.",
                    "Report it and decide it.",
                )
            )
    return found


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
    item, batch = known.item, known.batch
    kind = (
        "Assembly"
        if any(each.item.supply == Item.Supply.MAKE for each in known.made_parts)
        else "Detail part"
    )
    baseline = f"{said.baseline.item} ({said.baseline})" if said.baseline else NOT_APPLICABLE
    accountability = Fields(
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
            Field("detail_or_assembly", "Detail or assembly", kind, box="13"),
            Field("scope", "Full or partial", FirstArticle.Scope(said.scope).label, box="14"),
            Field("baseline", "Baseline part number", baseline, box="14"),
            Field("why", "Reason", said.why or "First article of this part", box="14", is_wide=True),
        ],
        columns=4,
    )
    index = Table(
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
    signed = [
        Signed("20, 21. Verified by, date"),
        Signed("22, 23. Reviewed by, date"),
        Signed("24, 25. Customer approval, date"),
    ]
    contains = "Yes" if known.reports else "No"
    return [
        accountability,
        index,
        Fields(
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
        ),
        Signatures("approvals", signed if not is_signed else signed[2:], heading="Verification and approval"),
    ]


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
    rows += [_process(each, said) for each in known.outside]
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
    return [
        f"{step} (special process)",
        step.required_qualification or step.name,
        NOT_APPLICABLE,
        f"{supplier.name} ({supplier.code})" if supplier else step.work_center.name,
        "Approved supplier" if supplier and supplier.is_approved else NOT_APPLICABLE,
        said.process_certificates.get(operation.sequence, ""),
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
    sentence = (
        f"{len(rows)} characteristics; {failing} with a documented nonconformance."
        if failing
        else f"{len(rows)} characteristics; all that were inspected conform."
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
    measured = _of_piece(each, said.piece)
    told = Results(each.inspection, characteristic, each.tightening, measured)
    carried = f"See {said.baseline}" if said.is_partial and not measured else ""
    report_number = _report_of(each, known) if measured and not told.conforms else ""
    who = listed(
        dict.fromkeys(f"{found.by}, {day(found.at.astimezone(known.zone).date())}" for found in measured)
    )
    row = [
        str(characteristic.number),
        f"{each.inspection.plan.code}, {each.inspection.plan.get_stage_display().lower()}",
        "Key" if characteristic.is_key else NOT_APPLICABLE,
        f"{characteristic.name}\n{each.requirement}",
        carried or told.told,
        listed(told.gauges) or NOT_APPLICABLE,
        report_number or NOT_APPLICABLE,
        who,
    ]
    return row, Tone.BAD if measured and not told.conforms else Tone.PLAIN


def _of_piece(results: Results, piece: int) -> list[Any]:
    return [each for each in results.measurements if each.piece == piece]


def _report_of(results: Results, known: Records) -> str:
    """The nonconformance that the inspection opened; of a repetition, that of the inspection it repeats."""
    own = results.inspection
    return next(
        (
            each.number
            for each in known.reports
            if each.inspection_id in {own.pk, own.gate}
            or (each.inspection is not None and each.inspection.gate == own.gate)
        ),
        "",
    )
