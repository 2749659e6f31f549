"""Writing an order down, while it is a draft."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max

from inventory import services as inventory
from inventory.models import Item
from inventory.numbering import numbered
from inventory.quantities import check_quantity
from mes.core.dates import require_within_reach
from mes.core.models import User
from mes.core.refusals import DomainError, InvalidInput
from orders.models import Customer, CustomOrder, OrderLine, Requirement
from orders.models.orders import new_tracking_token
from production.models import Priority, Specification

Kind = Specification.Kind


class RequirementAsked(NamedTuple):
    """What a customer asks of a line beyond the drawing; the fields are those of `Requirement`."""

    kind: str
    text: str
    component_number: str = ""
    step_sequence: int | None = None
    characteristic_name: str = ""
    attribute: str = ""
    expected: str = ""
    lower_limit: Decimal | None = None
    upper_limit: Decimal | None = None
    qualification: str = ""


class LineAsked(NamedTuple):
    """An order line as it is entered; `quantity` in the item's unit, `unit_price` that of the item unless given."""

    item: Item
    quantity: Decimal
    due_date: date
    priority: int = Priority.NORMAL
    unit_price: Decimal | None = None
    requirements: Sequence[RequirementAsked] = ()
    number: int | None = None


class NotDraft(DomainError):
    code = "orders.not_draft"
    title = "The order is no draft any more"


class DuplicateReference(DomainError):
    code = "orders.duplicate_reference"
    title = "This purchase order was entered before"


class ItemNotSold(InvalidInput):
    code = "orders.item_not_active"
    title = "This item is not sold any more"


class UnclearRequirement(InvalidInput):
    code = "orders.unclear_requirement"
    title = "The requirement does not say what it asks"


@transaction.atomic
def create_order(
    customer: Customer,
    *,
    lines: Iterable[LineAsked | tuple[Any, ...]] = (),
    customer_reference: str = "",
    number: str | None = None,
    by: User,
    at: datetime,
) -> CustomOrder:
    """Enter an order as a draft. Lines are `LineAsked`, or tuples in its order.

    :param number: drawn from a sequence when None or empty.
    :raises DuplicateReference: when this customer's purchase order was entered before and not cancelled.
    :raises InvalidQuantity: when a quantity is none of its item.
    :raises DateOutOfReach: for a due date that is a slip of the keyboard.
    :raises ItemNotSold: when an item is no longer active.
    :raises Stale: when the unit of an item is another one since than that in which the quantity was meant.
    :raises UnclearRequirement: when a requirement does not say what it asks.
    """
    _require_new_reference(customer, customer_reference)
    order = CustomOrder.objects.create(
        **({"number": number} if number else _free_number()),
        customer=customer,
        customer_reference=customer_reference.strip(),
        ordered_at=at,
    )
    for place, asked in enumerate(lines):
        with _refused_at(f"lines/{place}"):
            _write_line(order, LineAsked(*asked), by=by, at=at)
    return order


@contextmanager
def _refused_at(place: str) -> Iterator[None]:
    """Whoever sent many is told which of them is refused."""
    try:
        yield
    except InvalidInput as refusal:
        refusal.errors = {f"{place}/{name}": told for name, told in refusal.errors.items()}
        raise


@transaction.atomic
def add_line(
    order: CustomOrder,
    *,
    item: Item,
    quantity: Decimal,
    due_date: date,
    priority: int = Priority.NORMAL,
    unit_price: Decimal | None = None,
    requirements: Sequence[RequirementAsked] = (),
    number: int | None = None,
    by: User,
    at: datetime,
) -> OrderLine:
    """One more item on a draft.

    :raises NotDraft: once the order is confirmed or cancelled.
    :raises InvalidQuantity: when the quantity is none of the item.
    """
    require_draft(order)
    asked = LineAsked(item, quantity, due_date, priority, unit_price, requirements, number)
    return _write_line(order, asked, by=by, at=at)


@transaction.atomic
def remove_line(line: OrderLine, *, by: User, at: datetime) -> CustomOrder:
    """Take a line, with what was required of it, off a draft.

    :raises NotDraft: once the order is confirmed or cancelled.
    """
    require_draft(line.order)
    line.delete()
    return line.order


@transaction.atomic
def state_requirement(
    line: OrderLine,
    kind: str,
    text: str,
    *,
    component_number: str = "",
    step_sequence: int | None = None,
    characteristic_name: str = "",
    attribute: str = "",
    expected: str = "",
    lower_limit: Decimal | None = None,
    upper_limit: Decimal | None = None,
    qualification: str = "",
    by: User,
    at: datetime | None = None,
) -> Requirement:
    """Write down what the customer asks of a line, and where it binds. Whether that place exists is judged at confirmation.

    :raises NotDraft: once the order is confirmed: what is handed down can no longer be changed behind production's back.
    :raises UnclearRequirement: when a characteristic has no name or no limit, or an attribute no material.
    """
    require_draft(line.order)
    requirement = Requirement(
        line=line,
        kind=kind,
        text=text.strip(),
        component_number=component_number,
        step_sequence=step_sequence,
        characteristic_name=characteristic_name,
        attribute=attribute,
        expected=expected,
        lower_limit=lower_limit,
        upper_limit=upper_limit,
        qualification=qualification,
    )
    require_clear(requirement)
    requirement.save()
    return requirement


@transaction.atomic
def withdraw_requirement(requirement: Requirement, *, by: User, at: datetime) -> OrderLine:
    """Take back a requirement of a draft.

    :raises NotDraft: once the order is confirmed.
    """
    require_draft(requirement.line.order)
    requirement.delete()
    return requirement.line


@transaction.atomic
def renew_tracking_link(order: CustomOrder, *, by: User, at: datetime) -> CustomOrder:
    """Give the order a new tracking link; whoever has the old one sees nothing any more."""
    order.tracking_token = new_tracking_token()
    order.save(update_fields=["tracking_token"])
    return order


def lock_order(order: CustomOrder) -> CustomOrder:
    """Lock the order until the transaction ends, and read it afresh: whoever changes an order as a whole does this first."""
    order.refresh_from_db(from_queryset=CustomOrder.objects.select_for_update(no_key=True))
    return order


def require_draft(order: CustomOrder) -> None:
    """Lock the order and make sure that it may still be edited.

    :raises NotDraft: once it is confirmed or cancelled.
    """
    if lock_order(order).status != CustomOrder.Status.DRAFT:
        raise NotDraft(
            f"Order {order} is {order.get_status_display().lower()}.",
            remedy="Amend its lines or its requirements instead, or enter what is new as another order.",
        )


def _write_line(order: CustomOrder, asked: LineAsked, *, by: User, at: datetime) -> OrderLine:
    item = asked.item
    if not item.is_active:
        raise ItemNotSold(
            f"{item} is not active any more.",
            remedy="Order what replaces it.",
            errors={"item": [f"{item} is not active."]},
        )
    require_within_reach(asked.due_date, "due_date")
    last = order.lines.aggregate(last=Max("number"))["last"] or 0
    line = OrderLine.objects.create(
        order=order,
        number=asked.number or last + 1,
        item=item,
        quantity=check_quantity(item, asked.quantity),
        due_date=asked.due_date,
        priority=asked.priority,
        unit_price=item.unit_price if asked.unit_price is None else asked.unit_price,
    )
    inventory.require_same_unit(item)
    for place, requirement in enumerate(asked.requirements):
        binding = requirement._asdict()
        with _refused_at(f"requirements/{place}"):
            state_requirement(line, binding.pop("kind"), binding.pop("text"), **binding, by=by, at=at)
    return line


def _require_new_reference(customer: Customer, reference: str) -> None:
    if not reference.strip():
        return
    # One purchase order of a customer at a time: whoever enters the same one at the same moment is told so.
    Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    known = customer.orders.filter(customer_reference=reference.strip()).exclude(
        status=CustomOrder.Status.CANCELLED
    )
    if earlier := known.first():
        raise DuplicateReference(
            f"{customer}'s purchase order {reference} is already our order {earlier}.",
            remedy="Amend that order, or give this one a reference of its own.",
            errors={"customer_reference": [f"It is already our order {earlier}."]},
        )


def require_clear(requirement: Requirement) -> None:
    """:raises UnclearRequirement: when a requirement does not say what it asks, naming the field."""
    for name, fault in _faults(requirement):
        raise UnclearRequirement(f"{requirement.line}: {fault}", errors={name: [fault]})


def _faults(requirement: Requirement) -> Iterable[tuple[str, str]]:
    """What is unclear about a requirement, as (field, sentence)."""
    limits = [limit for limit in (requirement.lower_limit, requirement.upper_limit) if limit is not None]
    if requirement.kind not in Kind.values:
        yield "kind", f"“{requirement.kind}” is no kind of requirement; there are {', '.join(Kind.values)}."
    if not requirement.text:
        yield "text", "A requirement says in words what is asked."
    if requirement.kind == Kind.CHARACTERISTIC and not requirement.characteristic_name:
        yield "characteristic_name", "A characteristic is required by its name in the inspection plan."
    if limits and not requirement.characteristic_name:
        yield "characteristic_name", "Limits need the characteristic that they bind."
    if len(limits) == 2 and limits[0] > limits[1]:
        yield "lower_limit", "The lower limit is above the upper limit."
    if requirement.qualification and requirement.step_sequence is None:
        yield "step_sequence", "A qualification is asked of whoever does a step: name the step."
    if requirement.expected and not requirement.attribute:
        yield "attribute", "An expected value needs the attribute that carries it."


def _free_number() -> dict[str, Any]:
    """Key and number, the next one that nobody gave by hand."""
    while True:
        drawn = numbered(CustomOrder, "SO")
        if not CustomOrder.objects.filter(number=drawn["number"]).exists():
            return drawn
