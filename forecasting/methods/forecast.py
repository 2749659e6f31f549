"""From demand series to forecasts: choose by back-test, forecast, calibrate.

1. Each series on its own (``draft``): classify; back-test the methods of its class; keep the average of them unless
   one beats it clearly, since the winner of a short back-test is mostly the luckiest; forecast with the one kept.
2. All together (``bands``): error growth and shape pooled over the run, applied to each series's own error scale.

Step 1 is where the time goes, and may be shared out over processes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Final

import numpy as np

from forecasting.methods import backtest, bands, intermittent, seasonal, smooth, words
from forecasting.methods.clearing import Cleared, clear
from forecasting.methods.series import Bucket, Cycle, FloatArray, Series, Shape, shape_of

_CLEARLY_BETTER: Final = 0.8
_CHUNK: Final = 32

Progress = Callable[[int, int], None]
"""Called with (series done, series in all)."""


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
        return np.asarray(self.quantiles[bands.LEVELS.index(level)])


@dataclass(frozen=True, eq=False, slots=True)
class Draft:
    """A forecast before its bands: with paths of its own, or with back-test errors to calibrate on."""

    forecast: SeriesForecast
    errors: FloatArray | None = None  # [origin, ahead], divided by the seasonal pattern
    base: float = 1.0  # how much the series changes by itself, in its unit
    pattern: FloatArray | None = None  # [ahead], what the errors of each bucket ahead are multiplied by again
    lift: FloatArray | None = None  # [ahead], what is known to multiply ordinary demand


def forecast_one(series: Series, horizon: int, *, season: int | None = None) -> SeriesForecast:
    """Forecast a single series; see ``forecast_many``."""
    return forecast_many([series], horizon, season=season)[0]


def forecast_many(
    series: Sequence[Series],
    horizon: int,
    *,
    season: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[SeriesForecast]:
    """Forecast each series ``horizon`` buckets ahead, in the order given.

    :param season: buckets in a season; by default what the grain usually has (52 weeks, 12 months, …).
    :param workers: processes to share the work of many series; 1 works in this one.
    """
    drafts: list[Draft] = []
    for made in _drafts(series, partial(draft, horizon=horizon, season=season), workers):
        drafts.append(made)
        if progress is not None:
            progress(len(drafts), len(series))
    return with_bands(drafts, horizon)


def _drafts(series: Sequence[Series], work: Callable[[Series], Draft], workers: int) -> Iterator[Draft]:
    if workers <= 1 or len(series) <= _CHUNK:
        yield from map(work, series)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, series, chunksize=_CHUNK)


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
        if shape.is_intermittent and not _sells_by_season(values, cycles):
            return _intermittent(series, values[known], shape, horizon)
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


def _intermittent(series: Series, values: FloatArray, shape: Shape, horizon: int) -> Draft:
    test = backtest.run_intermittent(values, horizon)
    scores = backtest.scaled_rate_errors(test, values)
    method = choose(scores, backtest.MIXED)
    rates = {name: float(rate(values)[-1]) for name, rate in intermittent.METHODS.items()}
    rates[backtest.MIXED] = (rates["Croston SBA"] + rates["TSB"]) / 2
    why = words.chosen(method, scores, "RMSSE", len(test.origins), series.bucket, shape, seasonal=False)
    futures = intermittent.paths(series.id, values, rates[method], horizon)
    made = _result(series, shape, method, why, np.full(horizon, rates[method]), futures)
    return Draft(_scored(made, scores, "RMSSE"))


def _smooth(series: Series, cleared: Cleared, shape: Shape, horizon: int, cycles: Sequence[Cycle]) -> Draft:
    values, season = cleared.values, backtest.lag_of(cycles)
    if np.ptp(values) == 0:
        return _tiny(series, values, shape, horizon, words.constant(values, series.bucket))
    test = backtest.run_smooth(values, horizon, cycles, cleared.known)
    scores = backtest.scaled_errors(test, values, season)
    method = choose(scores, backtest.AVERAGE)
    weights = backtest.weights(scores, method)
    mean = _forecast(values, weights, horizon, cycles)
    pattern = seasonal.find(values, cycles)
    why = words.chosen(
        method, scores, "MASE", len(test.origins), series.bucket, shape, seasonal=pattern is not seasonal.NONE
    )
    made = _scored(_result(series, shape, method, why, mean), scores, "MASE")
    at = test.origins[:, None] + np.arange(horizon)
    usual = float(values.mean()) if shape.is_intermittent else 0.0
    return Draft(
        made,
        errors=test.errors(weights) / pattern.weight(at, usual),
        base=backtest.own_change(values, season if len(values) >= 3 * season else 1),
        pattern=pattern.weight(len(values) + np.arange(horizon), usual),
    )


def _sells_by_season(values: FloatArray, cycles: Sequence[Cycle]) -> bool:
    """Whether demand stays away for want of the season rather than by chance: what is sold in spring alone is no slow mover."""
    return seasonal.find(values, cycles) is not seasonal.NONE


def _forecast(
    values: FloatArray, weights: Mapping[str, float], horizon: int, cycles: Sequence[Cycle]
) -> FloatArray:
    made = backtest.forecast_smooth(
        values,
        len(values),
        np.array([len(values)]),
        horizon,
        cycles,
        [n for n in weights if n in smooth.METHODS],
    )
    for name in weights.keys() & {"seasonal naive", "naive"}:
        season = backtest.lag_of(cycles) if name == "seasonal naive" else 1
        made[name] = backtest.last_season(values, horizon, season)[None]
    usable = {name: weight for name, weight in weights.items() if name in made}
    if not usable:
        return np.full(horizon, values[-backtest.lag_of(cycles) :].mean())
    total = sum(usable.values())
    return np.asarray(sum(weight / total * made[name][0] for name, weight in usable.items()))


def choose(scores: dict[str, float], usual: str) -> str:
    """The method with the lowest error, if it is clearly lower than that of the usual one; else the usual one."""
    best = min(scores, key=lambda name: scores[name])
    if usual in scores and scores[best] > _CLEARLY_BETTER * scores[usual]:
        return usual
    return best


def _scored(made: SeriesForecast, scores: dict[str, float], measure: str) -> SeriesForecast:
    made.errors.update({name: round(score, 4) for name, score in scores.items()})
    return replace(made, measure=measure)


def with_bands(drafts: Sequence[Draft], horizon: int) -> list[SeriesForecast]:
    """Forecasts with the bands that all the drafts of a run have taught, in their order."""
    open_ones = [(d.errors, d.base) for d in drafts if d.errors is not None]
    if not open_ones:
        return [lifted(d.forecast, d.lift) for d in drafts]
    errors, bases = [own for own, _ in open_ones], [base for _, base in open_ones]
    points = bands.calibrate(errors, bases, horizon, sums=False)
    sums = bands.calibrate([np.cumsum(own, axis=1) for own in errors], bases, horizon, sums=True)
    return [lifted(_banded(d, points, sums), d.lift) for d in drafts]


def _banded(made: Draft, points: bands.Calibration, sums: bands.Calibration) -> SeriesForecast:
    if made.errors is None or made.pattern is None:
        return made.forecast
    mean = made.forecast.mean
    wide = bands.scale(made.errors, made.base, points) * points.growth * made.pattern
    steps = np.arange(1, len(mean) + 1)
    total = np.cumsum(made.errors, axis=1)
    wide_sums = bands.scale(total, made.base, sums) * sums.growth * np.cumsum(made.pattern) / steps
    return replace(
        made.forecast,
        quantiles=_at_least_zero(mean + wide * points.shape),
        sums=_at_least_zero(np.cumsum(mean) + wide_sums * sums.shape),
    )


def lifted(made: SeriesForecast, lift: FloatArray | None) -> SeriesForecast:
    """A forecast of ordinary demand with what is known to come on top of it.

    The spread of a sum grows as the sum of its buckets does.
    """
    if lift is None or (lift == 1).all():
        return made
    mean = made.mean * lift
    before, after = made.mean_sums, np.cumsum(mean)
    grown = np.divide(after, before, out=np.cumsum(lift) / np.arange(1, len(lift) + 1), where=before > 0)
    return replace(made, mean=mean, quantiles=made.quantiles * lift, sums=made.sums * grown)


def _at_least_zero(quantiles: FloatArray) -> FloatArray:
    return np.maximum(np.maximum.accumulate(quantiles, axis=0), 0.0)
