"""Forecast every series of a CSV file, and say how long it took.

    python -m bench.forecast TRAIN.csv --freq M --horizon 18 --out F.csv [--season 12] [--workers 2] [--test TEST.csv]

TRAIN has columns ``unique_id,ds,y``; OUT gets ``unique_id,ds,mean,q0.05,…,q0.99``. One JSON line is printed: series,
seconds, seconds_per_series, method_counts; with ``--test`` (same columns) also sMAPE, MASE, mean pinball loss and the
coverage of the 0.9 interval. Hours are read as consecutive buckets from each series's first.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from forecasting.methods import LEVELS, Bucket, Series, SeriesForecast, forecast_many
from forecasting.methods.series import FloatArray, step


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    options = _options(arguments)
    bucket = Bucket(options.freq)
    series = read(options.train, bucket)
    begun = time.perf_counter()
    forecasts = forecast_many(series, options.horizon, season=options.season, workers=options.workers)
    seconds = time.perf_counter() - begun
    write(options.out, forecasts)
    figures: dict[str, Any] = {
        "series": len(series),
        "seconds": round(seconds, 2),
        "seconds_per_series": round(seconds / max(len(series), 1), 5),
        "method_counts": dict(Counter(made.method for made in forecasts).most_common()),
    }
    if options.test:
        figures |= accuracy(series, forecasts, read(options.test, bucket), options.season or bucket.season)
    print(json.dumps(figures))
    return figures


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train")
    parser.add_argument("--freq", required=True, choices=[bucket.value for bucket in Bucket])
    parser.add_argument("--horizon", required=True, type=int)
    parser.add_argument("--season", type=int)
    parser.add_argument("--out", required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--test")
    return parser.parse_args(arguments)


def read(path: str, bucket: Bucket) -> list[Series]:
    """Series of a long CSV file, each in time order; values that are missing count as no demand."""
    table = pd.read_csv(path, parse_dates=["ds"]).sort_values(["unique_id", "ds"], kind="stable")
    return [
        Series(str(name), group["ds"].iloc[0].to_pydatetime(), group["y"].to_numpy(dtype=np.float64), bucket)
        for name, group in table.groupby("unique_id", sort=False)
    ]


def write(path: str, forecasts: Sequence[SeriesForecast]) -> None:
    """One row for each series and bucket ahead, the quantiles as columns."""
    dated = "%Y-%m-%d %H:%M:%S" if forecasts and forecasts[0].bucket is Bucket.HOUR else "%Y-%m-%d"
    with open(path, "w", encoding="utf-8") as out:
        out.write(",".join(["unique_id", "ds", "mean", *[f"q{level:g}" for level in LEVELS]]) + "\n")
        for made in forecasts:
            for ahead, mean in enumerate(made.mean):
                day = step(made.start, made.bucket, ahead).strftime(dated)
                numbers = ",".join(f"{value:.6g}" for value in (mean, *made.quantiles[:, ahead]))
                out.write(f"{made.id},{day},{numbers}\n")


def accuracy(
    series: Sequence[Series], forecasts: Sequence[SeriesForecast], future: Sequence[Series], season: int
) -> dict[str, float]:
    """Mean over series of sMAPE (%), MASE and pinball loss over the base of MASE, and the 0.9 interval's coverage."""
    came = {one.id: one.values for one in future}
    rows = [
        _scores(one.values, made, came[one.id], season)
        for one, made in zip(series, forecasts, strict=True)
        if one.id in came
    ]
    smape, mase, pinball, covered = np.mean(rows, axis=0)
    return {
        "smape": round(float(smape), 3),
        "mase": round(float(mase), 4),
        "scaled_pinball": round(float(pinball), 4),
        "coverage_0.9": round(float(covered), 3),
    }


def _scores(past: FloatArray, made: SeriesForecast, came: FloatArray, season: int) -> list[float]:
    length = min(len(came), len(made.mean))
    actual, mean, quantiles = came[:length], made.mean[:length], made.quantiles[:, :length]
    lag = season if len(past) > season + 1 else 1
    base = float(np.abs(past[lag:] - past[:-lag]).mean()) or 1.0
    error = np.abs(actual - mean)
    levels = np.array(LEVELS)[:, None]
    over = actual - quantiles
    inside = (actual >= made.quantile(0.05)[:length]) & (actual <= made.quantile(0.95)[:length])
    return [
        float(np.mean(200 * error / np.maximum(np.abs(actual) + np.abs(mean), 1e-9))),
        float(error.mean()) / base,
        float(np.maximum(levels * over, (levels - 1) * over).mean()) / base,
        float(inside.mean()),
    ]


if __name__ == "__main__":
    main()
