"""From what netting says of open orders to facts that a message is made of."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from forecasting.models import ExceptionMessage, NettingRules
from forecasting.netting import Plan
from forecasting.netting.changes import Tolerances, changes
from forecasting.pipeline import MOST
from forecasting.proposals import Book
from inventory.models import ExpectedReceipt, Item
from production.bills import rounded_up
from production.models import ProductionOrder


@dataclass(frozen=True)
class Finding:
    """One order is better changed; the fields are those of the message.

    :ivar order: key of the production order, or None where it is a purchase: then `receipt`.
    :ivar stated_date: the order's own due date; `due_date` is when it can be expected as planned.
    """

    kind: str
    item: Item
    order: int | None
    receipt: int | None
    due_date: date
    better_date: date
    stated_date: date | None
    quantity: Decimal
    better_quantity: Decimal
    why: str
    cost: Decimal

    @property
    def subject(self) -> tuple[int | None, int | None]:
        return self.order, self.receipt

    def is_like(self, message: ExceptionMessage, terms: NettingRules) -> bool:
        """Whether a message says the same, give or take the tolerances: a dismissal of it stands."""
        days = max(
            abs((self.due_date - message.due_date).days), abs((self.better_date - message.better_date).days)
        )
        share = float(
            max(abs(self.quantity - message.quantity), abs(self.better_quantity - message.better_quantity))
            / message.quantity
        )
        alike = self.kind == message.kind and days <= terms.tolerance_days
        return alike and share <= terms.tolerance_share


def findings(
    book: Book, plan: Plan, terms: NettingRules, *, leaving: Collection[int] = ()
) -> Iterator[Finding]:
    """What is better changed of open purchases and of production orders, item by item; several batches of one order speak as one.

    :param leaving: keys of items of which nothing is told.
    """
    inspected = {rule.item: rule.inspection_days for rule in book.rules}
    found = [
        change
        for change in changes(plan, Tolerances(terms.tolerance_days, terms.tolerance_share))
        if int(change.item) not in leaving and change.cost < MOST
    ]
    stated = _stated([change.key for change in found])
    for change in found:
        item = book.items[change.item]
        today = book.today.of(item)
        before = today - timedelta(days=inspected[change.item])
        yield Finding(
            kind=change.kind.value,
            item=item,
            order=-change.key if change.key < 0 else None,
            receipt=change.key if change.key > 0 else None,
            due_date=before + timedelta(days=change.day),
            better_date=max(before + timedelta(days=change.better_day), today),
            stated_date=stated.get(change.key),
            quantity=Decimal(str(round(change.quantity, 4))),
            better_quantity=rounded_up(item, change.better_quantity),
            why=change.why[:400],
            cost=Decimal(str(round(change.cost, 2))),
        )


def _stated(keys: Collection[int]) -> dict[int, date]:
    """The due dates of purchases and, below zero, of production orders as they stand, in the zone of their plant."""
    receipts = ExpectedReceipt.objects.filter(pk__in=[key for key in keys if key > 0])
    orders = ProductionOrder.objects.filter(pk__in=[-key for key in keys if key < 0])
    return dict(receipts.values_list("pk", "due_date")) | {
        -order.pk: order.due_at.astimezone(order.item.site.zone).date()
        for order in orders.select_related("item__site")
    }
