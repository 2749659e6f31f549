"""From process plans in force to the plain bills that `production.explosion` works on."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Func, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.models import Balance, Item, Lot, Reservation
from inventory.quantities import COUNTED_UNITS
from mes.core.refusals import DomainError
from production.explosion import Bill, Line, round_up
from production.models import Component, ProcessPlan, Step

PIECE = Decimal(1)
FINEST = Decimal("0.0001")


class NoProcessPlan(DomainError):
    code = "production.no_process_plan"
    title = "Nobody has said how it is made"


@dataclass(frozen=True)
class Recipes:
    """Every process plan that a demand reaches, by the item it makes."""

    plans: Mapping[int, ProcessPlan]
    bills: Mapping[int, Bill]


def quantum(item: Item) -> Decimal:
    """The smallest quantity of an item that can be told apart: whole pieces of what is counted."""
    return PIECE if item.uom in COUNTED_UNITS else FINEST


def rounded_up(item: Item, quantity: float) -> Decimal:
    """A worked-out quantity of an item as one that it can have: no less, but for what is lost in arithmetic."""
    return round_up(Decimal(str(round(quantity, 4))), quantum(item))


def recipes_for(item: Item) -> Recipes:
    """The plans in force for a made item and, level by level, for its made components.

    :raises NoProcessPlan: when one of them has none.
    """
    plans: dict[int, ProcessPlan] = {}
    wanted = {item.pk: item}
    while wanted:
        found = {plan.item_id: plan for plan in _plans_in_force(wanted)}
        lacking = [str(wanted[key]) for key in sorted(wanted.keys() - found.keys())]
        if lacking:
            raise NoProcessPlan(
                f"{', '.join(lacking)}: made here, but without an approved process plan.",
                remedy="Approve a process plan, or mark the item as bought.",
            )
        plans |= found
        parts = [component.item for plan in found.values() for component in plan.components.all()]
        wanted = {part.pk: part for part in parts if part.supply == Item.Supply.MAKE and part.pk not in plans}
    return Recipes(plans, {key: _bill(plan) for key, plan in plans.items()})


def batch_maximum(plan: ProcessPlan) -> Decimal | None:
    """The largest batch that the plan allows and every step's largest machine holds; None where nothing limits it."""
    limits = [_largest_vessel(step) for step in plan.steps.all()]
    limits.append(plan.batch_maximum)
    return min((limit for limit in limits if limit is not None), default=None)


def vessels(items: Iterable[int]) -> dict[int, Decimal]:
    """The largest batch of each made item that its plan in force allows and its machines hold; those that nothing limits are left out."""
    found = {plan.item_id: batch_maximum(plan) for plan in _plans_in_force(items)}
    return {item: limit for item, limit in found.items() if limit is not None}


def free_stock(
    items: Iterable[int],
    on: date | Func,
    *,
    carrying: Mapping[int, Mapping[str, str]] | None = None,
    at: datetime | None = None,
    but: Collection[int] = (),
) -> dict[int, Decimal]:
    """Usable stock that nobody has reserved, by item.

    :param on: the day, or an expression of the lots, as `Lot.objects.usable` takes it.
    :param carrying: attributes that lots of an item must carry to count; an empty value asks only that there is one.
    :param at: where it is given, reservations that have run out by then do not count.
    :param but: keys of lots that do not count.
    """
    free: dict[int, Decimal] = {}
    rows = free_lots(items, on, at).exclude(pk__in=but).values_list("item", "attributes", "free")
    for item, attributes, quantity in rows:
        if carries(attributes, (carrying or {}).get(item, {})):
            free[item] = free.get(item, Decimal(0)) + quantity
    return free


def free_by_expiry(items: Iterable[int], on: date) -> dict[tuple[int, date | None], Decimal]:
    """Usable stock that nobody has reserved, by item and the last day on which it may be used (None: for ever)."""
    free: dict[tuple[int, date | None], Decimal] = {}
    for item, expires_on, quantity in free_lots(items, on).values_list("item", "expires_on", "free"):
        free[item, expires_on] = free.get((item, expires_on), Decimal(0)) + quantity
    return free


def free_lots(items: Iterable[int], on: date | Func, at: datetime | None = None) -> QuerySet[Any]:
    """Usable lots with stock, with what of it is `free`."""
    claims = Reservation.objects.open() if at is None else Reservation.objects.binding(at)
    quantities = DecimalField(max_digits=18, decimal_places=4)
    on_hand = Balance.objects.on_hand().filter(lot=OuterRef("pk")).order_by().values("lot")
    kept = claims.filter(lot=OuterRef("pk")).order_by().values("lot")
    return (
        Lot.objects.usable(on)
        .filter(item__in=items)
        .annotate(
            on_hand=Subquery(
                on_hand.annotate(total=Sum("quantity")).values("total"), output_field=quantities
            ),
            kept=Subquery(kept.annotate(total=Sum("quantity")).values("total"), output_field=quantities),
        )
        .filter(on_hand__gt=0)
        .annotate(free=F("on_hand") - Coalesce("kept", Decimal(0), output_field=quantities))
    )


def carries(attributes: Mapping[str, object], wanted: Mapping[str, str]) -> bool:
    """Whether a lot's attributes hold what is asked for; an empty value asks only that there is one."""
    return all(
        attributes.get(name) == value if value else name in attributes for name, value in wanted.items()
    )


def _plans_in_force(items: Iterable[int]) -> Iterable[ProcessPlan]:
    steps = Step.objects.select_related("work_center__site").prefetch_related(
        "machines", "work_center__machines", "tool_needs__tool"
    )
    return (
        ProcessPlan.objects.effective()
        .filter(item__in=list(items))
        .select_related("item")
        .prefetch_related(
            Prefetch("steps", steps.order_by("sequence")),
            Prefetch("components", Component.objects.select_related("item").order_by("pk")),
        )
    )


def _bill(plan: ProcessPlan) -> Bill:
    item = plan.item
    is_stocked = item.strategy == Item.Strategy.TO_STOCK
    return Bill(
        lines=tuple(
            Line(component.pk, component.item_id, component.quantity_per, quantum(component.item))
            for component in plan.components.all()
        ),
        batch_maximum=batch_maximum(plan),
        quantum=quantum(item),
        # What is made to order is made in the quantity ordered; lots are sized for stock.
        order_minimum=item.order_minimum if is_stocked else Decimal(0),
        order_multiple=item.order_multiple if is_stocked else Decimal(0),
        lead=timedelta(days=item.lead_time_days),
    )


def _largest_vessel(step: Step) -> Decimal | None:
    if step.work_center.is_unlimited:
        return None
    machines = list(step.machines.all()) or list(step.work_center.machines.all())
    limits = [machine.batch_limit for machine in machines if machine.is_active]
    known = [limit for limit in limits if limit is not None]
    return max(known) if known and len(known) == len(limits) else None
