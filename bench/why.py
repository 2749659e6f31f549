"""How long a planner waits for an answer about the plan: `python -m bench.why --operations 10000`.

Builds the benches' plant, plans it, and times why an order is late, the load of fourteen days and of ten weeks, the capacity of ninety days,
the look ahead, and one way out tried. Prints one JSON line: medians and 95th percentiles in seconds.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

from bench import scratch
from bench.plant import build
from production.capacity import capacity_by_day
from production.explaining import explain
from production.foreseeing import look_ahead
from production.foresight import Habit
from production.load import load_by_day
from production.models import ProductionOrder, Slot, WorkCenter
from production.planning import reschedule
from production.snapshot import take_snapshot
from production.ways_out import search_for

TIMES = 5
ORDERS = 40


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench.why", description="Time answers about a large plan.")
    parser.add_argument("--operations", type=int, default=10_000, help="waiting operations (default 10,000)")
    options = parser.parse_args(arguments)
    scratch.make_empty()
    plant = build(options.operations)
    at = plant.at
    reschedule(reason="Bench", at=at, seconds=0)
    overdue: Any = ProductionOrder.objects.late().filter(parent=None)
    late: list[ProductionOrder] = list(overdue.order_by("-lateness", "pk")[:ORDERS])
    habits = {center.pk: Habit(50, 0.05, 0.2) for center in WorkCenter.objects.all()}
    today = at.date()
    figures: dict[str, Any] = {
        "operations": Slot.objects.published().count(),
        "late": ProductionOrder.objects.late().count(),
        "why": _each([partial(explain, order, at=at) for order in late]),
        "load_14_days": _times(lambda: load_by_day(today, today + timedelta(days=13), at=at)),
        "load_10_weeks": _times(lambda: load_by_day(today, today + timedelta(days=69), at=at)),
        "capacity_90_days": _times(lambda: capacity_by_day(today, today + timedelta(days=89), at=at)),
        "look_ahead": _times(lambda: look_ahead(habits, at=at)),
        "risks": len(look_ahead(habits, at=at).risks),
    }
    if late:
        search = search_for(explain(late[0], at=at))
        snapshot = take_snapshot(at=at)
        figures["way_out"] = _each([lambda: search.try_next(snapshot) for _ in search.proposals[:3]])
    print(json.dumps(figures))
    return 0


def _times(act: Callable[[], object]) -> dict[str, float]:
    return _each([act] * TIMES)


def _each(acts: Sequence[Callable[[], object]]) -> dict[str, float]:
    took = []
    for act in acts:
        began = monotonic()
        act()
        took.append(monotonic() - began)
    if not took:
        return {}
    in_order = sorted(took)
    return {
        "median": round(statistics.median(in_order), 3),
        "p95": round(in_order[min(int(len(in_order) * 0.95), len(in_order) - 1)], 3),
    }


if __name__ == "__main__":
    sys.exit(main())
