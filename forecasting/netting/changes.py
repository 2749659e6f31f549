"""What is on order already and comes too late, too early, too much or in vain.

For each item stock is walked on with what is on hand alone; on the first day on which it would end below the safety stock the next
order is needed, and counts from then on. An order that is needed earlier than it comes is to be expedited, one needed later deferred; what
nobody asks for within twice the horizon (beyond it, as much a day as within it on average) is to be reduced or cancelled. Differences
within the tolerances are left alone: an order that is moved about every night is worse than one that is a little off.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from forecasting.netting.book import NOTHING, Rule, Supply
from forecasting.netting.plan import Floats, Plan
from forecasting.wording import amount

_TIMES: Final = 2
"""As many horizons are looked ahead."""


class Kind(StrEnum):
    EXPEDITE = "expedite"
    DEFER = "defer"
    REDUCE = "reduce"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Days and share of the quantity within which an order is left alone."""

    days: int = 3
    share: float = 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """What is better done with something on order.

    :ivar key: of the supply, :ivar day: on which it can be used as it stands, :ivar better_day: on which it should be.
    :ivar better_quantity: how much of it should come; 0 where none should.
    :ivar cost: of leaving it: what is expected to be lost, or to be paid for holding what nobody needs yet.
    """

    kind: Kind
    key: int
    item: str
    day: int
    better_day: int
    quantity: float
    better_quantity: float
    why: str
    cost: float


def changes(plan: Plan, tolerances: Tolerances) -> list[Change]:
    """All changes, item by item; supplies whose key is 0 are stock and stay what they are."""
    on_order: dict[str, list[Supply]] = defaultdict(list)
    there: dict[str, list[Supply]] = defaultdict(list)
    for supply in plan.supplies:
        if supply.item in plan.places and supply.quantity > NOTHING:
            (on_order if supply.key else there)[supply.item].append(supply)
    found: list[Change] = []
    for item, orders in sorted(on_order.items()):
        place = plan.places[item]
        look = _Look(
            plan.rules[place], float(plan.worth[place]), plan.asked[place], there[item], plan.name_of_day
        )
        found += look.judge(sorted(orders, key=lambda order: (order.day, order.key)), tolerances)
    return found


class _Look:
    """One item's stock ahead."""

    def __init__(
        self,
        rule: Rule,
        worth: float,
        asked: Floats,
        there: Sequence[Supply],
        name_of_day: Callable[[int], str],
    ) -> None:
        self.rule, self.worth, self.name_of_day = rule, worth, name_of_day
        self.horizon = len(asked)
        self.days = _TIMES * self.horizon
        usual = float(asked.mean()) if self.horizon else 0.0
        self.asked = np.concatenate([asked, np.full(self.days - self.horizon, usual)])
        self.steps = (self._comes(there) - self.asked).tolist()

    def _comes(self, there: Sequence[Supply]) -> Floats:
        """Stock by day on which it comes, less what expires before it is asked for (as if the first to expire were used alone)."""
        comes = np.zeros(self.days)
        used = 0.0
        for lot in sorted(there, key=lambda lot: lot.last_day):
            comes[min(max(lot.day, 0), self.days - 1)] += lot.quantity
            if lot.last_day < self.days - 1:
                until = float(self.asked[: lot.last_day + 1].sum())
                spoilt = max(lot.quantity - max(until - used, 0.0), 0.0)
                comes[lot.last_day + 1] -= spoilt
                used += lot.quantity - spoilt
        return comes

    def judge(self, orders: Sequence[Supply], tolerances: Tolerances) -> Iterator[Change]:
        needed, left = self._needed(orders)
        for order, (day, low) in zip(orders, needed, strict=True):
            comes = max(order.day, 0)
            if day is None:
                yield self._in_vain(order)
            elif day < comes - tolerances.days:
                yield self._too_late(order, day, low)
            elif day > comes + tolerances.days:
                yield self._too_early(order, day, low)
        last = next((n for n in range(len(orders) - 1, -1, -1) if needed[n][0] is not None), None)
        if last is not None and left > tolerances.share * orders[last].quantity:
            change = self._too_much(orders[last], left)
            if change is not None:
                yield change

    def _needed(self, orders: Sequence[Supply]) -> tuple[list[tuple[int | None, float]], float]:
        """For each order the day on which it is needed and the stock then without it; and what is left in the end above the safety
        stock.
        """
        stock, day = 0.0, -1
        found: list[tuple[int | None, float]] = []
        for order in orders:
            while day < self.days - 1 and (day < 0 or stock >= self.rule.safety_stock - NOTHING):
                day += 1
                stock += self.steps[day]
            if stock >= self.rule.safety_stock - NOTHING:
                found.append((None, stock))
                continue
            found.append((day, stock))
            stock += order.quantity
        stock += sum(self.steps[day + 1 :])
        return found, stock - self.rule.safety_stock

    def _too_late(self, order: Supply, day: int, low: float) -> Change:
        short = max(-(low + sum(self.steps[day + 1 : max(order.day, 0)])), 0.0)
        why = f"{self._stands(order)}, but {self._falls(low, day)}."
        lost = min(short, order.quantity) * self.worth
        return self._change(Kind.EXPEDITE, order, day, order.quantity, why, lost)

    def _too_early(self, order: Supply, day: int, low: float) -> Change:
        why = f"{self._stands(order)}; it is not needed before {self._falls(low, day)}."
        held = order.quantity * self.rule.holding_cost * (day - max(order.day, 0))
        return self._change(Kind.DEFER, order, day, order.quantity, why, held)

    def _in_vain(self, order: Supply) -> Change:
        why = f"{self._stands(order)}; stock lasts for all that is asked for in {self.days} days."
        held = order.quantity * self.rule.holding_cost * self.days
        return self._change(Kind.CANCEL, order, max(order.day, 0), 0.0, why, held)

    def _too_much(self, order: Supply, left: float) -> Change | None:
        keep = max(order.quantity - left, self.rule.minimum)
        if self.rule.multiple:
            keep = -(-keep // self.rule.multiple) * self.rule.multiple
        if keep >= order.quantity - NOTHING:
            return None
        spare = order.quantity - keep
        why = f"{self._stands(order)}; {amount(spare)} of it are asked for by nobody in {self.days} days."
        held = spare * self.rule.holding_cost * self.days
        return self._change(Kind.REDUCE, order, max(order.day, 0), keep, why, held)

    def _stands(self, order: Supply) -> str:
        return f"{order.what} brings {amount(order.quantity)} on {self.name_of_day(max(order.day, 0))}"

    def _falls(self, low: float, day: int) -> str:
        when = self.name_of_day(day)
        if low < -NOTHING:
            return f"{amount(-low)} are short on {when}"
        return f"stock falls to {amount(low)} on {when}, below the safety stock of {amount(self.rule.safety_stock)}"

    def _change(self, kind: Kind, order: Supply, day: int, quantity: float, why: str, cost: float) -> Change:
        return Change(
            kind, order.key, self.rule.item, max(order.day, 0), day, order.quantity, quantity, why, cost
        )
