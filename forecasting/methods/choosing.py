"""One series on its own: what kind it is, which methods did well in its past, and what they say of its future.

The methods of its kind are back-tested; they are averaged by how well they did, and one that beats the average clearly
takes half of the weight. What is uncertain about that is left to the run (``forecast.py``), which sees all series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from forecasting.methods import backtest, bands, counts, intermittent, seasonal, smooth, words
from forecasting.methods.clearing import Cleared, clear
from forecasting.methods.result import Draft, SeriesForecast
from forecasting.methods.series import Cycle, FloatArray, Series, Shape, shape_of

_CLEARLY_BETTER: Final = 0.8


def draft(series: Series, *, horizon: int, season: int | None = None) -> Draft:
    """Choose the method of one series and forecast its mean.

    Never raises for what is in the data: a series that the methods cannot digest gets the mean of its history and a
    ``why`` that says so.
    """
    cycles = series.bucket.cycles(season)
    cleared = clear(series, horizon, cycles)
    made = _ordinary(series, cleared, horizon, cycles)
    why = " ".join([made.forecast.why, *cleared.notes])
    return replace(made, forecast=replace(made.forecast, why=why), lift=cleared.ahead)


def _ordinary(series: Series, cleared: Cleared, horizon: int, cycles: Sequence[Cycle]) -> Draft:
    """A draft of ordinary demand, before what is known to come on top of it."""
    values, known = cleared.values, cleared.known
    shape = shape_of(values[known])
    try:
        if shape is Shape.EMPTY:
            return _empty(series, horizon)
        if shape is Shape.TINY:
            return _tiny(series, values[known], shape, horizon, words.too_short(values[known], series.bucket))
        unit = counts.piece(values[known])
        if (shape.is_intermittent or unit) and not _sells_by_season(values, cycles):
            return _rare(series, values[known], shape, horizon, unit)
        return _smooth(series, cleared, shape, horizon, cycles)
    except Exception as error:  # noqa: BLE001 - whatever a series does to a method, the run of the others must go on
        return _tiny(series, values, shape, horizon, words.failed(values, series.bucket, error))


def _result(
    series: Series, shape: Shape, method: str, why: str, mean: FloatArray, futures: FloatArray | None = None
) -> SeriesForecast:
    horizon = len(mean)
    blank = np.zeros((len(bands.LEVELS), horizon))
    return SeriesForecast(
        id=series.id,
        start=series.end,
        bucket=series.bucket,
        shape=shape,
        method=method,
        why=why,
        mean=mean,
        quantiles=blank if futures is None else np.quantile(futures, bands.LEVELS, axis=0),
        sums=blank if futures is None else np.quantile(np.cumsum(futures, axis=1), bands.LEVELS, axis=0),
    )


def _empty(series: Series, horizon: int) -> Draft:
    why = words.no_demand(len(series.values), series.bucket)
    return Draft(_result(series, Shape.EMPTY, "none", why, np.zeros(horizon)))


def _tiny(series: Series, values: FloatArray, shape: Shape, horizon: int, why: str) -> Draft:
    """Mean of the history; futures vary about it as the history does, and the mean itself is uncertain."""
    level = float(values.mean())
    mean = np.full(horizon, level)
    if level <= 0:
        return Draft(_result(series, shape, "mean", why, np.maximum(mean, 0.0)))
    spread = max(float(values.std()) / level, 0.5)
    generator = np.random.default_rng(len(values))
    unsure = (spread**2 + 0.25) / len(values)
    levels = generator.gamma(1 / unsure, level * unsure, size=(intermittent.PATHS, 1))
    noise = generator.gamma(1 / spread**2, spread**2, size=(intermittent.PATHS, horizon))
    return Draft(_result(series, shape, "mean", why, mean, levels * noise))


def _rare(series: Series, values: FloatArray, shape: Shape, horizon: int, unit: float | None) -> Draft:
    """Demand that often stays away or comes in few pieces: a flat rate, and counts or whole futures about it.

    :param unit: of a piece, where demand comes as counts.
    """
    test = backtest.run_rates(values, horizon, regular=not shape.is_intermittent)
    scores = backtest.scaled_rate_errors(test, values)
    method = choose(scores, backtest.MIXED)
    weights = backtest.weights(scores, method, backtest.MIXED, backtest.RATES)
    now = backtest.rates_at(values, np.array([len(values)]), horizon, regular=not shape.is_intermittent)
    rate = max(float(sum(weight * now[name][0, 0] for name, weight in weights.items())), 0.0)
    why = words.chosen(method, scores, "RMSSE", len(test.origins), series.bucket, shape, seasonal=False)
    mean = np.full(horizon, rate)
    if unit is None:
        futures = intermittent.paths(series.id, values, rate, horizon)
        return Draft(_scored(_result(series, shape, method, why, mean, futures), scores, "RMSSE"))
    made = _scored(_result(series, shape, method, why, mean), scores, "RMSSE")
    over = np.isfinite(test.actual).sum(axis=1)
    return Draft(
        made,
        counted=counts.Counted(
            rate=rate / unit,
            spread=counts.spread_of(values / unit),
            buckets=len(values),
            unit=unit,
            came=np.nansum(test.actual, axis=1) / unit,
            over=over.astype(np.float64),
            expected=np.maximum(test.blend(weights)[:, 0], 0.0) / unit * over,
        ),
    )


def _smooth(series: Series, cleared: Cleared, shape: Shape, horizon: int, cycles: Sequence[Cycle]) -> Draft:
    values, season = cleared.values, backtest.lag_of(cycles)
    if np.ptp(values) == 0:
        return _tiny(series, values, shape, horizon, words.constant(values, series.bucket))
    test = backtest.run_smooth(values, horizon, cycles, cleared.known)
    scores = backtest.scaled_errors(test, values, season)
    method = choose(scores, backtest.AVERAGE)
    weights = backtest.weights(scores, method, backtest.AVERAGE, backtest.AVERAGED)
    forecasts = _forecasts(values, weights, horizon, cycles)
    pattern, ahead = seasonal.find(values, cycles), len(values) + np.arange(horizon)
    mean = np.asarray(sum(weight * forecasts[name] for name, weight in weights.items()))
    why = words.chosen(
        method, scores, "MASE", len(test.origins), series.bucket, shape, seasonal=pattern is not seasonal.NONE
    )
    made = _scored(_result(series, shape, method, why, mean), scores, "MASE")
    at = test.origins[:, None] + np.arange(horizon)
    usual = float(values.mean()) if shape.is_intermittent else 0.0
    plain = pattern.remove(values)[-backtest.MEMORY :]
    methods = np.array([pattern.remove_at(forecasts[name], ahead) for name in backtest.AVERAGED])
    base, of_buckets, of_sums = smooth.growth(plain, methods)
    # Errors of the average as such: the weights were chosen with these errors in sight, and would flatter them.
    tested = bands.Tested(
        errors=test.errors({backtest.AVERAGE: 1.0}),
        weights=pattern.weight(at, usual),
        base=base or 1.0,
        growth=of_buckets,
        sum_growth=of_sums,
        pattern=pattern.weight(ahead, usual),
        buckets=len(plain),
    )
    return Draft(made, tested=tested)


def _sells_by_season(values: FloatArray, cycles: Sequence[Cycle]) -> bool:
    """Whether demand stays away for want of the season rather than by chance: what is sold in spring alone is no slow mover."""
    return seasonal.find(values, cycles) is not seasonal.NONE


def _forecasts(
    values: FloatArray, weights: Mapping[str, float], horizon: int, cycles: Sequence[Cycle]
) -> dict[str, FloatArray]:
    """The forecast by each method that has weight, and by those of the average; one that ran away says what the last season did."""
    wanted = [name for name in smooth.METHODS if name in weights or name in backtest.AVERAGED]
    rolled = backtest.forecast_smooth(values, len(values), np.array([len(values)]), horizon, cycles, wanted)
    season = backtest.lag_of(cycles)
    last = backtest.last_season(values, horizon, season)
    made = dict.fromkeys([*wanted, "seasonal naive"], last) | {name: rows[0] for name, rows in rolled.items()}
    return made | {"naive": backtest.last_season(values, horizon, 1)}


def choose(scores: dict[str, float], usual: str) -> str:
    """The method with the lowest error, if it is clearly lower than that of the usual one; else the usual one."""
    best = min(scores, key=lambda name: scores[name])
    if usual in scores and scores[best] > _CLEARLY_BETTER * scores[usual]:
        return usual
    return best


def _scored(made: SeriesForecast, scores: dict[str, float], measure: str) -> SeriesForecast:
    made.errors.update({name: round(score, 4) for name, score in scores.items()})
    return replace(made, measure=measure)
