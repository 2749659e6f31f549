"""One worker searches as far as its work goes, so that a seed always ends at the same plan; several search by the clock."""

from random import Random

import pytest

from production.scheduling import Job, Machine, Mode, Problem, Setup, Status, Task, effort, solve
from production.scheduling.check import check
from production.scheduling.flatten import SEARCHED_WHOLE
from tests.production.scheduling.shop import HOUR

MACHINES = 10
SETUP = Setup(("A", "B"), ((0, 9), (9, 0)))


def shop(jobs: int, *, due: int | None, is_set_up: bool = False) -> Problem:
    """Jobs that visit every machine once, in an order of their own, for up to 99 seconds each."""
    dice = Random(1)
    rows = []
    for number in range(jobs):
        name, tasks = f"J{number}", []
        for step, machine in enumerate(dice.sample(range(MACHINES), MACHINES)):
            modes, after = (Mode(f"M{machine}", dice.randint(1, 99)),), (str(step - 1),) if step else ()
            family = dice.choice("AB") if is_set_up else None
            tasks.append(Task(str(step), name, modes, after, family=family))
        rows.append(Job(name, tuple(tasks), due=due, weight=dice.randint(1, 3)))
    machines = tuple(Machine(f"M{number}") for number in range(MACHINES))
    return Problem(machines, tuple(rows), SETUP if is_set_up else Setup())


PLANTS = {
    "makespan": shop(15, due=None),
    "makespan with set-ups": shop(15, due=None, is_set_up=True),
    "due dates": shop(15, due=600),
    "due dates and set-ups": shop(15, due=600, is_set_up=True),
    "too large to be moved whole": shop(SEARCHED_WHOLE // MACHINES + 1, due=HOUR),
}


@pytest.mark.parametrize("kind", PLANTS)
def test_a_seed_ends_at_the_same_plan_whatever_the_clock_says(monkeypatch, kind):
    """The clock stands still: nothing but the work that was done ends the search."""
    problem = PLANTS[kind]
    monkeypatch.setattr(effort, "monotonic", lambda: 0.0)
    one, two, other = (solve(problem, seconds=0.4, seed=seed) for seed in (3, 3, 4))
    assert check(problem, one) == []
    assert one.status != Status.OPTIMAL
    assert one.assignments == two.assignments
    assert one.assignments != other.assignments


def test_a_machine_slower_than_the_pace_is_stopped_by_the_clock(monkeypatch):
    monkeypatch.setattr(effort, "monotonic", lambda: 0.0)
    spent = effort.Effort(5, workers=1)
    spent.spend(2)
    assert spent.now() == 2
    monkeypatch.setattr(effort, "monotonic", lambda: 5.0)
    assert spent.now() == 5
    assert spent.patience(3) == 0


def test_several_workers_go_by_the_clock(monkeypatch):
    monkeypatch.setattr(effort, "monotonic", lambda: 7.0)
    together = effort.Effort(5, workers=2)
    together.spend(99)
    assert (together.now(), together.patience(9)) == (7, 2)
