"""Methods for demand that comes in nearly every bucket.

No method bets on one best setting: each tries a grid of parameters, weighs the settings by how likely they make the
past (Akaike weights of the corrected criterion; Burnham and Anderson 2002, ch. 2), and forecasts their weighted mean.
With the forty or hundred values that demand histories have, the best setting is often only the luckiest.

The parameters are weighed on the past of the first origin; the whole series is then filtered once and forecast from
every origin asked, so a rolling back-test of sixteen origins costs one fit, not sixteen. The series comes without its
season (``seasonal.py``); the caller puts it back.

ETS: Hyndman, Koehler, Ord, Snyder 2008. Dynamic optimised theta: Fiorucci et al. 2016, IJF 32. CES: Svetunkov 2022.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from forecasting.methods.kernel import ar, ces, ets, theta
from forecasting.methods.series import FloatArray, IntArray

Rolled = FloatArray
"""Forecasts by row of origin, by column of bucket ahead."""

Method = Callable[[FloatArray, int, IntArray, int], Rolled]
"""(values, how many of them may be fitted on, origins as counts of values known, horizon) -> forecasts."""

_LEAST_WEIGHT: Final = 1e-3
_DISAGREEMENT: Final = 3.0  # three methods that look at the same values differ less than any of them errs
_ALPHAS: Final = np.array([0.02, 0.06, 0.12, 0.2, 0.3, 0.42, 0.55, 0.7, 0.85, 1.0])


def _grid(*axes: FloatArray) -> tuple[FloatArray, ...]:
    return tuple(part.ravel() for part in np.meshgrid(*axes, indexing="ij"))


def _smoothing_grid() -> tuple[FloatArray, FloatArray, FloatArray]:
    alphas, shares, dampings = _grid(_ALPHAS, np.array([0.02, 0.1, 0.3]), np.array([0.8, 0.9, 0.95, 0.98]))
    still = np.zeros(len(_ALPHAS))
    return (
        np.concatenate([_ALPHAS, alphas]),
        np.concatenate([still, alphas * shares]),
        np.concatenate([still + 1, dampings]),
    )


_SMOOTHING: Final = _smoothing_grid()
_TRENDED: Final = _SMOOTHING[1] > 0
_THETA: Final = _grid(_ALPHAS, np.array([0.0, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.96, 0.999]))
_COMPLEX: Final = _grid(
    np.array([0.4, 0.7, 0.9, 1.05, 1.15, 1.25, 1.35, 1.45, 1.55, 1.65, 1.75, 1.8]),
    np.array([0.96, 0.98, 0.99, 0.995, 0.998, 1.0, 1.002, 1.004, 1.006, 1.008, 1.011, 1.015, 1.025]),
)


def weigh(squared_errors: FloatArray, parameters: FloatArray | float, count: int) -> FloatArray:
    """Akaike weights of settings with so many parameters fitted on ``count`` values; those that hardly count are 0."""
    likely = count * np.log(np.maximum(squared_errors, 1e-12) / count)
    likely = likely + 2 * parameters * count / np.maximum(count - parameters - 1, 1)
    weights = np.exp(-(likely - likely.min()) / 2)
    weights[weights < _LEAST_WEIGHT] = 0
    return np.asarray(weights / weights.sum())


def naive(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """The last value goes on."""
    return np.repeat(values[origins - 1][:, None], horizon, axis=1)


def exponential(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """ETS: a level by smoothing, with or without a damped trend."""
    errors, levels, slopes = ets.fit(values[:fitted_on], *_SMOOTHING, _TRENDED)
    weights = weigh(errors, np.where(_TRENDED, 6.0, 3.0), fitted_on)
    made: Rolled = ets.roll(values, weights, *_SMOOTHING, levels, slopes, origins, horizon)
    return made


def growth(values: FloatArray, forecasts: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """How errors of smoothing grow: the standard error one bucket ahead, and factors on it by bucket and by sum of buckets.

    From the same weighted settings as the forecast (Hyndman, Koehler, Ord, Snyder 2008, ch. 6, class 1): where the level
    wanders, errors grow and repeat; where it stays, they do not. And from what the methods disagree about: none of them
    knows of more than its own uncertainty.

    :param forecasts: of the same series by several methods, [method, ahead].
    """
    horizon = forecasts.shape[1]
    alphas, betas, dampings = _SMOOTHING
    errors, _, _ = ets.fit(values, *_SMOOTHING, _TRENDED)
    weights = weigh(errors, np.where(_TRENDED, 6.0, 3.0), len(values))
    told = weights > 0
    damped = np.cumsum(dampings[told, None] ** np.arange(1, horizon), axis=1)
    passed_on = alphas[told, None] + betas[told, None] * damped  # of an error, to the forecasts after it
    of_buckets = 1 + np.cumsum(np.square(passed_on), axis=1)
    of_sums = np.square(1 + np.cumsum(passed_on, axis=1))
    one = np.ones((int(told.sum()), 1))
    weights = weights[told]
    variance = float(weights @ errors[told]) / max(len(values) - 3, 1)
    if variance <= 0:
        return 0.0, np.ones(horizon), np.arange(1.0, horizon + 1)
    apart = _DISAGREEMENT / variance * np.var(forecasts, axis=0)
    apart_in_sum = _DISAGREEMENT / variance * np.var(np.cumsum(forecasts, axis=1), axis=0)
    return (
        float(np.sqrt(variance)),
        np.sqrt(weights @ np.concatenate([one, of_buckets], axis=1) + apart),
        np.sqrt(weights @ np.cumsum(np.concatenate([one, of_sums], axis=1), axis=1) + apart_in_sum),
    )


def dynamic_theta(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """Dynamic optimised theta: a level by smoothing plus a line that bends with the data.

    The mean of the model on the values and on their logarithms, where these are far enough from zero: growth by amounts
    and growth by factors are both seen in demand.
    """
    plain = _theta(values, fitted_on, origins, horizon)
    mean = float(values[:fitted_on].mean())
    if values.min() <= 0.05 * mean:
        return plain
    logs = _theta(np.log(values / mean), fitted_on, origins, horizon)
    return (plain + mean * np.exp(np.minimum(logs, 5.0))) / 2


def _theta(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    errors, levels = theta.fit(values[:fitted_on], *_THETA)
    weights = weigh(errors, 4.0, fitted_on - 3)
    made: Rolled = theta.roll(values, weights, *_THETA, levels, origins, horizon)
    return made


def complex_smoothing(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """Complex exponential smoothing: a level that may drift either way without a trend of its own."""
    first = float(values[: min(12, fitted_on)].mean())
    errors, levels, contents = ces.fit(values[:fitted_on], *_COMPLEX, first)
    weights = weigh(errors, 5.0, fitted_on)
    made: Rolled = ces.roll(values, weights, *_COMPLEX, levels, contents, origins, horizon)
    return made


_LAGS: Final = np.arange(1, 5)
_LEAST_FOR_LAGS: Final = 12


def autoregression(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """ARIMA without moving averages: changes follow the last changes, with or without drift or a pull to the mean."""
    told = fitted_on - int(_LAGS.max()) - 1
    if told < _LEAST_FOR_LAGS:
        return naive(values, fitted_on, origins, horizon)
    centre, spread = float(values[:fitted_on].mean()), float(values[:fitted_on].std()) or 1.0
    standard = (values - centre) / spread
    products, right, squares = ar.moments(standard[:fitted_on], _LAGS)
    errors, sizes, rows = [], [], []
    for lag_count in range(len(_LAGS) + 1):
        for extra in range(3):
            used = [*range(lag_count), *range(len(_LAGS), len(_LAGS) + extra)]
            row = np.zeros(len(_LAGS) + 2)
            within = products[np.ix_(used, used)] + 1e-6 * told * np.eye(len(used))
            row[used] = np.linalg.solve(within, right[used])
            errors.append(max(squares - float(row @ right), 1e-9))
            sizes.append(1.0 + len(used))
            rows.append(row)
    weights = weigh(np.array(errors), np.array(sizes), told)
    made: Rolled = ar.roll(standard, weights, _LAGS, np.array(rows), origins, horizon)
    return centre + spread * made


METHODS: Final[dict[str, Method]] = {
    "ETS": exponential,
    "theta": dynamic_theta,
    "CES": complex_smoothing,
    "autoregression": autoregression,
}
