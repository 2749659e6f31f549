"""A rush order into a full plan, measured: `python -m bench.rush --operations 10000 --repeats 10`.

Builds a plant in the benches' own database (see `bench.plant`), plans it on a Monday morning, and then, again and again, a minute
apart: what the plan has begin or end by then begins and ends, a rush order is released, a worker finds that the plan must be repaired,
repairs and stores it, and a planner's browser asks the server for the board. Prints one JSON line with seconds at the median and the
95th percentile, split into their parts, the first board that the process draws by itself, the processor time of it all (the database's
not counted), the share of unstarted operations moved, how late the rush orders are, and the orders late before and after. `--late 10`:
operations begin and end up to so many minutes late.
"""

import argparse
import gzip
import importlib
import json
import random
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import wraps
from http import HTTPStatus
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bench import plant, scratch
from production import planning, services
from production.models import Operation, Priority, Schedule, Slot
from production.replanning import replan_if_needed
from production.scheduling import warm

PARTS = {
    "snapshot": "take_snapshot",
    "pose": "pose",
    "solve": "solve",
    "check": "check",
    "publish": "publish",
}
RUSH_WITHIN = timedelta(days=4)
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    _start()
    scratch.make_empty()
    built = plant.build(options.operations, seed=options.seed, at=MONDAY)
    first = planning.reschedule(reason="First plan", at=built.at, seconds=options.first_seconds)
    clock = _Clock()
    clock.watch()
    browser = Client(headers={"host": "localhost", "accept-encoding": "gzip"})
    browser.force_login(built.by)
    draw = random.Random(options.seed)
    runs = []
    for number in range(1, options.repeats + 1):
        _work(built, built.at + timedelta(minutes=number), timedelta(minutes=options.late), draw)
        runs.append(_run(built, number, draw, clock, browser, options.seconds))
    print(json.dumps(_line(built, first, runs, clock)))
    return 0


def _start() -> None:
    """What a web process and a worker do before anybody asks anything of them."""
    importlib.import_module("mes.wsgi")
    warm.load()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.rush", description="Measure rush orders into a full plan.")
    parser.add_argument("--operations", type=int, default=10_000, help="planned operations (default 10,000)")
    parser.add_argument(
        "--repeats", type=int, default=10, help="rush orders, one after the other (default 10)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the plant (default 1)")
    parser.add_argument(
        "--first-seconds", type=float, default=10, help="search for the first plan (default 10)"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=settings.MES["REPAIR_SECONDS"],
        help="search for each repair (default what the settings say)",
    )
    parser.add_argument(
        "--late", type=float, default=0, help="minutes that operations begin and end late at most (default 0)"
    )
    return parser.parse_args(arguments)


class _Clock:
    """Seconds spent in each part of a replanning."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(list)

    def watch(self) -> None:
        for part, name in PARTS.items():
            setattr(planning, name, self._timed(part, getattr(planning, name)))

    def _timed(self, part: str, do: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(do)
        def timed(*args: Any, **options: Any) -> Any:
            began = perf_counter()
            try:
                return do(*args, **options)
            finally:
                self.spent[part].append(perf_counter() - began)

        return timed


def _work(built: plant.Plant, at: datetime, late: timedelta, draw: random.Random) -> None:
    """What the plan has begin and end until a moment begins and ends, more or less late."""
    due = Slot.objects.published().filter(starts_at__lte=at).select_related("operation__batch", "machine")
    for slot in due.order_by("starts_at", "pk"):
        operation = slot.operation
        if operation.status == Operation.Status.RUNNING and slot.ends_at + draw.random() * late <= at:
            services.finish_operation(operation, good=operation.batch.quantity, by=built.by, at=at)
    for slot in due.order_by("starts_at", "pk"):
        if slot.operation.status == Operation.Status.WAITING and slot.starts_at + draw.random() * late <= at:
            with suppress(services.NotReady, services.MachineBusy):
                services.start_operation(slot.operation, machine=slot.machine, by=built.by, at=at)


def _run(
    built: plant.Plant, number: int, draw: random.Random, clock: _Clock, browser: Client, seconds: float
) -> Schedule:
    at = built.at + timedelta(minutes=number)
    order = services.plan_production(
        draw.choice(built.items),
        Decimal(draw.randint(5, 20)),
        at + RUSH_WITHIN,
        priority=Priority.RUSH,
        by=built.by,
        at=at,
    )
    services.release_order(order, by=built.by, at=at)
    began, worked = perf_counter(), process_time()
    schedule = replan_if_needed(at=at, seconds=seconds)
    stored = perf_counter()
    with patch.object(timezone, "now", return_value=at):  # the plant lives on its own Monday
        answer = browser.get(reverse("console:board-data"))
    clock.spent["board"].append(perf_counter() - stored)
    clock.spent["total"].append(perf_counter() - began)
    clock.spent["processor"].append(process_time() - worked)
    if schedule is None:
        raise ValueError(f"{order} called for no repair")
    if answer.status_code != HTTPStatus.OK:
        raise ValueError(f"the board answers {answer.status_code}")
    _require_on_board(answer.content, schedule)
    return schedule


def _require_on_board(sent: bytes, schedule: Schedule) -> None:
    shown = json.loads(gzip.decompress(sent))
    if shown["version"] != schedule.version or len(shown["bars"]) != schedule.figures["operations"]:
        raise ValueError(f"version {shown['version']} with {len(shown['bars'])} bars is not {schedule}")


def _line(built: plant.Plant, first: Schedule, runs: Sequence[Schedule], clock: _Clock) -> dict[str, Any]:
    shares = [run.figures["moved"] / run.figures["unstarted"] for run in runs]
    return {
        "operations": built.operations,
        "orders": len(built.orders),
        "repeats": len(runs),
        "seconds": {part: _spread(clock.spent[part]) for part in ("total", *PARTS, "board", "processor")},
        "first_board": round(clock.spent["board"][0], 3),
        "moved_share": {"p50": round(statistics.median(shares), 4), "max": round(max(shares), 4)},
        "rush_late_hours": _spread([_late_hours(run) for run in runs]),
        "late_orders": {"before": first.figures["late_orders"], "after": runs[-1].figures["late_orders"]},
    }


def _late_hours(run: Schedule) -> float:
    """How late a plan has the rush order that it was made for; less than nothing when it is in time."""
    newest = max((row for row in run.orders if row["was"] is None), key=lambda row: int(row["order"]))
    late = datetime.fromisoformat(newest["now"]) - datetime.fromisoformat(newest["due"])
    return late / timedelta(hours=1)


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    place = min(round(0.95 * len(ordered) + 0.5), len(ordered)) - 1
    return {"p50": round(statistics.median(ordered), 3), "p95": round(ordered[place], 3)}


if __name__ == "__main__":
    sys.exit(main())
