"""What it is expected to cost to leave a proposal undone.

Of demand until the end of the days that it covers, some would find no stock. That demand is taken as normal about the forecast, its
standard deviation growing with the square root of the days, so what is expected to be short of a stock that is to be ``e`` at the end is
``s · (φ(e/s) − e/s · (1 − Φ(e/s)))`` (the normal loss function; Silver, Pyke and Thomas 2017, appendix II). The proposal is worth the
shortage without it less the shortage with it: times the margin where the sale is lost, and by the day where an order waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from forecasting.netting.book import NOTHING, Rule

Floats = npt.NDArray[np.float64]


class Cost(NamedTuple):
    """Of one proposal: units expected to be missing (orders that wait not counted), the margin lost with each, units of orders that
    wait and what that costs.
    """

    short: float
    margin: float
    waiting: float
    waiting_cost: float

    @property
    def lost(self) -> float:
        return self.short * self.margin

    @property
    def total(self) -> float:
        return self.lost + self.waiting_cost


@dataclass(frozen=True, eq=False)
class Costs:
    """The same of many, by column."""

    short: Floats
    margin: Floats
    waiting: Floats
    waiting_cost: Floats

    @property
    def total(self) -> Floats:
        return np.asarray(self.short * self.margin + self.waiting_cost)

    def between(self, start: int, stop: int) -> list[Cost]:
        columns = (self.short, self.margin, self.waiting, self.waiting_cost)
        return [Cost(*row) for row in zip(*(column[start:stop].tolist() for column in columns), strict=True)]


def cost_of_doing_nothing(drafts: Any, rules: Sequence[Rule], worth: Floats) -> Costs:
    """Of each proposal, as if those before it were done."""
    items = drafts["item"]
    spread = np.array([rule.deviation / max(rule.deviation_days, 1) ** 0.5 for rule in rules])
    quantity = drafts["quantity"]
    end = drafts["left"] + drafts["before"] - drafts["ahead"]
    sigma = spread[items] * np.sqrt(drafts["due"] + drafts["covers"]) if len(rules) else np.zeros(0)
    short = np.clip(shortage(end, sigma) - shortage(end + quantity, sigma), 0.0, quantity)
    lost = np.maximum(short - drafts["waiting"], 0.0)
    return Costs(np.asarray(lost), worth[items], drafts["waiting"], drafts["waiting_cost"])


def shortage(stock: Floats, sigma: Floats) -> Floats:
    """What is expected to be missing where stock is to be so much, give or take a standard deviation of `sigma`."""
    sure = sigma <= NOTHING
    scale = np.where(sure, 1.0, sigma)
    z = stock / scale
    missing = scale * (np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) - z * ndtr(-z))
    return np.asarray(np.where(sure, np.maximum(-stock, 0.0), np.maximum(missing, 0.0)))
