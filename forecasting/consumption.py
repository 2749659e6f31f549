"""How orders that have come consume the forecast they are part of.

An order is part of what was forecast, as a rule of the days before the day it is wanted: customers order ahead of what
they use. So it takes its quantity from its own day, then from the days before, the nearest first, and what is left then
from the days after. What finds no forecast within the window was not foreseen: it is demand on top of the forecast.
Orders take their part in the order of the days they are wanted, so that no later order eats what an earlier one is of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

BACKWARD_DAYS: Final = 6
FORWARD_DAYS: Final = 6
_NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Order:
    """A customer wants ``quantity`` on ``day``, a day number; the first of the forecast is 0."""

    day: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Consumed:
    """``left`` of the forecast by day, and how much of each order (in the order given) it did not hold."""

    left: tuple[float, ...]
    unforeseen: tuple[float, ...]


def consume(
    means: Sequence[float],
    orders: Iterable[Order],
    *,
    backward_days: int = BACKWARD_DAYS,
    forward_days: int = FORWARD_DAYS,
) -> Consumed:
    """Take the orders out of the forecast.

    :param means: forecast of each day.
    :param backward_days: how many days before its own an order may take from; 0 its own day alone.
    :param forward_days: how many days after.
    """
    left = [float(mean) for mean in means]
    given = list(orders)
    unforeseen = [0.0] * len(given)
    for place in sorted(range(len(given)), key=lambda number: (given[number].day, number)):
        order = given[place]
        wanted = max(order.quantity, 0.0)
        before = range(order.day, order.day - backward_days - 1, -1)
        after = range(order.day + 1, order.day + forward_days + 1)
        for day in (*before, *after):
            if wanted <= _NOTHING:
                break
            if 0 <= day < len(left):
                taken = min(wanted, left[day])
                left[day] -= taken
                wanted -= taken
        unforeseen[place] = max(wanted, 0.0)
    return Consumed(tuple(left), tuple(unforeseen))
