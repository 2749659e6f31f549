"""What the search gains over dispatching: `python -m bench.gains PROBLEM… --seconds S --workers W --seed K`.

For each problem with due dates (see `bench.problems`) one JSON line: the best of the dispatching rules, each walked once, what it
costs in weighted hours of tardiness, what the search reached from there, the share by which that is less, and the hours that no plan
avoids (a proven bound: every job with all machines to itself).
"""

import argparse
import json
from pathlib import Path

from production.scheduling import Weights, solve
from production.scheduling.check import check
from production.scheduling.dispatch import dispatched
from production.scheduling.plant import Plan, Plant
from production.scheduling.readers import read_problem
from production.scheduling.rules import DUE_RULES, urgency

HOUR = 3600


def main() -> None:
    """Measure and print, problem by problem."""
    parser = argparse.ArgumentParser(
        prog="bench.gains", description="Compare the search with dispatching rules."
    )
    parser.add_argument("problems", nargs="+", type=Path, metavar="PROBLEM")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="wall clock for each problem (default 60)"
    )
    parser.add_argument("--workers", type=int, default=2, help="threads of the search (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="of the search (default 0)")
    options = parser.parse_args()
    for path in options.problems:
        problem = read_problem(path)
        plant = Plant(problem, Weights())
        seen = urgency(plant)
        rule_value, rule = min((tardiness(plant, dispatched(plant, seen, r)), r.name) for r in DUE_RULES)
        result = solve(problem, seconds=options.seconds, workers=options.workers, seed=options.seed)
        line = {
            "instance": path.stem,
            "rule": rule,
            "rule_hours": round(rule_value / HOUR),
            "reached_hours": round(result.value / HOUR),
            "bound_hours": round((result.bound or 0) / HOUR),
            "gain": round(1 - result.value / rule_value, 3) if rule_value else 0.0,
            "late": result.late,
            "feasible": not check(problem, result) and not result.unplanned,
        }
        print(json.dumps(line), flush=True)


def tardiness(plant: Plant, plan: Plan) -> float:
    """Weighted seconds of tardiness."""
    ends = ((j, end, plant.due[j]) for j, end in plant.ends(plan).items())
    return float(sum(plant.weight[j] * max(0, end - due) for j, end, due in ends if due is not None))


if __name__ == "__main__":
    main()
