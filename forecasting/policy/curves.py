"""What stock serves, level by level: the curve that targets, shared service and what-ifs are read off.

A curve knows a position of stock for each of a few chances that it lasts over lead time and review, and what share of demand is
missed with it. Positions at the same chance are the same risk whatever the item, which makes curves of many items add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.targets import Question, lot_size, missed_shares

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
YEAR_DAYS: Final = 365


@dataclass(frozen=True, eq=False, slots=True)
class ServiceCurve:
    """What one item's stock serves.

    :ivar stocks: the position after a review, at each of `CHANCES`; :ivar missed: share of demand that it misses;
    :ivar left: what is there on average when the next replenishment comes; :ivar lot: of one replenishment;
    :ivar mean: demand over lead time and review, :ivar rate: a day, :ivar review_days: from one review to the next.
    """

    stocks: FloatArray
    missed: FloatArray
    left: FloatArray
    lot: float
    mean: float
    rate: float
    review_days: float

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
    mean = question.bridging.mean
    left = np.maximum(stocks - mean + question.bridging.shortages(stocks), 0.0)
    return ServiceCurve(stocks, missed, left, lot, mean, question.rate, question.review_days)


@dataclass(frozen=True, slots=True)
class Worth:
    """What a unit of an item costs and takes."""

    unit_cost: float
    volume_m3: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """Service, and the stock and money that it takes; of one item or of many together.

    :ivar stock: on average; of one item only, as are :ivar safety_stock: and :ivar order_up_to:
    :ivar capital: value of the stock on average; :ivar holding_cost: of a year; :ivar missed_value: demand missed in a year, at cost.
    """

    service: float
    capital: float
    volume_m3: float
    holding_cost: float
    missed_value: float
    stock: float = 0.0
    safety_stock: float = 0.0
    order_up_to: float = 0.0


def what_if(
    curve: ServiceCurve, worth: Worth, *, holding_rate: float, services: Sequence[float] = SERVICES
) -> list[Point]:
    """An item's service against capital: what each service would take.

    :param holding_rate: cost of holding for a year, as a share of the value held.
    """
    return [
        point_at(curve, worth, curve.stock_for(service), holding_rate=holding_rate) for service in services
    ]


def point_at(curve: ServiceCurve, worth: Worth, stock: float, *, holding_rate: float) -> Point:
    """Where a position of stock stands on an item's curve."""
    average, missed = curve.average_at(stock), curve.missed_at(stock)
    capital = average * worth.unit_cost
    return Point(
        service=1 - missed,
        capital=capital,
        volume_m3=average * worth.volume_m3,
        holding_cost=capital * holding_rate,
        missed_value=missed * curve.rate * YEAR_DAYS * worth.unit_cost,
        stock=average,
        safety_stock=max(stock - curve.mean, 0.0),
        order_up_to=stock + max(curve.lot - curve.rate * curve.review_days, 0.0),
    )


def all_alike(
    items: Sequence[tuple[ServiceCurve, Worth]], *, holding_rate: float, services: Sequence[float] = SERVICES
) -> list[Point]:
    """Many items' service against capital when each meets the same service."""
    return [
        total(
            [
                point_at(curve, worth, curve.stock_for(service), holding_rate=holding_rate)
                for curve, worth in items
            ],
            items,
        )
        for service in services
    ]


def all_at_one_risk(items: Sequence[tuple[ServiceCurve, Worth]], *, holding_rate: float) -> list[Point]:
    """The same when each runs the same risk of a stock-out: the least capital for the value that is served together."""
    return [
        total(
            [
                point_at(curve, worth, float(curve.stocks[place]), holding_rate=holding_rate)
                for curve, worth in items
            ],
            items,
        )
        for place in range(len(CHANCES))
    ]


def total(points: Sequence[Point], items: Sequence[tuple[ServiceCurve, Worth]]) -> Point:
    """Points of many items as one; service by value; of items that cost nothing, the lowest."""
    asked = sum(curve.rate * worth.unit_cost for curve, worth in items) * YEAR_DAYS
    missed = sum(point.missed_value for point in points)
    return Point(
        service=1 - missed / asked if asked > 0 else min((point.service for point in points), default=1.0),
        capital=sum(point.capital for point in points),
        volume_m3=sum(point.volume_m3 for point in points),
        holding_cost=sum(point.holding_cost for point in points),
        missed_value=missed,
    )
