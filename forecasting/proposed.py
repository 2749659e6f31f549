"""What netting proposes as rows, leaving out what a planner has dismissed."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

import numpy as np

from forecasting.models import ForecastRun, Replenishment
from forecasting.netting import Peg, Plan, Proposal, Rule, Sizing
from forecasting.pipeline import MOST
from forecasting.proposals import Book
from inventory.models import Item
from production.bills import rounded_up

_SAME_WITHIN_DAYS: Final = 7
_SAME_WITHIN: Final = Decimal("0.25")
_MOST_PEGS: Final = 12


class Row(NamedTuple):
    """A proposal as the columns of its table: a plant has half a million of them, too many for an object of Django each."""

    run_id: int
    item_id: int
    quantity: Decimal
    start_date: date
    due_date: date
    stockout_date: date | None
    why: str
    pegging: list[dict[str, Any]]
    cost: Decimal
    cost_why: str
    family: str


def rows(run: ForecastRun, book: Book, plan: Plan, *, leaving: Collection[int] = ()) -> Iterator[Row]:
    """Proposals as rows: of bought items and of those with demand of their own.

    A proposal like one that a planner dismissed (about the same quantity of the item for about the same day) is left out.

    :param leaving: keys of items of which nothing is proposed.
    """
    dismissed = _dismissed(book)
    rules = {rule.item: rule for rule in book.rules}
    for proposal in plan.between(0, plan.drafts.size):
        item = book.items[proposal.item]
        if item.pk in leaving or (item.supply == Item.Supply.MAKE and proposal.item not in book.own):
            continue
        row = _row(run, item, proposal, rules[proposal.item], book)
        if not any(_alike(row, other) for other in dismissed.get(item.pk, ())):
            yield row


def beyond_numbers(plan: Plan) -> dict[int, str]:
    """Items of which more would be proposed than there can be, by key, each with what is wrong."""
    quantities, costs = plan.drafts["quantity"], plan.costs.total
    beyond = np.flatnonzero(~((quantities < MOST) & (costs < MOST)))
    return {
        int(
            plan.rules[plan.drafts["item"][number]].item
        ): f"OverflowError: {quantities[number]:,.4g} would be proposed, at stake {costs[number]:,.4g}"
        for number in beyond[::-1]
    }


def _row(run: ForecastRun, item: Item, proposal: Proposal, rule: Rule, book: Book) -> Row:
    out = proposal.stockout_day
    as_of = book.today.of(item)
    return Row(
        run_id=run.pk,
        item_id=item.pk,
        quantity=rounded_up(item, proposal.quantity),
        start_date=as_of + timedelta(days=proposal.start_day),
        due_date=as_of + timedelta(days=proposal.due_day),
        stockout_date=None if out is None else as_of + timedelta(days=out),
        why=proposal.why[:400],
        pegging=[told(peg, as_of, book.items) for peg in proposal.pegs[:_MOST_PEGS]],
        cost=Decimal(str(round(proposal.cost, 2))),
        cost_why=proposal.cost_why[:200],
        family=rule.family if rule.sizing == Sizing.JOINT else "",
    )


def told(peg: Peg, as_of: date, items: Mapping[str, Item]) -> dict[str, Any]:
    """A peg as plain JSON: what is served, from which to which day, how much."""
    return {
        "what": named(peg.what, items),
        "first_date": day_of(as_of, peg.first_day),
        "last_date": day_of(as_of, peg.last_day),
        "quantity": round(peg.quantity, 3),
    }


def named(what: str, items: Mapping[str, Item]) -> str:
    """Netting knows items by key; people know them by number."""
    key, separator, rest = what.partition(" due day ")
    return f"{items[key]}, to be made" if separator and rest.isdigit() and key in items else what


def day_of(as_of: date, number: int) -> str:
    """The day of a number of days after `as_of`, as JSON has it; never a day before it."""
    return (as_of + timedelta(days=max(number, 0))).isoformat()


def _dismissed(book: Book) -> dict[int, list[Replenishment]]:
    found: dict[int, list[Replenishment]] = defaultdict(list)
    rows = Replenishment.objects.filter(
        status=Replenishment.Status.DISMISSED,
        due_date__gte=book.today.earliest,
        item__any_of=[item.pk for item in book.items.values()],
    )
    for row in rows.order_by("pk"):
        found[row.item_id].append(row)
    return found


def _alike(row: Row, other: Replenishment) -> bool:
    near = abs((row.due_date - other.due_date).days) <= _SAME_WITHIN_DAYS
    return near and row.quantity <= other.quantity * (1 + _SAME_WITHIN)
