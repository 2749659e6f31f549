"""What a forecast is, and what it is before its bands are known."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from forecasting.methods.bands import LEVELS, Tested
from forecasting.methods.counts import Counted
from forecasting.methods.series import Bucket, FloatArray, Shape


@dataclass(frozen=True, eq=False, slots=True)
class SeriesForecast:
    """What will be asked for, and how sure that is.

    ``quantiles`` and ``sums`` have a row for each of ``bands.LEVELS`` and a column for each bucket ahead; ``sums`` holds
    the quantiles of the *total* over the first 1, 2, … buckets, which is what a lead time needs.
    """

    id: str
    start: date
    bucket: Bucket
    shape: Shape
    method: str
    why: str
    mean: FloatArray
    quantiles: FloatArray
    sums: FloatArray
    errors: dict[str, float] = field(default_factory=dict)
    measure: str = ""

    @property
    def mean_sums(self) -> FloatArray:
        """Mean of the total over the first 1, 2, … buckets."""
        return np.cumsum(self.mean)

    def quantile(self, level: float) -> FloatArray:
        """Demand of each bucket ahead that is not exceeded with chance ``level``, one of ``bands.LEVELS``."""
        return np.asarray(self.quantiles[LEVELS.index(level)])


class Evidence(NamedTuple):
    """What the back-tests of one draft tell of the errors of all forecasts."""

    tested: Tested | None
    counted: Counted | None


@dataclass(frozen=True, eq=False, slots=True)
class Draft:
    """A forecast before its bands: with back-test errors to calibrate on, with counts, or with bands of its own."""

    forecast: SeriesForecast
    tested: Tested | None = None
    counted: Counted | None = None
    lift: FloatArray | None = None  # [ahead], what is known to multiply ordinary demand

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.tested, self.counted)
