"""Builders of orders that ask something, and of amendments of what they ask."""

from datetime import timedelta
from decimal import Decimal

from orders import services
from orders.models import Amendment, Requirement
from tests.orders.desk import FRIDAY, Asked, line_of, make_order
from tests.plant import MONDAY, make_user

HOUR = timedelta(hours=1)


def ordered(part, *asked: Asked, quantity=4, **fields):
    """A confirmed order of brackets that asks this of its one line."""
    return make_order((part.item, quantity, FRIDAY, 2, None, asked), confirmed=True, **fields)


def heat(value="H-1", **fields) -> Asked:
    return Asked("material", f"Heat {value}", attribute="heat", expected=value, **fields)


def hardness(low: str, high: str) -> Asked:
    return Asked(
        "characteristic",
        f"Hardness {low} to {high}",
        characteristic_name="Hardness",
        lower_limit=Decimal(low),
        upper_limit=Decimal(high),
    )


def propose(order, *changes: services.Change, reason="Customer's change 7", by=None) -> Amendment:
    return services.propose_amendment(order, reason, changes=changes, by=by or make_user(), at=MONDAY)


def approve(amendment, by=None) -> Amendment:
    return services.approve_amendment(amendment, by=by or make_user(), at=MONDAY + HOUR)


def in_force(order) -> list[str]:
    return [str(each) for each in Requirement.objects.filter(line__order=order).in_force().in_order()]


def adds(order, asked: Asked) -> services.Change:
    return services.Change(line=line_of(order), asked=asked)


def only_requirement(order) -> Requirement:
    found: Requirement = Requirement.objects.select_related("line__order__customer").get(line__order=order)
    return found


def only_requirement_of(order, text) -> Requirement:
    return Requirement.objects.get(line__order=order, text=text)
