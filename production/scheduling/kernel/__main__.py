"""Compile the scheduler's inner loops ahead of their first use: `python -m production.scheduling.kernel`."""

from production.scheduling.problem import Problem
from production.scheduling.rows import Job, Link, Machine, Mode, Task
from production.scheduling.solver import solve


def main() -> None:
    """Plan two small plants, one with and one without due dates, so that every function is called once."""
    for due in (40, None):
        jobs = tuple(
            Job(
                str(j),
                (
                    Task("1", str(j), (Mode("A", 9), Mode("B", 11))),
                    Task("2", str(j), (Mode("A", 7),), after=(Link("1", wait_seconds=1),)),
                    *(Task(str(k), str(j), (Mode("B", k),), after=(str(k - 1),)) for k in range(3, 30)),
                ),
                due=due,
            )
            for j in range(6)
        )
        problem = Problem((Machine("A"), Machine("B")), jobs)
        planned = solve(problem, seconds=0.5).assignments
        solve(problem, seconds=0, present=[slot for slot in planned if slot.job != "5"])


if __name__ == "__main__":
    main()
