"""Stock targets: safety stock, reorder point and order-up-to from the service or the costs asked, within shelf life."""

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.distributions import Demand
from forecasting.policy.lost_sales import Futures
from forecasting.policy.lots import economic_lot
from forecasting.wording import amount


class Measure(StrEnum):
    """What a service level is the level of."""

    FILL_RATE = "fill_rate"  # share of demand met from stock
    CYCLE = "cycle"  # chance that a replenishment comes before stock runs out
    COST = "cost"  # no level: what holding costs and what missing costs decide


class Unmet(StrEnum):
    """What becomes of demand that finds no stock."""

    WAITS = "waits"  # it is delivered from the next replenishment
    LOST = "lost"  # it goes elsewhere


USABLE_SHARE: Final = 2 / 3
"""Of a shelf life in our own warehouse: the last third is the customer's."""


_STEPS: Final = 33
_NARROWINGS: Final = 4
"""Of the range of stocks searched, each to one of its steps: to a millionth of it."""
_MOST_POSITIONS: Final = 60


@dataclass(frozen=True, slots=True)
class Bounds:
    """What limits lots and stock of an item; quantities in its unit, 0 or ``None`` = no limit.

    :ivar fixed: lots are whole multiples of this, :ivar maximum: of one batch, such as what the vessel holds; more comes in several.
    """

    minimum: float = 0.0
    multiple: float = 0.0
    maximum: float = 0.0
    fixed: float = 0.0
    shelf_life_days: float | None = None
    usable_share: float = USABLE_SHARE
    volume_m3: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """All that a target depends on.

    :param bridging: demand over lead time plus review, :param lead: demand over the lead time alone,
    :param rate: mean demand a day, :param cover_days: days of demand that one replenishment shall cover;
    with ``fixed_cost`` (of one order or batch) and ``holding_cost`` (of a unit over a day) given, the economic lot is taken if it is
    larger; :param lot_why: what sizes the lot, in words, where neither does.
    :param shortage_cost: of a unit that is not there when asked for; with ``holding_cost``, what `Measure.COST` weighs,
    :param usual: mean demand a day over a season, by which items of a class are compared; 0 takes ``rate``.
    """

    item: str
    bridging: Demand
    lead: Demand
    rate: float
    lead_days: float
    review_days: float
    measure: Measure = Measure.FILL_RATE
    unmet: Unmet = Unmet.WAITS
    service_level: float = 0.95
    cover_days: float = 14.0
    fixed_cost: float = 0.0
    holding_cost: float = 0.0
    shortage_cost: float = 0.0
    unit_cost: float = 0.0
    usual: float = 0.0
    bounds: Bounds = Bounds()
    lot_why: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a target's arithmetic."""

    what: str
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """How much stock, and why; the three levels are of the stock position, in the item's unit."""

    item: str
    safety_stock: float
    covering: float
    """The position that lead time plus review must be bridged with: mean demand and safety stock."""
    reorder_point: float
    """Order at a review that finds the position at or below this. With lots for several reviews the position passes it
    half a review's demand before the next review on average, so it lies that much below ``covering``."""
    order_up_to: float
    lot: float
    service: float
    """The service this gives, by the measure asked; below the level asked where a cap bites."""
    why: str
    lines: tuple[Line, ...]


def target(question: Question) -> Target:
    """Safety stock, reorder point and order-up-to level for one item."""
    lot = lot_size(question)
    return reached_with(question, _stock_asked_for(question, lot), lot)


def reached_with(
    question: Question, stock: float, lot: float, *, asked: str = "", missed: float | None = None
) -> Target:
    """The target that covers lead time and review with ``stock``, or with what of it sells before it is too old.

    :param asked: what the stock is for, in words; by default what the question asks,
    :param missed: share of demand that is missed with ``stock``, where that is known better than the question tells.
    """
    asked = asked or _asked(question)
    mean = question.bridging.mean
    lines = [
        Line("mean demand over lead time and review", mean, _span(question)),
        Line(_WANTED[question.measure], stock, asked),
        *lot_lines(question, lot),
    ]
    covering, order_up_to, capped = _within_shelf_life(question, stock, lot)
    if capped:
        lines.append(Line("most that sells before it is too old", order_up_to, capped))
    safety = max(covering - mean, 0.0)
    service = service_of(question, covering, lot) if missed is None or capped else 1 - missed
    lines += [Line("safety stock", safety), Line("service reached", service)]
    why = (
        f"Demand over {question.lead_days:.0f} days of lead time and {question.review_days:.0f} of review averages "
        f"{amount(mean)}; a safety stock of {amount(safety)} keeps {asked} with lots of {amount(lot)}"
        f"{', the economic lot' if _is_economic(question) else ''}."
    )
    if capped:
        why = f"{why[:-1]}, capped by {capped}: {service:.1%} reached."
    return Target(
        item=question.item,
        safety_stock=safety,
        covering=covering,
        reorder_point=reorder_point(question, covering, lot),
        order_up_to=max(order_up_to, covering),
        lot=lot,
        service=service,
        why=why,
        lines=tuple(lines),
    )


def lot_size(question: Question) -> float:
    """Days of cover or the economic lot, whichever is more, in batches within minimum, multiple and maximum."""
    bounds = question.bounds
    lot = max(question.rate * max(question.cover_days, question.review_days), _economic(question))
    if bounds.fixed:
        lot = max(_whole(lot, bounds.fixed), bounds.fixed)
    return sized(lot, bounds)


def _economic(question: Question) -> float:
    """The economic lot, 0 without costs; no more than one batch, as each batch beyond it is a set-up and more to hold as well."""
    if question.fixed_cost <= 0 or question.holding_cost <= 0:
        return 0.0
    lot = economic_lot(question.fixed_cost, question.holding_cost, question.rate)
    return min(lot, _largest(question.bounds)) if question.bounds.maximum else lot


def _is_economic(question: Question) -> bool:
    return _economic(question) > question.rate * max(question.cover_days, question.review_days)


def sized(quantity: float, bounds: Bounds) -> float:
    """A quantity as batches bring it: raised to the minimum and to a whole multiple; beyond the largest batch, full ones and a rest."""
    quantity = _whole(max(quantity, bounds.minimum), bounds.multiple)
    if not bounds.maximum or quantity <= bounds.maximum:
        return quantity
    largest = _largest(bounds)
    full = math.floor(round(quantity / largest, 9)) * largest
    rest = quantity - full
    if rest <= 1e-6 * largest:
        return full
    return full + min(_whole(max(rest, bounds.minimum), bounds.multiple), largest)


def _largest(bounds: Bounds) -> float:
    if 0 < bounds.multiple <= bounds.maximum:
        return math.floor(round(bounds.maximum / bounds.multiple, 9)) * bounds.multiple
    return bounds.maximum


def _whole(quantity: float, multiple: float) -> float:
    return math.ceil(round(quantity / multiple, 9)) * multiple if multiple else quantity


def service_of(question: Question, stock: float, lot: float) -> float:
    """The service that covering lead time and review with ``stock`` gives, by the measure asked; where costs decide, the fill rate."""
    if question.measure is Measure.CYCLE:
        return 1 - question.bridging.exceeds(stock)
    return 1 - float(missed_shares(question, np.array([stock]), lot)[0])


def missed_shares(question: Question, stocks: FloatArray, lot: float) -> FloatArray:
    """Share of demand that is not met from stock when lead time and review are covered with each of ``stocks``.

    Right after a review the stock position lies between that and the level to order up to, in steps of
    what a review period sells; shortage in the review period that ends lead time plus review later is what demand until
    then exceeds the position by, less what it had exceeded it by one review earlier (Silver, Pyke, Thomas 2017, 7.9).
    """
    per_review = question.rate * question.review_days
    if per_review <= 0:
        return np.zeros(stocks.shape)
    count = positions(lot, per_review)
    if question.unmet is Unmet.LOST and count == 1 and question.lead_days > 0:
        # With lots for several reviews a peak meets an empty shelf once in a lot, and waiting tells it well enough.
        futures = Futures(
            question.bridging, question.lead, lead_time=question.lead_days, review=question.review_days
        )
        return futures.lost(stocks)
    after = stocks[:, None] + per_review * np.arange(count)
    short = question.bridging.shortages(after) - question.lead.shortages(after)
    return np.asarray(np.minimum(np.maximum(short, 0.0).mean(axis=1) / per_review, 1.0))


def positions(lot: float, per_review: float) -> int:
    """Positions in which a review may find stock of a lot that covers several reviews."""
    return min(max(round(lot / per_review), 1), _MOST_POSITIONS)


def _stock_asked_for(question: Question, lot: float) -> float:
    if question.rate <= 0 and question.bridging.mean <= 0:
        return 0.0
    if question.measure is Measure.CYCLE:
        return max(question.bridging.quantile(question.service_level), 0.0)
    if question.measure is Measure.COST:
        return _cheapest(question, lot)
    low, high = 0.0, question.bridging.quantile(0.9999)
    for _ in range(_NARROWINGS):
        tried = np.linspace(low, high, _STEPS)
        enough = 1 - missed_shares(question, tried, lot) >= question.service_level
        place = int(np.argmax(enough)) if enough.any() else _STEPS - 1
        low, high = float(tried[max(place - 1, 0)]), float(tried[place])
    return high


def _cheapest(question: Question, lot: float) -> float:
    """Where one unit more costs as much to hold as it saves in shortage: the newsvendor's balance, review by review.

    Stock for which nobody would pay is none at all: without a cost of holding or of missing there is nothing to weigh.
    """
    per_review = question.rate * question.review_days
    holding = question.holding_cost * question.review_days
    if holding <= 0 or question.shortage_cost <= 0:
        return 0.0
    tried = np.unique(np.maximum([question.bridging.quantile(chance) for chance in _TRIED], 0.0))
    best = float(tried[0])
    for _ in range(_NARROWINGS):
        left = tried - question.bridging.mean + question.bridging.shortages(tried)
        costs = holding * left + question.shortage_cost * per_review * missed_shares(question, tried, lot)
        place = int(np.argmin(costs))
        best = float(tried[place])
        around = tried[max(place - 1, 0)], best, tried[min(place + 1, len(tried) - 1)]
        tried = np.unique(np.concatenate([np.linspace(a, b, _STEPS) for a, b in pairwise(around)]))
    return best


_TRIED: Final = tuple(
    np.concatenate([np.arange(0.005, 0.9, 0.005), 1 - np.geomspace(0.1, 0.0002, 60)]).tolist()
)


def _within_shelf_life(question: Question, reorder: float, lot: float) -> tuple[float, float, str]:
    beyond = max(lot - question.rate * question.review_days, 0.0)
    days = question.bounds.shelf_life_days
    if not days or question.rate <= 0:
        return reorder, reorder + beyond, ""
    usable = days * question.bounds.usable_share
    most = question.rate * usable
    if reorder + beyond <= most:
        return reorder, reorder + beyond, ""
    note = f"{usable:.0f} of {days:.0f} days of shelf life at {amount(question.rate)} a day"
    return min(reorder, most), most, note


def reorder_point(question: Question, covering: float, lot: float) -> float:
    """The position below which a review orders, in the item's unit: what covers or, where a lot lasts for several reviews, that less half of
    what is asked for between two.

    :param covering: the position with which what is bridged is covered as asked. :param lot: what one replenishment brings.
    """
    per_review = question.rate * question.review_days
    if per_review <= 0 or question.measure is Measure.CYCLE or positions(lot, per_review) == 1:
        return covering
    return max(covering - per_review / 2, 0.0)


_WANTED: Final = {
    Measure.FILL_RATE: "stock that the service level asks for",
    Measure.CYCLE: "stock that the service level asks for",
    Measure.COST: "stock that costs the least",
}


def _asked(question: Question) -> str:
    if question.measure is Measure.COST:
        return (
            f"holding at {amount(question.holding_cost * 365)} a unit and year in balance with "
            f"missing at {amount(question.shortage_cost)} a unit"
        )
    noun = (
        "of demand met from stock" if question.measure is Measure.FILL_RATE else "of cycles without stock-out"
    )
    return f"{question.service_level:.1%} {noun}"


def _span(question: Question) -> str:
    return f"{question.lead_days:.0f} + {question.review_days:.0f} days"


def _lot_note(question: Question, lot: float) -> str:
    if question.rate <= 0:
        return "no demand to cover"
    notes = [f"covers {lot / question.rate:.0f} days"]
    bounds = question.bounds
    if _is_economic(question):
        notes.append(
            f"the economic lot: one set-up or order costs {amount(question.fixed_cost)}, holding a unit for a year "
            f"{amount(question.holding_cost * 365)}"
        )
        if 0 < bounds.maximum < economic_lot(question.fixed_cost, question.holding_cost, question.rate):
            notes.append(f"which {amount(bounds.maximum)}, the largest batch, limits")
    elif bounds.fixed:
        notes.append(f"lots are of {amount(bounds.fixed)}")
    elif question.lot_why:
        notes.append(question.lot_why)
    if bounds.maximum and lot > bounds.maximum:
        notes.append(
            f"in {math.ceil(round(lot / _largest(bounds), 9))} batches of no more than {amount(bounds.maximum)}"
        )
    return ", ".join(notes)


def lot_lines(question: Question, lot: float) -> list[Line]:
    """The lot and what sizes it; and how often a year it is replenished, where there is any demand."""
    return [Line("lot", lot, _lot_note(question, lot)), *_cycles(question, lot)]


def _cycles(question: Question, lot: float) -> list[Line]:
    if question.rate <= 0 or lot <= 0:
        return []
    a_year = 365 * question.rate / max(lot, question.rate * question.review_days)
    if question.fixed_cost <= 0:
        return [Line("replenishments a year", a_year)]
    note = (
        f"{amount(a_year * question.fixed_cost)} of set-ups or orders, at {amount(question.fixed_cost)} each"
    )
    return [Line("replenishments a year", a_year, note)]
