"""What stock serves, level by level: the curve that targets, shared service and what-ifs are read off.

A curve knows a position of stock for each of a few chances that it lasts over lead time and review, and what share of demand is
missed with it. Positions at the same chance are the same risk whatever the item, which makes curves of many items add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.targets import Question, Target, lot_size, missed_shares

CHANCES: Final = np.array(
    [
        0.02,
        0.05,
        0.1,
        0.2,
        0.35,
        0.5,
        0.6,
        0.7,
        0.78,
        0.84,
        0.88,
        0.91,
        0.935,
        0.955,
        0.97,
        0.98,
        0.987,
        0.992,
        0.996,
        0.999,
        0.9997,
    ]
)
SERVICES: Final = (0.8, 0.85, 0.9, 0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998)
"""Where a what-if is drawn."""


@dataclass(frozen=True, eq=False, slots=True)
class ServiceCurve:
    """What one item's stock serves.

    :ivar stocks: the position after a review, at each of `CHANCES`; :ivar missed: share of demand that it misses;
    :ivar left: what is there on average when the next replenishment comes; :ivar lot: of one replenishment.
    """

    stocks: FloatArray
    missed: FloatArray
    left: FloatArray
    lot: float

    @property
    def average(self) -> FloatArray:
        """Stock on average: what is left when a replenishment comes, and half of the lot that comes."""
        return self.left + self.lot / 2

    def stock_for(self, service: float) -> float:
        """The least position that misses no more than ``1 - service``; the most of the curve where none does."""
        return float(np.interp(service, np.maximum.accumulate(1 - self.missed), self.stocks))

    def average_at(self, stock: float) -> float:
        return float(np.interp(stock, self.stocks, self.average))

    def missed_at(self, stock: float) -> float:
        return float(np.interp(stock, self.stocks, self.missed))


def service_curve(question: Question) -> ServiceCurve:
    """What stock serves of the demand that ``question`` asks about, whatever service it asks."""
    lot = lot_size(question)
    stocks = np.array([max(question.bridging.quantile(float(chance)), 0.0) for chance in CHANCES])
    stocks = np.maximum.accumulate(stocks)
    missed = np.minimum.accumulate(missed_shares(question, stocks, lot))
    left = np.maximum(stocks - question.bridging.mean + question.bridging.shortages(stocks), 0.0)
    return ServiceCurve(stocks, missed, left, lot)


@dataclass(frozen=True, slots=True)
class Point:
    """Service, and the stock and money that it takes; of one item or of many together.

    :ivar capital: value of the stock on average; :ivar holding_cost: of a year; :ivar missed_value: demand missed in a year, at cost.
    """

    service: float
    stock: float
    capital: float
    volume_m3: float
    holding_cost: float
    missed_value: float
    safety_stock: float = 0.0
    order_up_to: float = 0.0


def what_if(
    question: Question, curve: ServiceCurve, *, holding_rate: float, services: Sequence[float] = SERVICES
) -> list[Point]:
    """An item's service against capital: what each service would take.

    :param holding_rate: cost of holding for a year, as a share of the value held.
    """
    return [_point(question, curve, curve.stock_for(service), holding_rate) for service in services]


def standing(question: Question, curve: ServiceCurve, made: Target, *, holding_rate: float) -> Point:
    """Where a target stands on its curve, after whatever capped it."""
    return _point(question, curve, made.covering, holding_rate)


def _point(question: Question, curve: ServiceCurve, stock: float, holding_rate: float) -> Point:
    average, missed = curve.average_at(stock), curve.missed_at(stock)
    capital = average * question.unit_cost
    return Point(
        service=1 - missed,
        stock=average,
        capital=capital,
        volume_m3=average * question.bounds.volume_m3,
        holding_cost=capital * holding_rate,
        missed_value=missed * question.rate * 365 * question.unit_cost,
        safety_stock=max(stock - question.bridging.mean, 0.0),
        order_up_to=stock + max(curve.lot - question.rate * question.review_days, 0.0),
    )
