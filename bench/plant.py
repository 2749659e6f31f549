"""A plant of any size in a scratch database: `python -m bench.plant --operations 10000`.

Work centers of five machines on two shifts, Monday to Friday; items of three to seven steps with set-up families,
machines of different speed, some steps bound to some of them; assemblies with sub-orders; bars that are bought; orders of three
priorities, most of them pegged to customers' lines. What is asked of the plant up to its last due date is the stated share of
its capacity. The same seed draws the same plant.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from time import monotonic

from django.db import connection, transaction
from django.utils import timezone

from bench import scratch
from inventory import services as inventory
from inventory.models import Item, Lot, Site
from mes.core.models import User
from orders.models import Customer, CustomOrder, OrderLine, Peg
from production.models import (
    Batch,
    Changeover,
    Component,
    Machine,
    Operation,
    Priority,
    ProcessPlan,
    ProductionOrder,
    Shift,
    Step,
    WorkCenter,
)

MACHINES_PER_CENTER = 5
SHIFTS = (("06:00", "14:00", "10:00"), ("14:00", "22:00", "18:00"))
HOURS_PER_WEEK = 5 * 2 * 7.5
BREAK = timedelta(minutes=30)
FAMILIES = 6
BARS = 30
CUSTOMERS = 80
SHARE_OF_PARTS = 0.15  # of the orders: a part that an assembly waits for
PRIORITIES = ((Priority.RUSH, 0.1), (Priority.NORMAL, 0.6), (Priority.FILL_IN, 0.3))
SETUP_HOURS, RUN_HOURS = 0.4, 1.5  # of an operation, on average
OPERATION_HOURS = SETUP_HOURS + RUN_HOURS
UNIT_SECONDS = (60, 600)


@dataclass
class Plant:
    """What was built."""

    site: Site
    by: User
    at: datetime
    ends_at: datetime
    centers: list[WorkCenter] = field(default_factory=list)
    machines: list[Machine] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    orders: list[ProductionOrder] = field(default_factory=list)
    operations: int = 0


@dataclass(frozen=True)
class _Recipe:
    plan: ProcessPlan
    steps: tuple[Step, ...]
    part: "_Recipe | None" = None


@transaction.atomic
def build(
    operations: int = 10_000,
    *,
    machines: int = 100,
    load: float = 0.85,
    seed: int = 1,
    at: datetime | None = None,
) -> Plant:
    """Write a plant with about that many waiting operations, all orders released; nothing is planned yet.

    :param load: what is asked of the machines up to the last due date, as a share of their working hours.
    :param at: the moment from which it is asked; by default now.
    """
    draw = random.Random(seed)
    at = (at or timezone.now()).astimezone(UTC).replace(microsecond=0)
    site = Site.objects.create(code="BENCH", name="Bench works", time_zone="Europe/Berlin")
    inventory.ensure_locations(site)
    by = User.objects.create_superuser("bench", password="bench")  # noqa: S106 - a scratch database
    weeks = operations * OPERATION_HOURS / (machines * HOURS_PER_WEEK * load)
    plant = Plant(site, by, at, at + timedelta(weeks=weeks))
    _build_works(plant, machines, draw)
    recipes = _build_recipes(plant, max(operations // 40, 8), draw)
    drawn = list(_draw_orders(plant, recipes, operations, draw))
    _write_orders(plant, drawn)
    _write_customers(plant, draw)
    # As after loading a plant: the database has not had the time to count by itself what was written in a minute.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return plant


# --- machines and how things are made -------------------------------------------------------------------------------


def _build_works(plant: Plant, machines: int, draw: random.Random) -> None:
    count = max(machines // MACHINES_PER_CENTER, 1)
    plant.centers = WorkCenter.objects.bulk_create(
        WorkCenter(site=plant.site, code=f"WC{n:02}", name=f"Center {n:02}", hourly_cost=60)
        for n in range(1, count + 1)
    )
    plant.machines = Machine.objects.bulk_create(
        Machine(
            work_center=center,
            code=f"{center.code}-{n}",
            name=f"Machine {center.code[2:]}-{n}",
            speed=draw.choice([Decimal("0.9"), Decimal(1), Decimal(1), Decimal("1.2")]),
        )
        for center in plant.centers
        for n in range(1, MACHINES_PER_CENTER + 1)
    )
    Shift.objects.bulk_create(
        Shift(
            work_center=center,
            weekday=weekday,
            starts=time.fromisoformat(starts),
            ends=time.fromisoformat(ends),
            break_starts=time.fromisoformat(pause),
            break_ends=(datetime.combine(plant.at, time.fromisoformat(pause)) + BREAK).time(),
        )
        for center in plant.centers
        for weekday in range(5)
        for starts, ends, pause in SHIFTS
    )
    Changeover.objects.bulk_create(
        Changeover(
            work_center=center,
            from_family=f"F{one}",
            to_family=f"F{two}",
            seconds=draw.randrange(300, 2400, 300),
        )
        for center in plant.centers
        for one in range(FAMILIES)
        for two in range(FAMILIES)
        if one != two and draw.random() < 0.5
    )


def _build_recipes(plant: Plant, count: int, draw: random.Random) -> list[_Recipe]:
    """Items with plans in force: the first half are parts, of the others each second takes one of those."""
    bars = Item.objects.bulk_create(
        _item(plant, f"BAR-{n:02}", kind=Item.Kind.RAW, supply=Item.Supply.BUY) for n in range(1, BARS + 1)
    )
    for bar in bars:
        inventory.receive(
            bar, Decimal(1_000_000), number="1", status=Lot.Status.RELEASED, by=plant.by, at=plant.at
        )
    plant.items = Item.objects.bulk_create(
        _item(plant, f"ITEM-{n:04}", strategy=draw.choice(list(Item.Strategy))) for n in range(1, count + 1)
    )
    plans = ProcessPlan.objects.bulk_create(ProcessPlan(item=item, revision="A") for item in plant.items)
    used = dict.fromkeys(plant.centers, 0)
    steps = [_steps(plan, used, draw) for plan in plans]
    Step.objects.bulk_create(step for own in steps for step in own)
    _name_machines(plant, steps, draw)
    recipes = [_Recipe(plan, tuple(own)) for plan, own in zip(plans, steps, strict=True)]
    half = len(recipes) // 2
    for number in range(half, len(recipes), 2):
        recipes[number] = _Recipe(recipes[number].plan, recipes[number].steps, draw.choice(recipes[:half]))
    Component.objects.bulk_create(
        Component(plan=each.plan, step=each.steps[0], item=draw.choice(bars), quantity_per=Decimal(1))
        for each in recipes
    )
    Component.objects.bulk_create(
        Component(plan=each.plan, step=each.steps[-1], item=each.part.plan.item, quantity_per=Decimal(1))
        for each in recipes
        if each.part is not None
    )
    ProcessPlan.objects.filter(pk__in=[plan.pk for plan in plans]).update(
        status=ProcessPlan.Status.APPROVED, approved_by=plant.by, approved_at=plant.at
    )
    return recipes


def _item(plant: Plant, number: str, **fields: object) -> Item:
    return Item(number=number, description=f"Part {number}", site=plant.site, unit_cost=Decimal(20), **fields)


def _steps(plan: ProcessPlan, used: dict[WorkCenter, int], draw: random.Random) -> list[Step]:
    """A route through as many work centers, of those that are least used so far rather than others."""
    centers = sorted(used, key=lambda center: used[center] + draw.uniform(0, 3))
    route = centers[: draw.randint(3, 7)]
    for center in route:
        used[center] += 1
    draw.shuffle(route)
    return [
        Step(
            plan=plan,
            sequence=10 * number,
            name=f"Step {10 * number}",
            work_center=center,
            setup_seconds=draw.randrange(600, 2400, 300),
            setup_family=f"F{draw.randrange(FAMILIES)}" if draw.random() < 0.7 else "",
            run_seconds=Decimal(draw.randint(*UNIT_SECONDS)),
            may_pause=draw.random() < 0.8,
        )
        for number, center in enumerate(route, start=1)
    ]


def _name_machines(plant: Plant, steps: Sequence[Sequence[Step]], draw: random.Random) -> None:
    """A third of the steps run on some machines of their center only."""
    of_center: dict[int, list[Machine]] = {}
    for machine in plant.machines:
        of_center.setdefault(machine.work_center_id, []).append(machine)
    named = Step.machines.through
    named.objects.bulk_create(
        named(step=step, machine=machine)
        for own in steps
        for step in own
        if draw.random() < 0.33
        for machine in draw.sample(of_center[step.work_center_id], draw.randint(2, 3))
    )


# --- what is asked ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    recipe: _Recipe
    quantity: Decimal
    due_at: datetime
    priority: Priority
    parent: int | None = None  # place in the list of orders


def _draw_orders(
    plant: Plant, recipes: Sequence[_Recipe], operations: int, draw: random.Random
) -> Iterator[_Asked]:
    written = number = 0
    half = len(recipes) // 2
    hours = (plant.ends_at - plant.at) / timedelta(hours=1)
    while written < operations:
        recipe = draw.choice(recipes[half:] if draw.random() > SHARE_OF_PARTS else recipes[:half])
        due_at = plant.at + timedelta(hours=max(draw.random(), 0.12) * hours + draw.uniform(0, 48))
        [priority] = draw.choices([each for each, _ in PRIORITIES], [share for _, share in PRIORITIES])
        quantity = Decimal(round(3600 * RUN_HOURS * draw.uniform(0.4, 1.6) / (sum(UNIT_SECONDS) / 2)))
        yield _Asked(recipe, quantity, due_at, priority)
        written += len(recipe.steps)
        if recipe.part is not None and written < operations:
            yield _Asked(recipe.part, quantity, due_at - timedelta(days=4), priority, parent=number)
            written += len(recipe.part.steps)
            number += 1
        number += 1


def _write_orders(plant: Plant, asked: Sequence[_Asked]) -> None:
    released = ProductionOrder.Status.RELEASED
    orders = [
        ProductionOrder(
            number=f"P-{number:06}",
            site=plant.site,
            item=each.recipe.plan.item,
            quantity=each.quantity,
            due_at=each.due_at,
            priority=each.priority,
            status=released,
        )
        for number, each in enumerate(asked, start=1)
    ]
    tops = [order for order, each in zip(orders, asked, strict=True) if each.parent is None]
    ProductionOrder.objects.bulk_create(tops, batch_size=2000)
    below = [order for order, each in zip(orders, asked, strict=True) if each.parent is not None]
    for order, each in zip(orders, asked, strict=True):
        if each.parent is not None:
            order.parent = orders[each.parent]
    ProductionOrder.objects.bulk_create(below, batch_size=2000)
    lots = Lot.objects.bulk_create(
        (
            Lot(item=order.item, number=f"{order.number}-01", status=Lot.Status.IN_PROCESS, made_at=plant.at)
            for order in orders
        ),
        batch_size=2000,
    )
    batches = Batch.objects.bulk_create(
        (
            Batch(
                order=order,
                number=f"{order.number}-01",
                plan=each.recipe.plan,
                quantity=order.quantity,
                status=Batch.Status.RELEASED,
                lot=lot,
            )
            for order, each, lot in zip(orders, asked, lots, strict=True)
        ),
        batch_size=2000,
    )
    written = Operation.objects.bulk_create(
        (
            Operation(batch=batch, step=step, sequence=step.sequence)
            for batch, each in zip(batches, asked, strict=True)
            for step in each.recipe.steps
        ),
        batch_size=5000,
    )
    plant.orders, plant.operations = orders, len(written)


def _write_customers(plant: Plant, draw: random.Random) -> None:
    """A line and its peg for two of three orders that nobody else waits for."""
    customers = Customer.objects.bulk_create(
        Customer(code=f"C{n:03}", name=f"Customer {n:03}") for n in range(1, CUSTOMERS + 1)
    )
    made = [order for order in plant.orders if order.parent_id is None and draw.random() < 0.67]
    asked = CustomOrder.objects.bulk_create(
        (
            CustomOrder(
                number=f"SO-{number:06}",
                customer=draw.choice(customers),
                status=CustomOrder.Status.CONFIRMED,
                ordered_at=plant.at,
                confirmed_at=plant.at,
            )
            for number, _ in enumerate(made, start=1)
        ),
        batch_size=2000,
    )
    lines = OrderLine.objects.bulk_create(
        (
            OrderLine(
                order=order,
                number=1,
                item=production.item,
                quantity=production.quantity,
                due_date=production.due_at.date(),
                priority=production.priority,
            )
            for order, production in zip(asked, made, strict=True)
        ),
        batch_size=2000,
    )
    Peg.objects.bulk_create(
        (
            Peg(line=line, quantity=line.quantity, production_order=production)
            for line, production in zip(lines, made, strict=True)
        ),
        batch_size=2000,
    )


def main(arguments: list[str] | None = None) -> int:
    """Build one in the scratch database, whatever was there before, and say so in a JSON line."""
    parser = argparse.ArgumentParser(
        prog="bench.plant", description="Build a plant in the benches' database."
    )
    parser.add_argument("--operations", type=int, default=10_000, help="waiting operations (default 10,000)")
    parser.add_argument("--machines", type=int, default=100, help="machines (default 100)")
    parser.add_argument("--load", type=float, default=0.85, help="of the capacity (default 0.85)")
    parser.add_argument("--seed", type=int, default=1, help="of the drawing (default 1)")
    options = parser.parse_args(arguments)
    began = monotonic()
    scratch.make_empty()
    plant = build(options.operations, machines=options.machines, load=options.load, seed=options.seed)
    line = {
        "operations": plant.operations,
        "orders": len(plant.orders),
        "machines": len(plant.machines),
        "due_until": plant.ends_at.isoformat(),
        "seconds": round(monotonic() - began, 1),
    }
    print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
