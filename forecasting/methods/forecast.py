"""From demand series to forecasts: choose by back-test, forecast, calibrate.

1. Each series on its own (``choosing.py``): classify; back-test the methods of its class; average them by how well they did;
   forecast.
2. All together (``bands.py``, ``counts.py``): error growth and shape, and the uncertainty of counts, learnt over the run
   and applied to each series's own scale.

Step 1 is where the time goes, and may be shared out over processes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from forecasting.methods import bands, counts
from forecasting.methods.choosing import draft
from forecasting.methods.result import Draft, Evidence, SeriesForecast
from forecasting.methods.series import FloatArray, Series

_CHUNK: Final = 32

Progress = Callable[[int, int], None]
"""Called with (series done, series in all)."""


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


@dataclass(frozen=True, eq=False, slots=True)
class Calibrations:
    """What the drafts of a run have taught about the errors of its forecasts."""

    points: bands.Calibration
    sums: bands.Calibration
    counts: counts.CountCalibration


def calibrated(evidence: Iterable[Evidence], horizon: int) -> Calibrations:
    """What drafts teach; some thousands of them teach as much as all of a larger run."""
    tested, counted = [], []
    for made in evidence:
        if made.counted is not None:
            counted.append(made.counted)
        if made.tested is not None:
            tested.append(made.tested)
    return Calibrations(
        bands.calibrate([one.points for one in tested], horizon),
        bands.calibrate([one.totals for one in tested], horizon),
        counts.calibrate(counted),
    )


def with_bands(drafts: Sequence[Draft], horizon: int) -> list[SeriesForecast]:
    """Forecasts with the bands that all the drafts of a run have taught, in their order."""
    known = calibrated((made.evidence for made in drafts), horizon)
    return [banded(made, known) for made in drafts]


def banded(made: Draft, known: Calibrations) -> SeriesForecast:
    """A forecast with the bands that the drafts of its run have taught, and with what is known to come on top of it."""
    if made.counted is not None:
        of_buckets, of_sums = counts.bands(made.counted, len(made.forecast.mean), known.counts)
    elif made.tested is not None:
        of_buckets, of_sums = bands.around(made.forecast.mean, made.tested, known.points, known.sums)
    else:
        return lifted(made.forecast, made.lift)
    return lifted(replace(made.forecast, quantiles=of_buckets, sums=of_sums), made.lift)


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
