"""Time-phased netting: what to make or buy, how much and when, down the bill of material.

Days are whole numbers from 0 (today). For each item, products before their components: stock on hand and what is on its
way meet demand day by day; on the first day on which stock would end below the safety stock (and which an order placed
today can still reach) a replenishment is proposed, sized to cover the days that follow, raised to minimum and multiple
and split so that no batch exceeds the vessel. It starts a lead time earlier, and on that day it asks for its components.

Forecast demand that meets no stock is lost; demand of orders waits. Proposals are pegged first come first served: the
earliest supply serves the earliest demand.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from forecasting.wording import amount

_NOTHING: Final = 1e-6

Entry = TypeVar("Entry", "Supply", "Demand")


class CircularBill(ValueError):
    """An item is, at some level, a component of itself."""

    def __init__(self, items: Sequence[str]) -> None:
        self.items = tuple(items)
        super().__init__(f"A bill of material goes in a circle: {', '.join(self.items)}.")


@dataclass(frozen=True, slots=True)
class Part:
    """``product`` takes ``quantity`` of ``component`` for each unit."""

    product: str
    component: str
    quantity: float


@dataclass(frozen=True, slots=True)
class Rule:
    """How an item is replenished; quantities in its unit, 0 = no such limit."""

    item: str
    lead_days: int = 0
    safety_stock: float = 0.0
    cover_days: int = 1  # days of demand that one replenishment covers; 1 is lot for lot
    minimum: float = 0.0
    multiple: float = 0.0
    batch_maximum: float = 0.0  # the vessel, the furnace, the pallet
    most: float = 0.0  # never hold more than this (shelf life, warehouse)


@dataclass(frozen=True, slots=True)
class Supply:
    """Stock (day 0) or an open order that brings ``quantity`` on ``day``."""

    item: str
    day: int
    quantity: float
    what: str = "stock"


@dataclass(frozen=True, slots=True)
class Demand:
    """``quantity`` asked for on ``day``; forecast demand is lost if it meets no stock, other demand waits."""

    item: str
    day: int
    quantity: float
    what: str = "forecast"
    is_forecast: bool = True


@dataclass(frozen=True, slots=True)
class Peg:
    """What part of a supply serves what demand, over which days."""

    what: str
    first_day: int
    last_day: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Make or buy ``quantity``: begin on ``start_day`` to have it on ``due_day``."""

    item: str
    quantity: float
    start_day: int
    due_day: int
    needed_day: int
    """The day on which it would really be needed; before ``due_day`` where the lead time leaves no time."""
    stockout_day: int | None
    """The day on which stock runs out without it, where that is within the horizon."""
    why: str
    pegs: tuple[Peg, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All proposals, products before components; and the stock at the end of each day with them done."""

    proposals: tuple[Proposal, ...]
    stock: Mapping[str, tuple[float, ...]]
    levels: Mapping[str, int]


@dataclass(slots=True)
class _Draft:
    quantity: float
    due: int
    needed: int
    stockout: int | None
    left: float  # stock at the end of the due day without it
    covers: int  # days


@dataclass(slots=True)
class _Item:
    """What is known of one item while it is netted."""

    rule: Rule
    forecast: list[float]
    firm: list[float]
    coming: list[float]
    lost: dict[int, float] = field(default_factory=dict)
    stock: list[float] = field(default_factory=list)
    drafts: list[_Draft] = field(default_factory=list)
    out_on: int | None = None
    short_since: int | None = None


def _day_by_number(day: int) -> str:
    return f"day {day}"


def plan(
    rules: Iterable[Rule],
    *,
    parts: Iterable[Part] = (),
    supplies: Iterable[Supply] = (),
    demands: Iterable[Demand] = (),
    horizon: int,
    name_of_day: Callable[[int], str] = _day_by_number,
) -> Plan:
    """Propose replenishments of every item that has a rule, over ``horizon`` days.

    Items without a rule are taken as always there. Supplies and demands before day 0 count as of day 0, those beyond the
    horizon are left out.

    :param name_of_day: how sentences call a day.
    :raises CircularBill: when an item is, at some level, a component of itself.
    """
    known = {rule.item: rule for rule in rules}
    bills: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        bills[part.product].append(part)
    levels = low_levels(known, bills)
    supplied = _by_item(supplies, horizon)
    asked = _by_item(demands, horizon)
    proposals: list[Proposal] = []
    stock: dict[str, tuple[float, ...]] = {}
    for name in sorted(known, key=lambda item: (levels[item], item)):
        own = _load(known[name], supplied.get(name, ()), asked.get(name, ()), horizon)
        _net(own, horizon)
        made = _proposals(own, supplied.get(name, ()), asked.get(name, ()), name_of_day)
        stock[name] = tuple(own.stock)
        proposals += made
        for proposal in made:
            for part in bills.get(name, ()):
                demand = Demand(
                    part.component,
                    proposal.start_day,
                    proposal.quantity * part.quantity,
                    f"{name} due day {proposal.due_day}",
                    is_forecast=False,
                )
                asked.setdefault(part.component, []).append(demand)
    return Plan(tuple(proposals), stock, levels)


def low_levels(rules: Mapping[str, Rule], bills: Mapping[str, Sequence[Part]]) -> dict[str, int]:
    """The lowest level at which each item is used: 0 for products, more than all its users' for a component.

    :raises CircularBill: when an item is, at some level, a component of itself.
    """
    users: dict[str, int] = defaultdict(int)
    for name in rules:
        for part in bills.get(name, ()):
            users[part.component] += 1
    levels = dict.fromkeys(rules, 0)
    open_ones = [name for name in rules if not users[name]]
    done = 0
    while open_ones:
        name = open_ones.pop()
        done += 1
        for part in bills.get(name, ()):
            users[part.component] -= 1
            if part.component in levels:
                levels[part.component] = max(levels[part.component], levels[name] + 1)
                if not users[part.component]:
                    open_ones.append(part.component)
    if done < len(levels):
        raise CircularBill([name for name in rules if users[name] > 0])
    return levels


def _by_item(entries: Iterable[Entry], horizon: int) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.day < horizon and entry.quantity > 0:
            found[entry.item].append(entry)
    return found


def _load(rule: Rule, supplies: Sequence[Supply], demands: Sequence[Demand], horizon: int) -> _Item:
    own = _Item(rule, [0.0] * horizon, [0.0] * horizon, [0.0] * horizon)
    for supply in supplies:
        own.coming[max(supply.day, 0)] += supply.quantity
    for demand in demands:
        days = own.forecast if demand.is_forecast else own.firm
        days[max(demand.day, 0)] += demand.quantity
    return own


def _net(own: _Item, horizon: int) -> None:
    """Walk through the days; leave the stock at the end of each and the replenishments that keep it up."""
    rule = own.rule
    stock = 0.0
    for day in range(horizon):
        stock += own.coming[day]
        left = stock - own.firm[day] - own.forecast[day]
        if left >= -_NOTHING:
            own.out_on = None
        elif own.out_on is None:
            own.out_on = day
        if left < rule.safety_stock - _NOTHING:
            own.short_since = day if own.short_since is None else own.short_since
            if day >= rule.lead_days:
                left += _replenish(own, day, left, horizon)
        else:
            own.short_since = None
        if left < 0:
            # What was forecast and not there is not asked for again; what was ordered still is.
            lost = min(own.forecast[day], -left)
            own.lost[day] = lost
            left += lost
        stock = left
        own.stock.append(stock)


def _replenish(own: _Item, day: int, left: float, horizon: int) -> float:
    rule = own.rule
    until = min(day + max(rule.cover_days, 1), horizon)
    ahead = sum(own.forecast[later] + own.firm[later] - own.coming[later] for later in range(day + 1, until))
    need = rule.safety_stock - left
    wanted = max(need, need + ahead)
    if rule.most and left + wanted > rule.most:
        wanted = max(rule.most - left, need)
    since = day if own.short_since is None else own.short_since
    out = own.out_on if own.out_on is not None else _runs_out(own, day, left)
    brought = 0.0
    for batch in batches(wanted, rule):
        own.drafts.append(_Draft(batch, day, since, out, left, until - day))
        brought += batch
    return brought


def _runs_out(own: _Item, day: int, stock: float) -> int | None:
    """The day after ``day`` on which ``stock`` at its end, and what is on its way, no longer meet demand."""
    for later in range(day + 1, len(own.coming)):
        stock += own.coming[later] - own.firm[later] - own.forecast[later]
        if stock < -_NOTHING:
            return later
    return None


def batches(quantity: float, rule: Rule) -> list[float]:
    """Split a quantity into batches: full vessels and a rest, each raised to minimum and multiple."""
    quantity = _whole(max(quantity, rule.minimum), rule.multiple)
    largest = rule.batch_maximum
    if not largest or quantity <= largest + _NOTHING:
        return [quantity]
    if rule.multiple and rule.multiple <= largest:
        largest = math.floor(largest / rule.multiple + _NOTHING) * rule.multiple
    full, rest = divmod(quantity + _NOTHING, largest)
    sizes = [largest] * int(full)
    if rest > 10 * _NOTHING:
        sizes.append(min(_whole(max(rest - _NOTHING, rule.minimum), rule.multiple), largest))
    return sizes


def _whole(quantity: float, multiple: float) -> float:
    return math.ceil(quantity / multiple - _NOTHING) * multiple if multiple else quantity


def _proposals(
    own: _Item, supplies: Sequence[Supply], demands: Sequence[Demand], name_of_day: Callable[[int], str]
) -> list[Proposal]:
    if not own.drafts:
        return []
    made = []
    for draft, served in zip(own.drafts, _peg(own, supplies, demands), strict=True):
        made.append(
            Proposal(
                item=own.rule.item,
                quantity=draft.quantity,
                start_day=max(draft.due - own.rule.lead_days, 0),
                due_day=draft.due,
                needed_day=draft.needed,
                stockout_day=draft.stockout,
                why=_why(draft, own.rule, name_of_day),
                pegs=served,
            )
        )
    return made


def _why(draft: _Draft, rule: Rule, name_of_day: Callable[[int], str]) -> str:
    day = name_of_day(draft.due)
    if draft.left < 0:
        text = f"Without it {amount(-draft.left)} are short on {day}"
    else:
        text = f"Without it stock falls to {amount(draft.left)} on {day}, below the safety stock of {amount(rule.safety_stock)}"
    if draft.covers > 1:
        text += f"; it covers {draft.covers} days"
    if draft.needed < draft.due:
        text += f"; needed on {name_of_day(draft.needed)}, but the lead time is {rule.lead_days} days"
    return text + "."


def _peg(own: _Item, supplies: Sequence[Supply], demands: Sequence[Demand]) -> list[tuple[Peg, ...]]:
    """For each draft, what it serves when the earliest supply serves the earliest demand."""
    existing = sum(supply.quantity for supply in supplies)
    queue = sorted(_served(own, demands), key=lambda demand: demand.day)
    place, open_part = _skip(queue, existing)
    result = []
    for draft in own.drafts:
        left = draft.quantity
        served: dict[tuple[str, int], Peg] = {}
        while left > _NOTHING and place < len(queue):
            demand = queue[place]
            part = min(left, open_part)
            _add(served, demand, part)
            left -= part
            open_part -= part
            if open_part <= _NOTHING:
                place += 1
                open_part = queue[place].quantity if place < len(queue) else 0.0
        if left > _NOTHING:
            served["safety stock", -1] = Peg("safety stock", draft.due, draft.due, left)
        result.append(tuple(served.values()))
    return result


def _served(own: _Item, demands: Sequence[Demand]) -> list[Demand]:
    """Demands without what was lost for want of stock."""
    if not own.lost:
        return list(demands)
    lost = dict(own.lost)
    served = []
    for demand in demands:
        gone = min(lost.get(demand.day, 0.0), demand.quantity) if demand.is_forecast else 0.0
        if gone:
            lost[demand.day] -= gone
        served.append(replace(demand, quantity=demand.quantity - gone) if gone else demand)
    return served


def _skip(queue: Sequence[Demand], served: float) -> tuple[int, float]:
    """The first demand that what is there already does not serve whole, and how much of it is open."""
    for place, demand in enumerate(queue):
        if served < demand.quantity - _NOTHING:
            return place, demand.quantity - served
        served -= demand.quantity
    return len(queue), 0.0


def _add(served: dict[tuple[str, int], Peg], demand: Demand, part: float) -> None:
    """Forecast days run together into one peg; what has a name keeps its own."""
    key = (demand.what, -1 if demand.is_forecast else demand.day)
    known = served.get(key)
    first = known.first_day if known else demand.day
    quantity = part + (known.quantity if known else 0.0)
    served[key] = Peg(demand.what, first, demand.day, quantity)
