"""Compiled code is read from its folder when it is first called, which takes a second: nobody should wait for that.

A process that is to plan reads it when it starts (`load`), before it forks its workers.
"""

from production.scheduling.effort import Budget, Effort
from production.scheduling.first import best_dispatch
from production.scheduling.flatten import SEARCHED_WHOLE
from production.scheduling.hasten import hastened
from production.scheduling.plant import Plant
from production.scheduling.problem import Problem
from production.scheduling.result import Weights
from production.scheduling.rows import Job, Link, Machine, Mode, Task
from production.scheduling.solver import solve
from production.scheduling.sweep import windowed


def sample(due: int | None, count: int = 6) -> Problem:
    """A plant of so many jobs that has some of everything that the inner loops tell apart."""
    jobs = tuple(
        Job(
            str(j),
            (
                Task("1", str(j), (Mode("A", 9), Mode("B", 11))),
                Task("2", str(j), (Mode("A", 7),), after=(Link("1", wait_seconds=1),)),
                *(Task(str(k), str(j), (Mode("B", k),), after=(str(k - 1),)) for k in range(3, 30)),
            ),
            due=due,
            weight=1 + j % 2,
        )
        for j in range(count)
    )
    return Problem((Machine("A"), Machine("B")), jobs)


def shop() -> Problem:
    """A job shop in which nothing but machines binds: plants like it have a search of their own."""
    jobs = tuple(
        Job(
            str(j),
            tuple(
                Task(
                    str(k),
                    str(j),
                    (Mode(str((3 * j + k * (1 + j % 3)) % 10), 1 + (7 * j + 5 * k) % 9),),
                    (str(k - 1),) if k else (),
                )
                for k in range(10)
            ),
        )
        for j in range(11)
    )
    return Problem(tuple(Machine(str(m)) for m in range(10)), jobs)


def load(seconds: float = 0) -> None:
    """Plan small plants, one with and one without due dates, and repair their plans; with time to search everything is called once."""
    for due in (40, None):
        problem = sample(due)
        planned = solve(problem, seconds=seconds).assignments
        solve(problem, seconds=0, present=[slot for slot in planned if slot.job != "5"])
    if not seconds:
        return
    solve(shop(), seconds=seconds)
    _search_large(seconds)


def _search_large(seconds: float) -> None:
    """What the search of a plant consists of that is too large to be moved whole; each part has its time, however long the one before took."""
    plant = Plant(sample(40, count=SEARCHED_WHOLE // 20), Weights())
    effort = Effort(2 * seconds, workers=2)
    start = best_dispatch(plant, Budget(effort, effort.now()))
    windowed(plant, [start], Budget(effort, effort.now() + seconds))
    hastened(plant, start.plan, None, effort=effort, seconds=seconds)
