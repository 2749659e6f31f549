"""All that is known of some supplies of one order, for their certificate: read in as many queries however many lots there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Model

from inventory.models import Lot
from inventory.renumbering import numbers_before, roots_of
from mes.papers.models import Paper
from orders.evidence import Proof, asks_for_certificate, matrix
from orders.models import CustomOrder, Evidence, OrderLine, Requirement, Shipment
from production.lineage import ingredients_of
from production.models import Batch, Operation
from production.papers.completeness import Gap, gaps_of
from production.papers.inspected import inspections_of
from production.papers.remainder import is_rejected_for, settled_of_the_rest
from quality.models import Inspection, Nonconformance


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
    batches = _batches(everything)
    of_the_rest = settled_of_the_rest(everything, shipment.shipped_at) if shipment else []
    return Records(
        order=order,
        shipment=shipment,
        supplies=supplies,
        zone=supplies[0].line.item.site.zone,
        roots=roots,
        reached=reached,
        lots=Lot.objects.select_related("item", "supplier").in_bulk(everything),
        batches=batches,
        special_processes=_special_processes(everything),
        proofs=matrix(order, lots=_by_line(supplies)),
        inspections=inspections_of(numbers_before(supplied)),
        reports=_reports(everything),
        of_the_rest=of_the_rest,
        gaps=gaps_of(everything, but=of_the_rest),
        kept=_kept([*batches.values(), *{each.line.item for each in supplies}]),
    )


def _by_line(supplies: Sequence[Supply]) -> dict[int, list[int]]:
    """Keys of the lots that are for each line."""
    found: dict[int, list[int]] = {}
    for each in supplies:
        found.setdefault(each.line.pk, []).append(each.lot.pk)
    return found


def _batches(lots: Collection[int]) -> dict[int, Batch]:
    """Those that made lots, by lot."""
    making = Batch.objects.making().filter(lot__in=lots).select_related("plan__item", "order")
    return {batch.lot_id: batch for batch in making if batch.lot_id is not None}


def _special_processes(lots: Collection[int]) -> list[Operation]:
    found = Operation.objects.special_processes().filter(batch__lot__in=lots)
    found = found.select_related("step__work_center__supplier", "batch__plan__item")
    return list(found.order_by("batch", "sequence"))


def _reports(lots: Collection[int]) -> list[Nonconformance]:
    found = Nonconformance.objects.filter(lot__in=lots).select_related("lot", "decided_by")
    return list(found.order_by("opened_at", "pk"))


def _kept(subjects: Sequence[Model]) -> list[Paper]:
    """Batch records and first articles of batches and items."""
    papers = Paper.objects.about(*subjects).current().without_content()
    kinds = [Paper.Kind.BATCH_RECORD, Paper.Kind.FIRST_ARTICLE]
    return list(papers.filter(kind__in=kinds).order_by("kind", "sequence"))


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


def concerned(known: Records) -> list[Any]:
    """Everything from which the certificate is found."""
    lines = {each.line.pk: each.line for each in known.supplies}
    lots: Collection[Lot] = [known.lots[key] for key in sorted(known.own) if key in known.lots]
    batches = [known.batches[key] for key in sorted(known.own) if key in known.batches]
    return [known.order, *([known.shipment] if known.shipment else []), *lines.values(), *lots, *batches]
