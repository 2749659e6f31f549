"""One service level for a class of items together: the same risk for each, so that it takes the least stock.

A class that shall meet 95 % of its demand need not meet 95 % of each item's. Demand that varies much takes much stock for its last
points; demand that hardly varies takes none. A coin more of stock prevents most shortage where a stock-out is most likely, so
stock is least when the chance of one is the same everywhere (the condition of Lagrange; Snyder and Shen 2019, section 4.3, for one
item). That chance is raised until the class together serves what is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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


@dataclass(frozen=True, eq=False, slots=True)
class Served:
    """What items of a class miss with their stock, added up: the share of each counts by its weight.

    :ivar missed: weighted shares at each of `CHANCES`.
    """

    items: int
    weights: float
    missed: FloatArray

    def __add__(self, other: "Served") -> "Served":
        return Served(self.items + other.items, self.weights + other.weights, self.missed + other.missed)


NOBODY: Final = Served(0, 0.0, np.zeros(len(CHANCES)))


def served(questions: Sequence[Question], curves: Sequence[ServiceCurve]) -> Served:
    """Of many items as one; each counts by its demand in the time that is decided on, beside its usual demand."""
    weights = np.array([weight(question) for question in questions])
    missed = np.array([curve.missed for curve in curves])
    return Served(len(curves), float(weights.sum()), weights @ missed)


def shared(served: Served, learnt: Experience = UNTRIED) -> Shared:
    """What a class serves, from what its items miss."""
    foretold = served.missed / served.weights if served.weights > 0 else np.zeros(len(CHANCES))
    corrected = np.maximum.accumulate(1 - np.minimum(foretold * learnt.ratios, 1.0))
    return Shared(1 - foretold, corrected)


def together(
    questions: Sequence[Question], curves: Sequence[ServiceCurve], learnt: Experience = UNTRIED
) -> Shared:
    """Service of many items as one; each counts by its demand in the time that is decided on, beside its usual demand."""
    return shared(served(questions, curves), learnt)


def share(
    questions: Sequence[Question],
    curves: Sequence[ServiceCurve],
    service: float,
    learnt: Experience = UNTRIED,
) -> list[Target]:
    """Targets with which items of a class together meet ``service`` of their demand, at the same chance of a stock-out each."""
    known = served(questions, curves)
    return [
        share_of(question, curve, service, known, learnt)
        for question, curve in zip(questions, curves, strict=True)
    ]


def share_of(
    question: Question, curve: ServiceCurve, service: float, known: Served, learnt: Experience = UNTRIED
) -> Target:
    """The target of one of the items that meet ``service`` together, where ``known`` is what all of them miss."""
    place = shared(known, learnt).place_of(service)
    return reached_with(
        question,
        at(curve.stocks, place),
        curve.lot,
        asked=f"{service:.1%} of the demand of {known.items} items together",
        missed=min(at(curve.missed * learnt.ratios, place), 1.0),
    )


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
