"""Netting carried out: level by level down the bill, each level's proposals asking the next level for their components."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from forecasting.netting import kernel
from forecasting.netting.book import CircularBill, Demand, Part, Rule, Sizing, Supply
from forecasting.netting.kernel import tables
from forecasting.netting.plan import Days, Plan, Table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_ITEMS_AT_ONCE: Final = 20_000


def _day_by_number(item: str, day: int) -> str:
    return f"day {day}"


def plan(
    rules: Iterable[Rule],
    *,
    parts: Iterable[Part] = (),
    supplies: Iterable[Supply] = (),
    demands: Iterable[Demand] = (),
    forecasts: Mapping[str, npt.ArrayLike] | None = None,
    horizon: int,
    name_of_day: Days = _day_by_number,
) -> Plan:
    """Propose replenishments of every item that has a rule, over ``horizon`` days.

    Items without a rule are taken as always there. Supplies and demands before day 0 count as of day 0, those beyond the
    horizon are left out.

    :param forecasts: forecast demand by item, from day 0 on; the same as a forecast `Demand` for each day.
    :param name_of_day: how sentences about an item call a day; without an item (an empty name), about all of them.
    :raises CircularBill: when an item is, at some level, a component of itself.
    """
    return _Netting(
        list(rules), list(parts), list(supplies), list(demands), forecasts or {}, horizon
    ).carry_out(name_of_day)


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


class _Netting:
    """One plan in the making."""

    def __init__(
        self,
        rules: list[Rule],
        parts: list[Part],
        supplies: list[Supply],
        demands: list[Demand],
        forecasts: Mapping[str, npt.ArrayLike],
        horizon: int,
    ) -> None:
        known = {rule.item: rule for rule in rules}
        bills: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            bills[part.product].append(part)
        self.levels = low_levels(known, bills)
        self._find_families(known)
        self.names = sorted(known, key=lambda name: (self.levels[name], name))
        self.places = {name: place for place, name in enumerate(self.names)}
        self.rules = [known[name] for name in self.names]
        self.horizon = horizon
        self.supplies, self.demands = supplies, demands
        self.columns = _columns(self.rules)
        self.bill = self._bill(parts)
        self.supplied = self._supplied()
        self._forecast(forecasts)
        self.asked_by_name = self._asked_by_name()
        count = len(self.names)
        self.by_day, self.asked = np.zeros((count, horizon)), np.zeros((count, horizon))
        self.worth = np.array([rule.margin for rule in self.rules])
        self.drafts, self.pegged, self.called = Table(), Table(), Table()
        self.waiting = Table()

    def _find_families(self, known: Mapping[str, Rule]) -> None:
        """Items of a family on one level are netted together; of two levels, one may be made of the other."""
        self.families: dict[tuple[str, int], list[str]] = defaultdict(list)
        for name in sorted(known):
            rule = known[name]
            if rule.sizing == Sizing.JOINT and rule.family:
                self.families[rule.family, self.levels[name]].append(name)
        self.family_costs = {
            key: max(known[name].family_cost for name in members) for key, members in self.families.items()
        }

    def _bill(self, parts: Iterable[Part]) -> tuple[Ints, Ints, Floats]:
        rows = [
            (self.places[part.product], self.places[part.component], part.quantity)
            for part in parts
            if part.product in self.places and part.component in self.places and part.quantity > 0
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 3)
        table = table[np.argsort(table[:, 0], kind="stable")]
        return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2]

    def _supplied(self) -> tuple[Ints, Ints, Floats, Ints, Ints]:
        """Supplies in the order of item, last day and day: first expired, first used."""
        rows = [
            (self.places[each.item], max(each.day, 0), each.last_day, number, each.quantity)
            for number, each in enumerate(self.supplies)
            if each.item in self.places and each.day < self.horizon and each.quantity > 0
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 5)
        table = table[np.lexsort((table[:, 3], table[:, 1], table[:, 2], table[:, 0]))]
        item, day, last, number = np.ascontiguousarray(table[:, :4].astype(np.int64).T)
        return item, day, np.ascontiguousarray(table[:, 4]), last, number

    def _forecast(self, forecasts: Mapping[str, npt.ArrayLike]) -> None:
        self.rows = np.full(len(self.names), -1, dtype=np.int64)
        loose = [each for each in self.demands if each.is_forecast and self._counts(each)]
        wanted = [name for name in forecasts if name in self.places]
        asked = dict.fromkeys([*wanted, *(each.item for each in loose)])
        self.matrix = np.zeros((max(len(asked), 1), self.horizon))
        for row, name in enumerate(asked):
            self.rows[self.places[name]] = row
        for name in wanted:
            means = np.asarray(forecasts[name], dtype=np.float64)[: self.horizon]
            self.matrix[self.rows[self.places[name]], : len(means)] = np.maximum(means, 0.0)
        for each in loose:
            self.matrix[self.rows[self.places[each.item]], max(each.day, 0)] += each.quantity

    def _counts(self, demand: Demand) -> bool:
        return demand.item in self.places and demand.day < self.horizon and demand.quantity > 0

    def _asked_by_name(self) -> dict[str, Any]:
        rows = [
            (self.places[each.item], max(each.day, 0), -1 - number, each.quantity, each.late_cost)
            for number, each in enumerate(self.demands)
            if not each.is_forecast and self._counts(each)
        ]
        table = np.array(rows, dtype=np.float64).reshape(-1, 5)
        table = table[np.argsort(table[:, 0], kind="stable")]
        item, day, source = np.ascontiguousarray(table[:, :3].astype(np.int64).T)
        quantity, late = np.ascontiguousarray(table[:, 3:].T)
        return {"item": item, "day": day, "source": source, "quantity": quantity, "late": late}

    def carry_out(self, name_of_day: Days) -> Plan:
        levels = np.array([self.levels[name] for name in self.names], dtype=np.int64)
        bounds = np.searchsorted(levels, np.arange(int(levels.max(initial=-1)) + 2))
        for first, stop in pairwise(bounds.tolist()):
            self._net(first, stop)
        return Plan(
            names=self.names,
            levels=self.levels,
            drafts=self.drafts,
            by_day=self.by_day,
            asked=self.asked,
            worth=self.worth,
            rules=self.rules,
            supplies=self.supplies,
            demands=self.demands,
            pegged=self.pegged,
            called=self.called,
            name_of_day=name_of_day,
        )

    def _net(self, first: int, stop: int) -> None:
        """Net the items of one level, which no other level above asks anything of any more."""
        base = self.called.size
        demands = self._demands(first, stop)
        self.called.add(**demands)
        self._appraise(first, stop, demands)
        entries = self._entries(first, stop, demands)
        before = self.drafts.size
        at = first
        while at < stop:
            at = self._some(at, min(at + _ITEMS_AT_ONCE, stop), first, entries, base)
        self._call_components(before)

    def _demands(self, first: int, stop: int) -> dict[str, Any]:
        """What is asked by name of these items: from outside, then by proposals, each in the order of the days."""
        own = self.asked_by_name
        low, high = np.searchsorted(own["item"], [first, stop])
        of_level = {name: column[low:high] for name, column in own.items()}
        if self.waiting.size:
            items = self.waiting["item"]
            chosen = np.flatnonzero((items >= first) & (items < stop))
            of_level = {
                name: np.concatenate([column, self.waiting[name][chosen]])
                for name, column in of_level.items()
            }
        order = np.lexsort((of_level["day"], of_level["item"]))
        return {name: column[order] for name, column in of_level.items()}

    def _appraise(self, first: int, stop: int, demands: dict[str, Any]) -> None:
        """A component that is lacking costs what its products lose by it, each in the measure in which it asks."""
        source = demands["source"]
        called = source >= 0
        if not called.any():
            return
        items = demands["item"][called]
        users = self.drafts["item"][source[called]]
        lost = (
            self.worth[users] * self.drafts["quantity"][source[called]]
        )  # all that the proposal would have been for
        own = np.where(self.rows[first:stop] >= 0, self.matrix[self.rows[first:stop]].sum(axis=1), 0.0)
        outside = np.bincount(
            demands["item"][~called] - first, weights=demands["quantity"][~called], minlength=stop - first
        )
        asked = np.bincount(items - first, weights=demands["quantity"][called], minlength=stop - first)
        passed = np.bincount(items - first, weights=lost, minlength=stop - first)
        total = own + outside + asked
        named = asked > 0
        self.worth[first:stop][named] = (
            self.worth[first:stop][named] * (own + outside)[named] + passed[named]
        ) / total[named]

    def _entries(self, first: int, stop: int, demands: dict[str, Any]) -> tables.Entries:
        """Tables for the kernel; items are numbered over all levels, so that rows need no shifting."""
        numbers = np.arange(len(self.names) + 1)
        item, day, quantity, last, _ = self.supplied
        entries = tables.Entries(
            supply_first=np.searchsorted(item, numbers),
            supply_day=day,
            supply_quantity=quantity,
            supply_last=last,
            demand_first=np.searchsorted(demands["item"], numbers),
            demand_day=np.ascontiguousarray(demands["day"]),
            demand_quantity=np.ascontiguousarray(demands["quantity"]),
            demand_late=np.ascontiguousarray(demands["late"]),
            row=self.rows,
            forecast=self.matrix,
            family_row=np.full(len(self.names), -1, dtype=np.int64),
            until=np.zeros((1, self.horizon), dtype=np.int64),
        )
        level = self.levels[self.names[first]]
        families = [key for key in self.families if key[1] == level]
        if not families:
            return entries
        spans = np.zeros((len(families), self.horizon), dtype=np.int64)
        for row, key in enumerate(families):
            members = np.array([self.places[name] for name in self.families[key]], dtype=np.int64)
            spans[row] = kernel.family_spans(
                members, self.columns, entries, self.horizon, self.family_costs[key]
            )
            entries.family_row[members] = row
        return entries._replace(until=spans)

    def _some(self, start: int, stop: int, first: int, entries: tables.Entries, base: int) -> int:
        """Net some items and keep what came of it; returns the first that is still to be netted."""
        named = int(entries.demand_first[stop] - entries.demand_first[start])
        held = int(entries.supply_first[stop] - entries.supply_first[start])
        room = 16 * (stop - start) + 64
        while True:
            drafts, pegs = _empty_drafts(room), _empty_pegs(4 * room + 2 * named + held)
            done, n, m = kernel.net_items(
                start, stop, self.columns, entries, self.horizon, drafts, pegs, self.by_day, self.asked
            )
            if done > start:
                break
            room *= 4
        offset = self.drafts.size
        self.drafts.add(**{name: column[:n].copy() for name, column in drafts._asdict().items()})
        supply, demand = pegs.supply[:m], pegs.demand[:m]
        of_proposal = supply < 0
        source = np.where(of_proposal, drafts.item[np.where(of_proposal, -1 - supply, 0)] if n else 0, 0)
        items = source
        if self.supplied[0].size:
            known = np.where(of_proposal, 0, supply)
            items = np.where(of_proposal, source, self.supplied[0][known])
            supply = np.where(of_proposal, supply - offset, self.supplied[4][known])
        else:
            supply = supply - offset
        self.pegged.add(
            item=items,
            supply=supply,
            demand=np.where(demand >= 0, demand + base, demand),
            quantity=pegs.quantity[:m].copy(),
            first=pegs.first[:m].copy(),
            last=pegs.last[:m].copy(),
        )
        return int(done)

    def _call_components(self, before: int) -> None:
        """Every proposal of the level asks for its components on the day on which it begins."""
        product, component, per = self.bill
        if not product.size or self.drafts.size == before:
            return
        item = self.drafts["item"][before:]
        begin = np.searchsorted(product, item)
        count = np.searchsorted(product, item, side="right") - begin
        source = np.repeat(np.arange(before, self.drafts.size), count)
        if not source.size:
            return
        # Rows of the bill of each proposal, one after another.
        within = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
        row = np.repeat(begin, count) + within
        start = np.maximum(self.drafts["due"][source] - self.columns.lead[self.drafts["item"][source]], 0)
        self.waiting.add(
            item=component[row],
            day=start,
            source=source,
            quantity=self.drafts["quantity"][source] * per[row],
            late=np.zeros(len(source)),
        )


def _columns(rules: Sequence[Rule]) -> tables.Rules:
    def floats(values: Iterable[float]) -> Floats:
        return np.fromiter(values, dtype=np.float64, count=len(rules))

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, dtype=np.int64, count=len(rules))

    return tables.Rules(
        lead=ints(rule.lead_days + rule.inspection_days for rule in rules),
        safety=floats(rule.safety_stock for rule in rules),
        cover=ints(rule.cover_days for rule in rules),
        minimum=floats(rule.minimum for rule in rules),
        multiple=floats(rule.multiple for rule in rules),
        vessel=floats(rule.batch_maximum for rule in rules),
        most=floats(rule.most for rule in rules),
        sizing=ints(rule.sizing for rule in rules),
        fixed=floats(rule.fixed_lot for rule in rules),
        order_cost=floats(rule.order_cost for rule in rules),
        holding=floats(rule.holding_cost for rule in rules),
    )


def _empty_drafts(room: int) -> tables.Drafts:
    whole = {"item", "due", "needed", "out", "covers"}
    columns: Any = [
        np.empty(room, dtype=np.int64 if name in whole else np.float64) for name in tables.Drafts._fields
    ]
    return tables.Drafts(*columns)


def _empty_pegs(room: int) -> tables.Pegs:
    columns: Any = [
        np.empty(room, dtype=np.float64 if name == "quantity" else np.int64) for name in tables.Pegs._fields
    ]
    return tables.Pegs(*columns)
