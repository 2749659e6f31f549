"""Stock targets: safety stock, reorder point and order-up-to from the service asked, within shelf life."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from forecasting.policy.distributions import Demand
from forecasting.policy.lost_sales import Futures
from forecasting.policy.lots import economic_lot
from forecasting.wording import amount


class Measure(StrEnum):
    """What a service level is the level of."""

    FILL_RATE = "fill_rate"  # share of demand met from stock
    CYCLE = "cycle"  # chance that a replenishment comes before stock runs out


class Unmet(StrEnum):
    """What becomes of demand that finds no stock."""

    WAITS = "waits"  # it is delivered from the next replenishment
    LOST = "lost"  # it goes elsewhere


USABLE_SHARE: Final = 2 / 3
"""Of a shelf life in our own warehouse: the last third is the customer's."""


_HALVINGS: Final = 20
"""Of the range of stocks searched: to a millionth of it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What limits lots and stock of an item; quantities in its unit, 0 or ``None`` = no limit."""

    minimum: float = 0.0
    multiple: float = 0.0
    maximum: float = 0.0
    shelf_life_days: float | None = None
    usable_share: float = USABLE_SHARE
    volume_m3: float = 0.0


@dataclass(frozen=True, slots=True)
class Question:
    """All that a target depends on.

    :param bridging: demand over lead time plus review, :param lead: demand over the lead time alone,
    :param rate: mean demand a day, :param cover_days: days of demand that one replenishment shall cover;
    with ``fixed_cost`` and ``holding_cost`` (of a unit over a day) given, the economic lot is taken if it is larger.
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
    unit_cost: float = 0.0
    bounds: Bounds = Bounds()


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
    mean = question.bridging.mean
    lot = lot_size(question)
    wanted = _stock_for_service(question, lot)
    lines = [
        Line("mean demand over lead time and review", mean, _span(question)),
        Line("stock that the service level asks for", wanted, _asked(question)),
        Line("lot", lot, _lot_note(question, lot)),
    ]
    covering, order_up_to, capped = _within_shelf_life(question, wanted, lot)
    if capped:
        lines.append(Line("most that sells before it is too old", order_up_to, capped))
    return _made(question, covering, order_up_to, lot, lines, capped)


def lot_size(question: Question) -> float:
    """Days of cover or the economic lot, whichever is more, within minimum, multiple and maximum."""
    lot = question.rate * max(question.cover_days, question.review_days)
    if question.fixed_cost > 0 and question.holding_cost > 0:
        lot = max(lot, economic_lot(question.fixed_cost, question.holding_cost, question.rate))
    return sized(lot, question.bounds)


def sized(quantity: float, bounds: Bounds) -> float:
    """A quantity raised to the minimum and to a whole multiple, and cut to the maximum."""
    quantity = max(quantity, bounds.minimum)
    if bounds.maximum:
        quantity = min(quantity, bounds.maximum)
    if bounds.multiple:
        quantity = math.ceil(round(quantity / bounds.multiple, 9)) * bounds.multiple
        if bounds.maximum and quantity > bounds.maximum:
            quantity = max(math.floor(bounds.maximum / bounds.multiple), 1) * bounds.multiple
    return quantity


def service_of(question: Question, stock: float, lot: float) -> float:
    """The service that covering lead time and review with ``stock`` gives, by the measure asked."""
    return _service(question, lot)(stock)


def _service(question: Question, lot: float) -> Callable[[float], float]:
    """Service by stock that covers lead time and review."""
    per_review = question.rate * question.review_days
    if question.measure is Measure.CYCLE:
        return lambda stock: 1 - question.bridging.exceeds(stock)
    if per_review <= 0:
        return lambda stock: 1.0
    positions = _positions(lot, per_review)
    if question.unmet is Unmet.LOST and positions == 1 and question.lead_days > 0:
        # With lots for several reviews a peak meets an empty shelf once in a lot, and waiting tells it well enough.
        futures = Futures(
            question.bridging, question.lead, lead_time=question.lead_days, review=question.review_days
        )
        return lambda stock: 1 - futures.lost(stock)
    return lambda stock: _fill_rate(question, stock, positions, per_review)


def _fill_rate(question: Question, stock: float, positions: int, per_review: float) -> float:
    """Share of demand met from stock where the rest waits.

    Right after a review the stock position lies between that and the level to order up to, in steps of
    what a review period sells; shortage in the review period that ends lead time plus review later is what demand until
    then exceeds the position by, less what it had exceeded it by one review earlier (Silver, Pyke, Thomas 2017, 7.9).
    """
    short = 0.0
    for number in range(positions):
        position = stock + number * per_review
        short += max(question.bridging.shortage(position) - question.lead.shortage(position), 0.0)
    return 1 - min(short / positions / per_review, 1.0)


def _positions(lot: float, per_review: float) -> int:
    return min(max(round(lot / per_review), 1), 60)


def _stock_for_service(question: Question, lot: float) -> float:
    if question.rate <= 0 and question.bridging.mean <= 0:
        return 0.0
    if question.measure is Measure.CYCLE:
        return max(question.bridging.quantile(question.service_level), 0.0)
    serves = _service(question, lot)
    low, high = 0.0, question.bridging.quantile(0.9999)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if serves(middle) >= question.service_level:
            high = middle
        else:
            low = middle
    return high


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


def _made(
    question: Question, covering: float, order_up_to: float, lot: float, lines: Sequence[Line], capped: str
) -> Target:
    safety = max(covering - question.bridging.mean, 0.0)
    service = service_of(question, covering, lot)
    summary = [*lines, Line("safety stock", safety), Line("service reached", service)]
    why = (
        f"Demand over {question.lead_days:.0f} days of lead time and {question.review_days:.0f} of review averages "
        f"{amount(question.bridging.mean)}; a safety stock of {amount(safety)} keeps {_asked(question)} with lots of {amount(lot)}."
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
        lines=tuple(summary),
    )


def reorder_point(question: Question, covering: float, lot: float) -> float:
    per_review = question.rate * question.review_days
    if per_review <= 0 or question.measure is Measure.CYCLE or _positions(lot, per_review) == 1:
        return covering
    return max(covering - per_review / 2, 0.0)


def _asked(question: Question) -> str:
    noun = (
        "of demand met from stock" if question.measure is Measure.FILL_RATE else "of cycles without stock-out"
    )
    return f"{question.service_level:.1%} {noun}"


def _span(question: Question) -> str:
    return f"{question.lead_days:.0f} + {question.review_days:.0f} days"


def _lot_note(question: Question, lot: float) -> str:
    days = lot / question.rate if question.rate > 0 else 0.0
    return f"covers {days:.0f} days" if days else "no demand to cover"
