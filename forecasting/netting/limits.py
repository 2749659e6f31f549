"""What breaks first when more is asked for: a machine, the warehouse, or material that cannot come in time.

A plan for the larger demand is held against what there is. A work center breaks in the first week in which what is proposed takes more hours
than it has free (the work of a proposal spreads evenly from its start to its due day); a warehouse on the first day on which the stock of its
items takes more room than it has; material on the first day on which a bought item is short because its lead time leaves no time, further
than it would be anyway.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from forecasting.netting.book import NOTHING
from forecasting.netting.plan import Days, Floats, Plan
from forecasting.wording import amount

WEEK = 7


class Breaks(StrEnum):
    MACHINE = "machine"
    WAREHOUSE = "warehouse"
    MATERIAL = "material"


def _day_by_number(what: str, day: int) -> str:
    return f"day {day}"


@dataclass(frozen=True, slots=True)
class Work:
    """What making an item takes of one work center, in hours."""

    item: str
    center: str
    hours_a_unit: float
    hours_a_batch: float


@dataclass(frozen=True, slots=True)
class Limit:
    """Something gives way on a day: so much is needed of it and so much is there; `anyway` where it does no later for demand as it is."""

    breaks: Breaks
    what: str
    day: int
    needed: float
    available: float
    sentence: str
    anyway: bool = False


@dataclass(frozen=True, eq=False)
class Means:
    """What there is.

    :ivar free_hours: by work center and day, :ivar rooms: cubic metres by warehouse.
    :ivar stored: of each item that takes room, the warehouse and cubic metres a unit, :ivar bought: items that suppliers send.
    :ivar titles: how sentences call items, centers and warehouses, :ivar name_of_day: and a day of the plan, for one of these.
    """

    work: Sequence[Work]
    free_hours: Mapping[str, Sequence[float]]
    rooms: Mapping[str, float]
    stored: Mapping[str, tuple[str, float]]
    bought: frozenset[str]
    titles: Mapping[str, str]
    name_of_day: Days = _day_by_number


def first_limits(plan: Plan, usual: Plan, means: Means) -> list[Limit]:
    """Of each work center, warehouse and bought item that gives way under `plan`, the first time; the earliest first.

    :param usual: the plan for demand as it is: material that is short anyway is not counted.
    """
    before = {limit.what: limit.day for limit in (*_machines(usual, means), *_warehouses(usual, means))}
    found = [
        replace(limit, anyway=True, sentence=f"{limit.sentence} It is so with demand as it is.")
        if before.get(limit.what, limit.day + 1) <= limit.day
        else limit
        for limit in (*_machines(plan, means), *_warehouses(plan, means))
    ]
    found += _material(plan, usual, means)
    return sorted(found, key=lambda limit: (limit.day, limit.breaks, limit.what))


def hours_by_day(plan: Plan, work: Sequence[Work]) -> dict[str, Floats]:
    """Hours that the proposals of a plan take of each work center, by day."""
    days = plan.by_day.shape[1]
    by_item: dict[int, list[Work]] = defaultdict(list)
    for each in work:
        if each.item in plan.places:
            by_item[plan.places[each.item]].append(each)
    taken: dict[str, Floats] = {}
    items, quantities, due = plan.drafts["item"], plan.drafts["quantity"], plan.drafts["due"]
    for number in np.flatnonzero(np.isin(items, list(by_item))):
        rule = plan.rules[items[number]]
        end = max(int(due[number]) - rule.inspection_days, 0)
        first = max(end - rule.lead_days, 0)
        for each in by_item[int(items[number])]:
            hours = each.hours_a_unit * float(quantities[number]) + each.hours_a_batch
            # What is due on a day is made before it; a day's notice leaves that day.
            stretch = taken.setdefault(each.center, np.zeros(days))[first : max(end, first + 1)]
            stretch += hours / max(len(stretch), 1)
    return taken


def _machines(plan: Plan, means: Means) -> list[Limit]:
    found = []
    for center, needed in hours_by_day(plan, means.work).items():
        free = np.asarray(means.free_hours.get(center, ()), dtype=np.float64)[: len(needed)]
        if len(free) < len(needed):
            continue
        for first in range(0, len(needed), WEEK):
            asked, there = float(needed[first : first + WEEK].sum()), float(free[first : first + WEEK].sum())
            if asked > there + NOTHING:
                share = f"{amount(asked)} hours of it are needed and {amount(there)} are free"
                sentence = f"{means.titles.get(center, center)} is full in the week from {means.name_of_day(center, first)}: {share}."
                found.append(Limit(Breaks.MACHINE, center, first, asked, there, sentence))
                break
    return found


def _warehouses(plan: Plan, means: Means) -> list[Limit]:
    filled: dict[str, Floats] = {}
    for item, (warehouse, volume) in means.stored.items():
        if item in plan.places and warehouse in means.rooms:
            room = np.maximum(plan.by_day[plan.places[item]], 0.0) * volume
            filled[warehouse] = filled.get(warehouse, np.zeros(len(room))) + room
    found = []
    for warehouse, taken in filled.items():
        over = np.flatnonzero(taken > means.rooms[warehouse] + NOTHING)
        if over.size:
            day, needed, there = int(over[0]), float(taken[over[0]]), means.rooms[warehouse]
            sentence = (
                f"{means.titles.get(warehouse, warehouse)} is full on {means.name_of_day(warehouse, day)}: stock takes {amount(needed)} m³ "
                f"and there are {amount(there)}."
            )
            found.append(Limit(Breaks.WAREHOUSE, warehouse, day, needed, there, sentence))
    return found


def _material(plan: Plan, usual: Plan, means: Means) -> list[Limit]:
    found = []
    for item in sorted(means.bought & plan.places.keys()):
        low, before = plan.by_day[plan.places[item]], usual.by_day[usual.places[item]]
        lost = _unmet(plan, item) - _unmet(usual, item)
        short = np.flatnonzero((low < -NOTHING) & (low < before - NOTHING) | (lost > NOTHING))
        if not short.size:
            continue
        day, rule = int(short[0]), plan.rules[plan.places[item]]
        needed = float(max(-low[day], lost[day]))
        sentence = (
            f"{means.titles.get(item, item)} is short on {means.name_of_day(item, day)}: {amount(needed)} are missing, and what is ordered "
            f"today comes in {rule.lead_days} days."
        )
        found.append(Limit(Breaks.MATERIAL, item, day, needed, 0.0, sentence))
    return found


def _unmet(plan: Plan, item: str) -> Floats:
    """Demand by day that finds no stock and does not wait."""
    place = plan.places[item]
    asked, ends = plan.asked[place], plan.by_day[place]
    comes = np.zeros(len(asked))
    for supply in plan.supplies:
        if supply.item == item and supply.day < len(comes):
            comes[max(supply.day, 0)] += supply.quantity
    first, stop = np.searchsorted(plan.drafts["item"], [place, place + 1])
    np.add.at(comes, plan.drafts["due"][first:stop], plan.drafts["quantity"][first:stop])
    before = np.concatenate([[0.0], ends[:-1]])
    return np.asarray(np.maximum(asked - (before + comes - ends), 0.0))
