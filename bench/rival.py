"""Our search beside PyJobShop's: `python -m bench.rival PROBLEM… --seconds S --workers W --seed K`.

PyJobShop states the problem to CP-SAT, the same solver as ours, in the same interpreter; it is not among the requirements:
`pip install pyjobshop`. Only what both can say is compared: routes of tasks on machines that are always open, without set-ups.
One JSON line per problem: what ours and theirs reached in the same time on as many cores (`ours`, `theirs`), ours as a ratio
of theirs, and the better of the two bounds. `bench.problems` writes job shops in size classes, `shop…`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pyjobshop

from production.scheduling import Problem, solve
from production.scheduling.check import check
from production.scheduling.readers import read_problem
from production.scheduling.rows import Link


def main() -> int:
    """Measure and print, problem by problem; 1 where one of our schedules is at fault."""
    parser = argparse.ArgumentParser(prog="bench.rival", description="Compare the search with PyJobShop.")
    parser.add_argument("problems", nargs="+", type=Path, metavar="PROBLEM")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="wall clock for each, of ours and of theirs (default 60)"
    )
    parser.add_argument("--workers", type=int, default=2, help="threads of either search (default 2)")
    parser.add_argument("--seed", type=int, default=0, help="of our search (default 0)")
    options = parser.parse_args()
    statuses = [_compare(path, pyjobshop.Model(), options) for path in options.problems]
    return max(statuses)


def _compare(path: Path, model: Any, options: argparse.Namespace) -> int:
    problem = read_problem(path)
    ours = solve(problem, seconds=options.seconds, workers=options.workers, seed=options.seed)
    faults = check(problem, ours)
    stated(problem, model)
    theirs = model.solve(time_limit=options.seconds, num_workers=options.workers, display=False)
    bounds = [bound for bound in (ours.bound, theirs.lower_bound) if bound is not None]
    line = {
        "instance": path.stem,
        "objective": ours.objective,
        "ours": ours.value,
        "theirs": theirs.objective,
        "ratio": round(ours.value / theirs.objective, 4) if theirs.objective else None,
        "bound": max(bounds, default=None),
        "feasible": not faults and not ours.unplanned,
    }
    print(json.dumps(line), flush=True)
    return 0 if line["feasible"] else 1


def stated(problem: Problem, model: Any) -> None:
    """Say the problem to an empty model of PyJobShop.

    :raises ValueError: when it has closed hours, set-ups or links beyond its orders, which the two state differently.
    """
    if problem.setup.families or any(machine.calendar for machine in problem.machines):
        raise ValueError("Compared are problems without closed hours and set-ups.")
    machines = {machine.id: model.add_machine(name=machine.id) for machine in problem.machines}
    for job in problem.jobs:
        theirs = model.add_job(weight=job.weight, release_date=job.release, due_date=job.due)
        tasks = {}
        for task in job.tasks:
            tasks[task.id] = model.add_task(job=theirs, earliest_start=job.release)
            for mode in task.modes:
                model.add_mode(tasks[task.id], machines[mode.machine], mode.seconds)
            for before in task.after:
                if isinstance(before, Link):
                    raise ValueError("Compared are problems whose tasks wait for the one before, no more.")
                model.add_end_before_start(tasks[before], tasks[task.id])
    has_due = any(job.due is not None for job in problem.jobs)
    model.set_objective(**{"weight_total_tardiness" if has_due else "weight_makespan": 1})


if __name__ == "__main__":
    sys.exit(main())
