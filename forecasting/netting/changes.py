"""What is on order already and comes too late, too early, too much or in vain.

For each item stock is walked on with what is on hand alone; on the first day on which it would end below the safety stock the next
order is needed, and counts from then on. An order that is needed earlier than it comes is to be expedited, one needed later deferred; what
nobody asks for within twice the horizon (beyond it, as much a day as within it on average) is to be reduced or cancelled. Differences
within the tolerances are left alone: an order that is moved about every night is worse than one that is a little off.

An order of several batches is changed as a whole, so its batches speak as one: it is deferred or cancelled only when all of them are better
so, expedited when none is in the way; and where some are wanted and others not yet or not at all, it is to be reduced to those that are.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
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

    :ivar key: of the order, whose supplies (its batches) share it.
    :ivar day: on which it can be used as it stands (of several batches, the one that is needed first), :ivar better_day: on which it
        should be, :ivar quantity: of all its batches.
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
    """All changes, item by item and at most one of each key; supplies whose key is 0 are stock and stay what they are, as do others that say so."""
    on_order: dict[str, list[Supply]] = defaultdict(list)
    there: dict[str, list[Supply]] = defaultdict(list)
    for supply in plan.supplies:
        if supply.item in plan.places and supply.quantity > NOTHING:
            (on_order if supply.key and not supply.stays else there)[supply.item].append(supply)
    found: list[Change] = []
    for item, orders in sorted(on_order.items()):
        place = plan.places[item]
        look = _Look(
            plan.rules[place],
            float(plan.worth[place]),
            plan.asked[place],
            there[item],
            partial(plan.name_of_day, item),
        )
        found += look.judge(
            sorted(orders, key=lambda order: (order.day, order.key, order.quantity)), tolerances
        )
    return found


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Of one batch, or of the order as a whole: what is better done, and the end of the sentence that says why."""

    kind: Kind
    order: Supply
    better_day: int
    better_quantity: float
    because: str
    cost: float


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
        batches: dict[int, list[Supply]] = defaultdict(list)
        verdicts: dict[int, list[_Verdict | None]] = defaultdict(list)
        for order, verdict in zip(orders, self._verdicts(orders, tolerances), strict=True):
            batches[order.key].append(order)
            verdicts[order.key].append(verdict)
        for key, own in batches.items():
            one = self._as_one(own, verdicts[key], tolerances)
            if one is not None:
                yield self._change(one, own)

    def _verdicts(self, orders: Sequence[Supply], tolerances: Tolerances) -> list[_Verdict | None]:
        """Of each supply by itself; none where it is well as it stands."""
        needed, left = self._needed(orders)
        found: list[_Verdict | None] = []
        for order, (day, low) in zip(orders, needed, strict=True):
            comes = max(order.day, 0)
            if day is None:
                found.append(self._in_vain(order))
            elif day < comes - tolerances.days:
                found.append(self._too_late(order, day, low))
            elif day > comes + tolerances.days:
                found.append(self._too_early(order, day, low))
            else:
                found.append(None)
        last = next((n for n in range(len(orders) - 1, -1, -1) if needed[n][0] is not None), None)
        if last is not None and found[last] is None and left > tolerances.share * orders[last].quantity:
            found[last] = self._too_much(orders[last], left)
        return found

    def _as_one(
        self, batches: Sequence[Supply], verdicts: Sequence[_Verdict | None], tolerances: Tolerances
    ) -> _Verdict | None:
        """What is better done with an order, of what is better done with each of its batches."""
        said = [verdict for verdict in verdicts if verdict is not None]
        if not said or len(batches) == 1:
            return said[0] if said else None
        kinds = {verdict.kind for verdict in said}
        whole = len(said) == len(batches) and len(kinds) == 1
        if kinds == {Kind.EXPEDITE} or (whole and kinds != {Kind.REDUCE}):
            first = min(said, key=lambda verdict: verdict.better_day)
            return replace(first, cost=sum(verdict.cost for verdict in said))
        return self._some_of(batches, said, tolerances)

    def _some_of(
        self, batches: Sequence[Supply], said: Sequence[_Verdict], tolerances: Tolerances
    ) -> _Verdict | None:
        """Some batches are wanted, others not yet or not at all: less is to come of the order, and none of it on another day."""
        total = sum(batch.quantity for batch in batches)
        less = [verdict for verdict in said if verdict.kind != Kind.EXPEDITE]
        spare = sum(
            verdict.order.quantity - (verdict.better_quantity if verdict.kind == Kind.REDUCE else 0.0)
            for verdict in less
        )
        if spare <= tolerances.share * total:
            return None
        if all(verdict.kind in {Kind.REDUCE, Kind.CANCEL} for verdict in less):
            because = f"; {amount(spare)} of it are asked for by nobody in {self.days} days."
        else:
            later = min((one for one in less if one.kind == Kind.DEFER), key=lambda one: one.better_day)
            because = f"; {amount(spare)} of it are not needed before {self.name_of_day(later.better_day)}."
        cost = sum(verdict.cost for verdict in less)
        first = batches[0]
        return _Verdict(Kind.REDUCE, first, max(first.day, 0), total - spare, because, cost)

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

    def _too_late(self, order: Supply, day: int, low: float) -> _Verdict:
        short = max(-(low + sum(self.steps[day + 1 : max(order.day, 0)])), 0.0)
        lost = min(short, order.quantity) * self.worth
        return _Verdict(Kind.EXPEDITE, order, day, order.quantity, f", but {self._falls(low, day)}.", lost)

    def _too_early(self, order: Supply, day: int, low: float) -> _Verdict:
        because = f"; it is not needed before {self._falls(low, day)}."
        held = order.quantity * self.rule.holding_cost * (day - max(order.day, 0))
        return _Verdict(Kind.DEFER, order, day, order.quantity, because, held)

    def _in_vain(self, order: Supply) -> _Verdict:
        because = f"; stock lasts for all that is asked for in {self.days} days."
        held = order.quantity * self.rule.holding_cost * self.days
        return _Verdict(Kind.CANCEL, order, max(order.day, 0), 0.0, because, held)

    def _too_much(self, order: Supply, left: float) -> _Verdict | None:
        keep = max(order.quantity - left, self.rule.minimum)
        if self.rule.multiple:
            keep = -(-keep // self.rule.multiple) * self.rule.multiple
        if keep >= order.quantity - NOTHING:
            return None
        spare = order.quantity - keep
        because = f"; {amount(spare)} of it are asked for by nobody in {self.days} days."
        held = spare * self.rule.holding_cost * self.days
        return _Verdict(Kind.REDUCE, order, max(order.day, 0), keep, because, held)

    def _falls(self, low: float, day: int) -> str:
        when = self.name_of_day(day)
        if low < -NOTHING:
            return f"{amount(-low)} are short on {when}"
        return f"stock falls to {amount(low)} on {when}, below the safety stock of {amount(self.rule.safety_stock)}"

    def _change(self, one: _Verdict, batches: Sequence[Supply]) -> Change:
        day, total = max(one.order.day, 0), sum(batch.quantity for batch in batches)
        several = f" in {len(batches)} batches" if len(batches) > 1 else ""
        brings = f"{one.order.what} brings {amount(total)}{several} on {self.name_of_day(day)}"
        better = total if one.kind in {Kind.EXPEDITE, Kind.DEFER} else one.better_quantity
        return Change(
            kind=one.kind,
            key=one.order.key,
            item=self.rule.item,
            day=day,
            better_day=one.better_day,
            quantity=total,
            better_quantity=better,
            why=brings + one.because,
            cost=one.cost,
        )
