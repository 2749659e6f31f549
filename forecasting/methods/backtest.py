"""Rolling back-test: what each method would have said at past dates, and how wrong that was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from forecasting.methods import intermittent, seasonal, smooth
from forecasting.methods.series import BoolArray, Cycle, FloatArray, IntArray

AVERAGED: Final = ("ETS", "theta", "CES")
AVERAGE: Final = "average of ETS, theta, CES"
RATES: Final = ("Croston SBA", "TSB", "IMAPA", "mean")
MIXED: Final = "average of SBA, TSB, IMAPA and the mean"
_MOST_ORIGINS: Final = 16
MEMORY: Final = 416  # buckets that level and trend are learnt from; seasons look at all


@dataclass(frozen=True, eq=False, slots=True)
class Backtest:
    """Forecasts of all methods at the same origins, beside what came."""

    origins: IntArray
    actual: FloatArray  # [origin, ahead], NaN where not known yet
    forecasts: Mapping[str, FloatArray]  # method -> [origin, ahead]

    def blend(self, weights: Mapping[str, float]) -> FloatArray:
        """The weighted mean of methods: [origin, ahead]."""
        return np.asarray(sum(weight * self.forecasts[name] for name, weight in weights.items()))

    def errors(self, weights: Mapping[str, float]) -> FloatArray:
        """Errors of a weighted mean of methods: [origin, ahead]."""
        return np.asarray(self.actual - self.blend(weights))


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


def run_smooth(
    values: FloatArray, horizon: int, cycles: Sequence[Cycle], known: BoolArray | None = None
) -> Backtest:
    """Back-test the methods for regular demand; season and parameters are fitted on the past of the first origin.

    :param known: which values were seen; the others are filled and no forecast is measured against them.
    """
    season = lag_of(cycles)
    at = origins(len(values), horizon, season)
    forecasts = forecast_smooth(values, int(at[0]), at, horizon, cycles, list(smooth.METHODS))
    forecasts["seasonal naive" if 1 < season <= at[0] else "naive"] = _last_season(
        values, at, horizon, season
    )
    seen = values if known is None or known.all() else np.where(known, values, np.nan)
    return Backtest(at, known_ahead(seen, at, horizon), forecasts)


def lag_of(cycles: Sequence[Cycle]) -> int:
    """Whole buckets of the shortest season, 1 where there is none."""
    return round(cycles[0].length) if cycles else 1


def forecast_smooth(
    values: FloatArray,
    fitted_on: int,
    at: IntArray,
    horizon: int,
    cycles: Sequence[Cycle],
    methods: list[str],
) -> dict[str, FloatArray]:
    """Forecast from each origin by each method named, and by the average of those that it is made of where they are."""
    pattern = seasonal.find(values[:fitted_on], cycles)
    plain = pattern.remove(values)
    floor = 0.0 if values.min() >= 0 else -np.inf
    places = at[:, None] + np.arange(horizon)
    begin = max(fitted_on - MEMORY, 0)
    recent, highest = plain[begin:], 20 * float(np.abs(plain).max()) + 1
    most = 20 * float(np.abs(values).max()) + 1
    forecasts = {}
    for name in methods:
        rolled = smooth.METHODS[name](recent, fitted_on - begin, at - begin, horizon)
        if (
            np.isfinite(rolled).all() and np.abs(rolled).max() <= highest
        ):  # a filter that ran away says nothing
            seasoned = np.maximum(pattern.put_at(rolled, places), floor)
            if np.abs(seasoned).max() <= most:  # nor does a season that did
                forecasts[name] = seasoned
    parts = [forecasts[name] for name in AVERAGED if name in forecasts]
    if len(parts) > 1:
        forecasts[AVERAGE] = np.mean(parts, axis=0)
    return forecasts


def weights(
    scores: Mapping[str, float], method: str, average: str, averaged: Sequence[str]
) -> dict[str, float]:
    """How much each method counts in the forecast.

    Those of the average count by the inverse square of their errors. A method that beats it clearly takes half of the
    weight rather than all: the winner of a few overlapping back-tests is mostly the luckiest.
    """
    inverse = {name: 1 / max(scores[name], 1e-6) ** 2 for name in averaged if name in scores}
    total = sum(inverse.values())
    shares = {name: part / total for name, part in inverse.items()}
    if method == average or not shares:
        return shares or {method: 1.0}
    shares = {name: share / 2 for name, share in shares.items()}
    return shares | {method: shares.get(method, 0.0) + 0.5}


def _last_season(values: FloatArray, at: IntArray, horizon: int, season: int) -> FloatArray:
    """Each bucket repeats the one a season earlier; without a whole season known, the last value goes on."""
    ahead = np.arange(horizon)
    season = season if season <= at[0] else 1
    places = at[:, None] - season + ahead[None, :] % season
    return np.asarray(values[places])


def last_season(values: FloatArray, horizon: int, season: int) -> FloatArray:
    """The seasonal naive forecast from the end of the history."""
    return np.asarray(_last_season(values, np.array([len(values)]), horizon, season)[0])


def run_rates(values: FloatArray, horizon: int, *, regular: bool) -> Backtest:
    """Back-test the methods for rare demand; all of them give a flat rate.

    :param regular: whether demand comes in nearly every bucket, so that smoothing may find more than a rate.
    """
    at = origins(len(values), horizon, 1)
    return Backtest(at, known_ahead(values, at, horizon), rates_at(values, at, horizon, regular=regular))


def rates_at(values: FloatArray, at: IntArray, horizon: int, *, regular: bool) -> dict[str, FloatArray]:
    """The rate by each method and by their average after so many buckets, repeated over the horizon.

    What methods begin with is fitted on the past of the first origin.
    """
    fitted_on = int(at[0])
    rates = {name: method(values, fitted_on)[at] for name, method in intermittent.METHODS.items()}
    if regular:
        rates["ETS"] = np.maximum(smooth.exponential(values, fitted_on, at, horizon).mean(axis=1), 0.0)
    rates[MIXED] = np.mean([rates[name] for name in RATES], axis=0)
    return {name: np.repeat(rate[:, None], horizon, axis=1) for name, rate in rates.items()}


def scaled_errors(test: Backtest, values: FloatArray, season: int) -> dict[str, float]:
    """MASE of each method: mean absolute error over that of a seasonal naive within the history (Hyndman 2006)."""
    base = own_change(values, season)
    return {name: float(np.nanmean(np.abs(test.errors({name: 1.0})))) / base for name in test.forecasts}


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
