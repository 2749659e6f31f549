"""The checker must catch every way to break a plan, whatever the solver thinks of it."""

from dataclasses import replace

import pytest

from production.scheduling import (
    Calendar,
    Job,
    Link,
    Machine,
    Mode,
    Pin,
    Problem,
    Remark,
    Running,
    Setup,
    Task,
    solve,
)
from production.scheduling.check import check

PAINT = Setup(("RED", "BLUE"), ((0, 5), (9, 0)))


@pytest.fixture(scope="module")
def problem():
    return Problem(
        machines=(
            Machine("A", Calendar(((0, 40), (50, 200)))),
            Machine("B", Calendar(((0, 40), (50, 200)))),
            Machine("OUT", is_unlimited=True),
        ),
        jobs=(
            Job(
                "J1",
                (
                    Task("1", "J1", (Mode("A", 30), Mode("B", 35)), family="RED"),
                    Task("2", "J1", (Mode("A", 20),), after=("1",), family="BLUE", may_pause=False),
                    Task("3", "J1", (Mode("OUT", 10),), after=(Link("2", wait_seconds=5),)),
                ),
                due=60,
                weight=2,
            ),
            Job("J2", (Task("1", "J2", (Mode("B", 10),), release=3, pin=Pin("B", 6)),), due=100),
            Job(
                "J3",
                (Task("1", "J3", (Mode("B", 20),), after_jobs=("J2",), family="RED"),),
                after_jobs=("J1",),
            ),
        ),
        setup=PAINT,
    )


@pytest.fixture(scope="module")
def result(problem):
    result = solve(problem, seconds=0.5)
    assert check(problem, result) == []
    return result


def put(result, job, task, **fields):
    """The plan with one slot changed."""
    return replace(
        result,
        assignments=tuple(
            replace(slot, **fields) if slot.key == (job, task) else slot for slot in result.assignments
        ),
    )


@pytest.mark.parametrize(
    ("job", "task", "fields", "words"),
    [
        ("J1", "1", {"start": -5, "setup_end": -5}, "in the past"),
        ("J1", "1", {"machine": "OUT"}, "which cannot do it"),
        ("J1", "1", {"machine": "MILL"}, "is not in the problem"),
        ("J1", "1", {"end": 29}, "gets 29 s of working time on A instead of 30 s"),
        ("J1", "2", {"start": 20, "setup_end": 25, "end": 45}, "overlaps"),
        ("J1", "2", {"start": 50, "setup_end": 50, "end": 70}, "0 s of set-up on A instead of 5 s"),
        ("J1", "2", {"start": 35, "setup_end": 40, "end": 70}, "while it is closed"),
        ("J1", "2", {"start": 30, "setup_end": 35, "end": 65}, "pauses, which it must not"),
        ("J1", "2", {"start": 10, "setup_end": 15, "end": 35}, "before Task 1 of job J1 is done"),
        ("J1", "3", {"start": 71, "setup_end": 71, "end": 81}, "before Task 2 of job J1 is done"),
        ("J2", "1", {"start": 10, "setup_end": 10, "end": 20}, "pinned to start at 6 but starts at 10"),
        ("J2", "1", {"start": 1, "setup_end": 1, "end": 11}, "before its release"),
        ("J2", "1", {"machine": "A"}, "pinned to B but planned on A"),
        ("J3", "1", {"start": 16, "setup_end": 16, "end": 36}, "before job J1 is complete"),
        ("J3", "1", {"start": 6, "setup_end": 6, "end": 26}, "before job J2 is complete"),
        ("J1", "1", {"end": -1}, "ends before it begins"),
    ],
)
def test_a_broken_slot_is_caught(problem, result, job, task, fields, words):
    assert any(words in sentence for sentence in check(problem, put(result, job, task, **fields)))


def test_a_task_left_out_planned_twice_or_explained_away_is_caught(problem, result):
    without = replace(result, assignments=result.assignments[1:])
    assert any("neither planned nor listed" in sentence for sentence in check(problem, without))
    twice = replace(result, assignments=(*result.assignments, result.assignments[0]))
    assert "A task has more than one slot." in check(problem, twice)
    key = result.assignments[0].key
    denied = replace(result, unplanned=(Remark(key[0], key[1], "no reason"),))
    assert any("planned and listed as unplanned" in sentence for sentence in check(problem, denied))


def test_figures_that_do_not_follow_from_the_slots_are_caught(problem, result):
    assert any(
        "late by" in sentence for sentence in check(problem, replace(result, lateness={"J1": 0, "J2": 0}))
    )
    assert any("ends at" in sentence for sentence in check(problem, replace(result, ends={})))
    assert any("weighted tardiness is" in s for s in check(problem, replace(result, value=result.value + 2)))


def test_running_work_that_is_moved_or_cut_short_is_caught():
    problem = Problem(
        (Machine("A", Calendar(((0, 40), (50, 90)))),),
        (Job("J1", (Task("1", "J1", (Mode("A", 30),), running=Running("A", 5, 20)),)),),
        now=30,
    )
    result = solve(problem, seconds=0)
    assert result.assignments[0].end == 60
    assert check(problem, result) == []
    assert "is running on A since 5" in check(problem, put(result, "J1", "1", start=6))[0]
    assert "still needs 20 s from now" in " ".join(check(problem, put(result, "J1", "1", end=40)))


def test_the_fence_is_checked_against_the_present_plan(problem, result):
    fenced = replace(problem, fence=1000)
    assert check(fenced, result, result.assignments) == []
    assert any(
        "is frozen but moves" in s
        for s in check(fenced, put(result, "J1", "3", start=99), result.assignments)
    )
    assert any("is put before the fence" in s for s in check(fenced, result, result.assignments[1:]))


@pytest.mark.parametrize(
    ("first_seconds", "start", "end"),
    [
        (0, 32, 72),  # handed on already: only the last transfer batch holds it back
        (40, 52, 92),
        (None, 62, 102),  # of work begun before nobody says how far it is: its end counts
    ],
)
def test_what_follows_running_work_starts_after_its_first_transfer_batch(first_seconds, start, end):
    link = Link("1", wait_seconds=2, transfer_share=0.25, first_seconds=first_seconds)
    tasks = (
        Task("1", "J1", (Mode("A", 100),), running=Running("A", 0, 50)),
        Task("2", "J1", (Mode("B", 40),), after=(link,)),
    )
    problem = Problem((Machine("A"), Machine("B")), (Job("J1", tasks, due=0),), now=10)
    for seconds in (0, 0.2):
        result = solve(problem, seconds=seconds)
        slot = result.by_key()["J1", "2"]
        assert (slot.start, slot.end) == (start, end)
        assert check(problem, result) == []
    early = " ".join(check(problem, put(result, "J1", "2", start=20, setup_end=20, end=60)))
    assert ("before the first transfer batch of Task 1" in early) is (first_seconds != 0)
    assert "ends before it can have worked on the last transfer batch" in early


def test_an_overlap_that_starves_the_second_machine_is_caught():
    tasks = (
        Task("1", "J1", (Mode("A", 100),)),
        Task("2", "J1", (Mode("B", 40),), after=(Link("1", transfer_share=0.25),)),
    )
    problem = Problem((Machine("A"), Machine("B")), (Job("J1", tasks),))
    result = solve(problem, seconds=0)
    assert (result.by_key()["J1", "2"].start, result.makespan) == (70, 110)
    assert check(problem, result) == []
    early = put(result, "J1", "2", start=20, setup_end=20, end=60)
    found = " ".join(check(problem, early))
    assert "starts before the first transfer batch of Task 1 of job J1 is done" in found
    assert "ends before it can have worked on the last transfer batch" in found
