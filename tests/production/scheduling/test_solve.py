from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from production.scheduling import (
    Calendar,
    Job,
    Link,
    Machine,
    Mode,
    Pin,
    Problem,
    Running,
    Setup,
    Status,
    Task,
    Weights,
    solve,
)
from production.scheduling.check import check
from production.scheduling.readers import from_fjs, from_jsplib, read_problem
from tests.production.scheduling.shop import DAY, HOUR, job, plant, shift

# The 6 × 6 instance of Fisher & Thompson (1963); optimum 55.
FT06 = """6 6
2 1 0 3 1 6 3 7 5 3 4 6
1 8 2 5 4 10 5 10 0 10 3 4
2 5 3 4 5 8 0 9 1 1 4 7
1 5 0 5 2 5 3 3 4 8 5 9
2 9 1 3 4 5 5 4 0 3 3 1
1 3 3 3 5 9 0 10 4 4 2 1
"""
# Lawrence (1984), 10 × 5; optimum 666.
LA01 = """10 5
1 21 0 53 4 95 3 55 2 34
0 21 3 52 4 16 2 26 1 71
3 39 4 98 1 42 2 31 0 12
1 77 0 55 4 79 2 66 3 77
0 83 3 34 2 64 1 19 4 37
1 54 2 43 4 79 0 92 3 62
3 69 4 77 1 87 2 87 0 93
2 38 0 60 1 41 3 24 4 83
3 17 1 49 4 25 0 44 2 98
4 77 3 79 2 43 1 75 0 96
"""


def slot(result, name, task="1"):
    found = result.by_key()[name, task]
    return found.machine, found.start, found.setup_end, found.end


def solved(problem, seconds=0.3, **options):
    """A result that the checker has accepted."""
    result = solve(problem, seconds=seconds, **options)
    assert check(problem, result, options.get("present")) == []
    return result


@pytest.mark.parametrize(("text", "optimum"), [(FT06, 55), (LA01, 666)])
def test_a_classical_job_shop_is_solved_to_its_known_optimum_and_proven(text, optimum):
    result = solved(from_jsplib(text), seconds=20, workers=2)
    assert (result.value, result.bound, result.status) == (optimum, optimum, Status.OPTIMAL)
    assert result.objective == "makespan"


def test_a_flexible_job_shop_uses_the_machine_that_is_free():
    result = solved(from_fjs("3 2\n1 2 1 10 2 10\n1 2 1 10 2 10\n1 2 1 10 2 25\n"))
    assert (result.value, result.status) == (20, Status.OPTIMAL)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "best", "seconds"), [("mk01", 40, 20), ("gla01", 3452, 4)])
def test_shared_instances_come_close_to_the_best_known_value(name, best, seconds):
    path = Path(settings.SHARED_DIR) / "data" / "scheduling" / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the shared instance {path} is not there; set MES_SHARED to its folder")
    assert solved(read_problem(path), seconds=seconds, workers=2).value <= best * 1.1


def test_one_machine_total_weighted_tardiness_is_minimal():
    """Enumerating the six orders by hand: J2, J3, J1 is the cheapest with 3 × 4 + 0 + 1 × 6 = 18."""
    problem = plant(
        job("J1", ("M", 6), due=8, weight=1),
        job("J2", ("M", 4), due=0, weight=3),
        job("J3", ("M", 4), due=9, weight=5),
    )
    result = solved(problem)
    assert result.value == 18
    assert result.lateness == {"J1": 6, "J2": 4, "J3": -1}
    assert result.late == 2
    assert result.objective == "weighted tardiness"


def test_work_pauses_over_a_break_and_a_run_that_must_not_pause_waits_for_the_next_shift():
    calendar = shift(break_at=12)
    problem = plant(
        job("PAUSES", ("A", 5 * HOUR)), job("WHOLE", ("B", 4 * HOUR), may_pause=False), calendar=calendar
    )
    result = solved(problem)
    assert slot(result, "PAUSES") == ("A", 8 * HOUR, 8 * HOUR, 14 * HOUR)
    assert slot(result, "WHOLE") == ("B", 8 * HOUR, 8 * HOUR, 12 * HOUR)
    late = plant(
        job("FIRST", ("B", HOUR), due=9 * HOUR, weight=9),
        job("WHOLE", ("B", 4 * HOUR), may_pause=False, due=0),
        calendar=shift(break_at=13),
    )
    assert slot(solved(late), "WHOLE")[2:] == (9 * HOUR, 13 * HOUR)
    tight = replace(late, machines=(Machine("B", calendar),))
    assert slot(solved(tight), "WHOLE")[2] in {8 * HOUR, DAY + 8 * HOUR}


def test_a_run_may_span_several_days_of_one_shift():
    result = solved(plant(job("LONG", ("A", 20 * HOUR)), calendar=shift()))
    assert slot(result, "LONG") == ("A", 8 * HOUR, 8 * HOUR, 2 * DAY + 12 * HOUR)


def test_setups_depend_on_the_sequence_and_the_cheaper_sequence_is_found():
    """From RED to BLUE costs 10, back 1; every order with one change from BLUE to RED costs 1."""
    paint = Setup(("RED", "BLUE"), ((0, 10), (1, 0)))
    jobs = [job(f"J{i}", ("M", 5), family=family) for i, family in enumerate(("RED", "BLUE", "RED", "BLUE"))]
    result = solved(plant(*jobs, setup=paint))
    assert (result.value, result.setup_seconds) == (21, 1)


def test_a_machine_that_stands_ready_for_a_family_needs_a_setup_for_another():
    problem = Problem(
        (Machine("M", family="RED"),),
        (job("J", ("M", 5), family="BLUE", setup_seconds=2),),
        Setup(("RED", "BLUE"), ((0, 10), (1, 0))),
    )
    assert slot(solved(problem), "J") == ("M", 0, 12, 17)


def test_a_machine_is_set_up_while_the_work_is_still_coming_unless_told_to_wait():
    tasks = job("J", ("A", 10), ("B", 5), setup_seconds=4)
    assert slot(solved(plant(tasks)), "J", "2") == ("B", 10, 14, 19)
    ahead = plant(tasks, setup=Setup(ahead=True))
    assert slot(solved(ahead), "J", "2") == ("B", 10, 14, 19)
    waiting = plant(tasks, setup=Setup(ahead=False))
    assert slot(solved(waiting), "J", "2") == ("B", 14, 18, 23)


def test_a_setup_may_be_finished_before_a_break_and_the_run_begin_after_it():
    """Four hours fit between eight and twelve only, and not on the first day after an hour of set-up."""
    problem = plant(
        job("J", ("M", 4 * HOUR), setup_seconds=HOUR, may_pause=False), calendar=shift(break_at=12)
    )
    assert slot(solved(problem), "J") == ("M", 15 * HOUR, DAY + 8 * HOUR, DAY + 12 * HOUR)


def test_releases_waits_and_jobs_before_jobs_are_kept():
    part = job("PART", ("A", 10), release=5)
    tasks = (
        Task("1", "UNIT", (Mode("B", 3),)),
        Task(
            "2",
            "UNIT",
            (Mode("B", 4),),
            after=(Link("1", wait_seconds=50),),
            release=20,
            after_jobs=("PART",),
        ),
    )
    result = solved(plant(part, Job("UNIT", tasks), replace(job("LAST", ("A", 1)), after_jobs=("UNIT",))))
    assert slot(result, "PART")[1] == 5
    assert slot(result, "UNIT", "2")[1] == 53
    assert slot(result, "LAST")[1] == 57


def test_an_unlimited_machine_takes_any_number_at_once():
    oven = Machine("OVEN", is_unlimited=True)
    result = solved(Problem((oven,), tuple(job(f"J{i}", ("OVEN", 10)) for i in range(5))))
    assert result.value == 10


def test_outside_processing_is_used_when_the_own_machine_is_too_busy():
    machines = (Machine("OWN"), Machine("OUT", is_unlimited=True))
    jobs = tuple(Job(f"J{i}", (Task("1", f"J{i}", (Mode("OWN", 10), Mode("OUT", 25))),)) for i in range(4))
    result = solved(Problem(machines, jobs))
    assert result.value == 25


def test_a_running_task_keeps_its_machine_until_its_remaining_time_is_worked():
    tasks = (Task("1", "R", (Mode("M", 50),), running=Running("M", 3, 12)),)
    problem = Problem((Machine("M"),), (Job("R", tasks), job("J", ("M", 5))), now=20)
    result = solved(problem)
    assert slot(result, "R") == ("M", 3, 3, 32)
    assert slot(result, "J")[1] == 32


def test_a_pinned_task_starts_when_the_planner_said_and_others_go_around_it():
    pinned = Job("PIN", (Task("1", "PIN", (Mode("M", 10),), pin=Pin("M", 8)),), due=0)
    problem = plant(pinned, job("SHORT", ("M", 8), due=0), job("LONG", ("M", 9), due=0, weight=9))
    result = solved(problem)
    assert slot(result, "PIN") == ("M", 8, 8, 18)
    assert slot(result, "SHORT") == ("M", 0, 0, 8)
    assert slot(result, "LONG")[1] == 18
    assert result.broken_pins == ()


def test_a_pin_that_cannot_hold_is_moved_and_named():
    tasks = (
        Task("1", "J", (Mode("M", 10),)),
        Task("2", "J", (Mode("N", 5),), after=("1",), pin=Pin("N", 7)),
    )
    result = solved(plant(Job("J", tasks), job("OTHER", ("N", 3))))
    assert slot(result, "J", "2") == ("N", 10, 10, 15)
    assert [(remark.job, remark.task) for remark in result.broken_pins] == [("J", "2")]
    assert "pinned start" in result.broken_pins[0].reason


def test_two_pins_on_the_same_time_leave_one_of_them_named():
    jobs = [Job(n, (Task("1", n, (Mode("M", 10),), pin=Pin("M", 4)),)) for n in ("A", "B")]
    result = solved(plant(*jobs))
    assert len(result.broken_pins) == 1
    assert sorted(found.start for found in result.assignments) == [4, 14]


def test_what_no_calendar_has_room_for_is_listed_with_its_reason_and_the_rest_is_planned():
    problem = plant(
        job("LONG", ("M", 3 * HOUR), ("N", 1)),
        job("GOOD", ("N", 2)),
        job("NEXT", ("N", 2 * HOUR), release=1),
        job("LATE", ("M", 1), release=2 * HOUR),
        Job("PINNED", (Task("1", "PINNED", (Mode("P", 3 * HOUR), Mode("M", 1)), pin=Pin("P")),)),
        calendar=Calendar(((0, 2 * HOUR),)),
    )
    result = solved(problem)
    assert result.status == Status.PARTIAL
    assert [found.job for found in result.assignments] == ["GOOD"]
    assert {remark.key: remark.reason for remark in result.unplanned} == {
        ("LONG", "1"): (
            "the calendar of M ends before it could be done; extend the calendar, "
            "or lower the quantity: it takes 3 h, and there are 2 h in all"
        ),
        ("LONG", "2"): "it waits for task 1 of job LONG, which could not be planned",
        ("NEXT", "1"): "the calendar of N ends before it could be done; extend the calendar",
        ("LATE", "1"): (
            "what it waits for comes after the calendar of M has ended; have it sooner, or extend the calendar"
        ),
        ("PINNED", "1"): (
            "the calendar of P ends before it could be done; extend the calendar, "
            "or let it go from the machine that it is pinned to, "
            "or lower the quantity: it takes 3 h, and there are 2 h in all"
        ),
    }
    assert set(result.ends) == {"GOOD"}


def test_a_due_date_long_past_is_planned_and_shown_as_late():
    result = solved(plant(job("J", ("M", 5), due=-100), now=10))
    assert result.lateness == {"J": 115}


def test_utilisation_counts_working_time_only():
    problem = plant(job("J", ("M", 10 * HOUR)), calendar=shift())
    assert solved(problem).utilisation == {"M": 1.0}
    assert solved(plant(job("J", ("M", 5), ("N", 5)))).utilisation == {"M": 0.5, "N": 0.5}


@pytest.fixture
def busy():
    jobs = [
        job(
            f"J{i}", ("A", 40 + 7 * i % 30), ("B", 30 + 11 * i % 40), ("C", 20 + 13 * i % 50), due=80 + 40 * i
        )
        for i in range(12)
    ]
    return plant(*jobs)


def test_the_same_seed_and_one_worker_give_the_same_plan(busy):
    few = replace(busy, jobs=busy.jobs[:6])
    one, two = (solve(few, seconds=5, seed=5) for _ in range(2))
    assert one.status == Status.OPTIMAL
    assert one.assignments == two.assignments
    assert solve(busy, seconds=0).assignments == solve(busy, seconds=0).assignments


def test_more_time_is_never_worse_than_the_first_plan(busy):
    first = solve(busy, seconds=0)
    assert solved(busy, seconds=1, workers=2).cost <= first.cost


def test_a_rush_order_moves_few_tasks_and_the_fence_none(busy):
    present = solve(busy, seconds=0.3).assignments
    rush = job("RUSH", ("A", 5), ("C", 5), due=200, weight=2)
    problem = replace(busy, jobs=(*busy.jobs, rush), now=0, fence=150)
    result = solved(problem, seconds=0.5, present=present)
    frozen = {found.key: found for found in present if found.start < 150}
    assert frozen
    assert all(result.by_key()[key] == found for key, found in frozen.items())
    assert all(found.start >= 150 for found in result.assignments if found.job == "RUSH")
    assert len(result.moved) <= len(present) / 2
    assert set(result.moved) == {
        found.key for found in present if result.by_key()[found.key].start != found.start
    }


def test_a_plan_that_still_holds_is_left_alone(busy):
    present = solve(busy, seconds=0.3).assignments
    result = solved(busy, seconds=0, present=present)
    assert result.moved == ()
    assert result.assignments == present


def test_a_breakdown_pushes_only_what_it_must(busy):
    present = solve(busy, seconds=0.3).assignments
    down = Calendar(((0, 100), (160, 10_000)))
    machines = tuple(Machine(one.id, down if one.id == "C" else None) for one in busy.machines)
    result = solved(replace(busy, machines=machines), seconds=0.5, present=present)
    moved = {key for key in result.moved if result.by_key()[key].machine != "C"}
    assert not moved
    assert all(found in result.assignments for found in present if found.end <= 100)


def test_weights_are_settings():
    """With set-ups dearer than tardiness the families stay together."""
    paint = Setup(("RED", "BLUE"), ((0, 3), (3, 0)))
    jobs = [
        job(f"J{i}", ("M", 5), family=family, due=5 + 6 * i)
        for i, family in enumerate(("RED", "BLUE", "RED", "BLUE"))
    ]
    result = solved(plant(*jobs, setup=paint), weights=Weights(tardiness=0.001, setup=100))
    assert result.setup_seconds == 3


@pytest.mark.slow
def test_ten_thousand_operations_on_two_shifts_are_dispatched_in_seconds():
    calendar = Calendar(
        tuple((d * DAY + h * HOUR, d * DAY + (h + 8) * HOUR - 1800) for d in range(200) for h in (6, 14))
    )
    machines = tuple(Machine(f"M{m}", calendar) for m in range(20))
    jobs = tuple(
        job(
            f"J{j}",
            *((f"M{(j * 7 + k * 3) % 20}", 1800 + 977 * (j + k) % 3600) for k in range(5)),
            release=j * 1800,
            due=j * 1800 + 3 * DAY,
            weight=(9, 3, 1)[j % 3],
        )
        for j in range(2000)
    )
    result = solved(Problem(machines, jobs), seconds=0)
    assert result.first_seconds < 5
    assert len(result.assignments) == 10_000
