"""How each item is replenished, as netting wants it: from targets, policies, lot rules, process plans and inspections."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Avg, DurationField, ExpressionWrapper, F

from forecasting.models import LotRule, NettingRules
from forecasting.netting import Rule, Sizing
from forecasting.policy import USABLE_SHARE
from inventory.models import Item
from production.bills import vessels
from production.models import ProcessPlan, Step
from quality.models import Inspection, InspectionPlan, Stage

DEFAULT_COVER_DAYS: Final = 14
VERDICT_DAYS: Final = 2
"""How long an inspection takes where none has been closed in the last year."""

_YEAR: Final = 365
_SIZINGS: Final = {
    LotRule.Sizing.PERIOD: Sizing.PERIOD,
    LotRule.Sizing.LOT_FOR_LOT: Sizing.PERIOD,
    LotRule.Sizing.FIXED: Sizing.FIXED,
    LotRule.Sizing.LEAST_COST: Sizing.LEAST_COST,
    LotRule.Sizing.JOINT: Sizing.JOINT,
}


@dataclass(frozen=True, eq=False)
class Planned:
    """An item that is kept in stock: its forecast by day from the day of planning on, and what its target asks for.

    :ivar deviation: standard deviation of demand over `deviation_days`.
    """

    item: Item
    means: Sequence[float]
    safety_stock: float
    order_up_to: float
    cover_days: int
    deviation: float = 0.0
    deviation_days: int = 1


@dataclass(frozen=True)
class Setup:
    """What is set up together with an item, and what setting up costs."""

    family: str = ""
    family_cost: float = 0.0
    order_cost: float = 0.0


def rules_of(
    items: Mapping[str, Item],
    stocked: Iterable[Planned],
    inspection_days: Mapping[int, int],
    terms: NettingRules,
) -> list[Rule]:
    """A rule for every item; `items` are those by their key as text."""
    largest = vessels(item.pk for item in items.values() if item.supply == Item.Supply.MAKE)
    targets = {str(one.item.pk): one for one in stocked}
    sized = {
        row.item_id: row for row in LotRule.objects.filter(item__in=[item.pk for item in items.values()])
    }
    setups = setups_of([items[str(row.item_id)] for row in sized.values()])
    rules = []
    for key, item in items.items():
        known = targets.get(key)
        to_order = known is None and item.supply == Item.Supply.MAKE
        rules.append(
            Rule(
                item=key,
                lead_days=item.lead_time_days,
                inspection_days=inspection_days.get(item.pk, 0),
                safety_stock=known.safety_stock if known else 0.0,
                minimum=0.0 if to_order else float(item.order_minimum),
                multiple=0.0 if to_order else float(item.order_multiple),
                batch_maximum=0.0 if to_order else float(largest.get(item.pk, 0)),
                most=_most(known),
                holding_cost=float(item.unit_cost) * terms.holding_share_a_year / _YEAR,
                margin=max(float(item.unit_price - item.unit_cost), 0.0),
                deviation=known.deviation if known else 0.0,
                deviation_days=known.deviation_days if known else 1,
                **_sizing(sized.get(item.pk), setups.get(item.pk, Setup()), _cover(known, to_order)),
            )
        )
    return rules


def joint_families(items: Collection[int]) -> dict[str, list[int]]:
    """Keys of these items that are set up with others, by their family."""
    rows = (
        LotRule.objects.filter(sizing=LotRule.Sizing.JOINT).select_related("item__supplier").order_by("item")
    )
    joint = [row for row in rows if row.item_id in items]
    setups = setups_of([row.item for row in joint])
    found: dict[str, list[int]] = defaultdict(list)
    for row in joint:
        if family := row.family or setups.get(row.item_id, Setup()).family:
            found[family].append(row.item_id)
    return found


def inspection_days(items: Collection[int], at: datetime) -> dict[int, int]:
    """Days from arrival, or from the end of the last operation, to the verdict, by item.

    For items whose deliveries or batches are inspected: the mean of the inspections that were closed in the last year, in whole days
    rounded up; two days where there was none.
    """
    gates = [Stage.RECEIVING, Stage.FINAL]
    planned = InspectionPlan.objects.effective().filter(item__in=items, stage__in=gates)
    found = dict.fromkeys(planned.values_list("item", flat=True), VERDICT_DAYS)
    took = ExpressionWrapper(F("closed_at") - F("opened_at"), output_field=DurationField())
    closed = Inspection.objects.filter(
        plan__item__in=list(found), plan__stage__in=gates, closed_at__gte=at - timedelta(days=_YEAR)
    ).exclude(status__in=[Inspection.Status.CANCELLED, Inspection.Status.SKIPPED])
    for item, mean in closed.order_by().values_list("plan__item").annotate(mean=Avg(took)):
        found[item] = -(-int(mean.total_seconds()) // 86_400)
    return found


def _sizing(own: LotRule | None, setup: Setup, cover_days: int) -> dict[str, Any]:
    if own is None:
        return {"cover_days": cover_days}
    return {
        "cover_days": 1 if own.sizing == LotRule.Sizing.LOT_FOR_LOT else cover_days,
        "sizing": _SIZINGS[LotRule.Sizing(own.sizing)],
        "fixed_lot": float(own.fixed_lot),
        "order_cost": stated(own.order_cost, setup.order_cost),
        "family": own.family or setup.family,
        "family_cost": stated(own.family_cost, setup.family_cost),
    }


def stated(cost: Decimal | None, otherwise: float) -> float:
    """A cost that somebody stated, else the other."""
    return otherwise if cost is None else float(cost)


def setups_of(items: Sequence[Item]) -> dict[int, Setup]:
    """By key: from the longest set-up of each made item; what comes of one supplier is ordered together."""
    found = {item.pk: Setup(family=str(item.supplier)) for item in items if item.supplier_id}
    made = [item.pk for item in items if item.supply == Item.Supply.MAKE]
    steps = Step.objects.filter(plan__in=ProcessPlan.objects.effective().filter(item__in=made))
    for step in steps.select_related("work_center", "plan").order_by("setup_seconds", "-pk"):
        cost = float(step.work_center.hourly_cost) * step.setup_seconds / 3600
        if step.setup_family:
            found[step.plan.item_id] = Setup(f"{step.work_center.code} {step.setup_family}"[:60], cost)
        else:
            found[step.plan.item_id] = Setup(order_cost=cost)
    return found


def _cover(known: Planned | None, to_order: bool) -> int:
    if known is not None:
        return known.cover_days
    return 1 if to_order else DEFAULT_COVER_DAYS


def _most(known: Planned | None) -> float:
    """What sells within the usable part of the shelf life; 0 where nothing gets too old."""
    if known is None or not known.item.shelf_life_days:
        return 0.0
    rate = sum(known.means) / max(len(known.means), 1)
    return max(rate * known.item.shelf_life_days * USABLE_SHARE, known.order_up_to)
