"""One service level for a class of items together: the same risk for each, so that it takes the least stock.

A class that shall meet 95 % of its demand need not meet 95 % of each item's. Demand that varies much takes much stock for its last
points; demand that hardly varies takes none. A coin more of stock prevents most shortage where a stock-out is most likely, so
stock is least when the chance of one is the same everywhere (the condition of Lagrange; Snyder and Shen 2019, section 4.3, for one
item). That chance is raised until the class together serves what is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.curves import CHANCES, ServiceCurve
from forecasting.policy.hindsight import UNTRIED, Experience
from forecasting.policy.targets import Question, Target, reached_with


@dataclass(frozen=True, eq=False, slots=True)
class Shared:
    """What a class serves together at each of `CHANCES`, as its curves say and as experience corrects them."""

    foretold: FloatArray
    corrected: FloatArray

    def place_of(self, service: float) -> float:
        """Where among `CHANCES` the class serves so much, in parts of a step."""
        places = np.arange(len(CHANCES), dtype=np.float64)
        return float(np.interp(service, self.corrected + places * 1e-12, places))


def together(
    questions: Sequence[Question], curves: Sequence[ServiceCurve], learnt: Experience = UNTRIED
) -> Shared:
    """Service of many items as one; each counts by its demand in the time that is decided on, beside its usual demand."""
    weights = np.array([weight(question) for question in questions])
    missed = np.array([curve.missed for curve in curves])
    foretold = weights @ missed / weights.sum() if weights.sum() > 0 else np.zeros(len(CHANCES))
    corrected = np.maximum.accumulate(1 - np.minimum(foretold * learnt.ratios, 1.0))
    return Shared(1 - foretold, corrected)


def share(
    questions: Sequence[Question],
    curves: Sequence[ServiceCurve],
    service: float,
    learnt: Experience = UNTRIED,
) -> list[Target]:
    """Targets with which items of a class together meet ``service`` of their demand, at the same chance of a stock-out each."""
    place = together(questions, curves, learnt).place_of(service)
    asked = f"{service:.1%} of the demand of {len(questions)} items together"
    return [
        reached_with(
            question,
            at(curve.stocks, place),
            curve.lot,
            asked=asked,
            missed=min(at(curve.missed * learnt.ratios, place), 1.0),
        )
        for question, curve in zip(questions, curves, strict=True)
    ]


def alone(question: Question, curve: ServiceCurve, learnt: Experience) -> Target:
    """The target of an item that shall meet its service level by itself, corrected by experience."""
    missed = np.minimum(curve.missed * learnt.ratios, 1.0)
    stock = float(np.interp(question.service_level, np.maximum.accumulate(1 - missed), curve.stocks))
    reached = float(np.interp(stock, curve.stocks, missed))
    return reached_with(question, stock, curve.lot, missed=reached)


def at(row: FloatArray, place: float) -> float:
    """A row by chance, read between its steps."""
    return float(np.interp(place, np.arange(len(row)), row))


def weight(question: Question) -> float:
    """What an item counts for in its class: its demand in the time that is decided on, beside its usual demand."""
    coming = max(question.bridging.mean - question.lead.mean, 0.0)
    usual = max(question.usual, question.rate) * question.review_days
    return coming / usual if usual > 0 else 0.0
