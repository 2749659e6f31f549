"""Builders of the shop floor, on top of `tests.plant`: work centers, machines, process plans, planned orders."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import Item, Site
from mes.core.models import User
from production import services
from production.models import (
    Component,
    Machine,
    Operation,
    Operator,
    ProcessPlan,
    ProductionOrder,
    Qualification,
    Shift,
    Step,
    Tool,
    ToolNeed,
    WorkCenter,
)
from tests.plant import MONDAY, make_item, make_site, make_user, next_name


def make_work_center(
    code: str = "", *, site: Site | None = None, machines: int = 1, **fields: Any
) -> WorkCenter:
    """A work center with so many machines, working around the clock until shifts are stated."""
    code = code or next_name("WC")
    center = WorkCenter.objects.create(
        site=site or make_site(), code=code, name=fields.pop("name", code), **fields
    )
    for _ in range(0 if center.is_unlimited else machines):
        make_machine(center)
    return center


def make_machine(center: WorkCenter, code: str = "", **fields: Any) -> Machine:
    code = code or next_name(f"{center.code}-M")
    return Machine.objects.create(work_center=center, code=code, name=fields.pop("name", code), **fields)


def make_shift(
    center: WorkCenter,
    starts: str = "08:00",
    ends: str = "16:00",
    *,
    weekdays: Sequence[int] = range(5),
    pause: tuple[str, str] | None = None,
) -> list[Shift]:
    """The same shift on several weekdays, 0 = Monday."""
    return Shift.objects.bulk_create(
        Shift(
            work_center=center,
            weekday=weekday,
            starts=time.fromisoformat(starts),
            ends=time.fromisoformat(ends),
            break_starts=time.fromisoformat(pause[0]) if pause else None,
            break_ends=time.fromisoformat(pause[1]) if pause else None,
        )
        for weekday in weekdays
    )


def make_tool(site: Site, quantity: int = 1, code: str = "", **fields: Any) -> Tool:
    """So many of one tool."""
    code = code or next_name("TOOL")
    return Tool.objects.create(
        site=site, code=code, name=fields.pop("name", code), quantity=quantity, **fields
    )


def make_operator(site: Site, *codes: str, expires_on: date | None = None) -> Operator:
    """An operator who holds these qualifications until that day."""
    operator = Operator.objects.create(user=make_user(), site=site, badge=next_name("BADGE"))
    Qualification.objects.bulk_create(
        Qualification(operator=operator, code=code, expires_on=expires_on) for code in codes
    )
    return operator


def make_plan(
    item: Item,
    steps: Sequence[WorkCenter | Mapping[str, Any]] = (),
    components: Mapping[Item, Decimal | int | str] | None = None,
    *,
    approved: bool = True,
    by: User | None = None,
    **fields: Any,
) -> ProcessPlan:
    """A process plan of steps 10, 20, …, each a work center or the fields of a step; the first step takes the components.

    A step takes 60 s a unit unless it says otherwise; its `tools` are how many it needs of each.
    """
    plan = ProcessPlan.objects.create(item=item, revision=fields.pop("revision", next_name("R")), **fields)
    made = []
    for number, step in enumerate(steps or [make_work_center(site=item.site)], start=1):
        values: dict[str, Any] = dict(step) if isinstance(step, Mapping) else {"work_center": step}
        machines, tools = values.pop("machines", ()), values.pop("tools", {})
        name = values.pop("name", f"Step {number * 10}")
        values = {"run_seconds": Decimal(60)} | values
        made.append(Step.objects.create(plan=plan, sequence=number * 10, name=name, **values))
        made[-1].machines.set(machines)
        for tool, quantity in tools.items():
            ToolNeed.objects.create(plan=plan, step=made[-1], tool=tool, quantity=quantity)
    for part, quantity in (components or {}).items():
        Component.objects.create(plan=plan, step=made[0], item=part, quantity_per=Decimal(quantity))
    if approved:
        services.approve_process_plan(plan, by=by or make_user(), at=MONDAY)
    return plan


def make_made_item(
    steps: Sequence[WorkCenter | Mapping[str, Any]] = (),
    components: Mapping[Item, Decimal | int | str] | None = None,
    *,
    site: Site | None = None,
    plan: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Item:
    """An item with an approved process plan."""
    item = make_item(site=site or make_site(), **fields)
    make_plan(item, steps, components, **(plan or {}))
    return item


def plan_order(
    item: Item,
    quantity: Decimal | int = 10,
    *,
    due_at: datetime = MONDAY + timedelta(days=10),
    released: bool = True,
    at: datetime = MONDAY,
    by: User | None = None,
    **fields: Any,
) -> ProductionOrder:
    """A production order, released unless said otherwise."""
    by = by or make_user()
    order = services.plan_production(item, Decimal(quantity), due_at, by=by, at=at, **fields)
    if released:
        services.release_order(order, by=by, at=at)
    return order


def operations_of(order: ProductionOrder) -> list[Operation]:
    """Every operation of an order, batch by batch, in sequence."""
    operations = Operation.objects.filter(batch__order=order).select_related(
        "batch__lot", "step__work_center"
    )
    return list(operations.order_by("batch", "sequence"))
