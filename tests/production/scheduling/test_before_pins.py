"""What pinned work waits for is brought before it by a repair, and nothing else moves that need not."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from production.scheduling import Assignment, Job, Link, Machine, Mode, Pin, Problem, Task, Weights, solve
from production.scheduling.before_pins import held_before_pins
from production.scheduling.check import check
from production.scheduling.plant import Plant
from production.scheduling.present import homes, machines
from tests.production.scheduling.shop import HOUR, job, plant, shift
from tests.production.scheduling.test_random_plants import problems

FAITHFUL = Weights(move=HOUR)
QUICK = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def pinned_to(problem: Problem, name: str, task: str, pin: Pin) -> Problem:
    """The same, with a task of a job pinned."""
    jobs = tuple(
        replace(
            each,
            tasks=tuple(replace(one, pin=pin) if one.id == task else one for one in each.tasks),
        )
        if each.id == name
        else each
        for each in problem.jobs
    )
    return replace(problem, jobs=jobs)


def repaired(problem: Problem, present: list[Assignment]):
    result = solve(problem, seconds=0, present=present, weights=FAITHFUL)
    assert check(problem, result, present) == []
    return {(slot.job, slot.task): slot.start for slot in result.assignments}, result


def row(job_: str, task: str, machine: str, start: int, end: int) -> Assignment:
    return Assignment(job_, task, machine, start * HOUR, start * HOUR, end * HOUR)


def sawn_late(gap: bool):
    """Two hours of sawing behind eight of others, then milling, which shall begin at six; with or without a gap between the others."""
    others = [job(f"F{n}", ("SAW", 2 * HOUR), due=90 * HOUR) for n in range(4)]
    problem = plant(*others, job("P", ("SAW", 2 * HOUR), ("MILL", 3 * HOUR), due=99 * HOUR))
    hours = (0, 2, 6, 8) if gap else (0, 2, 4, 6)
    present = [row(f"F{n}", "1", "SAW", at, at + 2) for n, at in enumerate(hours)]
    present += [row("P", "1", "SAW", 10, 12), row("P", "2", "MILL", 12, 15)]
    return pinned_to(problem, "P", "2", Pin("MILL", 6 * HOUR)), present


def test_what_a_pin_waits_for_goes_to_the_last_gap_that_is_soon_enough():
    starts, result = repaired(*sawn_late(gap=True))

    assert result.broken_pins == ()
    assert (starts["P", "1"], starts["P", "2"]) == (4 * HOUR, 6 * HOUR)
    assert set(result.moved) == {("P", "1"), ("P", "2")}


def test_where_there_is_no_gap_the_one_that_stands_there_makes_way_and_the_others_stay():
    starts, result = repaired(*sawn_late(gap=False))

    assert result.broken_pins == ()
    assert starts["P", "2"] == 6 * HOUR
    assert len(result.moved) == 3, "the pin, what it waits for, and the one in whose place that is"


def test_a_whole_chain_comes_before_the_pin_over_the_nights_of_its_machines():
    steps = [("A", 4 * HOUR), ("B", 4 * HOUR), ("C", 4 * HOUR)]
    problem = plant(job("P", *steps, due=400 * HOUR), calendar=shift())
    present = [row("P", "1", "A", 24 * 6 + 8, 24 * 6 + 12), row("P", "2", "B", 24 * 7 + 8, 24 * 7 + 12)]
    present += [row("P", "3", "C", 24 * 8 + 8, 24 * 8 + 12)]

    starts, result = repaired(pinned_to(problem, "P", "3", Pin("C", (24 * 2 + 8) * HOUR)), present)

    assert result.broken_pins == ()
    assert (starts["P", "1"], starts["P", "2"]) == ((24 + 8) * HOUR, (24 + 12) * HOUR)


def test_of_a_step_that_overlaps_only_the_first_transfer_batch_comes_before_the_pin():
    saw = Task("1", "P", (Mode("SAW", 10 * HOUR),))
    mill = Task("2", "P", (Mode("MILL", 20 * HOUR),), after=(Link("1", transfer_share=0.1),))
    machines_ = (Machine("MILL", None), Machine("SAW", None))
    problem = Problem(machines_, (Job("P", (saw, mill), due=200 * HOUR),))
    present = [row("P", "1", "SAW", 40, 50), row("P", "2", "MILL", 60, 80)]

    starts, result = repaired(pinned_to(problem, "P", "2", Pin("MILL", 20 * HOUR)), present)

    assert result.broken_pins == ()
    assert (starts["P", "1"], starts["P", "2"]) == (19 * HOUR, 20 * HOUR)


def test_a_pin_that_cannot_be_kept_leaves_what_it_waits_for_where_it_stands():
    problem, present = sawn_late(gap=True)

    starts, result = repaired(pinned_to(problem, "P", "2", Pin("MILL", HOUR)), present)

    assert [(remark.job, remark.task) for remark in result.broken_pins] == [("P", "2")]
    assert {key for key, start in starts.items() if key[0] != "P" and start} == {
        ("F1", "1"),
        ("F2", "1"),
        ("F3", "1"),
    }


def test_where_every_pin_holds_nothing_is_held_otherwise():
    problem, present = sawn_late(gap=True)
    held = pinned_to(problem, "P", "2", Pin("MILL", 12 * HOUR))
    numbered = Plant(held, FAITHFUL, present)

    stands, starts = np.array(machines(numbered), np.int64), np.array(homes(numbered), np.int64)
    assert held_before_pins(numbered, stands, starts) is None


@QUICK
@given(problem=problems(), share=st.floats(0, 1))
def test_a_pin_brought_forward_in_a_random_plant_leaves_a_sound_plan(problem: Problem, share: float):
    first = solve(problem, seconds=0, weights=FAITHFUL)
    later = [slot for slot in first.assignments if slot.start > problem.now]
    if not later:
        return
    slot = max(later, key=lambda each: each.start)
    start = problem.now + int(share * (slot.start - problem.now))
    task = next(each for each in problem.tasks if each.key == slot.key)
    if task.running is not None:
        return

    repaired(pinned_to(problem, slot.job, slot.task, Pin(slot.machine, start)), list(first.assignments))
