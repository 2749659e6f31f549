"""Schedules measured: `python -m bench.schedule PROBLEM… --seconds S --workers W --seed K --out FOLDER`.

Reads JSPLIB text, `.fjs` text and our own JSON (see `production.scheduling.readers`), prints one JSON line per problem
(`instance, objective, value, bound, seconds, first_seconds, late, feasible`) and writes each schedule to
FOLDER/<instance>.csv as rows `job, task, machine, start, end` in whole seconds, where `start` is the start of the run,
after any set-up. What of a problem cannot be planned is named in `faults`, with its reason, beside the figures of all that can be,
and makes the exit status 1; a file that is no problem prints its faults alone. Files of one name in several folders count up: `shop`,
`shop-2`.
"""

import argparse
import csv
import json
import sys
from itertools import chain, count
from math import inf
from pathlib import Path

from production.scheduling import InvalidProblem, Result, solve
from production.scheduling.check import check
from production.scheduling.readers import read_what_can_be


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 0 when every problem has a complete plan that the checker accepts."""
    options = _options(arguments)
    names = _names([path.stem for path in options.problems])
    statuses = [_measure(path, name, options) for path, name in zip(options.problems, names, strict=True)]
    return max(statuses, default=0)


def _names(stems: list[str]) -> list[str]:
    """What each instance is called: no schedule is written over another's."""
    names: list[str] = []
    for stem in stems:
        more = (f"{stem}-{number}" for number in count(2))
        names.append(next(name for name in chain([stem], more) if name not in names))
    return names


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.schedule", description="Solve scheduling problems and report figures."
    )
    parser.add_argument("problems", nargs="+", type=Path, metavar="PROBLEM")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="wall clock for each problem (default 30)"
    )
    parser.add_argument("--workers", type=int, default=1, help="threads of the search (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the search (default 0)")
    parser.add_argument("--out", type=Path, help="folder for the schedules, made if missing")
    options = parser.parse_args(arguments)
    if not 0 <= options.seconds < inf or options.workers < 1:
        parser.error("seconds are at least 0, workers at least 1")
    if options.out is not None:
        try:
            options.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            parser.error(f"no schedules can be written to {options.out}: {error.strerror}")
    return options


def _measure(path: Path, instance: str, options: argparse.Namespace) -> int:
    try:
        problem, left_out = read_what_can_be(path)
    except (InvalidProblem, OSError) as error:
        line = {"instance": instance, "feasible": False, "faults": str(error).splitlines()}
        print(json.dumps(line), flush=True)
        return 1
    result = solve(problem, seconds=options.seconds, seed=options.seed, workers=options.workers)
    faults = [str(fault) for fault in left_out] + check(problem, result)
    faults += [f"{row.job}/{row.task}: {row.reason}" for row in result.unplanned]
    line = {
        "instance": instance,
        "objective": result.objective,
        "value": result.value,
        "bound": result.bound,
        "seconds": round(result.seconds, 3),
        "first_seconds": round(result.first_seconds, 3),
        "late": result.late,
        "feasible": not faults,
    }
    print(json.dumps(line | {"faults": faults} if faults else line), flush=True)
    if options.out is not None:
        _write(options.out, instance, result)
    return 1 if faults else 0


def _write(folder: Path, instance: str, result: Result) -> None:
    with (folder / f"{instance}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("job", "task", "machine", "start", "end"))
        for slot in result.assignments:
            writer.writerow((slot.job, slot.task, slot.machine, slot.setup_end, slot.end))


if __name__ == "__main__":
    sys.exit(main())
