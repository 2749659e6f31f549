"""Rolling back-test: what each method would have said at past dates, and how wrong that was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods import intermittent, seasonal, smooth
from forecasting.methods.series import BoolArray, FloatArray, IntArray

AVERAGE: Final = "average of ETS, theta, CES, damped trend"
MIXED: Final = "average of Croston SBA and TSB"
_MOST_ORIGINS: Final = 16


@dataclass(frozen=True, eq=False, slots=True)
class Backtest:
    """Forecasts of all methods at the same origins, beside what came."""

    origins: IntArray
    actual: FloatArray  # [origin, ahead], NaN where not known yet
    forecasts: Mapping[str, FloatArray]  # method -> [origin, ahead]

    def errors(self, method: str) -> FloatArray:
        return np.asarray(self.actual - self.forecasts[method])


def origins(length: int, horizon: int, season: int) -> IntArray:
    """Counts of buckets known at each origin: the last part of the history, at most a third of it."""
    span = min(max(horizon, min(season, 13)), length // 3)
    first = length - max(span, 2)
    stride = max(1, -(-(length - first) // _MOST_ORIGINS))
    return np.arange(length - 1, first - 1, -stride)[::-1].astype(np.int64)


def known_ahead(values: FloatArray, at: IntArray, horizon: int) -> FloatArray:
    """What came 1, 2, … buckets after each origin; NaN beyond the end."""
    padded = np.concatenate([values, np.full(horizon, np.nan)])
    return np.asarray(padded[at[:, None] + np.arange(horizon)])


def run_smooth(values: FloatArray, horizon: int, season: int, known: BoolArray | None = None) -> Backtest:
    """Back-test the methods for regular demand; season and parameters are fitted on the past of the first origin.

    :param known: which values were seen; the others are filled and no forecast is measured against them.
    """
    at = origins(len(values), horizon, season)
    forecasts = forecast_smooth(values, int(at[0]), at, horizon, season, list(smooth.METHODS))
    forecasts["seasonal naive" if 1 < season <= at[0] else "naive"] = _last_season(
        values, at, horizon, season
    )
    seen = values if known is None or known.all() else np.where(known, values, np.nan)
    return Backtest(at, known_ahead(seen, at, horizon), forecasts)


def forecast_smooth(
    values: FloatArray, fitted_on: int, at: IntArray, horizon: int, season: int, methods: list[str]
) -> dict[str, FloatArray]:
    """Forecast from each origin by each method named, and by their average where all four are named."""
    pattern = seasonal.find(values[:fitted_on], season)
    plain = pattern.remove(values)
    floor = 0.0 if values.min() >= 0 else -np.inf
    forecasts = {}
    for name in methods:
        rolled = smooth.METHODS[name](plain, fitted_on, at, horizon)
        if not np.isfinite(rolled).all() or np.abs(rolled).max() > 20 * np.abs(plain).max() + 1:
            continue  # a filter that ran away says nothing
        rows = [pattern.put_back(row, int(origin)) for row, origin in zip(rolled, at, strict=True)]
        forecasts[name] = np.maximum(np.array(rows), floor)
    if len(methods) > 1 and forecasts:
        forecasts[AVERAGE] = np.mean(list(forecasts.values()), axis=0)
    return forecasts


def _last_season(values: FloatArray, at: IntArray, horizon: int, season: int) -> FloatArray:
    """Each bucket repeats the one a season earlier; without a whole season known, the last value goes on."""
    ahead = np.arange(horizon)
    season = season if season <= at[0] else 1
    places = at[:, None] - season + ahead[None, :] % season
    return np.asarray(values[places])


def last_season(values: FloatArray, horizon: int, season: int) -> FloatArray:
    """The seasonal naive forecast from the end of the history."""
    return np.asarray(_last_season(values, np.array([len(values)]), horizon, season)[0])


def run_intermittent(values: FloatArray, horizon: int) -> Backtest:
    """Back-test the methods for intermittent demand; all of them give a flat rate."""
    at = origins(len(values), horizon, 1)
    rates = {name: method(values)[at] for name, method in intermittent.METHODS.items()}
    rates[MIXED] = (rates["Croston SBA"] + rates["TSB"]) / 2
    flat = {name: np.repeat(rate[:, None], horizon, axis=1) for name, rate in rates.items()}
    return Backtest(at, known_ahead(values, at, horizon), flat)


def scaled_errors(test: Backtest, values: FloatArray, season: int) -> dict[str, float]:
    """MASE of each method: mean absolute error over that of a seasonal naive within the history (Hyndman 2006)."""
    base = own_change(values, season)
    return {name: float(np.nanmean(np.abs(test.errors(name)))) / base for name in test.forecasts}


def own_change(values: FloatArray, season: int) -> float:
    """Mean absolute change from one season to the next (from bucket to bucket in a short history); never 0."""
    step = season if len(values) > season + 1 else 1
    return float(np.abs(values[step:] - values[:-step]).mean()) or 1.0


def scaled_rate_errors(test: Backtest, values: FloatArray) -> dict[str, float]:
    """RMSSE of the mean demand over the horizon, for intermittent series.

    Absolute errors would elect the forecast "never"; what stock needs is the rate.
    """
    base = float(np.sqrt(np.mean(np.square(np.diff(values))))) or 1.0
    came = np.nanmean(test.actual, axis=1)
    return {
        name: float(np.sqrt(np.mean(np.square(came - rows[:, 0])))) / base
        for name, rows in test.forecasts.items()
    }
