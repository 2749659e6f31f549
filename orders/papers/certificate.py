"""The certificate of conformity: what was supplied, that it conforms, and what shows it (data after EN 9163).

Supplies are told by line and by the batch they come from, so that a hundred serial numbers make one row.
"""

from collections.abc import Sequence
from decimal import Decimal

from inventory.models import Item, Lot
from inventory.on_paper import amount, day, issuer_of, listed, moment, provenance
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
from orders.evidence import Proof
from orders.papers.certificate_records import Records, Supply
from production.papers.inspected import inspections_table
from quality.models import Nonconformance

ITSELF = "This certificate"
CERTIFIES = (
    "We certify that the supplies listed above were made, inspected and tested as the purchase order and the drawings, "
    "specifications and process plans named here ask, and that they conform to them{saving}. The records that show it are kept "
    "under the numbers given and can be inspected on request."
)


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
    return [_bought(known), _processes(known)]


def _bought(known: Records) -> Table:
    columns = [
        Column("item", "Material", 2.4),
        Column("lot", "Lot", 1.4),
        Column("supplier", "Supplier and their lot", 2),
        Column("origin", "Heat, certificates", 2.4),
    ]
    bought = [
        lot
        for key, lot in known.lots.items()
        if key not in known.own and key not in known.batches and _is_bought(lot)
    ]
    rows = [
        [
            f"{lot.item}\n{lot.item.description}",
            lot.number,
            "\n".join(filter(None, [str(lot.supplier or ""), lot.supplier_lot])),
            provenance(lot),
        ]
        for lot in sorted(bought, key=lambda lot: (lot.item.number, lot.number, lot.pk))
    ]
    return Table("materials", columns, rows, heading="Materials", empty="No bought material went into it.")


def _is_bought(lot: Lot) -> bool:
    """Whether somebody sent it, known or not."""
    return lot.supplier_id is not None or lot.item.supply == Item.Supply.BUY


def _processes(known: Records) -> Table:
    columns = [
        Column("process", "Process", 2),
        Column("batch", "Batch", 2),
        Column("supplier", "Done by", 2),
        Column("done", "Done", 1.4),
    ]
    rows = [
        [
            "\n".join(filter(None, [str(each.step), each.step.special_process])),
            f"{each.batch} · {each.batch.plan.item}",
            str(each.step.work_center.supplier or each.step.work_center.name),
            moment(each.finished_at, known.zone),
        ]
        for each in known.special_processes
    ]
    references = listed((str(paper) for paper in known.kept), most=20)
    note = f"Kept with this certificate: {references}." if references else ""
    return Table("processes", columns, rows, heading="Special processes", empty="None.", note=note)
