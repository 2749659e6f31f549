"""Distributions of demand over the time that stock must bridge."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final, Protocol

import numpy as np

from forecasting.methods.series import FloatArray

_STANDARD: Final = NormalDist()


class Demand(Protocol):
    """A distribution of demand over some time."""

    @property
    def mean(self) -> float: ...

    def quantile(self, chance: float) -> float:
        """The least demand not exceeded with ``chance``."""
        ...

    def exceeds(self, stock: float) -> float:
        """Chance that demand exceeds ``stock``."""
        ...

    def shortage(self, stock: float) -> float:
        """Expected demand beyond ``stock``: E[(D - stock)+]."""
        ...

    def shortages(self, stocks: FloatArray) -> FloatArray:
        """``shortage`` of each of many stocks, in their shape."""
        ...


@dataclass(frozen=True, slots=True)
class NormalDemand:
    """The textbook's normal demand."""

    mean: float
    deviation: float

    def quantile(self, chance: float) -> float:
        return self.mean + self.deviation * _STANDARD.inv_cdf(chance)

    def exceeds(self, stock: float) -> float:
        return 1 - _STANDARD.cdf((stock - self.mean) / self.deviation)

    def shortage(self, stock: float) -> float:
        z = (stock - self.mean) / self.deviation
        return self.deviation * (_STANDARD.pdf(z) - z * (1 - _STANDARD.cdf(z)))

    def shortages(self, stocks: FloatArray) -> FloatArray:
        return _one_by_one(self.shortage, stocks)


@dataclass(frozen=True, slots=True)
class PoissonDemand:
    """Unit demands that come independently."""

    mean: float

    def _chances(self, stock: float) -> FloatArray:
        count = max(int(stock), 0) + 1
        logs = np.arange(count) * math.log(self.mean) - self.mean
        logs -= np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count)))]) if count > 1 else 0.0
        return np.asarray(np.exp(logs))

    def quantile(self, chance: float) -> float:
        reach = self.mean + 12 * math.sqrt(self.mean) + 12
        below = np.cumsum(self._chances(reach))
        return float(np.searchsorted(below, chance - 1e-12))

    def exceeds(self, stock: float) -> float:
        return 1.0 if stock < 0 else max(0.0, 1 - float(self._chances(stock).sum()))

    def shortage(self, stock: float) -> float:
        if stock < 0:
            return self.mean - stock
        chances = self._chances(stock)
        kept = float(((stock - np.arange(len(chances))) * chances).sum())
        return self.mean - stock + kept

    def shortages(self, stocks: FloatArray) -> FloatArray:
        return _one_by_one(self.shortage, stocks)


def _one_by_one(shortage: Callable[[float], float], stocks: FloatArray) -> FloatArray:
    return np.array([shortage(float(stock)) for stock in stocks.flat]).reshape(stocks.shape)


_GRID: Final = 400
_CHANCES: Final[FloatArray] = (np.arange(_GRID) + 0.5) / _GRID


@dataclass(frozen=True, eq=False, slots=True)
class QuantileDemand:
    """Demand known by quantiles, as a forecast gives it: straight lines between them, an exponential tail beyond either end.

    :param levels: rising probabilities, :param values: the quantities at them, not falling.
    """

    levels: FloatArray
    values: FloatArray
    sample: FloatArray = field(init=False)
    beyond: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        inner = np.interp(_CHANCES, self.levels, self.values)
        first, last = float(self.levels[0]), float(self.levels[-1])
        low, high = np.searchsorted(_CHANCES, first), np.searchsorted(_CHANCES, last, side="right")
        inner[:low] = self.values[0] + self._head() * np.log(_CHANCES[:low] / first)
        inner[high:] = self.values[-1] + self._tail() * np.log((1 - last) / (1 - _CHANCES[high:]))
        sample = np.maximum(inner, 0.0)
        object.__setattr__(self, "sample", sample)
        object.__setattr__(self, "beyond", np.concatenate([np.cumsum(sample[::-1])[::-1], [0.0]]))

    def __reduce__(self) -> tuple[type["QuantileDemand"], tuple[FloatArray, FloatArray]]:
        """Packed as what it was made of, a tenth of what it holds."""
        return QuantileDemand, (self.levels, self.values)

    def _head(self) -> float:
        """Mean distance below the first quantile, from the slope between the first two."""
        if len(self.levels) < 2:
            return 0.0
        return float(self.values[1] - self.values[0]) / math.log(self.levels[1] / self.levels[0])

    def _tail(self) -> float:
        """Mean excess beyond the last quantile, from the slope between the last two."""
        if len(self.levels) < 2:
            return 0.0
        rise = float(self.values[-1] - self.values[-2])
        return rise / math.log((1 - self.levels[-2]) / (1 - self.levels[-1]))

    @property
    def mean(self) -> float:
        return float(self.sample.mean())

    @property
    def deviation(self) -> float:
        return float(self.sample.std())

    def quantile(self, chance: float) -> float:
        last = float(self.levels[-1])
        if chance > last:
            return float(self.values[-1] + self._tail() * math.log((1 - last) / (1 - chance)))
        place = min(max(chance * _GRID - 0.5, 0.0), _GRID - 1.0)
        below = min(int(place), _GRID - 2)
        value = float(self.sample[below])
        return value + (place - below) * (float(self.sample[below + 1]) - value)

    def exceeds(self, stock: float) -> float:
        return 1 - int(np.searchsorted(self.sample, stock, side="right")) / _GRID

    def shortage(self, stock: float) -> float:
        place = int(np.searchsorted(self.sample, stock, side="right"))
        return float(self.beyond[place] - (_GRID - place) * stock) / _GRID

    def shortages(self, stocks: FloatArray) -> FloatArray:
        places = np.searchsorted(self.sample, stocks, side="right")
        return np.asarray((self.beyond[places] - (_GRID - places) * stocks) / _GRID)


_MIXED: Final = np.array(
    [0.005, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995]
)


def mix(parts: Sequence[tuple[float, Demand]]) -> QuantileDemand:
    """Demand over a lead time that varies: ``parts`` are (weight, demand over one possible lead time)."""
    values = np.concatenate([_sample(part) for _, part in parts])
    weights = np.concatenate([np.full(_GRID, weight) for weight, _ in parts])
    order = np.argsort(values, kind="stable")
    reached = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return QuantileDemand(_MIXED, np.interp(_MIXED, reached, values[order]))


def _sample(part: Demand) -> FloatArray:
    if isinstance(part, QuantileDemand):
        return part.sample
    return np.array([part.quantile((number + 0.5) / _GRID) for number in range(_GRID)])
