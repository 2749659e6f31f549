"""Customers' orders: entered as drafts with their requirements, then confirmed, by the services that people use."""

from collections import defaultdict

from mes.plant.loading.session import Loading
from mes.plant.tables import OrderLineRow, OrderRow, RequirementRow
from orders.models import Customer, CustomOrder
from orders.services import LineAsked, RequirementAsked, confirm_order, create_order
from production.models import Priority

PRIORITIES = {"rush": Priority.RUSH, "normal": Priority.NORMAL, "fill_in": Priority.FILL_IN}


def write_orders(loading: Loading) -> None:
    """Orders with their lines and requirements; one that exists is left, whatever the file says of it."""
    customers = {customer.code: customer for customer in Customer.objects.all()}
    known = set(CustomOrder.objects.values_list("number", flat=True))
    lines: dict[str, list[OrderLineRow]] = defaultdict(list)
    for line in loading.plant.of(OrderLineRow):
        lines[line.order].append(line)
    rows = loading.plant.of(OrderRow)
    for number, row in enumerate(rows, start=1):
        if row.order in known:
            loading.count(OrderRow, left=1)
            loading.count(OrderLineRow, left=len(lines[row.order]))
        elif row.customer in customers:
            _enter(loading, row, customers[row.customer], lines[row.order])
        if number % 10 == 0 or number == len(rows):
            loading.say(f"  {number} of {len(rows)} orders")


def _enter(loading: Loading, row: OrderRow, customer: Customer, lines: list[OrderLineRow]) -> None:
    if not lines:
        loading.fault(row, "order", f"{row.order} has no lines.", "Add them to order_lines.csv.")
        return
    asked = [line for each in lines if (line := _asked(loading, row, each)) is not None]
    if len(asked) < len(lines):
        return
    with loading.blaming(row, "order"):
        order = create_order(
            customer,
            lines=asked,
            customer_reference=row.reference,
            number=row.order,
            by=loading.by,
            at=loading.moment(row.placed),
        )
        if row.status == CustomOrder.Status.CONFIRMED:
            confirm_order(order, by=loading.by, at=loading.at)
        loading.count(OrderRow, written=1)
        loading.count(OrderLineRow, written=len(asked))
        loading.count(RequirementRow, written=sum(len(line.requirements) for line in asked))


def _asked(loading: Loading, order: OrderRow, row: OrderLineRow) -> LineAsked | None:
    item = loading.item(row)
    if item is None:
        return None
    return LineAsked(
        item=item,
        quantity=row.quantity,
        due_date=row.due,
        priority=PRIORITIES[row.priority],
        unit_price=row.unit_price,
        requirements=[
            _requirement(requirement)
            for requirement in loading.plant.of(RequirementRow)
            if requirement.order == order.order and requirement.line_number in {None, row.line_number}
        ],
        number=row.line_number,
    )


def _requirement(row: RequirementRow) -> RequirementAsked:
    return RequirementAsked(
        kind=row.kind,
        text=row.text,
        component_number=row.component,
        step_sequence=row.step,
        characteristic_name=row.characteristic,
        attribute=row.attribute,
        expected=row.expected,
        lower_limit=row.lower,
        upper_limit=row.upper,
    )
