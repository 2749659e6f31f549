"""A small plant with a bad heat: received from a mill, machined in two batches, one of them shipped to two customers."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from inventory import services as inventory
from inventory.models import Item, Lot, Supplier
from orders import services
from orders.models import Customer, CustomOrder
from production import services as production
from production.models import Operation, ProductionOrder
from quality.models import Recall
from tests.orders.desk import deliver_news, lots_of, make_customer, make_order
from tests.plant import MONDAY, make_item, make_lot, make_site, make_supplier, make_user
from tests.shop import make_plan, make_work_center, plan_order

LATER = MONDAY + timedelta(days=3)


def acting(**fields: Any) -> dict[str, Any]:
    return {"by": make_user(), "at": LATER} | fields


@dataclass
class Case:
    """What was made of the heat, and what nobody need worry about.

    :ivar bad: the heat.
    :ivar good: another heat of the same item.
    :ivar parts: made of the bad heat: 20, of which 5 and 3 went to two customers.
    :ivar others: made of the good heat.
    """

    mill: Supplier
    bar: Item
    item: Item
    bad: Lot
    good: Lot
    parts: Lot
    others: Lot
    alpha: Customer
    beta: Customer
    orders: list[CustomOrder]


def make_case() -> Case:
    site = make_site()
    mill = make_supplier(name="Titanium Mills")
    bar = make_item(site=site, supply="buy", kind="raw", uom="MTR")
    item = make_item(site=site)
    center = make_work_center(site=site)
    make_plan(item, [center], {bar: 1}, revision="A")
    bad = _receive(bar, mill, "H-66", 20)
    parts = make_batch(item, 20)
    assert inventory.on_hand(bad) == 0
    good = _receive(bar, mill, "H-77", 40)
    others = make_batch(item, 10)
    alpha, beta = make_customer("Alpha Air"), make_customer("Beta Bikes")
    orders = [ship_to(alpha, item, 5), ship_to(beta, item, 3)]
    return Case(mill, bar, item, bad, good, parts, others, alpha, beta, orders)


def _receive(item: Item, mill: Supplier, heat: str, quantity: int) -> Lot:
    return inventory.receive(
        item,
        Decimal(quantity),
        supplier=mill,
        supplier_lot=heat,
        number=f"{heat}/{item.number}",
        status=Lot.Status.RELEASED,
        by=make_user(),
        at=MONDAY,
    )


def start_batch(item: Item, quantity: int) -> tuple[ProductionOrder, Operation]:
    """An order whose only operation runs."""
    order = plan_order(item, quantity)
    operation = Operation.objects.select_related("step__work_center").get(batch__order=order)
    machine = operation.step.work_center.machines.get()
    production.start_operation(operation, machine=machine, by=make_user(), at=MONDAY)
    return order, operation


def finish(operation: Operation, quantity: int, scrap: int = 0) -> None:
    production.finish_operation(
        operation,
        good=Decimal(quantity),
        scrap=Decimal(scrap),
        by=make_user(),
        at=MONDAY + timedelta(hours=1),
    )


def make_batch(item: Item, quantity: int) -> Lot:
    """Make it of whatever bar there is, first in, first out; it is released and in stock then."""
    order, operation = start_batch(item, quantity)
    finish(operation, quantity)
    deliver_news()
    (lot,) = lots_of(order)
    lot.refresh_from_db()
    return lot


def ship_to(customer: Customer, item: Item, quantity: int) -> CustomOrder:
    order = make_order((item, quantity), customer=customer, confirmed=True)
    services.ship(order, by=make_user(), at=MONDAY + timedelta(days=1))
    return order


def recall_heat(case: Case, **fields: Any) -> Recall:
    return services.start_recall(
        basis="supplier_lot",
        reason="Wrong alloy in the heat",
        supplier=case.mill,
        supplier_lot="H-66",
        **acting(**fields),
    )


def spare_lot(item: Item, quantity: int = 5) -> Lot:
    return make_lot(item, quantity)
