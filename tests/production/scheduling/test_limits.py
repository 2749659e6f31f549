"""Tools, people, batch limits and reserved capacity: plans respect them, and what cannot be done is named."""

from dataclasses import replace

import pytest

from production.scheduling import (
    Calendar,
    InvalidProblem,
    Job,
    Link,
    Machine,
    Mode,
    Need,
    Problem,
    Reserve,
    Resource,
    Running,
    Task,
    Weights,
    solve,
)
from production.scheduling.check import check


def one(job, machine, seconds, *, needs=(), quantity=None, group=None, due=None):
    modes = tuple(Mode(name, seconds) for name in machine.split())
    task = Task("10", job, modes, needs=tuple(Need(name) for name in needs), quantity=quantity)
    return Job(job, (task,), due=due, group=group)


def starts(result):
    return {slot.job: slot.start for slot in result.assignments}


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_two_machines_that_share_one_fixture_take_turns(seconds):
    problem = Problem(
        (Machine("A"), Machine("B")),
        (one("J1", "A", 10, needs=["fixture"]), one("J2", "B", 10, needs=["fixture"])),
        resources=(Resource("fixture"),),
    )
    result = solve(problem, seconds=seconds)
    assert check(problem, result) == []
    assert sorted(starts(result).values()) == [0, 10]


def test_two_fixtures_let_both_machines_run():
    problem = Problem(
        (Machine("A"), Machine("B")),
        (one("J1", "A", 10, needs=["fixture"]), one("J2", "B", 10, needs=["fixture"])),
        resources=(Resource("fixture", capacity=2),),
    )
    assert set(starts(solve(problem, seconds=0)).values()) == {0}


def test_work_that_needs_an_inspector_pauses_while_none_is_there():
    problem = Problem(
        (Machine("NDT"),),
        (one("J1", "NDT", 10, needs=["level II"]),),
        resources=(Resource("level II", calendar=Calendar(((5, 10), (20, 40)))),),
    )
    result = solve(problem, seconds=0)
    assert check(problem, result) == []
    assert [(slot.start, slot.end) for slot in result.assignments] == [(5, 25)]


def test_a_fixture_in_use_by_running_work_is_waited_for():
    running = Job("J0", (Task("10", "J0", (), running=Running("A", 0, 30), needs=(Need("fixture"),)),))
    problem = Problem(
        (Machine("A"), Machine("B")),
        (running, one("J1", "B", 5, needs=["fixture"])),
        resources=(Resource("fixture"),),
    )
    assert starts(solve(problem, seconds=0))["J1"] == 30


def test_a_batch_goes_only_where_it_fits():
    machines = (Machine("small", batch_limit=500), Machine("large", batch_limit=2000))
    problem = Problem(machines, (one("J1", "small large", 10, quantity=800),))
    assert solve(problem, seconds=0).assignments[0].machine == "large"


def test_a_batch_that_no_vessel_holds_is_refused_by_name():
    machines = (Machine("small", batch_limit=500), Machine("large", batch_limit=2000))
    with pytest.raises(
        InvalidProblem, match=r"Task 10 of job J1: its quantity 2500 is more than .*2000.*split it"
    ):
        Problem(machines, (one("J1", "small large", 10, quantity=2500),))


def test_a_task_that_asks_for_more_than_there_is_is_refused_by_name():
    with pytest.raises(InvalidProblem, match="it needs 1 of fixture, of which there are 0"):
        Problem(
            (Machine("A"),),
            (one("J1", "A", 1, needs=["fixture"]),),
            resources=(Resource("fixture", capacity=0),),
        )


@pytest.mark.parametrize("seconds", [0, 0.3])
def test_what_is_kept_for_orders_is_not_given_to_stock(seconds):
    stock = tuple(one(f"S{n}", "A", 20, group="stock", due=10) for n in range(5))
    problem = Problem((Machine("A", reserves=(Reserve("order", 0.6),)),), stock, buckets=(0, 100, 200, 300))
    result = solve(problem, seconds=seconds)
    assert check(problem, result) == []
    assert sum(start < 100 for start in starts(result).values()) == 2
    free = replace(problem, buckets=())
    assert sum(start < 100 for start in starts(solve(free, seconds=seconds)).values()) == 5


def test_a_set_up_made_ahead_into_a_full_bucket_waits_until_the_machine_opens_in_the_next():
    """It could be set up before the night, in a bucket that is full; the next one begins while the machine is closed."""
    steps = (
        Task("10", "J1", (Mode("A", 1),), setup_seconds=3, release=26),
        Task("20", "J1", (Mode("A", 1),), after=(Link("10", wait_seconds=7),), setup_seconds=3),
    )
    machine = Machine("A", Calendar(((2, 30), (42, 70))), reserves=(Reserve("stock", 0.5),))
    problem = Problem((machine,), (Job("J1", steps),), buckets=(20, 40, 60))
    result = solve(problem, seconds=0)
    assert check(problem, result) == []
    assert [slot.start for slot in result.assignments] == [23, 42]


def test_the_checker_finds_a_tool_used_twice_and_a_reserve_used_up():
    stock = tuple(one(f"S{n}", "A", 20, group="stock", needs=["fixture"]) for n in range(4))
    loose = Problem((Machine("A"),), stock, resources=(Resource("fixture", 1),))
    result = solve(loose, seconds=0)
    kept = replace(loose, machines=(Machine("A", reserves=(Reserve("order", 0.6),)),), buckets=(0, 100, 200))
    assert any("are kept" in fault for fault in check(kept, result))
    both = replace(
        loose,
        machines=(Machine("A"), Machine("B")),
        jobs=(*stock[:1], one("S1", "B", 20, needs=["fixture"])),
        resources=(Resource("fixture", 2),),
    )
    parallel = solve(both, seconds=0)
    scarce = replace(both, resources=(Resource("fixture", 1),))
    assert any("while all of it is in use" in fault for fault in check(scarce, parallel))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tardiness": -1.0}, "tardiness is -1.0"),
        ({"setup": float("nan")}, "setup is nan"),
        ({"move": float("inf")}, "move is inf"),
        ({"whole_move": 0}, "whole_move is 0"),
    ],
)
def test_weights_by_which_no_plan_could_be_told_from_another_are_refused(wrong, said):
    with pytest.raises(ValueError, match=said):
        Weights(**wrong)
