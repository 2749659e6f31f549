"""The nightly run at full size: so many weekly series forecast, their targets set and netted, by so many workers.

    python -m bench.stock --series 100000 --workers 1,2 [--weeks 156] [--keep]

Fills a database of its own with items and their demand, one point a week, drawn like a trading house's: four in ten sell steadily, a quarter by
season, the rest now and then. Then, once for each number of workers, it begins a run and carries it out as `manage.py plan_stock --workers`
does: shards drafted by several processes, what they teach, shards decided on, shards netted and what is proposed stored, the end. ``--keep`` takes the
items that a former call has left; ``--again`` makes a run before each, whose proposals the one that is measured takes the place of.

Prints a JSON line for each run: seconds in all and by part (of this process; what the others did meanwhile is not added), seconds of processor
time of the workers and of the database, series, proposals, and the most memory that any process, all workers together, and all together with
the database had (what processes share is counted once). After more than one run, a line with how many times as fast the last was as the first.
"""

import argparse
import json
import resource
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import numpy as np
import psutil
from django.db import connection

from bench.scratch import make_empty
from forecasting import deciding, pipeline, services
from forecasting.models import DemandHistory, ForecastRun
from forecasting.services import runs, shards
from inventory.models import Item, Site
from inventory.services import ensure_locations

AT = datetime(2026, 3, 2, 2, 10, tzinfo=UTC)
MIB = 1024 * 1024
LOOKED_EVERY = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--workers", default="2", help="One number, or several with commas between")
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--horizon", type=int, default=services.HORIZON_DAYS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="Take the items of a former call")
    parser.add_argument("--again", action="store_true", help="Measure the second run of two")
    asked = parser.parse_args(arguments)
    if not asked.keep:
        make_empty()
        fill(asked.series, asked.weeks, asked.seed)
    numbers = [int(each) for each in asked.workers.split(",")]
    seconds = [measured(workers, asked.horizon, again=asked.again) for workers in numbers]
    if len(numbers) > 1:
        ratio = seconds[0] / seconds[-1]
        print(json.dumps({"workers": [numbers[0], numbers[-1]], "times_as_fast": round(ratio, 2)}))
    return 0


def measured(workers: int, horizon: int, *, again: bool) -> float:
    """Carry out a run by so many workers and print what it took; returns the seconds."""
    forget_runs()
    if again:
        services.run_forecast(horizon_days=horizon, workers=workers, at=AT - timedelta(days=1))
    parts = Parts()
    with Watch() as watch, parts:
        begun = time.perf_counter()
        run = services.run_forecast(horizon_days=horizon, workers=workers, at=AT)
        seconds = time.perf_counter() - begun
    known = sum(parts.seconds.values())
    print(
        json.dumps(
            {
                "series": run.items_total,
                "workers": workers,
                "seconds": round(seconds, 1),
                "ms_per_series": round(1000 * seconds / max(run.items_total, 1), 2),
                **{name: round(spent, 1) for name, spent in parts.seconds.items()},
                "all_else": round(seconds - known, 1),
                "cpu_workers": round(watch.workers_cpu, 1),
                "cpu_database": round(watch.database_cpu, 1),
                "message": run.message,
                "peak_process_mib": watch.largest // MIB,
                "peak_workers_mib": watch.workers // MIB,
                "peak_with_database_mib": watch.together // MIB,
            }
        ),
        flush=True,
    )
    return seconds


def forget_runs() -> None:
    """Leave items and demand alone, so that every run begins with the same."""
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {ForecastRun._meta.db_table} CASCADE")
        cursor.execute("ANALYZE")


def fill(series: int, weeks: int, seed: int) -> None:
    """Items that are bought for stock, each with a point of demand every week."""
    generator = np.random.default_rng(seed)
    site = Site.objects.create(code="BENCH", name="Bench")
    ensure_locations(site)
    items = Item.objects.bulk_create(
        (
            Item(
                number=f"S{number:06}",
                description="Series",
                site=site,
                supply=Item.Supply.BUY,
                lead_time_days=7 + number % 15,
                unit_cost=1 + number % 40,
                unit_price=2 + 2 * (number % 40),
            )
            for number in range(series)
        ),
        batch_size=2_000,
    )
    first = AT.date() - timedelta(days=7 * weeks)
    days = [first + timedelta(days=7 * week) for week in range(weeks)]
    columns = (
        "item_id, date, quantity, source, is_censored, is_return, customer_group, channel, location, is_standing, "
        "reason, recorded_at"
    )
    table = DemandHistory._meta.db_table
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for number, item in enumerate(items):
            for day, quantity in zip(days, drawn(number, weeks, generator), strict=True):
                copy.write_row(
                    (item.pk, day, int(quantity), "import", False, False, "", "", "", True, "", AT)
                )


def drawn(number: int, weeks: int, generator: np.random.Generator) -> np.ndarray:
    """Weekly demand of one item: steady, by season, or now and then."""
    level = float(generator.lognormal(3.0, 1.0))
    ahead = np.arange(weeks)
    if number % 20 < 8:
        return generator.poisson(level * (1 + 0.002 * ahead))
    if number % 20 < 13:
        season = 1 + 0.5 * np.sin(2 * np.pi * (ahead / 52 + number % 52 / 52))
        return generator.poisson(level * season)
    return np.where(generator.random(weeks) < 0.3, generator.poisson(level, weeks), 0)


@dataclass
class Parts:
    """How long the parts of a run took in this process."""

    seconds: dict[str, float] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Parts":
        for name, place, function in (
            ("drafting", pipeline, "drafts_of"),
            ("learning", runs, "ensure_deciding_shards"),
            ("deciding", deciding, "decide"),
            ("storing", deciding, "store"),
            ("settling", runs, "ensure_netting_shards"),
            ("netting_and_proposals", shards, "net_shard"),
            ("finishing", runs, "finish"),
        ):
            self._stack.enter_context(
                mock.patch.object(place, function, self._timed(name, getattr(place, function)))
            )
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def _timed(self, name: str, function: object) -> object:
        def call(*args: object, **kwargs: object) -> object:
            begun = time.perf_counter()
            try:
                return function(*args, **kwargs)  # type: ignore[operator]
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun

        return call


class Watch(threading.Thread):
    """Looks at the memory of the workers and of the database once a second, and at their processor time in the end."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.largest = self.workers = self.together = 0
        self.workers_cpu = self.database_cpu = 0.0
        self._over = threading.Event()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = psutil.Process(int(cursor.fetchone()[0]))
        self._database = backend.parent() or backend

    def __enter__(self) -> "Watch":
        self._begun = self._workers_cpu(), self._database_cpu()
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self.join()
        self.workers_cpu = self._workers_cpu() - self._begun[0]
        self.database_cpu = self._database_cpu() - self._begun[1]

    def run(self) -> None:
        own = psutil.Process()
        while not self._over.wait(LOOKED_EVERY):
            workers = [own, *(child for child in own.children(recursive=True) if _is_python(child))]
            sizes = [_size(process) for process in workers]
            database = sum(
                _size(process) for process in [self._database, *self._database.children(recursive=True)]
            )
            self.largest = max(self.largest, *sizes)
            self.workers = max(self.workers, sum(sizes))
            self.together = max(self.together, sum(sizes) + database)

    def _workers_cpu(self) -> float:
        """Of this process and those it has started and seen end."""
        used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(each.ru_utime + each.ru_stime for each in used)

    def _database_cpu(self) -> float:
        used = 0.0
        for process in [self._database, *self._database.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times: Any = process.cpu_times()
                used += times.user + times.system + times.children_user + times.children_system
        return used


def _is_python(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return "python" in process.name()
    return False


def _size(process: psutil.Process) -> int:
    """Memory of a process; of what it shares with others its part."""
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_full_info().pss)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
