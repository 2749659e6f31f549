"""How long replenishments take: what was seen, and as much of what is stated as too few sightings leave open.

The stated lead time stands for a few replenishments that took just that long; each one seen weighs as much as one of those.
So an item nobody has bought yet has the stated lead time, and one bought thirty times has its own, with all its variation. What
stock must bridge then is demand over a lead time that is drawn anew each time: a mixture, not the demand over its mean (Silver,
Pyke and Thomas 2017, section 6.10, give only its variance).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from forecasting.policy.distributions import Demand, QuantileDemand, mix

STATED_COUNTS: Final = 4.0
"""Replenishments that the stated lead time stands for."""
_NEWEST: Final = 40
_ABSURD: Final = 6.0
"""Times the median, or the stated time if that is longer: a purchase that was forgotten, not one that took long."""
_MOST_PARTS: Final = 8


@dataclass(frozen=True, slots=True)
class LeadTime:
    """A lead time as a distribution.

    :ivar days: possible lengths, rising, and :ivar weights: their chances; :ivar seen: how many replenishments it was learnt from;
    :ivar waits_days: that are in them for waiting for components.
    """

    stated_days: float
    days: tuple[float, ...]
    weights: tuple[float, ...]
    seen: int = 0
    waits_days: float = 0.0

    @property
    def mean(self) -> float:
        return float(np.dot(self.days, self.weights))

    @property
    def deviation(self) -> float:
        return float(np.sqrt(np.dot(np.square(np.subtract(self.days, self.mean)), self.weights)))

    @property
    def varies(self) -> bool:
        return len(self.days) > 1


def stated(days: float) -> LeadTime:
    """A lead time that is taken at its word."""
    return LeadTime(days, (days,), (1.0,))


def measured(stated_days: float, seen: Sequence[float]) -> LeadTime:
    """The lead time of an item.

    :param stated_days: what its master data say, :param seen: days that its replenishments took, oldest first.
    """
    usual = max(float(np.median(seen)), stated_days) if len(seen) else stated_days
    told = np.sort([days for days in seen if 0 <= days <= _ABSURD * max(usual, 1.0)][-_NEWEST:])
    if not told.size:
        return stated(stated_days)
    # Neighbours stand for each other, so that the mixture stays small however many were seen.
    groups = np.array_split(told, min(len(told), _MOST_PARTS - 1))
    chances: dict[float, float] = {stated_days: STATED_COUNTS}
    for group in groups:
        middle = round(float(group.mean()), 3)
        chances[middle] = chances.get(middle, 0.0) + len(group)
    days = tuple(sorted(chances))
    total = STATED_COUNTS + told.size
    return LeadTime(stated_days, days, tuple(chances[one] / total for one in days), int(told.size))


def later(lead_time: LeadTime, days: float) -> LeadTime:
    """The same when what is made has to wait for its components first."""
    if not days:
        return lead_time
    return replace(lead_time, days=tuple(each + days for each in lead_time.days), waits_days=days)


def demand_during(
    over: Callable[[float], QuantileDemand], lead_time: LeadTime, *, review: float = 0.0
) -> QuantileDemand:
    """Demand over the lead time, however long it takes this time, and `review` days more.

    :param over: demand over so many days.
    """
    if not lead_time.varies:
        return over(lead_time.days[0] + review)
    parts: list[tuple[float, Demand]] = [
        (weight, over(days + review)) for days, weight in zip(lead_time.days, lead_time.weights, strict=True)
    ]
    return mix(parts)
