"""A plan that troubles have pushed late is not carried on for its own sake."""

from production.scheduling import Assignment, Job, Machine, Mode, Problem, Task, Weights, solve
from production.scheduling.check import check

DAY = 86_400


def test_a_present_plan_that_runs_late_gives_way_to_an_earlier_one() -> None:
    jobs = tuple(
        Job(f"J{n}", due=DAY * (n + 1), tasks=(Task("10", f"J{n}", (Mode("M1", 3_600),)),)) for n in range(6)
    )
    problem = Problem((Machine("M1"),), jobs)
    drifted = [
        Assignment(f"J{n}", "10", "M1", 9 * DAY + n * 3_600, 9 * DAY + n * 3_600, 9 * DAY + (n + 1) * 3_600)
        for n in range(6)
    ]

    found = solve(problem, seconds=0, present=drifted)

    assert check(problem, found) == []
    assert all(late <= 0 for late in found.lateness.values())


def test_a_present_plan_in_time_stays_although_it_could_be_earlier() -> None:
    jobs = tuple(
        Job(f"J{n}", due=DAY * 20, tasks=(Task("10", f"J{n}", (Mode("M1", 3_600),)),)) for n in range(6)
    )
    problem = Problem((Machine("M1"),), jobs)
    present = [
        Assignment(f"J{n}", "10", "M1", DAY + n * 3_600, DAY + n * 3_600, DAY + (n + 1) * 3_600)
        for n in range(6)
    ]

    found = solve(problem, seconds=0, present=present, weights=Weights())

    assert {(slot.job, slot.start) for slot in found.assignments} == {
        (slot.job, slot.start) for slot in present
    }
