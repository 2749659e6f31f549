"""An order sold for sooner than it can be made: what it waits for, and the ways out, are there to be read on the first day."""

from datetime import timedelta
from decimal import Decimal
from io import TextIOBase
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from inventory.models import Item
from mes.console.demo.people import let
from mes.core.models import User
from orders import services
from orders.models import Customer, CustomOrder
from orders.services import LineAsked
from production.models import Priority

REFERENCE: Final = "AOG-3107"
CUSTOMER: Final = "HELVION"
BRACKET: Final = ("NP-2201", "D")
PIECES: Final = Decimal(12)
WITHIN: Final = timedelta(days=4)  # their own outside processing alone takes longer


def want_is_missing() -> bool:
    return Customer.objects.filter(code=CUSTOMER).exists() and not _orders().exists()


@transaction.atomic
def want(say: TextIOBase) -> None:
    """A helicopter that stands on the ground: somebody says yes on the phone, and the plan says what can be."""
    planner, now = User.objects.get(username="planner"), timezone.now()
    number, revision = BRACKET
    bracket = Item.objects.get(number=number, revision=revision)
    line = LineAsked(bracket, PIECES, timezone.localdate(now + WITHIN), Priority.RUSH)
    order = let(
        planner,
        services.create_order,
        Customer.objects.get(code=CUSTOMER),
        lines=[line],
        customer_reference=REFERENCE,
        at=now,
    )
    let(planner, services.confirm_order, order, at=now)
    sold = order.lines.get()
    let(planner, services.promise_line, sold, promised_date=sold.due_date, at=now)
    say.write(f"{order} for {PIECES} × {bracket}, wanted within {WITHIN.days} days\n")


def _orders() -> QuerySet[CustomOrder]:
    return CustomOrder.objects.filter(customer__code=CUSTOMER, customer_reference=REFERENCE)
