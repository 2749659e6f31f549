"""Scheduling problems of a size that no library of instances has: `python -m bench.problems FOLDER`.

Writes, as problem JSON (see `production.scheduling.readers`), seeded and always the same:

- `plant50k`: 10,000 orders of 5 operations on 100 machines in two shifts, five days a week, at 85 % load, three priorities
  weighing 9, 3 and 1; `open100k`: 20,000 such orders on machines that never close; `crowded50k`: as `plant50k`, but four machines
  get half as many operations again as the others, more than they can do, and three days to the due date at least.
- `tardy2k`, `tardy10k`: weighted tardiness with alternative machines and set-up families, 2,000 and 10,000 operations, more than
  the machines can do in time;
- `plain2k`, `choice2k`, `setups2k`, `both2k`, `shifts2k` and the same with `10k`: weighted tardiness at about 90 % load, set-ups
  counted, each with one thing that plants have and others have not;
- `shop15x15`, `shop30x15`, `shop50x15`, `shop100x20`: job shops to be done soonest, jobs by machines, drawn as Taillard draws his
  (Benchmarks for basic scheduling problems, EJOR 64, 1993: times of 1 to 99, every job on every machine once, in random order);
  `flexible20x15`, `flexible30x15`: flexible ones like the largest of Brandimarte's (Annals of Operations Research 41, 1993:
  10 to 15 operations a job, up to five machines each, times of 5 to 19).
"""

import argparse
import json
import random
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

HOUR, DAY, WEEK = 3600, 86400, 604800
SHIFTS = ((6 * HOUR, 22 * HOUR),)
WEIGHTS = ((9, 0.1), (3, 0.3), (1, 0.6))


@dataclass(frozen=True)
class Size:
    """What a generated plant looks like; `slack` is the due date's distance in multiples of an order's own work."""

    orders: int
    operations: int
    machines: int
    load: float
    alternatives: int = 1
    families: int = 0
    has_shifts: bool = True
    slack: tuple[float, float] = (2.0, 10.0)
    least_days: int = 0  # from release to due date
    crowded: int = 0  # machines that get half as many operations again


SIZES = {
    "plant50k": Size(10_000, 5, 100, 0.85, slack=(2.0, 12.0)),
    "open100k": Size(20_000, 5, 100, 0.85, has_shifts=False, slack=(2.0, 12.0)),
    "crowded50k": Size(10_000, 5, 100, 0.85, slack=(4.0, 14.0), least_days=3, crowded=4),
    "tardy2k": Size(250, 8, 20, 0.95, alternatives=2, families=5, slack=(1.0, 5.0)),
    "tardy10k": Size(1_250, 8, 60, 0.95, alternatives=2, families=5, slack=(1.0, 5.0)),
}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"load": 0.9},
    "choice": {"load": 0.9, "alternatives": 2, "slack": (1.0, 3.0)},
    "setups": {"load": 0.75, "families": 5},
    "both": {"load": 0.75, "families": 5, "alternatives": 2, "slack": (1.0, 3.0)},
    "shifts": {"load": 0.9, "has_shifts": True},
}
USUAL: dict[str, Any] = {"has_shifts": False, "slack": (1.0, 5.0)}
for _kind, _traits in KINDS.items():
    for _suffix, (_orders, _machines_) in {"2k": (200, 20), "10k": (1000, 50)}.items():
        SIZES[_kind + _suffix] = Size(_orders, 10, _machines_, **(USUAL | _traits))
SHOPS = {"shop15x15": (15, 15), "shop30x15": (30, 15), "shop50x15": (50, 15), "shop100x20": (100, 20)}
FLEXIBLE_SHOPS = {"flexible20x15": (20, 15), "flexible30x15": (30, 15)}


def problem(size: Size, seed: int = 1) -> dict[str, Any]:
    """A plant of that size; orders come in evenly over the time that the load needs."""
    dice = random.Random(seed)
    hours = [[dice.randint(20, 100) * 60 for _ in range(size.operations)] for _ in range(size.orders)]
    work = sum(map(sum, hours))
    share_open = 5 / 7 * sum(end - start for start, end in SHIFTS) / DAY if size.has_shifts else 1.0
    span = work / size.machines / size.load / share_open
    jobs = []
    for number, seconds in enumerate(hours):
        release = int(dice.random() * span)
        slack = dice.uniform(*size.slack)
        weight = dice.choices([w for w, _ in WEIGHTS], [share for _, share in WEIGHTS])[0]
        route = _route(size, dice)
        jobs.append(
            {
                "id": f"J{number}",
                "release": release,
                "due": int(release + max(sum(seconds) * slack / share_open, size.least_days * DAY)),
                "weight": weight,
                "tasks": [_task(size, dice, k, route[k], seconds[k]) for k in range(size.operations)],
            }
        )
    data: dict[str, Any] = {"machines": _machines(size, span), "jobs": jobs}
    if size.families:
        names = [f"F{i}" for i in range(size.families)]
        data["setup"] = {
            "families": names,
            "seconds": [[0 if a == b else dice.randint(5, 30) * 60 for b in names] for a in names],
        }
    return data


def shop(jobs: int, machines: int, seed: int = 1) -> dict[str, Any]:
    """A job shop whose jobs visit every machine once."""
    dice = random.Random(seed)
    routes = [dice.sample(range(machines), machines) for _ in range(jobs)]
    return _shop(machines, [[[(machine, dice.randint(1, 99))] for machine in route] for route in routes])


def flexible_shop(jobs: int, machines: int, seed: int = 1) -> dict[str, Any]:
    """A flexible job shop: each operation on one to five machines, each with a time of its own."""
    dice = random.Random(seed)
    routes = [
        [
            [(machine, dice.randint(5, 19)) for machine in dice.sample(range(machines), dice.randint(1, 5))]
            for _ in range(dice.randint(10, 15))
        ]
        for _ in range(jobs)
    ]
    return _shop(machines, routes)


def _shop(machines: int, routes: list[list[list[tuple[int, int]]]]) -> dict[str, Any]:
    return {
        "machines": [{"id": f"M{m}"} for m in range(machines)],
        "jobs": [
            {
                "id": f"J{number}",
                "tasks": [
                    {
                        "id": str(k),
                        "modes": [{"machine": f"M{m}", "seconds": seconds} for m, seconds in modes],
                    }
                    for k, modes in enumerate(route)
                ],
            }
            for number, route in enumerate(routes)
        ],
    }


def _route(size: Size, dice: random.Random) -> list[int]:
    """The machines of an order, no two the same."""
    if not size.crowded:
        return dice.sample(range(size.machines), size.operations)
    shares = [1.5 if machine < size.crowded else 1.0 for machine in range(size.machines)]
    route: list[int] = []
    while len(route) < size.operations:
        machine = dice.choices(range(size.machines), shares)[0]
        if machine not in route:
            route.append(machine)
    return route


def _task(size: Size, dice: random.Random, number: int, machine: int, seconds: int) -> dict[str, Any]:
    others = range(machine + 1, machine + size.alternatives)
    modes = [{"machine": f"M{machine}", "seconds": seconds}]
    modes += [
        {"machine": f"M{m % size.machines}", "seconds": int(seconds * dice.uniform(1.0, 1.4))} for m in others
    ]
    task: dict[str, Any] = {"id": str(10 * number + 10), "modes": modes}
    if size.families:
        task["family"] = f"F{dice.randrange(size.families)}"
    return task


def _machines(size: Size, span: float) -> list[dict[str, Any]]:
    if not size.has_shifts:
        return [{"id": f"M{m}"} for m in range(size.machines)]
    days = int(span * 1.6 / DAY) + 30
    calendar = [
        [day * DAY + start, day * DAY + end] for day in range(days) if day % 7 < 5 for start, end in SHIFTS
    ]
    return [{"id": f"M{m}", "calendar": calendar} for m in range(size.machines)]


def main() -> None:
    """Write all of them."""
    parser = argparse.ArgumentParser(prog="bench.problems", description="Write large scheduling problems.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    written = {name: partial(problem, size) for name, size in SIZES.items()}
    written |= {name: partial(shop, *size) for name, size in SHOPS.items()}
    written |= {name: partial(flexible_shop, *size) for name, size in FLEXIBLE_SHOPS.items()}
    for name, draw in written.items():
        (folder / f"{name}.json").write_text(json.dumps(draw()), encoding="utf-8")
        print(folder / f"{name}.json")


if __name__ == "__main__":
    main()
