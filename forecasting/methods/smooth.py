"""Methods for demand that comes in nearly every bucket, on statsforecast's own state-space code.

Each method fits its parameters on the past once, filters the whole series with them, and forecasts from the state
after every origin asked: a rolling back-test of twenty origins costs one fit, not twenty. The series comes without
its season (``seasonal.py``); the caller puts it back.

ETS: Hyndman, Koehler, Ord, Snyder 2008. Dynamic optimised theta: Fiorucci et al. 2016, IJF 32. CES: Svetunkov 2022.
"""

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np

from forecasting.methods.series import FloatArray, IntArray

Rolled = FloatArray
"""Forecasts by row of origin, by column of bucket ahead."""

Method = Callable[[FloatArray, int, IntArray, int], Rolled]
"""(values, how many of them may be fitted on, origins as counts of values known, horizon) -> forecasts."""


@cache
def _engine(part: str) -> Any:
    """A module of statsforecast, loaded when a series is first forecast: it brings seconds of imports that every web process
    and command would otherwise pay for."""
    return importlib.import_module(f"statsforecast.{part}")


_ETS_FORMS: Final = (("N", False), ("A", True))
_LOWER: Final = np.array([1e-4, 1e-4, 1e-4, 0.8])
_UPPER: Final = np.array([0.9999, 0.9999, 0.9999, 0.98])


def naive(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """The last value goes on."""
    return np.repeat(values[origins - 1][:, None], horizon, axis=1)


def mean(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """The mean of all values known goes on."""
    means = np.cumsum(values)[origins - 1] / origins
    return np.repeat(means[:, None], horizon, axis=1)


def exponential(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """ETS with level alone or with damped trend, whichever has the lower corrected information criterion."""
    models = [_fit_ets(values[:fitted_on], trend, damped=damped) for trend, damped in _ETS_FORMS]
    best = min((m for m in models if np.isfinite(m["aicc"])), key=lambda m: float(m["aicc"]), default=None)
    if best is None:
        return naive(values, fitted_on, origins, horizon)
    return _roll_ets(best, values, origins, horizon)


def damped_trend(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """ETS with damped trend (Gardner and McKenzie 1985)."""
    model = _fit_ets(values[:fitted_on], "A", damped=True)
    if not np.isfinite(model["aicc"]):
        return naive(values, fitted_on, origins, horizon)
    return _roll_ets(model, values, origins, horizon)


def _fit_ets(values: FloatArray, trend: str, *, damped: bool) -> dict[str, Any]:
    free = float("nan")
    model: dict[str, Any] = _engine("ets").etsmodel(
        values, 1, "A", trend, "N", damped, free, free, free, free,
        _LOWER.copy(), _UPPER.copy(), "lik", 3, "both",
    )  # fmt: skip
    return model


def _roll_ets(model: dict[str, Any], values: FloatArray, origins: IntArray, horizon: int) -> Rolled:
    alpha, beta, gamma, phi = model["par"][:4]
    trend, damped = model["components"][1], model["components"][3] == "D"
    states = _engine("ets").pegelsresid_C(
        values, 1, model["par"][4:], "A", trend, "N", damped, alpha, beta, gamma, phi, 3
    )[2][origins]  # fmt: skip
    level = np.repeat(states[:, :1], horizon, axis=1)
    if trend == "N":
        return level
    damping = np.cumsum(float(phi if damped else 1.0) ** np.arange(1, horizon + 1))
    return np.asarray(level + states[:, 1:2] * damping)


def dynamic_theta(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """Dynamic optimised theta: a level by smoothing plus a line that bends with the data."""
    if np.ptp(values[:fitted_on]) == 0:
        return naive(values, fitted_on, origins, horizon)
    free = float("nan")
    par = _engine("theta").thetamodel(values[:fitted_on], 1, "DOTM", free, free, free, 3)["par"]
    model = _engine("theta").thetamodel(
        values, 1, "DOTM", par["initial_smoothed"], par["alpha"], par["theta"], 3
    )
    rows = []
    for origin in origins:
        known = {"n": int(origin), "states": model["states"][:origin], "par": par, "modeltype": "DOTM"}
        rows.append(_engine("theta").forecast_theta(known, horizon)["mean"])
    return np.array(rows)


def complex_smoothing(values: FloatArray, fitted_on: int, origins: IntArray, horizon: int) -> Rolled:
    """Complex exponential smoothing: a level that may drift either way without a trend of its own."""
    free = float("nan")
    model = _engine("ces").cesmodel(values[:fitted_on], 1, "N", free, free, free, free, 3)
    real, imaginary = float(model["par"]["alpha_0"]), float(model["par"]["alpha_1"])
    levels, contents = _filter_ces(values, model["states"][0], real, imaginary)
    level, content = levels[origins], contents[origins]
    forecasts = np.empty((len(origins), horizon))
    for ahead in range(horizon):
        forecasts[:, ahead] = level
        level, content = level - (1 - imaginary) * content, level + (1 - real) * content
    return forecasts


def _filter_ces(
    values: FloatArray, first: FloatArray, real: float, imaginary: float
) -> tuple[FloatArray, FloatArray]:
    """Level and information content expected next after 0, 1, … values (Svetunkov 2022, eq. 3).

    Written out here because statsforecast's filter re-initialises itself from the end of the series, which would let
    a back-test see its own future.
    """
    level, content = float(first[0]), float(first[1])
    levels, contents = np.empty(len(values) + 1), np.empty(len(values) + 1)
    to_level, to_content = real - imaginary, real + imaginary
    levels[0], contents[0] = level, content
    for place, value in enumerate(values.tolist(), start=1):
        error = value - level
        level, content = (
            level - (1 - imaginary) * content + to_level * error,
            level + (1 - real) * content + to_content * error,
        )
        levels[place], contents[place] = level, content
    return levels, contents


METHODS: Final[dict[str, Method]] = {
    "ETS": exponential,
    "theta": dynamic_theta,
    "CES": complex_smoothing,
    "damped trend": damped_trend,
}
