"""What a first article accounts for: what the records know of its batch, and what only a person can state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from inventory.models import Item, Lot, Move
from production.models import Batch, Component, FirstArticle, Operation, ToolNeed
from production.papers.inspected import Results, inspections_of, results_of
from quality.models import Inspection, InspectionPlan, Nonconformance, Stage


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
    special_processes: Sequence[Operation]
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
    special = batch.operations.special_processes().select_related("batch", "step__work_center__supplier")
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
        special_processes=list(special.order_by("sequence")),
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


def of_piece(results: Results, piece: int) -> list[Any]:
    """The measurements of one piece of the sample."""
    return [each for each in results.measurements if each.piece == piece]


def report_of(results: Results, known: Records) -> str:
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
