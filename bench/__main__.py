"""Every benchmark at a size that takes a minute or two, as one table: `python -m bench`, or `make bench`.

Each line names the command that measures the same at full size. Public data sets are read from the folder that
`MES_SHARED` names (by default `shared` beside the checkout); what is not there is left out and said.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from bench import forecast, netting, schedule
from mes.demo.demand import Profile, histories

SHARED = Path(os.environ.get("MES_SHARED", Path(__file__).resolve().parents[2] / "shared"))
CORES = os.cpu_count() or 1
PROBLEMS = ("ft10", "la16", "mk02")
SECONDS_EACH = 10
SERIES = 100
HOLD_OUT_DAYS = 28
NETTED_ITEMS, NIGHTLY_SERIES = 10_000, 500
GENERATED_ITEMS, GENERATED_UNTIL = 20, date(2026, 3, 2)
FT06 = """6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    figures: str
    command: str


def main() -> int:
    """Measure and print, row by row; 1 if anything could not be measured as it should."""
    print(f"{'what':<44} {'figures':<72} command")
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        for benchmark in (
            known_optimum,
            scheduling,
            generated_demand,
            monthly_series,
            retail_demand,
            netting_alone,
            nightly_run,
        ):
            try:
                for row in benchmark(Path(scratch)):
                    print(f"{row.what:<44} {row.figures:<72} {row.command}", flush=True)
            except FileNotFoundError as missing:
                print(f"{benchmark.__name__:<44} left out: there is no {missing.filename}")
            except (ValueError, ArithmeticError) as error:
                failed = True
                print(f"{benchmark.__name__:<44} failed: {error}", flush=True)
    return int(failed)


def known_optimum(scratch: Path) -> Iterator[Row]:
    """The oldest of the job shops; it travels with us."""
    problem = scratch / "ft06.txt"
    problem.write_text(FT06)
    [line] = _lines(schedule.main, [str(problem), "--seconds", "5", "--workers", str(CORES)])
    figures = f"makespan {line['value']:g}, optimum 55, {line['seconds']:.1f} s"
    yield Row("Schedule ft06 (Fisher, Thompson 1963)", figures, "make bench")


def scheduling(scratch: Path) -> Iterator[Row]:
    """How close the plan comes to the best known one, and how soon there is a first."""
    folder = SHARED / "data" / "scheduling"
    best: dict[str, Any] = json.loads((folder / "best_known.json").read_text())
    for name in PROBLEMS:
        problem = folder / f"{name}.json"
        [line] = _lines(
            schedule.main, [str(problem), "--seconds", str(SECONDS_EACH), "--workers", str(CORES)]
        )
        known = _best_known(best, name)
        gap = f", best known {known:g} (+{100 * (line['value'] / known - 1):.1f} %)" if known else ""
        figures = f"{line['objective']} {line['value']:g}{gap}, bound {line['bound']:g}, first plan {line['first_seconds']} s"
        yield Row(
            f"Schedule {name}, {SECONDS_EACH} s",
            figures,
            f"python -m bench.schedule {_seen(problem)} --seconds 60",
        )


def generated_demand(scratch: Path) -> Iterator[Row]:
    """Two years of drawn days like the demo's: weekly pattern, seasons, promotions, wholesale lumps."""
    profiles = [
        Profile(
            f"item-{number:02}",
            per_day=4.0 * 1.25**number,
            years=2,
            november=1.6,
            promotions=3,
            pack=1 + number % 3,
        )
        for number in range(GENERATED_ITEMS)
    ]
    drawn = histories(profiles, today=GENERATED_UNTIL, seed=1)
    rows = pd.DataFrame(
        [
            (one.item, day, quantity)
            for one in drawn
            for day, quantity in zip(one.dates, one.quantities, strict=True)
        ],
        columns=["item", "date", "quantity"],
    )
    figures = _held_out(rows, scratch)
    yield Row(f"Forecast drawn demand, {GENERATED_ITEMS} items × {HOLD_OUT_DAYS} days", figures, "make bench")


def monthly_series(scratch: Path) -> Iterator[Row]:
    """The M3 competition's monthly series, the first of them."""
    train, test = (SHARED / "data" / "forecast" / f"m3_monthly_{part}.csv" for part in ("train", "test"))
    series = pd.read_csv(train)
    chosen = series["unique_id"].unique()[:SERIES]
    few = scratch / "m3.csv"
    series[series["unique_id"].isin(chosen)].to_csv(few, index=False)
    figures = _forecast(few, test, frequency="M", horizon=18, out=scratch / "out.csv")
    command = (
        f"python -m bench.forecast {_seen(train)} --freq M --horizon 18 --test {_seen(test)} --out out.csv"
    )
    yield Row(f"Forecast M3 monthly, {len(chosen)} series", figures, command)


def retail_demand(scratch: Path) -> Iterator[Row]:
    """A real retailer's days; the last four weeks are held out."""
    demand = pd.read_csv(SHARED / "data" / "retail_demand" / "demand.csv")
    figures = _held_out(demand, scratch)
    yield Row(
        f"Forecast retail, {demand['item'].nunique()} items × {HOLD_OUT_DAYS} days", figures, "make bench"
    )


def netting_alone(scratch: Path) -> Iterator[Row]:
    """Every level of a bill netted, a tenth of what is claimed."""
    [line] = _lines(netting.main, ["--items", str(NETTED_ITEMS)])
    figures = f"{line['proposals']} proposals, {line['seconds']:.1f} s, {line['peak_mib']} MiB"
    command = "python -m bench.netting --items 100000 --levels 5"
    yield Row(f"Net {NETTED_ITEMS:,} items on 5 levels", figures, command)


def nightly_run(scratch: Path) -> Iterator[Row]:
    """From demand to proposals, in a database of its own, which is why another process does it."""
    command = [sys.executable, "-m", "bench.stock", "--series", str(NIGHTLY_SERIES), "--workers", str(CORES)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own bench
    if done.returncode:
        raise ValueError(done.stderr.strip().splitlines()[-1])
    line = json.loads(done.stdout.splitlines()[-1])
    figures = (
        f"{line['seconds']:.1f} s, {line['ms_per_series']:.1f} ms a series, {line['peak_workers_mib']} MiB"
    )
    yield Row(
        f"Nightly run, {NIGHTLY_SERIES} weekly series",
        figures,
        "python -m bench.stock --series 100000 --workers 1,2",
    )


def _held_out(demand: pd.DataFrame, scratch: Path) -> str:
    """Forecast the last days from those before; a day without a row is a day without demand."""
    demand["date"] = pd.to_datetime(demand["date"])
    days = pd.date_range(demand["date"].min(), demand["date"].max())
    daily = (
        demand.pivot_table(index="item", columns="date", values="quantity", aggfunc="sum")
        .reindex(columns=days)
        .fillna(0)
        .rename_axis(index="unique_id", columns="ds")
        .melt(ignore_index=False, value_name="y")
        .reset_index()
    )
    last = days[-HOLD_OUT_DAYS]
    train, test = scratch / "train.csv", scratch / "test.csv"
    daily[daily["ds"] < last].to_csv(train, index=False)
    daily[daily["ds"] >= last].to_csv(test, index=False)
    return _forecast(train, test, frequency="D", horizon=HOLD_OUT_DAYS, out=scratch / "out.csv")


def _forecast(train: Path, test: Path, *, frequency: str, horizon: int, out: Path) -> str:
    options = ["--freq", frequency, "--horizon", str(horizon), "--workers", str(CORES)]
    [line] = _lines(forecast.main, [str(train), "--test", str(test), "--out", str(out), *options])
    # Percentages of days without demand say nothing.
    smape = f"sMAPE {line['smape']:.1f} %, " if frequency != "D" else ""
    return (
        f"MASE {line['mase']:.3f}, {smape}pinball {line['scaled_pinball']:.3f}, "
        f"0.9 band covers {line['coverage_0.9']:.2f}, {line['seconds']:.0f} s"
    )


def _lines(run: Callable[[list[str]], object], arguments: list[str]) -> list[dict[str, Any]]:
    """What a benchmark printed: one JSON object a line."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        run(arguments)
    return [json.loads(line) for line in said.getvalue().splitlines()]


def _seen(path: Path) -> str:
    """A path as one types it from here."""
    return os.path.relpath(path)


def _best_known(best: dict[str, Any], name: str) -> float | None:
    found = best.get(name)
    value = found.get("best") if isinstance(found, dict) else found
    return float(value) if isinstance(value, int | float) else None


if __name__ == "__main__":
    sys.exit(main())
