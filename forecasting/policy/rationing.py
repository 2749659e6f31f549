"""What fits into the warehouse and the budget: each cubic metre, and each coin, goes where it prevents the most shortage."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from forecasting.policy.targets import Line, Question, Target, reorder_point, service_of
from forecasting.wording import amount

_STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class _Scarce:
    """What there is not enough of.

    :ivar taken: of it by one unit of an item; :ivar room: what is cut, :ivar note: why, and :ivar said: the same in a sentence.
    """

    taken: Callable[[Question], float]
    room: str
    note: str
    said: str


_ROOM: Final = _Scarce(
    lambda question: question.bounds.volume_m3,
    "safety stock that finds room",
    "the warehouse is full",
    "the warehouse has room for",
)
_MONEY: Final = _Scarce(
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
    return _rationed(questions, targets, capacity_m3, _ROOM)


def fit_budget(questions: Sequence[Question], targets: Sequence[Target], capital: float) -> list[Target]:
    """Cut targets to the capital that may be tied up in stock: each coin goes where the chance that it is wanted is highest."""
    return _rationed(questions, targets, capital, _MONEY)


def needed_m3(question: Question, made: Target) -> float:
    """Room that a target takes on average."""
    return _needed(question, made, _ROOM)


def needed_capital(question: Question, made: Target) -> float:
    """Capital that a target ties up on average."""
    return _needed(question, made, _MONEY)


def _needed(question: Question, made: Target, scarce: _Scarce) -> float:
    return scarce.taken(question) * (made.safety_stock + made.lot / 2)


def _rationed(
    questions: Sequence[Question], targets: Sequence[Target], there: float, scarce: _Scarce
) -> list[Target]:
    pairs = list(zip(questions, targets, strict=True))
    if sum(_needed(q, t, scarce) for q, t in pairs) <= there:
        return list(targets)
    free = there - sum(scarce.taken(q) * t.lot / 2 for q, t in pairs)
    given = _hand_out(questions, targets, max(free, 0.0), scarce)
    return [_cut(q, t, safety, scarce) for (q, t), safety in zip(pairs, given, strict=True)]


def _hand_out(
    questions: Sequence[Question], targets: Sequence[Target], free: float, scarce: _Scarce
) -> list[float]:
    steps: list[tuple[float, int, float]] = []
    given = [0.0] * len(targets)
    for index, (question, made) in enumerate(zip(questions, targets, strict=True)):
        size = made.safety_stock / _STEPS
        if scarce.taken(question) <= 0 or size <= 0:
            given[index] = made.safety_stock
            continue
        worth = (question.unit_cost or 1.0) / scarce.taken(question)
        base = made.covering - made.safety_stock
        steps += [
            (worth * question.bridging.exceeds(base + number * size), index, size) for number in range(_STEPS)
        ]
    for _, index, size in sorted(steps, key=lambda entry: -entry[0]):
        taken = size * scarce.taken(questions[index])
        if taken <= free:
            free -= taken
            given[index] += size
    return given


def _cut(question: Question, made: Target, safety: float, scarce: _Scarce) -> Target:
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
