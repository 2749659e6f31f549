"""The edges of the plant: deliveries that arrive, customers who order, shipments that leave."""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Sum

from forecasting.models import DemandHistory
from inventory.models import ExpectedReceipt, Item, Site
from mes.core.models import User
from mes.plant.simulation.world import World
from orders.evidence import matrix
from orders.models import Customer, CustomOrder, OrderLine
from orders.services import (
    LineAsked,
    RequirementAsked,
    amend_line,
    confirm_order,
    create_order,
    prove_requirement,
    ship,
)
from production.models import Priority, Specification
from quality.services import receive

LATE = 0.12  # share of deliveries due that do not come on a day
ENGINEERED_A_DAY, RUSH_A_DAY = 0.8, 0.4  # orders for what is made to order; two rush orders a week
STOCK_LINES_A_DAY = 12
CHANGES_A_DAY = 0.15
DAYS_LOOKED_BACK = 28


def take_deliveries(world: World, site: Site, now: datetime) -> None:
    """Open purchases that are due arrive, but for those whose supplier is late; heat and certificate come with them."""
    today = now.astimezone(site.zone).date()
    due = ExpectedReceipt.objects.open().filter(item__site=site, due_date__lte=today)
    for receipt in due.select_related("item__site", "supplier").order_by("due_date", "pk"):
        if world.chance(LATE):
            world.tally["deliveries late"] += 1
            continue
        act = partial(
            receive,
            receipt.item,
            receipt.quantity - receipt.received_quantity,
            supplier_lot=f"{receipt.number}-{world.rng.randrange(1000, 9999)}",
            attributes=_papers(world, receipt.item),
            expected_receipt=receipt,
            at=now,
        )
        world.attempt("deliveries taken in", act, by=world.people["storekeeper"])


def _papers(world: World, item: Item) -> dict[str, str]:
    """What a lot carries; of raw material the same attributes as the lot before, with a heat of its own."""
    before = (
        item.lots.exclude(attributes={})
        .order_by("-made_at", "-pk")
        .values_list("attributes", flat=True)
        .first()
    )
    papers = dict(before or {})
    if "heat" in papers:
        papers["heat"] = f"H{world.rng.randrange(10_000, 99_999)}"
    if "certificate" in papers:
        papers["certificate"] = f"EN 10204 3.1 no. {world.rng.randrange(10_000, 99_999)}"
    return papers


def take_orders(world: World, site: Site, now: datetime) -> None:
    """Customers order: what is made to order now and then and sometimes in a rush, what is made to stock every day."""
    customers = list(_customers_of(site))
    if not customers:
        return
    engineered = list(
        site.items.made_to_order().filter(kind=Item.Kind.FINISHED, supply="make").order_by("pk")
    )
    if engineered and world.chance(ENGINEERED_A_DAY):
        _order(
            world,
            customers,
            [_engineered(world, engineered, now) for _ in range(world.rng.choice([1, 1, 2]))],
            now,
        )
    if engineered and world.chance(RUSH_A_DAY):
        _order(world, customers, [_engineered(world, engineered, now, rush=True)], now)
    stocked = _usual_demand(site, now)
    share = STOCK_LINES_A_DAY / len(stocked) if stocked else 0
    lines = [
        line
        for item, a_day in stocked
        if world.chance(min(1.0, share))
        if (line := _from_stock(world, item, a_day / min(1.0, share), now)) is not None
    ]
    for start in range(0, len(lines), 4):
        _order(world, customers, lines[start : start + 4], now)


def _customers_of(site: Site) -> Any:
    """Those who have ordered from the site, in the order of their codes."""
    known = OrderLine.objects.filter(item__site=site).values("order__customer")
    return Customer.objects.filter(pk__in=known).order_by("code")


def _usual_demand(site: Site, now: datetime) -> list[tuple[Item, float]]:
    """Items made to stock with what is asked of them on a day, by the last weeks of their history."""
    since = now.date() - timedelta(days=DAYS_LOOKED_BACK)
    rows = (
        DemandHistory.objects.standing()
        .asked()
        .filter(item__site=site, item__strategy="mts", date__gte=since, date__lt=now.date())
    )
    asked = {
        row["item"]: row["total"] for row in rows.values("item").annotate(total=Sum("quantity")).order_by()
    }
    workdays = DAYS_LOOKED_BACK * 5 / 7
    return [
        (item, float(asked[item.pk]) / workdays) for item in Item.objects.filter(pk__in=asked).order_by("pk")
    ]


def _engineered(world: World, items: list[Item], now: datetime, *, rush: bool = False) -> LineAsked:
    item = world.rng.choice(items)
    days = max(5, round(item.lead_time_days * (0.5 if rush else world.rng.uniform(1.0, 2.0))))
    requirements = [
        RequirementAsked(Specification.Kind.DOCUMENT, "Certificate of conformity with heat numbers")
    ]
    return LineAsked(
        item=item,
        quantity=Decimal(world.rng.randint(1, 4 if rush else 12)),
        due_date=(now + timedelta(days=days)).date(),
        priority=Priority.RUSH if rush else Priority.NORMAL,
        requirements=requirements if world.chance(0.5) else (),
    )


def _from_stock(world: World, item: Item, about: float, now: datetime) -> LineAsked | None:
    quantity = Decimal(round(about * world.rng.lognormvariate(-0.08, 0.4)))
    if quantity < 1:
        return None
    return LineAsked(
        item=item, quantity=quantity, due_date=(now + timedelta(days=world.rng.randint(1, 3))).date()
    )


def _order(world: World, customers: list[Customer], lines: list[LineAsked], now: datetime) -> None:
    customer = world.rng.choice(customers)
    reference = f"{customer.code[:4]}-{world.rng.randrange(100_000, 999_999)}"

    def act(*, by: User) -> None:
        order = create_order(customer, lines=lines, customer_reference=reference, by=by, at=now)
        confirm_order(order, by=by, at=now)

    if world.attempt("orders confirmed", act, by=world.people["sales"]):
        world.tally["order lines"] += len(lines)


def change_an_order(world: World, site: Site, now: datetime) -> None:
    """Now and then a customer wants one more of what is made to order, and it is refused where it comes too late."""
    lines = OrderLine.objects.open().filter(item__site=site, item__strategy=Item.Strategy.TO_ORDER)
    line = world.rng.choice(list(lines.order_by("pk")) or [None])
    if line is not None and world.chance(CHANGES_A_DAY):
        why = f"Engineering change {world.rng.randrange(100, 999)}"
        act = partial(amend_line, line, quantity=line.quantity + 1, reason=why, at=now)
        world.attempt("orders changed", act, by=world.people["sales"])


def send_shipments(world: World, site: Site, now: datetime) -> None:
    """Ship orders of which something is ready: whole orders, or parts once they are due."""
    open_lines = OrderLine.objects.open().filter(item__site=site).with_progress(now).select_related("order")
    by_order: dict[CustomOrder, list[Any]] = {}
    for line in open_lines.order_by("order", "pk"):
        by_order.setdefault(line.order, []).append(line)
    for order, lines in by_order.items():
        left = [line for line in lines if line.shipped_quantity < line.quantity]
        ready = [line for line in left if line.ready_quantity > 0]
        whole = all(line.shipped_quantity + line.ready_quantity >= line.quantity for line in left)
        due = any(line.due_date <= line.local_today for line in ready)
        if ready and (whole or due):
            _ship(world, order, now)


def _ship(world: World, order: CustomOrder, now: datetime) -> None:
    """Name the evidence that only a person can name, then ship."""
    by = world.people["storekeeper"]
    for proof in matrix(order):
        if proof.is_open and not proof.is_automatic:
            evidence = f"{proof.requirement.get_kind_display()} checked at packing, record PK-{order.number}"
            act = partial(prove_requirement, proof.requirement, evidence, at=now)
            world.attempt("requirements proven", act, by=by)
    reference = f"NF{world.rng.randrange(10**7, 10**8)}"

    def leave(*, by: User) -> None:
        shipment = ship(order, carrier="Northern Freight", carrier_reference=reference, by=by, at=now)
        world.tally["lots shipped"] += shipment.lines.count()

    world.attempt("shipments", leave, by=by)
