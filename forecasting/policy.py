"""How much stock to hold: targets from the distribution of demand over the time that stock must bridge.

A replenishment ordered now arrives after the lead time, and the next one can be ordered only at the next review: so
the stock position (on hand plus on the way) must cover demand over *lead time plus review*. Safety stock is what the
service level asks above the mean of that demand; the reorder point is mean plus safety stock; where a lot covers more than one
review, the level to order up to lies higher by the rest of the lot. Shelf life and the warehouse's volume cap it. Pure
arithmetic: no database, any unit.

Formulas after Snyder and Shen, Fundamentals of Supply Chain Theory, 2nd ed. 2019, chapters 3 to 5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import NormalDist
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from forecasting.wording import amount

_STANDARD: Final = NormalDist()


class Demand(Protocol):
    """A distribution of demand over some time."""

    @property
    def mean(self) -> float: ...

    def quantile(self, chance: float) -> float:
        """The least demand not exceeded with ``chance``."""
        ...

    def exceeds(self, stock: float) -> float:
        """Chance that demand exceeds ``stock``."""
        ...

    def shortage(self, stock: float) -> float:
        """Expected demand beyond ``stock``: E[(D - stock)+]."""
        ...


@dataclass(frozen=True, slots=True)
class NormalDemand:
    """The textbook's normal demand."""

    mean: float
    deviation: float

    def quantile(self, chance: float) -> float:
        return self.mean + self.deviation * _STANDARD.inv_cdf(chance)

    def exceeds(self, stock: float) -> float:
        return 1 - _STANDARD.cdf((stock - self.mean) / self.deviation)

    def shortage(self, stock: float) -> float:
        z = (stock - self.mean) / self.deviation
        return self.deviation * (_STANDARD.pdf(z) - z * (1 - _STANDARD.cdf(z)))


@dataclass(frozen=True, slots=True)
class PoissonDemand:
    """Unit demands that come independently."""

    mean: float

    def _chances(self, stock: float) -> npt.NDArray[np.float64]:
        count = max(int(stock), 0) + 1
        logs = np.arange(count) * math.log(self.mean) - self.mean
        logs -= np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count)))]) if count > 1 else 0.0
        return np.asarray(np.exp(logs))

    def quantile(self, chance: float) -> float:
        reach = self.mean + 12 * math.sqrt(self.mean) + 12
        below = np.cumsum(self._chances(reach))
        return float(np.searchsorted(below, chance - 1e-12))

    def exceeds(self, stock: float) -> float:
        return 1.0 if stock < 0 else max(0.0, 1 - float(self._chances(stock).sum()))

    def shortage(self, stock: float) -> float:
        if stock < 0:
            return self.mean - stock
        chances = self._chances(stock)
        kept = float(((stock - np.arange(len(chances))) * chances).sum())
        return self.mean - stock + kept


_GRID: Final = 400


@dataclass(frozen=True, eq=False, slots=True)
class QuantileDemand:
    """Demand known by quantiles, as a forecast gives it: straight lines between them, an exponential tail beyond.

    :param levels: rising probabilities, :param values: the quantities at them, not falling.
    """

    levels: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]
    sample: npt.NDArray[np.float64] = field(init=False)
    beyond: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        chances = (np.arange(_GRID) + 0.5) / _GRID
        inner = np.interp(chances, self.levels, self.values)
        first, last = float(self.levels[0]), float(self.levels[-1])
        below = chances < first
        inner[below] = self.values[0] * (chances[below] / first) ** 0.5
        beyond = chances > last
        inner[beyond] = self.values[-1] + self._tail() * np.log((1 - last) / (1 - chances[beyond]))
        sample = np.maximum(inner, 0.0)
        object.__setattr__(self, "sample", sample)
        object.__setattr__(self, "beyond", np.concatenate([np.cumsum(sample[::-1])[::-1], [0.0]]))

    def _tail(self) -> float:
        """Mean excess beyond the last quantile, from the slope between the last two."""
        if len(self.levels) < 2:
            return 0.0
        rise = float(self.values[-1] - self.values[-2])
        return rise / math.log((1 - self.levels[-2]) / (1 - self.levels[-1]))

    @property
    def mean(self) -> float:
        return float(self.sample.mean())

    def quantile(self, chance: float) -> float:
        last = float(self.levels[-1])
        if chance > last:
            return float(self.values[-1] + self._tail() * math.log((1 - last) / (1 - chance)))
        return float(np.interp(chance, (np.arange(_GRID) + 0.5) / _GRID, self.sample))

    def exceeds(self, stock: float) -> float:
        return 1 - int(np.searchsorted(self.sample, stock, side="right")) / _GRID

    def shortage(self, stock: float) -> float:
        place = int(np.searchsorted(self.sample, stock, side="right"))
        return float(self.beyond[place] - (_GRID - place) * stock) / _GRID


def mix(parts: Sequence[tuple[float, Demand]]) -> QuantileDemand:
    """Demand over a lead time that varies: ``parts`` are (weight, demand over one possible lead time)."""
    chances = (np.arange(_GRID) + 0.5) / _GRID
    values = np.concatenate([[part.quantile(float(c)) for c in chances] for _, part in parts])
    weights = np.concatenate([np.full(_GRID, weight) for weight, _ in parts])
    order = np.argsort(values, kind="stable")
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    levels = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99])
    return QuantileDemand(levels, np.interp(levels, reached, values[order]))


# --- closed forms ---------------------------------------------------------------------------------------------------


def economic_lot(fixed_cost: float, holding_cost: float, rate: float) -> float:
    """Lot with the least cost of ordering and holding (Harris 1913; Snyder and Shen eq. 3.4).

    :param fixed_cost: of one order or set-up, :param holding_cost: of one unit over one period,
    :param rate: demand a period.
    """
    return math.sqrt(2 * fixed_cost * rate / holding_cost)


def production_lot(fixed_cost: float, holding_cost: float, rate: float, production_rate: float) -> float:
    """Economic lot when it comes in at ``production_rate`` rather than at once (eq. 3.40)."""
    return economic_lot(fixed_cost, holding_cost * (1 - rate / production_rate), rate)


def backorder_lot(
    fixed_cost: float, holding_cost: float, stockout_cost: float, rate: float
) -> tuple[float, float]:
    """Economic lot when demand may wait at a cost, and the fraction of it that best does (eqs. 3.27 and 3.28)."""
    lot = economic_lot(fixed_cost, holding_cost, rate) * math.sqrt(
        (holding_cost + stockout_cost) / stockout_cost
    )
    return lot, holding_cost / (holding_cost + stockout_cost)


def newsvendor(demand: Demand, holding_cost: float, stockout_cost: float) -> float:
    """Stock with the least expected cost of too much and too little (eq. 4.17: the critical ratio's quantile)."""
    return demand.quantile(stockout_cost / (stockout_cost + holding_cost))


def newsvendor_cost(demand: Demand, holding_cost: float, stockout_cost: float, stock: float) -> float:
    """Expected cost of ``stock``: holding what is left, missing what is not there."""
    short = demand.shortage(stock)
    return holding_cost * (stock - demand.mean + short) + stockout_cost * short


# --- targets --------------------------------------------------------------------------------------------------------


class Measure(StrEnum):
    """What a service level is the level of."""

    FILL_RATE = "fill_rate"  # share of demand met from stock
    CYCLE = "cycle"  # chance that a replenishment comes before stock runs out


USABLE_SHARE: Final = 2 / 3
"""Of a shelf life in our own warehouse: the last third is the customer's."""


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
    """The service that covering lead time and review with ``stock`` gives, by the measure asked.

    Right after a review the stock position lies between that and the level to order up to, in steps of
    what a review period sells; shortage in the review period that ends lead time plus review later is what demand until
    then exceeds the position by, less what it had exceeded it by one review earlier (Silver, Pyke, Thomas 2017, 7.9).
    """
    if question.measure is Measure.CYCLE:
        return 1 - question.bridging.exceeds(stock)
    per_review = question.rate * question.review_days
    if per_review <= 0:
        return 1.0
    short = 0.0
    positions = _positions(lot, per_review)
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
    low, high = 0.0, question.bridging.quantile(0.9999)
    for _ in range(30):
        middle = (low + high) / 2
        if service_of(question, middle, lot) >= question.service_level:
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
        reorder_point=_reorder_point(question, covering, lot),
        order_up_to=max(order_up_to, covering),
        lot=lot,
        service=service,
        why=why,
        lines=tuple(summary),
    )


def _reorder_point(question: Question, covering: float, lot: float) -> float:
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


# --- what fits into the warehouse -----------------------------------------------------------------------------------

_STEPS: Final = 40


def fit_into(questions: Sequence[Question], targets: Sequence[Target], capacity_m3: float) -> list[Target]:
    """Cut targets to what the warehouse holds: each cubic metre goes where it prevents the most shortage.

    Stock above the mean demand is handed out in steps, always to the item whose next step prevents the most lost value
    (cost of a unit times the chance that it is wanted) for the volume it takes. Shortage falls ever more slowly with
    stock, so taking the best next step each time is optimal up to one step. Stock on average is the safety stock and
    half a lot, and that is what is counted against the capacity.
    """
    needed = [_volume(q, t) for q, t in zip(questions, targets, strict=True)]
    if sum(needed) <= capacity_m3:
        return list(targets)
    free = capacity_m3 - sum(q.bounds.volume_m3 * t.lot / 2 for q, t in zip(questions, targets, strict=True))
    given = _hand_out(questions, targets, max(free, 0.0))
    return [_cut(q, t, safety) for q, t, safety in zip(questions, targets, given, strict=True)]


def _volume(question: Question, made: Target) -> float:
    return question.bounds.volume_m3 * (made.safety_stock + made.lot / 2)


def _hand_out(questions: Sequence[Question], targets: Sequence[Target], free: float) -> list[float]:
    steps: list[tuple[float, int, float]] = []
    given = [0.0] * len(targets)
    for index, (question, made) in enumerate(zip(questions, targets, strict=True)):
        size = made.safety_stock / _STEPS
        if question.bounds.volume_m3 <= 0 or size <= 0:
            given[index] = made.safety_stock
            continue
        worth = (question.unit_cost or 1.0) / question.bounds.volume_m3
        base = made.covering - made.safety_stock
        steps += [
            (worth * question.bridging.exceeds(base + number * size), index, size) for number in range(_STEPS)
        ]
    for _, index, size in sorted(steps, key=lambda entry: -entry[0]):
        volume = size * questions[index].bounds.volume_m3
        if volume <= free:
            free -= volume
            given[index] += size
    return given


def _cut(question: Question, made: Target, safety: float) -> Target:
    if safety >= made.safety_stock - 1e-9:
        return made
    covering = made.covering - made.safety_stock + safety
    service = service_of(question, covering, made.lot)
    lines = (
        *made.lines[:-2],
        Line("safety stock that finds room", safety, "the warehouse is full"),
        Line("service reached", service),
    )
    why = f"{made.why[:-1]}; the warehouse has room for {amount(safety)} of {amount(made.safety_stock)}: {service:.1%} reached."
    return replace(
        made,
        safety_stock=safety,
        covering=covering,
        reorder_point=_reorder_point(question, covering, made.lot),
        order_up_to=made.order_up_to - made.covering + covering,
        service=service,
        why=why,
        lines=lines,
    )
