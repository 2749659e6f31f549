"""How fast a date is promised on a busy plant: `python -m bench.promise --operations 10000 --questions 100`.

Builds the plant of `bench.plant` in the benches' database, plans it, and puts questions to `POST /api/v1/promises/` one after the other, as
a salesperson's system would: items of several levels, all priorities, wanted from tomorrow to after the last due date. Each is answered
with a hold; half are withdrawn again, so that the plant does not fill up. Afterwards a few are held so that others make way, which
publishes a new plan. Prints one JSON line of seconds: half of the answers come within `p50`, nineteen of twenty within `p95`.
"""

import argparse
import json
import random
import sys
from datetime import timedelta
from math import ceil
from time import perf_counter
from typing import Any

from django.test import Client
from django.utils import timezone

from bench import scratch
from bench.plant import Plant, build
from production import planning
from production.models import Priority, Schedule, Slot

BEGINS_IN = timedelta(minutes=20)
MOVING = 5  # questions for which others make way


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when the goal was met. Refused is what no shift is long enough for."""
    parser = argparse.ArgumentParser(prog="bench.promise", description="Measure capable-to-promise.")
    parser.add_argument("--operations", type=int, default=10_000, help="planned operations (default 10,000)")
    parser.add_argument("--questions", type=int, default=100, help="put to the plant (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the plant and the questions (default 1)")
    parser.add_argument("--goal", type=float, default=1.0, help="seconds for nineteen of twenty (default 1)")
    options = parser.parse_args(arguments)
    scratch.make_empty()
    plant = build(options.operations, seed=options.seed)
    # Nobody works here: the plan begins when the questions are over, else all of it would run late meanwhile.
    planning.reschedule(reason="bench", by=plant.by, at=timezone.now() + BEGINS_IN, seconds=0)
    line = _measure(plant, options.questions, random.Random(options.seed))
    print(json.dumps(line), flush=True)
    return 0 if line["p95"] <= options.goal else 1


def _measure(plant: Plant, questions: int, draw: random.Random) -> dict[str, Any]:
    client = Client()
    client.force_login(plant.by)
    planned = Slot.objects.published().count()
    _ask(client, _question(plant, draw))  # the first one loads code
    spent, refused, late = [], 0, 0
    for number in range(questions):
        seconds, answer = _ask(client, _question(plant, draw))
        spent.append(seconds)
        if answer.status_code != 201:
            refused += 1
            print(answer.json()["detail"], file=sys.stderr)
            continue
        late += not answer.json()["answer"]["is_in_time"]
        if number % 2:
            client.post(
                f"/api/v1/promises/{answer.json()['id']}/withdraw/", {}, content_type="application/json"
            )
    before = Schedule.objects.count()
    moving = [seconds for seconds in _moving(client, plant, draw) if seconds]
    versions = Schedule.objects.filter(version__gt=before)
    return {
        "planned": planned,
        "questions": questions,
        "p50": _within(spent, 0.5),
        "p95": _within(spent, 0.95),
        "slowest": round(max(spent), 3),
        "not_by_the_day_wanted": late,
        "refused": refused,
        "moving_others_slowest": round(max(moving), 3) if moving else None,
        "moved_at_most": max((len(row) for row in versions.values_list("moved", flat=True)), default=0),
    }


def _moving(client: Client, plant: Plant, draw: random.Random) -> list[float]:
    """Rush questions for which others make way: the plan is made anew and published with the hold."""
    spent = []
    for _ in range(MOVING):
        question = _question(plant, draw) | {"priority": Priority.RUSH, "move_others": True}
        question["wanted_date"] = str((timezone.now() + timedelta(days=4)).date())
        seconds, answer = _ask(client, question)
        spent.append(seconds if answer.status_code == 201 else 0.0)
    return spent


def _question(plant: Plant, draw: random.Random) -> dict[str, Any]:
    ahead = (plant.ends_at - plant.at).days + 5
    return {
        "item": draw.choice(plant.items).pk,
        "quantity": str(draw.randint(2, 60)),
        "wanted_date": str((timezone.now() + timedelta(days=draw.randint(1, ahead))).date()),
        "priority": draw.choice(list(Priority)),
        "hold_hours": str(draw.choice([4, 24, 48])),
    }


def _ask(client: Client, question: dict[str, Any]) -> tuple[float, Any]:
    began = perf_counter()
    answer = client.post("/api/v1/promises/", question, content_type="application/json")
    return perf_counter() - began, answer


def _within(spent: list[float], share: float) -> float:
    return round(sorted(spent)[ceil(share * len(spent)) - 1], 3)


if __name__ == "__main__":
    sys.exit(main())
