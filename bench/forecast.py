"""Forecast every series of a CSV file, and say how long it took and, against a test file, how good it was.

    python -m bench.forecast TRAIN.csv --freq M --horizon 18 --out F.csv [--season 12] [--workers 2] [--test TEST.csv] [--baselines]

TRAIN has columns ``unique_id,ds,y``; OUT gets ``unique_id,ds,mean,q0.05,…,q0.99``. ``ds`` is a date, or a plain number that
counts buckets. One JSON line is printed: series, seconds, seconds_per_series, method_counts. What was not taken as it stood
in the file goes to the error stream, by series.

With ``--test`` (same columns) the line also has means over series of sMAPE (%), MASE, mean pinball loss over all quantiles
(``scaled_pinball``: over the base of MASE, ``pinball``: over the mean of the history), and the share of values and of totals over
the whole test that fell into the 0.9 interval. The base of MASE is the mean change over the season for hours, months and
quarters and from one bucket to the next for days and weeks, as in the M4 competition.

``--baselines`` adds a line for each published method that fits the data, by statsforecast: seasonal naive, theta, dynamic
optimised theta, ETS and CES where demand comes in nearly every bucket, SBA and TSB where it stays away. Their seconds are of
this process's processor; their quantiles are normal about the forecast, by their own errors within the history.
"""

import argparse
import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsforecast import models

from forecasting.methods import LEVELS, Bucket, Series, SeriesForecast, forecast_many
from forecasting.methods.laying import lay
from forecasting.methods.series import FloatArray, step

SCALED_BY: Final = {Bucket.HOUR: 24, Bucket.MONTH: 12, Bucket.QUARTER: 4}
COUNTED_FROM: Final = np.datetime64("2000-01-03")
"""The Monday that numbers of buckets are counted from inside."""

_STANDARD: Final = np.array([NormalDist().inv_cdf(level) for level in LEVELS])


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    options = _options(arguments)
    bucket = Bucket(options.freq)
    series, counted = read(options.train, bucket)
    begun = time.perf_counter()
    forecasts = forecast_many(series, options.horizon, season=options.season, workers=options.workers)
    seconds = time.perf_counter() - begun
    write(options.out, forecasts, counted=counted)
    figures: dict[str, Any] = {
        "series": len(series),
        "seconds": round(seconds, 2),
        "seconds_per_series": round(seconds / max(len(series), 1), 5),
        "method_counts": dict(Counter(made.method for made in forecasts).most_common()),
    }
    future = {one.id: one.values for one in read(options.test, bucket)[0]} if options.test else {}
    if future:
        rows = [
            scores(one.values, made.mean, made.quantiles, made.sums, future[one.id], SCALED_BY.get(bucket, 1))
            for one, made in zip(series, forecasts, strict=True)
            if one.id in future
        ]
        figures |= means(rows)
    print(json.dumps(figures), flush=True)
    if options.baselines:
        for line in baselines(series, future, options.horizon, bucket, options.season or bucket.season):
            print(json.dumps(line), flush=True)
    return figures


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train")
    parser.add_argument("--freq", required=True, choices=[bucket.value for bucket in Bucket])
    parser.add_argument("--horizon", required=True, type=_positive)
    parser.add_argument("--season", type=_positive)
    parser.add_argument("--out", required=True)
    parser.add_argument("--workers", type=_positive, default=1)
    parser.add_argument("--test")
    parser.add_argument("--baselines", action="store_true")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above zero")
    return int(text)


def read(path: str, bucket: Bucket) -> tuple[list[Series], bool]:
    """Series of a long CSV file on an even grid, and whether its ``ds`` counts buckets instead of naming dates.

    :raises SystemExit: where a column is missing or there is no row.
    """
    table = pd.read_csv(path, dtype={"unique_id": str, "ds": str}, low_memory=False)
    if missing := {"unique_id", "ds", "y"} - set(table.columns):
        raise SystemExit(f"{path}: no column {', '.join(sorted(missing))}.")
    if table.empty:
        raise SystemExit(f"{path}: no rows.")
    numbers = pd.to_numeric(table["ds"], errors="coerce")
    counted = bool(numbers.notna().mean() > 0.5 and numbers.max() < 1_000_000)
    when = (
        _from_count(numbers, bucket)
        if counted
        else pd.to_datetime(table["ds"], errors="coerce", format="mixed")
    )
    names = [name if isinstance(name, str) else None for name in table["unique_id"]]
    values = pd.to_numeric(table["y"], errors="coerce").to_numpy(dtype=np.float64)
    laid = lay(names, np.asarray(when, dtype="datetime64[s]"), values, bucket)
    for remark in laid.remarks:
        print(f"{path}: {remark.id}: {remark.text}", file=sys.stderr)
    return laid.series, counted


def _from_count(numbers: "pd.Series[float]", bucket: Bucket) -> npt.NDArray[np.datetime64]:
    whole = numbers.round()
    known = whole.notna().to_numpy()
    count = whole.fillna(0).to_numpy(dtype=np.int64)
    if bucket in {Bucket.HOUR, Bucket.DAY, Bucket.WEEK}:
        hours = {Bucket.HOUR: 1, Bucket.DAY: 24, Bucket.WEEK: 168}[bucket]
        when = COUNTED_FROM.astype("datetime64[s]") + (count * hours * 3_600).astype("timedelta64[s]")
    else:
        months = bucket.months
        when = (COUNTED_FROM.astype("datetime64[M]") + (count * months).astype("timedelta64[M]")).astype(
            "datetime64[s]"
        )
    return np.where(known, when, np.datetime64("NaT"))


def write(path: str, forecasts: Sequence[SeriesForecast], *, counted: bool) -> None:
    """One row for each series and bucket ahead, the quantiles as columns."""
    dated = "%Y-%m-%d %H:%M:%S" if forecasts and forecasts[0].bucket is Bucket.HOUR else "%Y-%m-%d"
    with open(path, "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["unique_id", "ds", "mean", *[f"q{level:g}" for level in LEVELS]])
        for made in forecasts:
            for ahead, mean in enumerate(made.mean):
                day = step(made.start, made.bucket, ahead)
                stated = str(_count(day, made.bucket)) if counted else day.strftime(dated)
                numbers = [f"{value:.6g}" for value in (mean, *made.quantiles[:, ahead])]
                rows.writerow([made.id, stated, *numbers])


def _count(day: Any, bucket: Bucket) -> int:
    moment, first = np.datetime64(day, "s"), COUNTED_FROM.astype("datetime64[s]")
    if bucket in {Bucket.HOUR, Bucket.DAY, Bucket.WEEK}:
        hours = {Bucket.HOUR: 1, Bucket.DAY: 24, Bucket.WEEK: 168}[bucket]
        return int((moment - first).astype(np.int64) // (3_600 * hours))
    months = bucket.months
    return int((moment.astype("datetime64[M]") - first.astype("datetime64[M]")).astype(np.int64) // months)


def scores(
    past: FloatArray, mean: FloatArray, quantiles: FloatArray, sums: FloatArray, came: FloatArray, lag: int
) -> list[float]:
    """Figures of one series, in the order of ``means``."""
    length = min(len(came), len(mean))
    actual, mean, quantiles = came[:length], mean[:length], quantiles[:, :length]
    lag = lag if len(past) > lag + 1 else 1
    base = (float(np.abs(past[lag:] - past[:-lag]).mean()) if len(past) > 1 else 0.0) or 1.0
    error, total = np.abs(actual - mean), float(actual.sum())
    levels = np.array(LEVELS)[:, None]
    over = actual - quantiles
    loss = float(np.maximum(levels * over, (levels - 1) * over).mean())
    low, high = LEVELS.index(0.05), LEVELS.index(0.95)
    return [
        float(np.mean(200 * error / np.maximum(np.abs(actual) + np.abs(mean), 1e-9))),
        float(error.mean()) / base,
        loss / base,
        loss / (float(np.abs(past).mean()) or 1.0),
        float(((actual >= quantiles[low]) & (actual <= quantiles[high])).mean()),
        float(sums[low, length - 1] <= total <= sums[high, length - 1]),
    ]


def means(rows: Sequence[Sequence[float]]) -> dict[str, float]:
    names = ("smape", "mase", "scaled_pinball", "pinball", "coverage_0.9", "sum_coverage_0.9")
    digits = (3, 4, 4, 4, 3, 3)
    found = np.mean(rows, axis=0)
    return {
        name: round(float(value), places) for name, value, places in zip(names, found, digits, strict=True)
    }


def baselines(
    series: Sequence[Series], future: dict[str, FloatArray], horizon: int, bucket: Bucket, season: int
) -> Iterator[dict[str, Any]]:
    """Published methods on the same series."""
    regular: dict[str, Callable[[], Any]] = {
        "seasonal naive": lambda: models.SeasonalNaive(season_length=season),
        "theta": lambda: models.Theta(season_length=season),
        "dynamic optimised theta": lambda: models.DynamicOptimizedTheta(season_length=season),
        "ETS": lambda: models.AutoETS(season_length=season),
        "CES": lambda: models.AutoCES(season_length=season),
    }
    rare: dict[str, Callable[[], Any]] = {
        "SBA": models.CrostonSBA,
        "TSB": lambda: models.TSB(alpha_d=0.1, alpha_p=0.1),
    }
    usable = [one for one in series if np.isfinite(one.values).all() and len(one.values) > 2]
    stays_away = np.mean([(one.values == 0).mean() for one in usable]) > 0.1
    for name, make in (rare if stays_away else regular).items():
        rows, begun = [], time.process_time()
        made = [_published(make, one.values, horizon) for one in usable]
        seconds = time.process_time() - begun
        for one, mean in zip(usable, made, strict=True):
            if one.id in future:
                quantiles, sums = _normal(one.values, mean, stays_away=bool(stays_away), lag=season)
                rows.append(
                    scores(one.values, mean, quantiles, sums, future[one.id], SCALED_BY.get(bucket, 1))
                )
        line = {
            "baseline": name,
            "series": len(usable),
            "seconds_per_series": round(seconds / len(usable), 5),
        }
        yield line | (means(rows) if rows else {})


def _published(make: Callable[[], Any], values: FloatArray, horizon: int) -> FloatArray:
    try:
        return np.asarray(make().forecast(values, horizon)["mean"], dtype=np.float64)
    except Exception:  # noqa: BLE001 - statsforecast raises whatever comes; a method that fails repeats the last value
        return np.full(horizon, values[-1])


def _normal(
    past: FloatArray, mean: FloatArray, *, stays_away: bool, lag: int
) -> tuple[FloatArray, FloatArray]:
    """Normal quantiles: about a rate by the spread of the history, else by its seasonal changes."""
    changes = (
        past - past.mean()
        if stays_away
        else past[lag:] - past[:-lag]
        if len(past) > lag + 1
        else np.diff(past)
    )
    spread = float(np.sqrt(np.mean(np.square(changes))))
    steps = np.sqrt(np.arange(1, len(mean) + 1))
    quantiles = np.maximum(mean + _STANDARD[:, None] * spread, 0.0)
    return quantiles, np.maximum(np.cumsum(mean) + _STANDARD[:, None] * spread * steps, 0.0)


if __name__ == "__main__":
    main()
