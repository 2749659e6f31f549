"""What fits into the warehouse: each cubic metre goes where it prevents the most shortage."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from forecasting.policy.targets import Line, Question, Target, reorder_point, service_of
from forecasting.wording import amount

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
        reorder_point=reorder_point(question, covering, made.lot),
        order_up_to=made.order_up_to - made.covering + covering,
        service=service,
        why=why,
        lines=lines,
    )
