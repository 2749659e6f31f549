"""What fits into the warehouse and the budget: each cubic metre, and each coin, goes where it prevents the most shortage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from forecasting.methods.series import FloatArray
from forecasting.policy.targets import Line, Question, Target, reorder_point, service_of
from forecasting.wording import amount

_STEPS: Final = 40
_NO_STEPS: Final[FloatArray] = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Scarce:
    """What there is not enough of.

    :ivar taken: of it by one unit of an item; :ivar room: what is cut, :ivar note: why, and :ivar said: the same in a sentence.
    """

    taken: Callable[[Question], float]
    room: str
    note: str
    said: str


ROOM: Final = Scarce(
    lambda question: question.bounds.volume_m3,
    "safety stock that finds room",
    "the warehouse is full",
    "the warehouse has room for",
)
MONEY: Final = Scarce(
    lambda question: question.unit_cost,
    "safety stock that the budget pays for",
    "the budget for stock is spent",
    "the budget for stock pays for",
)


def fit_into(questions: Sequence[Question], targets: Sequence[Target], capacity_m3: float) -> list[Target]:
    """Cut targets to what the warehouse holds: each cubic metre goes where it prevents the most shortage.

    Stock above the mean demand is handed out in steps, always to the item whose next step prevents the most lost value
    (cost of a unit times the chance that it is wanted) for the volume it takes. Shortage falls ever more slowly with
    stock, so taking the best next step each time is optimal up to one step. Stock on average is the safety stock and
    half a lot, and that is what is counted against the capacity.
    """
    return _rationed(questions, targets, Rationing(ROOM, capacity_m3))


def fit_budget(questions: Sequence[Question], targets: Sequence[Target], capital: float) -> list[Target]:
    """Cut targets to the capital that may be tied up in stock: each coin goes where the chance that it is wanted is highest."""
    return _rationed(questions, targets, Rationing(MONEY, capital))


def needed_m3(question: Question, made: Target) -> float:
    """Room that a target takes on average."""
    return _needed(question, made, ROOM)


def needed_capital(question: Question, made: Target) -> float:
    """Capital that a target ties up on average."""
    return _needed(question, made, MONEY)


def _needed(question: Question, made: Target, scarce: Scarce) -> float:
    return scarce.taken(question) * (made.safety_stock + made.lot / 2)


def _rationed(
    questions: Sequence[Question], targets: Sequence[Target], rationing: "Rationing"
) -> list[Target]:
    pairs = list(zip(questions, targets, strict=True))
    for question, made in pairs:
        rationing.claim(question, made)
    return [rationing.cut(place, question, made) for place, (question, made) in enumerate(pairs)]


@dataclass(eq=False)
class Rationing:
    """Claims on what is scarce, gathered one by one in a few numbers each, and what each is given.

    First all claim, then each is cut; whoever cuts makes the targets anew in the same order, so that they need not all be held at once.
    """

    scarce: Scarce
    there: float
    _needed: float = 0.0
    _claims: list[tuple[float, float, float]] = field(default_factory=list)
    _worth: list[FloatArray] = field(default_factory=list)

    def claim(self, question: Question, made: Target) -> None:
        """What a target takes, and what each step of its safety stock is worth for what that takes."""
        taken = self.scarce.taken(question)
        self._needed += _needed(question, made, self.scarce)
        self._claims.append((taken, made.lot, made.safety_stock))
        size = made.safety_stock / _STEPS
        if taken <= 0 or size <= 0:
            self._worth.append(_NO_STEPS)
            return
        base = made.covering - made.safety_stock
        wanted = [question.bridging.exceeds(base + number * size) for number in range(_STEPS)]
        self._worth.append((question.unit_cost or 1.0) / taken * np.array(wanted))

    def cut(self, place: int, question: Question, made: Target) -> Target:
        """The target of the claim at a place, in the order of the claims, cut to what it is given."""
        return made if self.given is None else _cut(question, made, self.given[place], self.scarce)

    @cached_property
    def given(self) -> list[float] | None:
        """The safety stock that each claim is given; None where there is enough for all."""
        if self._needed <= self.there:
            return None
        free = max(self.there - sum(taken * lot / 2 for taken, lot, _ in self._claims), 0.0)
        given = [
            0.0 if len(worth) else safety
            for (_, _, safety), worth in zip(self._claims, self._worth, strict=True)
        ]
        owners = np.repeat(np.arange(len(self._worth)), [len(worth) for worth in self._worth])
        # A stable order, so that of equal steps an item's earlier one is taken first.
        ranked = np.argsort(-np.concatenate([_NO_STEPS, *self._worth]), kind="stable")
        for place in owners[ranked].tolist():
            taken, _, safety = self._claims[place]
            size = safety / _STEPS
            if size * taken <= free:
                free -= size * taken
                given[place] += size
        return given


def _cut(question: Question, made: Target, safety: float, scarce: Scarce) -> Target:
    if safety >= made.safety_stock - 1e-9:
        return made
    covering = made.covering - made.safety_stock + safety
    service = service_of(question, covering, made.lot)
    lines = (
        *made.lines[:-2],
        Line(scarce.room, safety, scarce.note),
        Line("safety stock", safety),
        Line("service reached", service),
    )
    why = f"{made.why[:-1]}; {scarce.said} {amount(safety)} of {amount(made.safety_stock)}: {service:.1%} reached."
    return replace(
        made,
        safety_stock=safety,
        covering=covering,
        reorder_point=reorder_point(question, covering, made.lot),
        order_up_to=made.order_up_to - made.covering + covering,
        service=service,
        why=why,
        lines=lines,
    )
