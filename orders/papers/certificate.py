"""The certificate of conformity: what was supplied, that it conforms, and what shows it (data after EN 9163).

Supplies are told by line and by the batch they come from, so that a hundred serial numbers make one row.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from inventory.models import Item, Lot
from inventory.on_paper import amount, day, issuer_of, listed, moment, provenance
from inventory.renumbering import numbers_before, roots_of
from mes.papers.drawing.document import (
    Column,
    Field,
    Part,
    Section,
    Sheet,
    Signatures,
    Signed,
    Statement,
    Table,
    Tone,
)
from mes.papers.models import Paper
from orders.evidence import Proof, asks_for_certificate, matrix
from orders.models import CustomOrder, Evidence, OrderLine, Requirement, Shipment
from production.lineage import ingredients_of
from production.models import Batch, Operation
from production.papers.completeness import Gap, gaps_of
from production.papers.inspected import inspections_of, inspections_table
from production.papers.remainder import is_rejected_for, settled_of_the_rest
from quality.models import Inspection, Nonconformance

ITSELF = "This certificate"
CERTIFIES = (
    "We certify that the supplies listed above were made, inspected and tested as the purchase order and the drawings, "
    "specifications and process plans named here ask, and that they conform to them{saving}. The records that show it are kept "
    "under the numbers given and can be inspected on request."
)


class Supply(NamedTuple):
    """A quantity of a lot for a line."""

    line: OrderLine
    lot: Lot
    quantity: Decimal


@dataclass(frozen=True)
class Records:
    """All that is known of some supplies of one order."""

    order: CustomOrder
    shipment: Shipment | None
    supplies: Sequence[Supply]
    zone: tzinfo
    roots: Mapping[int, set[int]]
    reached: Mapping[int, set[int]]
    lots: Mapping[int, Lot]
    batches: Mapping[int, Batch]
    special_processes: Sequence[Operation]
    proofs: Sequence[Proof]
    inspections: Sequence[Inspection]
    reports: Sequence[Nonconformance]
    of_the_rest: Sequence[Nonconformance]
    gaps: Sequence[Gap]
    kept: Sequence[Paper]

    @property
    def own(self) -> set[int]:
        """The supplied lots and what they go back to under other numbers."""
        return {key for found in self.roots.values() for key in found} | {
            each.lot.pk for each in self.supplies
        }

    def supplied_to(self, line: OrderLine) -> frozenset[int]:
        """Keys of the lots that are for a line."""
        return frozenset(each.lot.pk for each in self.supplies if each.line.pk == line.pk)

    def made_of(self, line: OrderLine) -> set[int]:
        """Keys of the lots that are for a line, and of all that they are made of, under whatever numbers."""
        supplied = self.supplied_to(line)
        earlier = {root for lot in supplied for root in self.roots[lot]} | supplied
        return {key for lot in earlier for key in self.reached[lot]}

    @property
    def conceded(self) -> list[Proof]:
        """Requirements that were not met, whose goods go by concession."""
        concession = Evidence.Kind.CONCESSION
        return [each for each in self.proofs if any(shown.kind == concession for shown in each.shown)]

    @property
    def answered(self) -> list[Requirement]:
        """Requirements that nobody proved and this certificate answers."""
        return [
            each.requirement
            for each in self.proofs
            if each.is_open and asks_for_certificate(each.requirement)
        ]


def gather(order: CustomOrder, supplies: Sequence[Supply], shipment: Shipment | None) -> Records:
    """Everything for the certificate; the number of queries depends on no quantity, only on how deep the bill of material is.

    :param supplies: at least one, lines with their item and its site loaded.
    """
    supplied = {each.lot.pk for each in supplies}
    roots = roots_of(supplied)
    reached = ingredients_of({key for found in roots.values() for key in found} | supplied)
    everything = {key for found in reached.values() for key in found} | supplied
    by_line: dict[int, list[int]] = {}
    for each in supplies:
        by_line.setdefault(each.line.pk, []).append(each.lot.pk)
    batches = {
        batch.lot_id: batch
        for batch in Batch.objects.making().filter(lot__in=everything).select_related("plan__item", "order")
        if batch.lot_id is not None
    }
    own = numbers_before(supplied)
    of_the_rest = settled_of_the_rest(everything, shipment.shipped_at) if shipment else []
    special = Operation.objects.special_processes().filter(batch__lot__in=everything)
    return Records(
        order=order,
        shipment=shipment,
        supplies=supplies,
        zone=supplies[0].line.item.site.zone,
        roots=roots,
        reached=reached,
        lots=Lot.objects.select_related("item", "supplier").in_bulk(everything),
        batches=batches,
        special_processes=list(
            special.select_related("step__work_center__supplier", "batch__plan__item").order_by(
                "batch", "sequence"
            )
        ),
        proofs=matrix(order, lots=by_line),
        inspections=inspections_of(own),
        reports=list(
            Nonconformance.objects.filter(lot__in=everything)
            .select_related("lot", "decided_by")
            .order_by("opened_at", "pk")
        ),
        of_the_rest=of_the_rest,
        gaps=gaps_of(everything, but=of_the_rest),
        kept=list(
            Paper.objects.about(*batches.values(), *{each.line.item for each in supplies})
            .filter(kind__in=[Paper.Kind.BATCH_RECORD, Paper.Kind.FIRST_ARTICLE])
            .current()
            .without_content()
            .order_by("kind", "sequence")
        ),
    )


def gaps_in(known: Records) -> list[Gap]:
    """What keeps the certificate waiting: the records' own gaps, lots that were rejected, requirements without evidence."""
    rejected = [
        Gap(
            f"Lot {each.lot} is rejected.",
            "Take it back and supply another.",
            each.lot,
            frozenset([each.lot.pk]),
        )
        for each in known.supplies
        if each.lot.status == Lot.Status.REJECTED
        and not is_rejected_for(each.lot.hold_reason, known.of_the_rest)
    ]
    open_proofs = [
        Gap(
            f"{each.requirement.line}: “{each.requirement}” lacks its evidence. {each.evidence}",
            "Complete the evidence of the order's requirements.",
            known.order,
            known.supplied_to(each.requirement.line),
        )
        for each in known.proofs
        if each.is_open and not asks_for_certificate(each.requirement)
    ]
    return [*known.gaps, *rejected, *open_proofs]


def certificate(known: Records, *, is_signed: bool = False) -> Sheet:
    """What the certificate says.

    :param is_signed: whether it is signed electronically as it is issued; otherwise it has a line to sign by hand.
    """
    order, shipment = known.order, known.shipment
    site = known.supplies[0].line.item.site
    by_hand = Signatures("signatory", [Signed("Authorised signatory"), Signed("Date")], heading="")
    return Sheet(
        title="Certificate of conformity",
        issuer=issuer_of(site),
        about=f"Order {order}" + (f", delivery note {shipment}" if shipment else ""),
        summary=[
            Field(
                "customer", "Customer", "\n".join([order.customer.name, *order.customer.address.splitlines()])
            ),
            Field("reference", "Customer's purchase order", order.customer_reference),
            Field("order", "Our order", order.number),
            Field("delivery_note", "Delivery note", shipment.number if shipment else "Not shipped yet"),
            Field("shipped", "Shipped", moment(shipment.shipped_at, known.zone) if shipment else ""),
            Field(
                "carrier",
                "Carrier",
                " ".join(filter(None, [shipment.carrier, shipment.carrier_reference])) if shipment else "",
            ),
        ],
        sections=[
            Section("supplies", [_supplies(known)], heading="Supplies"),
            Section("conformity", [_statement(known)], heading="Statement of conformity"),
            Section("deviations", [_deviations(known)], heading="Deviations and concessions"),
            *_requirements(known),
            Section("materials", _materials(known), heading="Materials and special processes"),
            Section("inspections", [inspections_table(known.inspections, known.zone)], heading="Inspections"),
            *([] if is_signed else [Section("signatory", [by_hand], heading="Signature")]),
        ],
    )


def _supplies(known: Records) -> Table:
    columns = [
        Column("line", "Line", 0.5),
        Column("part", "Part", 2.4),
        Column("quantity", "Quantity", 0.9, is_number=True),
        Column("numbers", "Lot or serial numbers", 2.6),
        Column("batch", "Batch and process plan", 1.6),
        Column("dates", "Made, use by", 1.4),
    ]
    rows = [_supply_row(group, known) for group in _grouped(known)]
    return Table("supplies", columns, rows)


def _grouped(known: Records) -> list[list[Supply]]:
    """Supplies of one line that come from the same lots."""
    groups: dict[tuple[int, frozenset[int]], list[Supply]] = {}
    for each in known.supplies:
        groups.setdefault((each.line.pk, frozenset(known.roots[each.lot.pk])), []).append(each)
    return list(groups.values())


def _supply_row(group: Sequence[Supply], known: Records) -> list[str]:
    first = group[0]
    item: Item = first.line.item
    batches = [known.batches[root] for root in sorted(known.roots[first.lot.pk]) if root in known.batches]
    made = sorted({day(each.lot.made_at.astimezone(known.zone).date()) for each in group})
    use_by = sorted({each.lot.expires_on for each in group if each.lot.expires_on})
    return [
        str(first.line.number),
        f"{item}\n{item.description}" + (f"\nGTIN {item.gtin}" if item.gtin else ""),
        amount(sum((each.quantity for each in group), Decimal(0)), item),
        ", ".join(dict.fromkeys(each.lot.number for each in group)),
        "\n".join(f"{batch.number}\nplan {batch.plan.revision}" for batch in batches) or "Bought",
        "\n".join([*made, *(f"use by {day(each)}" for each in use_by)]),
    ]


def _statement(known: Records) -> Statement:
    deviates = _deviating(known) or known.conceded
    saving = ", save the deviations and concessions listed below" if deviates else " in all respects"
    return Statement("statement", [CERTIFIES.format(saving=saving)], tone=Tone.GOOD)


def _deviating(known: Records) -> list[Nonconformance]:
    """Reports of what was supplied; of ingredients only those that were used in spite of it. What was reworked of the rest is none."""
    used = {Nonconformance.Disposition.USE_AS_IS, Nonconformance.Disposition.REWORK}
    reworked = {each.pk for each in known.of_the_rest if each.disposition == "rework"}
    return [each for each in known.reports if each.disposition in used and each.pk not in reworked]


def _deviations(known: Records) -> Table:
    columns = [
        Column("number", "Number", 1),
        Column("lot", "Lot", 1.4),
        Column("deviation", "Deviation", 3),
        Column("decision", "Decision", 3),
    ]
    rows = [
        [
            each.number,
            f"{each.lot}\n{known.lots[each.lot_id].item}",
            each.description,
            f"{each.decision} ({each.decided_by}, {moment(each.decided_at, known.zone)})",
        ]
        for each in _deviating(known)
    ]
    conceded = [_concession_row(each, known) for each in known.conceded]
    return Table("deviations", columns, rows + conceded, empty="None.")


def _concession_row(proof: Proof, known: Records) -> list[str]:
    line = proof.requirement.line
    numbers = dict.fromkeys(each.lot.number for each in known.supplies if each.line.pk == line.pk)
    return [
        str(line),
        f"{listed(numbers, most=20)}\n{line.item}",
        f"Not met: {proof.requirement.get_kind_display()}: {proof.requirement.text}",
        proof.evidence,
    ]


def _requirements(known: Records) -> list[Section]:
    if not known.proofs:
        return []
    columns = [
        Column("line", "Line", 0.5),
        Column("requirement", "Requirement beyond the drawing", 2.6),
        Column("binds", "Where it binds", 1.8),
        Column("evidence", "Evidence", 3),
    ]
    rows = [
        [
            str(each.requirement.line.number),
            f"{each.requirement.get_kind_display()}: {each.requirement.text}",
            each.binds,
            ITSELF if each.is_open else each.evidence,
        ]
        for each in known.proofs
    ]
    table = Table("requirements", columns, rows)
    return [Section("requirements", [table], heading="Customer requirements and their evidence")]


def _materials(known: Records) -> list[Part]:
    columns = [
        Column("item", "Material", 2.4),
        Column("lot", "Lot", 1.4),
        Column("supplier", "Supplier and their lot", 2),
        Column("origin", "Heat, certificates", 2.4),
    ]
    bought = [
        lot
        for key, lot in known.lots.items()
        if key not in known.own and key not in known.batches and lot.supplier_id
    ]
    unknown = [
        lot
        for key, lot in known.lots.items()
        if key not in known.own
        and key not in known.batches
        and not lot.supplier_id
        and lot.item.supply == Item.Supply.BUY
    ]
    rows = [
        [
            f"{lot.item}\n{lot.item.description}",
            lot.number,
            "\n".join(filter(None, [str(lot.supplier or ""), lot.supplier_lot])),
            provenance(lot),
        ]
        for lot in sorted([*bought, *unknown], key=lambda lot: (lot.item.number, lot.number, lot.pk))
    ]
    processes = [
        [
            "\n".join(filter(None, [str(each.step), each.step.special_process])),
            f"{each.batch} · {each.batch.plan.item}",
            str(each.step.work_center.supplier or each.step.work_center.name),
            moment(each.finished_at, known.zone),
        ]
        for each in known.special_processes
    ]
    references = listed((str(paper) for paper in known.kept), most=20)
    return [
        Table("materials", columns, rows, heading="Materials", empty="No bought material went into it."),
        Table(
            "processes",
            [
                Column("process", "Process", 2),
                Column("batch", "Batch", 2),
                Column("supplier", "Done by", 2),
                Column("done", "Done", 1.4),
            ],
            processes,
            heading="Special processes",
            empty="None.",
            note=f"Kept with this certificate: {references}." if references else "",
        ),
    ]


def concerned(known: Records) -> list[Any]:
    """Everything from which the certificate is found."""
    lines = {each.line.pk: each.line for each in known.supplies}
    lots: Collection[Lot] = [known.lots[key] for key in sorted(known.own) if key in known.lots]
    batches = [known.batches[key] for key in sorted(known.own) if key in known.batches]
    return [known.order, *([known.shipment] if known.shipment else []), *lines.values(), *lots, *batches]
