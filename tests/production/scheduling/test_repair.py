"""A present plan is repaired: what can stay stays, what is new goes where it costs least, and nothing is worse than it need be."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from production.scheduling import (
    Assignment,
    Job,
    Machine,
    Mode,
    Need,
    Pin,
    Problem,
    Reserve,
    Resource,
    Setup,
    Task,
    Weights,
    solve,
    timing,
)
from production.scheduling.calendar import Calendar
from production.scheduling.check import check
from production.scheduling.plant import Plant, is_better
from production.scheduling.repair import repaired
from production.scheduling.result import FEW
from production.scheduling.timing import timed
from tests.production.scheduling.shop import HOUR, job, plant, shift
from tests.production.scheduling.test_random_plants import calendars, problems

QUICK = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
FAITHFUL = Weights(move=HOUR)


def slots(*rows: tuple[str, str, int, int]) -> list[Assignment]:
    """Present slots without set-up: job, machine, start, end; the task is the job's first."""
    return [Assignment(name, "1", machine, start, start, end) for name, machine, start, end in rows]


def repair(problem, present, weights=FAITHFUL):
    result = solve(problem, seconds=0, present=present, weights=weights)
    assert check(problem, result, present) == []
    return result


def starts(result):
    return {slot.job: slot.start for slot in result.assignments}


def test_a_rush_order_goes_into_the_first_gap_that_holds_it_and_nothing_moves():
    problem = plant(
        job("A", ("M", 4 * HOUR), due=4 * HOUR),
        job("B", ("M", 4 * HOUR), due=12 * HOUR),
        job("rush", ("M", 3 * HOUR), due=7 * HOUR, weight=10),
    )
    result = repair(problem, slots(("A", "M", 0, 4 * HOUR), ("B", "M", 8 * HOUR, 12 * HOUR)))
    assert starts(result) == {"A": 0, "rush": 4 * HOUR, "B": 8 * HOUR}
    assert result.moved == ()


def test_a_rush_order_ousts_less_important_work_which_goes_behind_the_others_instead_of_pushing_them():
    fill_ins = [job(f"F{n}", ("M", 2 * HOUR), due=40 * HOUR) for n in range(6)]
    problem = plant(*fill_ins, job("rush", ("M", 2 * HOUR), due=2 * HOUR, weight=10))
    present = slots(*((f"F{n}", "M", 2 * n * HOUR, 2 * (n + 1) * HOUR) for n in range(6)))
    result = repair(problem, present)
    assert starts(result)["rush"] == 0
    assert result.moved == (("F0", "1"),)
    assert starts(result)["F0"] == 12 * HOUR


def test_in_a_plan_without_gaps_that_one_makes_way_which_is_in_time_even_at_its_end():
    """Six orders in a row, each as late as it may be but for the third: that one goes behind them all, though it is not the first."""
    due = {n: 2 * (n + 1) * HOUR for n in range(6)} | {2: 40 * HOUR}
    planned = [job(f"P{n}", ("M", 2 * HOUR), due=due[n]) for n in range(6)]
    problem = plant(*planned, job("rush", ("M", 2 * HOUR), due=6 * HOUR, weight=10))
    present = slots(*((f"P{n}", "M", 2 * n * HOUR, 2 * (n + 1) * HOUR) for n in range(6)))
    result = repair(problem, present)
    assert (starts(result)["rush"], starts(result)["P2"]) == (4 * HOUR, 12 * HOUR)
    assert (result.moved, result.late) == ((("P2", "1"),), 0)


def test_new_work_that_is_no_more_important_than_what_is_planned_moves_nobody():
    planned = [job(f"P{n}", ("M", 2 * HOUR), due=2 * (n + 1) * HOUR, weight=10) for n in range(4)]
    problem = plant(*planned, job("new", ("M", 2 * HOUR), due=2 * HOUR))
    result = repair(problem, slots(*((f"P{n}", "M", 2 * n * HOUR, 2 * (n + 1) * HOUR) for n in range(4))))
    assert result.moved == ()
    assert starts(result)["new"] == 8 * HOUR


def test_a_rush_order_takes_the_machine_on_which_it_is_done_first_set_ups_on_both_sides_counted():
    setup = Setup(("X", "Y"), ((0, 2 * HOUR), (2 * HOUR, 0)))
    tasks = {
        "A": Task("1", "A", (Mode("M", 4 * HOUR),), family="Y"),
        "B": Task("1", "B", (Mode("M", 4 * HOUR),), family="Y"),
        "C": Task("1", "C", (Mode("N", 4 * HOUR),), family="X"),
        "rush": Task("1", "rush", (Mode("M", HOUR), Mode("N", HOUR)), family="X"),
    }
    jobs = tuple(
        Job(name, (task,), due=8 * HOUR, weight=10) if name == "rush" else Job(name, (task,), due=40 * HOUR)
        for name, task in tasks.items()
    )
    problem = Problem((Machine("M"), Machine("N")), jobs, setup)
    # On M there are three hours between A and B, of which two set-ups would take four.
    present = slots(("A", "M", 0, 4 * HOUR), ("B", "M", 7 * HOUR, 11 * HOUR), ("C", "N", 0, 4 * HOUR))
    result = repair(problem, present)
    rush = result.by_key()["rush", "1"]
    assert (rush.machine, rush.start, result.moved) == ("N", 4 * HOUR, ())


def test_late_material_moves_its_operation_into_a_later_gap_and_not_those_behind_it():
    late = Task("1", "A", (Mode("M", 2 * HOUR),), release=5 * HOUR)
    others = [job(f"P{n}", ("M", 2 * HOUR), due=40 * HOUR) for n in range(3)]
    problem = Problem((Machine("M"),), (Job("A", (late,), due=40 * HOUR), *others))
    present = slots(
        ("A", "M", 0, 2 * HOUR),
        ("P0", "M", 2 * HOUR, 4 * HOUR),
        ("P1", "M", 4 * HOUR, 6 * HOUR),
        ("P2", "M", 10 * HOUR, 12 * HOUR),
    )
    result = repair(problem, present)
    assert result.moved == (("A", "1"),)
    assert starts(result)["A"] == 6 * HOUR


def test_a_breakdown_moves_what_it_meets_to_another_machine_and_nothing_else():
    down = Calendar(((0, 2 * HOUR), (10 * HOUR, 100 * HOUR)))
    both = [
        Job(name, (Task("1", name, (Mode("M", 2 * HOUR), Mode("N", 2 * HOUR))),), due=6 * HOUR)
        for name in "AB"
    ]
    problem = Problem((Machine("M", down), Machine("N")), tuple(both))
    result = repair(problem, slots(("A", "M", 0, 2 * HOUR), ("B", "M", 3 * HOUR, 5 * HOUR)))
    assert result.moved == (("B", "1"),)
    assert result.by_key()["B", "1"].machine == "N"


def test_a_small_delay_is_absorbed_by_the_next_gap():
    problem = plant(*(job(name, ("M", 2 * HOUR), due=40 * HOUR) for name in "ABC"), now=600)
    present = slots(("A", "M", 0, 2 * HOUR), ("B", "M", 2 * HOUR, 4 * HOUR), ("C", "M", 5 * HOUR, 7 * HOUR))
    result = repair(problem, present, replace(FAITHFUL, whole_move=HOUR))
    assert starts(result) == {"A": 600, "B": 2 * HOUR + 600, "C": 5 * HOUR}


def test_new_work_waits_for_a_tool_that_is_in_use_in_a_gap_of_its_machine():
    user = Task("1", "A", (Mode("M", 4 * HOUR),), needs=(Need("fixture"),))
    new = Task("1", "new", (Mode("N", HOUR),), needs=(Need("fixture"),))
    problem = Problem(
        (Machine("M"), Machine("N")),
        (Job("A", (user,), due=40 * HOUR), Job("new", (new,), due=HOUR, weight=1)),
        resources=(Resource("fixture"),),
    )
    result = repair(problem, slots(("A", "M", 0, 4 * HOUR)), replace(FAITHFUL, move=100 * HOUR))
    assert (starts(result), result.moved) == ({"A": 0, "new": 4 * HOUR}, ())


def test_new_work_leaves_others_their_reserved_share():
    reserved = Machine("M", reserves=(Reserve("stock", 0.5),))
    planned = Job("A", (Task("1", "A", (Mode("M", 10),)),), due=400, group="order")
    new = Job("new", (Task("1", "new", (Mode("M", 10),)),), due=40, group="order")
    problem = Problem((reserved,), (planned, new), buckets=(0, 30, 60, 90))
    result = repair(problem, slots(("A", "M", 0, 10)), replace(FAITHFUL, move=10_000))
    assert (starts(result), result.moved) == ({"A": 0, "new": 30}, ())


def test_the_same_plant_gets_the_same_repair():
    problem = plant(
        *(job(f"J{n}", ("M", HOUR), ("N", HOUR), due=3 * HOUR, weight=1 + n % 3) for n in range(12)),
        calendar=shift(),
    )
    present = [slot for slot in solve(problem, seconds=0).assignments if slot.job not in {"J3", "J7"}]
    first, again = (solve(problem, seconds=0, present=present) for _ in range(2))
    assert first.assignments == again.assignments


@pytest.mark.parametrize("weights", [Weights(), FAITHFUL, Weights(move=50.0, whole_move=10)])
@QUICK
@given(problems(), st.data())
def test_a_plan_repaired_for_new_work_and_other_hours_is_true_and_no_worse_than_pushing_right(
    weights, problem, data
):
    """Compared with what keeps the present order and puts new work last, first or by its latest start."""
    present = tuple(
        slot
        for slot in solve(problem, seconds=0).assignments
        if slot.job == "J0" or not data.draw(st.booleans())
    )
    lost = {job.id for job in problem.jobs if not any(slot.job == job.id for slot in present)}
    present = tuple(slot for slot in present if slot.job not in lost)
    machines = tuple(
        replace(machine, calendar=data.draw(calendars)) if data.draw(st.integers(0, 3)) == 0 else machine
        for machine in problem.machines
    )
    changed = replace(problem, machines=machines, now=problem.now + data.draw(st.integers(0, 20)))
    numbered = Plant(changed, weights, present)
    plan, holds, _ = repaired(numbered)
    together, same, _ = repaired(numbered, 2)  # threads work ahead, and change nothing
    assert (together.start, together.machine, same) == (plan.start, plan.machine, holds)
    better = [hold for hold in (True, False) if is_better(_pushed_right(numbered, hold=hold), plan)]
    assert better == []
    result = solve(changed, seconds=0, present=present, weights=weights)
    assert check(changed, result, present) == []


def _pushed_right(plant, *, hold):
    """The present order on the present machines, with or without its gaps; new work behind it on the first machine it may have."""
    slots = plant.present
    last = max((slot.end for slot in slots.values()), default=0)
    key = [
        float(slots[i].setup_end) if i in slots else last + float(plant.rank[i]) for i in range(plant.size)
    ]
    machine = [
        plant.machine_number[slots[i].machine] if i in slots else modes[0][0]
        for i, modes in enumerate(plant.modes)
    ]
    held = [slots[i].start if hold and i in slots else 0 for i in range(plant.size)]
    return timed(plant, key, machine, held)


def test_work_that_lost_its_shift_goes_to_a_gap_and_all_others_stay():
    """Pushed into the next day it would take the place of that day's first, and so on for a week."""
    day, length = 24 * HOUR, 4 * HOUR
    hours = Calendar(tuple((day * n, day * n + 2 * length) for n in range(8)))
    problem = Problem(
        (Machine("M", hours),),
        tuple(
            Job(f"J{n:02}", (Task("1", f"J{n:02}", (Mode("M", length),)),), due=8 * day) for n in range(14)
        ),
        now=60,
    )
    present = slots(
        *(
            (f"J{n:02}", "M", n // 2 * day + n % 2 * length, n // 2 * day + (n % 2 + 1) * length)
            for n in range(14)
        )
    )
    result = repair(problem, present)
    moved = {job: start for job, start in starts(result).items() if start - starts_of(present)[job] > 60}
    assert list(moved.values()) == [7 * day]


def starts_of(present):
    return {slot.job: slot.start for slot in present}


def test_where_new_work_costs_a_pin_wherever_it_is_put_in_it_still_comes_forward_from_behind_everything():
    """One gauge, four pinned runs and a rush order that is late anyhow: behind all that is planned it would end at 50."""

    def step(name, job_id, *modes, after=(), pin=None, gauge=False):
        needs = (Need("gauge"),) if gauge else ()
        return Task(name, job_id, tuple(Mode(*mode) for mode in modes), after, pin=pin, needs=needs)

    first = (
        step("1", "A", ("N", 6), gauge=True),
        step("2", "A", ("N", 3), after=("1",), pin=Pin("N", 35)),
        step("3", "A", ("L", 8), after=("2",), pin=Pin("L", 38)),
    )
    long = (
        step("1", "F", ("M", 11), ("N", 5), gauge=True),
        step("2", "F", ("L", 7), ("N", 11), after=("1",)),
        step("3", "F", ("N", 10), ("M", 4), after=("2",), gauge=True),
    )
    jobs = (
        Job("A", first, due=14),
        Job("B", (step("1", "B", ("N", 8), pin=Pin("N", 17), gauge=True),), due=35, weight=3),
        Job("C", (step("1", "C", ("N", 2), ("M", 8)),), due=28, weight=3),
        Job("D", (step("1", "D", ("N", 10), ("M", 4), pin=Pin("M", 13), gauge=True),), due=23),
        Job("E", (step("1", "E", ("M", 2)),), due=39, weight=3),
        Job("F", long, due=42, weight=3),
        Job("rush", (step("1", "rush", ("L", 4), ("N", 6), gauge=True),), due=22, weight=9),
    )
    present = [
        Assignment(name, task, machine, start, start, end)
        for name, task, machine, start, end in (
            ("A", "1", "N", 29, 35),
            ("A", "2", "N", 35, 38),
            ("A", "3", "L", 38, 46),
            ("B", "1", "N", 17, 25),
            ("C", "1", "N", 0, 2),
            ("D", "1", "M", 13, 17),
            ("E", "1", "M", 0, 2),
            ("F", "1", "M", 2, 13),
            ("F", "2", "L", 13, 20),
            ("F", "3", "M", 25, 29),
        )
    ]
    machines = tuple(Machine(name) for name in ("L", "M", "N"))
    result = repair(Problem(machines, jobs, resources=(Resource("gauge", 1),)), present, Weights())
    assert result.broken_pins == ()
    assert result.by_key()["rush", "1"].end == 44


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_a_repair_moves_few_though_a_plan_that_moves_all_would_be_better(seconds):
    """A hundred jobs, of every two the wrong one first: whoever repairs that for a new job does not turn them all round."""
    count = 100
    jobs = [job(f"P{n}", ("M", HOUR), due=(n + 2 - 2 * (n % 2)) * HOUR, weight=4) for n in range(count)]
    present = slots(*((f"P{n}", "M", n * HOUR, (n + 1) * HOUR) for n in range(count)))
    problem = plant(*jobs, job("new", ("M", HOUR), due=200 * HOUR))
    steady = Weights(move=HOUR, whole_move=900, few=0.05)
    kept = solve(problem, seconds=seconds, present=present, weights=steady)
    turned = solve(problem, seconds=seconds, present=present, weights=replace(steady, few=1.0))
    assert check(problem, kept, present) == []
    assert len(kept.moved) <= FEW
    assert len(turned.moved) > 2 * FEW
    assert "new" in starts(kept)


def test_of_what_must_give_way_the_work_goes_behind_that_has_lost_its_place_and_the_rest_stays():
    """The only machine is down for a day: pushing all by a day would cost no less."""
    count = 60
    jobs = [job(f"P{n}", ("M", HOUR), due=(n + 1) * HOUR) for n in range(count)]
    present = slots(*((f"P{n}", "M", n * HOUR, (n + 1) * HOUR) for n in range(count)))
    down = Calendar(((24 * HOUR, 200 * HOUR),))
    problem = plant(*jobs, calendar=down)
    result = repair(problem, present, Weights(move=HOUR, whole_move=900, few=0.05))
    assert len(result.moved) == 24
    assert result.unplanned == ()


def test_in_a_small_plant_a_late_job_that_can_be_sooner_is_even_where_nothing_new_came_and_little_else_moves():
    """What it waited for is here sooner than was thought; all others are in time where they are."""
    count = 60
    others = [job(f"P{n}", ("M", HOUR), due=300 * HOUR) for n in range(count)]
    late = job("late", ("M", HOUR), release=10 * HOUR, due=20 * HOUR, weight=10)
    present = slots(*((f"P{n}", "M", n * HOUR, (n + 1) * HOUR) for n in range(count)))
    present += slots(("late", "M", 80 * HOUR, 81 * HOUR))
    result = repair(plant(*others, late), present, Weights(move=HOUR, whole_move=900, few=0.05))
    assert starts(result)["late"] <= 19 * HOUR
    assert len(result.moved) <= FEW


def a_full_shop(rush_release: int) -> Problem:
    """Forty orders of nine steps that are due late, and a rush order due on the first day."""
    dice = Random(2)

    def drawn(name, due, weight, release=0):
        machines = [f"M{dice.randrange(6)}" for _ in range(9)]
        steps = [(machine, dice.randint(2, 8) * HOUR) for machine in machines]
        return job(name, *steps, due=due, weight=weight, release=release)

    orders = [drawn(f"J{number}", dice.randint(200, 400) * HOUR, 1) for number in range(40)]
    return plant(*orders, drawn("rush", 20 * HOUR, 10, rush_release))


def test_a_late_rush_order_comes_forward_when_its_material_comes_sooner():
    present = solve(a_full_shop(rush_release=150 * HOUR), seconds=0).assignments
    weights = Weights(setup=0.01, flow=0.0001, move=HOUR, whole_move=900, few=0.05)

    result = repair(a_full_shop(rush_release=0), present, weights)

    assert max(slot.end for slot in present if slot.job == "rush") > 200 * HOUR
    assert max(slot.end for slot in result.assignments if slot.job == "rush") < 60 * HOUR


def test_what_has_no_place_is_held_on_a_machine_all_the_same(monkeypatch):
    """Compiled code wrote beyond its list for machine −1, where others' memory lies, and now and then the process died of it."""
    listed: list[int] = []
    kernel = timing.time_held

    def watched(arrays, wanted, *rest):
        listed.extend(wanted.tolist())
        return kernel(arrays, wanted, *rest)

    monkeypatch.setattr(timing, "time_held", watched)
    late, hours = a_full_shop(rush_release=150 * HOUR), Calendar(((0, 1000 * HOUR),))
    endless = job("endless", ("M0", 2000 * HOUR))
    present = solve(late, seconds=0).assignments
    shop = a_full_shop(rush_release=0)
    machines = tuple(replace(machine, calendar=hours) for machine in shop.machines)

    result = repair(replace(shop, machines=machines, jobs=(*shop.jobs, endless)), present)

    assert [remark.job for remark in result.unplanned] == ["endless"]
    assert min(listed) == 0
