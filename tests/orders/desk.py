"""Builders of the order desk, on top of `tests.plant` and `tests.shop`: customers, orders, a part with its inspections."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Item, Lot, Site
from mes.core.models import User
from mes.core.outbox import dispatch_facts
from orders import services
from orders.models import Customer, CustomOrder, OrderLine
from production import services as production
from production.models import Operation, ProductionOrder
from quality import services as quality
from quality.models import GaugeReview, Inspection, Stage
from tests.plant import (
    MONDAY,
    make_gauge,
    make_inspection,
    make_inspection_plan,
    make_item,
    make_site,
    make_user,
    measure_all,
    next_name,
)
from tests.shop import make_plan, make_work_center

FRIDAY = date(2026, 3, 13)
Asked = services.RequirementAsked


def make_customer(name: str = "Aero Structures") -> Customer:
    return Customer.objects.create(code=next_name("C"), name=name)


def make_order(
    *lines: tuple[Any, ...],
    customer: Customer | None = None,
    confirmed: bool = False,
    by: User | None = None,
    at: datetime = MONDAY,
    **fields: Any,
) -> CustomOrder:
    """A draft, or a confirmed order; a line is (item, quantity[, due date, priority, unit price, requirements])."""
    by = by or make_user()
    asked = [(item, Decimal(quantity), *(rest or (FRIDAY,))) for item, quantity, *rest in lines]
    order = services.create_order(customer or make_customer(), lines=asked, by=by, at=at, **fields)
    return services.confirm_order(order, by=by, at=at) if confirmed else order


def line_of(order: CustomOrder, number: int = 1) -> OrderLine:
    line: OrderLine = order.lines.select_related("item__site", "order").get(number=number)
    return line


def progress_of(order: CustomOrder, number: int = 1, *, at: datetime = MONDAY) -> Any:
    lines = OrderLine.objects.with_progress(at).select_related("item")
    return lines.get(order=order, number=number)


@dataclass(frozen=True)
class Part:
    """A made-to-order bracket: sawn from titanium bar, turned with a hardness gate, inspected at the end."""

    item: Item
    bar: Item


def make_part(site: Site | None = None, **fields: Any) -> Part:
    site = site or make_site()
    bar = make_item(next_name("BAR"), site=site, supply="buy", kind="raw")
    item = make_item(next_name("BRACKET"), site=site, **({"strategy": "mto", "lead_time_days": 4} | fields))
    gate = make_inspection_plan(
        item, Stage.IN_PROCESS, characteristics=[{"name": "Hardness", "lower_limit": 36, "upper_limit": 42}]
    )
    make_inspection_plan(
        item, Stage.FINAL, characteristics=[{"name": "Bore", "lower_limit": 9, "upper_limit": 11}]
    )
    center = make_work_center(site=site, machines=2)
    steps: Sequence[Mapping[str, Any]] = (
        {"work_center": center, "name": "Saw"},
        {"work_center": center, "name": "Turn", "inspection_plan": gate},
    )
    make_plan(item, steps, {bar: 1})
    return Part(item, bar)


def production_of(order: CustomOrder, number: int = 1) -> ProductionOrder:
    peg = line_of(order, number).pegs.of_production().standing().select_related("production_order").get()
    assert peg.production_order is not None
    return peg.production_order


def make_it(
    order: CustomOrder, *, hardness: float = 38, by: User | None = None, at: datetime = MONDAY
) -> None:
    """Release and make what production owes an order, pass every inspection, and let the news arrive."""
    by = by or make_user()
    made = production_of(order)
    if made.status == ProductionOrder.Status.PLANNED:
        production.release_order(made, by=by, at=at)
    for operation in Operation.objects.filter(batch__order=made).order_by("batch", "sequence"):
        machine = operation.step.work_center.machines.first()
        production.start_operation(operation, machine=machine, by=by, at=at)
        production.finish_operation(operation, good=operation.batch.quantity, by=by, at=at)
        pass_inspections(made, hardness=hardness)
    settle(made, at=at)


def settle(made: ProductionOrder, *, at: datetime = MONDAY) -> None:
    """Let news arrive, pass the final inspection that it opens, and let that be known too."""
    deliver_news(at)
    pass_inspections(made)
    deliver_news(at)


def pass_inspections(made: ProductionOrder, *, hardness: float = 38) -> None:
    for inspection in Inspection.objects.open().filter(lot__in=lots_of(made)).select_related("plan", "lot"):
        is_final = inspection.plan.stage == Stage.FINAL
        measure_all(inspection, 10 if is_final else hardness)


def put_in_doubt(lot: Lot, *, gauge: str = "MIC-7", at: datetime = MONDAY) -> GaugeReview:
    """A micrometer measured the lot, and was found out of tolerance a day later; the review that this opened."""
    tool = make_gauge(gauge, site=lot.item.site)
    bounds = {"lower_limit": 9, "upper_limit": 11}
    plan = make_inspection_plan(lot.item, Stage.IN_PROCESS, characteristics=[bounds])
    inspection, head = make_inspection(plan, lot, lot_quantity=1), plan.characteristics.get()
    quality.record_measurement(inspection, head, value=Decimal(10), gauge=tool, by=make_user(), at=at)
    later: dict[str, Any] = {"by": make_user(), "at": at + timedelta(days=1)}
    found = quality.calibrate_gauge(tool, found_in_tolerance=False, left_in_tolerance=True, **later)
    review: GaugeReview = found.review
    return review


def lots_of(made: ProductionOrder) -> list[Lot]:
    return [batch.lot for batch in made.batches.select_related("lot") if batch.lot is not None]


def deliver_news(at: datetime = MONDAY) -> None:
    """Let every subscriber hear what happened."""
    for _ in range(3):
        if not dispatch_facts(at=datetime.max.replace(tzinfo=at.tzinfo, year=9000)).delivered:
            return
