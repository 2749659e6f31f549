"""What a signal sets off at once, as the chart's table of rules says: the lot is held, another sample is asked for."""

from dataclasses import dataclass
from datetime import datetime

from inventory import services as inventory
from inventory.models import Lot
from mes.core.models import User
from quality.models import (
    ChartPoint,
    ChartRule,
    ChartSignal,
    ControlChart,
    Inspection,
    InspectionPlan,
    Nonconformance,
)
from quality.services.inspecting import open_inspection
from quality.services.reporting import report_finding


@dataclass(frozen=True)
class Reaction:
    """What was done: the nonconformance that holds the lot, and the inspection that takes another sample."""

    nonconformance: Nonconformance | None = None
    sample: Inspection | None = None


def react(
    chart: ControlChart, point: ChartPoint, rule: ChartRule, sentence: str, *, by: User, at: datetime
) -> Reaction:
    """Hold the lot and ask for another sample, where the rule says so. Neither is done twice for the same lot and cause."""
    inspection = point.inspection
    told = f"Control chart {chart}, point {point.sequence}: {sentence}."
    held = _hold(inspection, told, by=by, at=at) if rule.holds_lot else None
    sample = _ask(chart, point, sentence, by=by, at=at) if rule.asks_sample else None
    return Reaction(held, sample)


def _hold(inspection: Inspection, told: str, *, by: User, at: datetime) -> Nonconformance | None:
    """The lot's undecided nonconformance from a signal, or a new one; nothing where the lot was rejected already."""
    lot = inspection.lot
    inventory.lock_lots([lot])
    from_signals = ChartSignal.objects.filter(nonconformance__lot=lot).values("nonconformance")
    held = Nonconformance.objects.undecided().filter(lot=lot, pk__in=from_signals).order_by("pk").first()
    if held is not None or lot.status == Lot.Status.REJECTED:
        return held
    quantity = inventory.on_hand(lot) or inspection.lot_quantity
    return report_finding(lot, quantity, told, by=by, at=at)


def _ask(
    chart: ControlChart, point: ChartPoint, sentence: str, *, by: User, at: datetime
) -> Inspection | None:
    """Another inspection of the lot by the plan in force; one that was itself asked for by a signal asks for no further one, and
    one that nobody has begun yet answers for what is signalled meanwhile.
    """
    inspection = point.inspection
    was_asked_for = ChartSignal.objects.filter(sample=inspection).exists()
    asked = ChartSignal.objects.filter(point__inspection=inspection, sample__isnull=False).first()
    if was_asked_for or asked is not None:
        return asked.sample if asked else None
    of_chart = ChartSignal.objects.filter(chart=chart, sample__isnull=False).values("sample")
    waiting = Inspection.objects.open().filter(pk__in=of_chart, lot=inspection.lot, measurements__isnull=True)
    if (unbegun := waiting.order_by("pk").first()) is not None:
        return unbegun
    plan = InspectionPlan.objects.effective().filter(code=inspection.plan.code).first()
    if plan is None:
        return None
    return open_inspection(
        plan,
        inspection.lot,
        lot_quantity=inspection.lot_quantity,
        reference=_reference(chart, point),
        line=inspection.line,
        sample_size=point.last_piece - point.first_piece + 1,
        cause=f"Another sample, as large as the subgroup of point {point.sequence} of {chart}, which signalled: {sentence}."[
            :300
        ],
        by=by,
        at=at,
    )


def _reference(chart: ControlChart, point: ChartPoint) -> str:
    """Charts are told apart by their number here: their names may be equal as far as there is room for them."""
    return f"Signal at point {point.sequence} of chart {chart.pk}: {chart}"[:60]
