"""The nightly run at full size: so many weekly series forecast, their targets set and netted, by so many workers.

    python -m bench.stock --series 100000 --workers 2 [--weeks 156] [--keep]

Fills a database of its own with items and their demand, one point a week, drawn like a trading house's: four in ten sell steadily, a quarter by
season, the rest now and then. Then it begins a run and carries it out as `manage.py plan_stock --workers` does: shards shared out over
processes, bands and targets, netting, proposals. ``--keep`` takes the items that a former call has left. Prints one JSON line: seconds in all and
by part, series, proposals, and the most memory that any of the processes and all of them together had.
"""

import argparse
import json
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest import mock

import numpy as np
import psutil
from django.db import connection

from bench.scratch import make_empty
from forecasting import pipeline, services, targets
from forecasting.models import DemandHistory, ForecastRun
from forecasting.services import runs
from inventory.models import Item, Site
from inventory.services import ensure_locations

AT = datetime(2026, 3, 2, 2, 10, tzinfo=UTC)
MIB = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--weeks", type=int, default=156)
    parser.add_argument("--horizon", type=int, default=services.HORIZON_DAYS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="Take the items of a former call")
    asked = parser.parse_args(arguments)
    if not asked.keep:
        make_empty()
        fill(asked.series, asked.weeks, asked.seed)
    ForecastRun.objects.filter(status=ForecastRun.Status.RUNNING).update(status=ForecastRun.Status.FAILED)
    parts = Parts()
    with Memory() as memory, parts:
        begun = time.perf_counter()
        run = services.run_forecast(horizon_days=asked.horizon, workers=asked.workers, at=AT)
        seconds = time.perf_counter() - begun
    known = sum(parts.seconds.values())
    print(
        json.dumps(
            {
                "series": run.items_total,
                "workers": asked.workers,
                "seconds": round(seconds, 1),
                "ms_per_series": round(1000 * seconds / max(run.items_total, 1), 2),
                "forecasting": round(seconds - known, 1),
                **{name: round(spent, 1) for name, spent in parts.seconds.items()},
                "message": run.message,
                "peak_process_mib": memory.largest // MIB,
                "peak_together_mib": memory.together // MIB,
            }
        )
    )
    return 0


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
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
    """How long the parts that follow the forecasting took."""

    seconds: dict[str, float] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Parts":
        for name, place, function in (
            ("bands", pipeline, "outlooks"),
            ("storing_forecasts", pipeline, "store"),
            ("targets", targets, "decide"),
            ("storing_targets", targets, "store"),
            ("netting_and_proposals", runs, "write_proposals"),
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


class Memory(threading.Thread):
    """Looks at the memory of this process and those it started, a few times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.largest = self.together = 0
        self._over = threading.Event()

    def __enter__(self) -> "Memory":
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        own = psutil.Process()
        while not self._over.wait(0.3):
            sizes = []
            for process in [own, *own.children(recursive=True)]:
                try:
                    if "python" in process.name():
                        sizes.append(process.memory_full_info().uss)
                except psutil.NoSuchProcess:
                    continue
            self.largest = max(self.largest, *sizes, 0)
            self.together = max(self.together, sum(sizes))


if __name__ == "__main__":
    raise SystemExit(main())
