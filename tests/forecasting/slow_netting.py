"""Netting as one would write it on paper, lot by lot and day by day: what the fast one is held against."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from forecasting.netting import Demand, Part, Rule, Sizing, Supply, batches, cheapest_orders, low_levels

NOTHING = 1e-6


@dataclass
class Lot:
    what: str
    day: int
    last: int
    left: float


@dataclass
class Made:
    item: str
    quantity: float
    start: int
    due: int
    needed: int
    out: int | None
    pegs: dict[tuple[str, int], float] = field(default_factory=dict)


def plan(
    rules: Sequence[Rule],
    parts: Sequence[Part],
    supplies: Sequence[Supply],
    demands: Sequence[Demand],
    horizon: int,
) -> tuple[list[Made], dict[str, list[float]]]:
    """Proposals in order, and the stock of each item by day."""
    known = {rule.item: rule for rule in rules}
    bills: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        bills[part.product].append(part)
    levels = low_levels(known, bills)
    asked = list(demands)
    proposals: list[Made] = []
    stock: dict[str, list[float]] = {}
    for name in sorted(known, key=lambda item: (levels[item], item)):
        own = [each for each in asked if each.item == name and each.day < horizon and each.quantity > 0]
        there = [each for each in supplies if each.item == name and each.day < horizon and each.quantity > 0]
        made, stock[name] = _net(known[name], own, there, horizon)
        proposals += made
        for each in made:
            for part in bills[name]:
                what = f"{name} due day {each.due}"
                asked.append(
                    Demand(part.component, each.start, each.quantity * part.quantity, what, is_forecast=False)
                )
    return proposals, stock


def _net(
    rule: Rule, demands: Sequence[Demand], supplies: Sequence[Supply], horizon: int
) -> tuple[list[Made], list[float]]:
    forecast = [
        sum(d.quantity for d in demands if d.is_forecast and max(d.day, 0) == day) for day in range(horizon)
    ]
    named = [[d for d in demands if not d.is_forecast and max(d.day, 0) == day] for day in range(horizon)]
    firm = [sum(d.quantity for d in day) for day in named]
    lots = [Lot(s.what, max(s.day, 0), s.last_day, s.quantity) for s in supplies]
    coming = _counted(lots, firm, forecast, horizon)
    lead = rule.lead_days + rule.inspection_days
    until = _until(rule, lead, coming, firm, forecast, horizon)
    stock, short, lost = 0.0, None, []
    ends: list[float] = []
    made: list[Made] = []
    for day in range(horizon):
        left = stock + coming[day] - firm[day] - forecast[day]
        if left < rule.safety_stock - NOTHING:
            short = day if short is None else short
            if day >= lead:
                ahead = [forecast[d] + firm[d] - coming[d] for d in range(day + 1, until[day])]
                worst = max([0.0, *(sum(ahead[: n + 1]) for n in range(len(ahead)))])
                need = rule.safety_stock - left
                wanted = need + worst
                if rule.sizing == Sizing.FIXED and rule.fixed_lot:
                    wanted = batches(need, Rule("", multiple=rule.fixed_lot))[0]
                elif rule.most and left + wanted > rule.most:
                    wanted = max(rule.most - left, need)
                out = _out(made, ends, day, left, coming, firm, forecast)
                for size in batches(wanted, rule):
                    made.append(Made(rule.item, size, max(day - lead, 0), day, short, out))
                    left += size
        else:
            short = None
        lost.append(min(forecast[day], max(-left, 0.0)))
        stock = left + lost[day]
        ends.append(stock)
    _peg(made, lots, named, [f - gone for f, gone in zip(forecast, lost, strict=True)])
    return made, ends


def _counted(lots: list[Lot], firm: list[float], forecast: list[float], horizon: int) -> list[float]:
    """What comes on each day, less what expires before anybody asks for it."""
    coming = [sum(lot.left for lot in lots if lot.day == day) for day in range(horizon)]
    rest, backlog = [lot.left for lot in lots], 0.0
    order = sorted(range(len(lots)), key=lambda n: (lots[n].last, lots[n].day, n))
    for day in range(horizon):
        named, guessed = firm[day] + backlog, forecast[day]
        for n in order:
            if lots[n].day <= day <= lots[n].last:
                used = min(rest[n], named)
                rest[n] -= used
                named -= used
        for n in order:
            if lots[n].day <= day <= lots[n].last:
                used = min(rest[n], guessed)
                rest[n] -= used
                guessed -= used
        backlog = named
    for n, lot in enumerate(lots):
        gone = max(lot.last + 1, lot.day)
        if gone < horizon:
            coming[gone] -= rest[n]
    return coming


def _until(
    rule: Rule, lead: int, coming: list[float], firm: list[float], forecast: list[float], horizon: int
) -> list[int]:
    if rule.sizing != Sizing.LEAST_COST:
        return [min(day + max(rule.cover_days, 1), horizon) for day in range(horizon)]
    needs, stock = [], 0.0
    for day in range(horizon):
        left = stock + coming[day] - firm[day] - forecast[day]
        need = rule.safety_stock - left if day >= lead and left < rule.safety_stock - NOTHING else 0.0
        needs.append(need)
        left += need
        stock = left + min(forecast[day], max(-left, 0.0))
    chosen, _ = cheapest_orders(needs, rule.order_cost, rule.holding_cost, largest=rule.batch_maximum)
    return [min([d for d in chosen if d > day], default=horizon) for day in range(horizon)]


def _out(
    made: list[Made],
    ends: list[float],
    day: int,
    left: float,
    coming: list[float],
    firm: list[float],
    forecast: list[float],
) -> int | None:
    """The first day of the stretch on which stock does not meet demand, today's or one ahead."""
    if left < -NOTHING:
        first = day
        while first > 0:
            before = ends[first - 2] if first > 1 else 0.0
            if before + coming[first - 1] - firm[first - 1] - forecast[first - 1] >= -NOTHING:
                break
            if any(each.due == first - 1 for each in made):
                first -= 1
                continue
            first -= 1
        return first
    stock = left
    for later in range(day + 1, len(coming)):
        stock += coming[later] - firm[later] - forecast[later]
        if stock < -NOTHING:
            return later
    return None


def _peg(made: list[Made], lots: list[Lot], named: list[list[Demand]], forecast: list[float]) -> None:
    rest = [each.quantity for each in made]
    waiting: list[tuple[str, int, float]] = []
    for day in range(len(named)):
        waiting += [(each.what, max(each.day, 0), each.quantity) for each in named[day]]
        still = []
        for what, asked, quantity in [*waiting, ("forecast", -1, forecast[day])]:
            open_part = _from_lots(lots, day, quantity)
            for number, each in enumerate(made):
                if each.due <= day:
                    used = min(rest[number], open_part)
                    rest[number] -= used
                    open_part -= used
                    if used > NOTHING:
                        each.pegs[what, asked] = each.pegs.get((what, asked), 0.0) + used
            if open_part > NOTHING and asked >= 0:
                still.append((what, asked, open_part))
        waiting = still
    for number, each in enumerate(made):
        if rest[number] > NOTHING:
            each.pegs["safety stock", each.due] = rest[number]


def _from_lots(lots: list[Lot], day: int, open_part: float) -> float:
    """Use what there is, first expired first; returns what is still open."""
    for lot in sorted(lots, key=lambda lot: (lot.last, lot.day)):
        if lot.day <= day <= lot.last:
            used = min(lot.left, open_part)
            lot.left -= used
            open_part -= used
    return open_part
