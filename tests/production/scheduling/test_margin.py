"""A plan leaves a little time before breaks, and then outlives small delays."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from production.scheduling import Job, Machine, Mode, Pin, Problem, Task, Weights, solve
from production.scheduling.calendar import Calendar
from production.scheduling.check import check
from production.scheduling.margin import with_margin
from production.scheduling.plant import Plant
from production.scheduling.timing import in_turn, timed
from tests.production.scheduling.shop import HOUR, job, plant
from tests.production.scheduling.test_random_plants import problems

SHIFTS = Calendar(tuple((24 * HOUR * day + HOUR, 24 * HOUR * day + 9 * HOUR) for day in range(10)))
MARGIN = 300


def shop(*seconds, may_pause=False, **fields):
    jobs = tuple(
        Job(
            f"J{n}",
            (Task("1", f"J{n}", (Mode("M", length),), may_pause=may_pause, **fields),),
            due=10 * 24 * HOUR,
        )
        for n, length in enumerate(seconds)
    )
    return Problem((Machine("M", SHIFTS),), jobs)


def starts(result):
    return [slot.start for slot in sorted(result.assignments, key=lambda slot: slot.job)]


def test_work_that_would_end_with_the_shift_goes_into_the_next_one():
    problem = shop(4 * HOUR, 4 * HOUR)
    assert starts(solve(problem, seconds=0)) == [HOUR, 5 * HOUR]
    assert sorted(starts(solve(problem, seconds=0, margin=MARGIN))) == [HOUR, 25 * HOUR]


def test_a_minute_lost_moves_nothing_but_that_day():
    """Four days full to the margin: whatever a day begins late with is taken up before its end."""
    problem = shop(*[4 * HOUR - MARGIN] * 8)
    planned = solve(problem, seconds=0, margin=MARGIN)
    late = replace(problem, now=HOUR + 60)
    again = solve(late, seconds=0, present=planned.assignments, weights=Weights(move=HOUR, whole_move=HOUR))
    shifted = {slot.job: slot.start - planned.by_key()[slot.job, "1"].start for slot in again.assignments}
    today = {slot.job for slot in planned.assignments if slot.start < 24 * HOUR}
    assert {job for job, seconds in shifted.items() if seconds} == today
    assert set(shifted.values()) == {0, 60}


def test_work_that_pauses_is_done_as_early_as_the_true_hours_allow():
    problem = shop(10 * HOUR, may_pause=True)
    [slot] = solve(problem, seconds=0, margin=MARGIN).assignments
    assert slot.end == 25 * HOUR + 2 * HOUR


def test_a_machine_keeps_its_hours_where_the_longest_work_would_not_fit():
    problem = shop(8 * HOUR)
    assert with_margin(problem, MARGIN) == problem


def test_work_that_may_pause_asks_for_no_hours_of_its_own():
    problem = shop(20 * HOUR, may_pause=True)
    assert with_margin(problem, MARGIN).machines[0].calendar.windows[1] == (25 * HOUR, 33 * HOUR - MARGIN)


def test_what_is_pinned_over_several_shifts_has_its_hours_in_each_of_them():
    """Else it would end later, break the pin of what is pinned right behind it, and so be worse than any plan without that pin."""
    long = Task("1", "J", (Mode("M", 18 * HOUR),), pin=Pin("M", HOUR))
    behind = Task("2", "J", (Mode("N", HOUR),), after=("1",), pin=Pin("N", 51 * HOUR))
    problem = Problem(
        (Machine("M", SHIFTS), Machine("N", SHIFTS)), (Job("J", (long, behind), due=60 * HOUR),)
    )
    planned = solve(problem, seconds=0)
    assert not planned.broken_pins

    earlier = with_margin(problem, MARGIN)

    windows = earlier.machines[0].calendar.windows
    assert [end - start for start, end in windows[:4]] == [8 * HOUR, 8 * HOUR, 8 * HOUR, 8 * HOUR - MARGIN]
    assert solve(earlier, seconds=0, present=planned.assignments).broken_pins == ()


def test_all_that_a_pinned_task_waits_for_may_use_every_minute_until_then():
    first = Task("1", "J", (Mode("M", HOUR),))
    second = Task("2", "J", (Mode("N", HOUR),), after=("1",))
    third = Task("3", "J", (Mode("O", HOUR),), after=("2",), pin=Pin("O", 26 * HOUR))
    machines = tuple(Machine(name, SHIFTS) for name in "MNOP")
    problem = Problem(machines, (Job("J", (first, second, third)), job("K", ("P", HOUR))))

    lengths = [
        [end - start for start, end in machine.calendar.windows[:3]]
        for machine in with_margin(problem, MARGIN).machines
    ]

    less = 8 * HOUR - MARGIN
    assert lengths[:2] == [[8 * HOUR, 8 * HOUR, less]] * 2
    assert lengths[2:] == [[less, 8 * HOUR, less], [less, less, less]]


def test_a_shift_that_has_begun_and_one_with_a_pin_keep_their_hours():
    problem = replace(shop(HOUR, pin=Pin("M", 2 * 24 * HOUR + 7 * HOUR)), now=2 * HOUR)
    windows = with_margin(problem, MARGIN).machines[0].calendar.windows
    assert [end - start for start, end in windows[:4]] == [
        8 * HOUR,
        8 * HOUR - MARGIN,
        8 * HOUR,
        8 * HOUR - MARGIN,
    ]


def test_a_pin_that_only_whole_shifts_can_keep_is_kept_without_margins(monkeypatch):
    """Cut by far more than here, hours lose the pin in any case, and then a dearer job goes before what the pinned one waits for."""
    late = 8 * HOUR
    first, then = job("pinned", ("M", 6 * HOUR), ("N", HOUR), due=0).tasks
    pinned = Job("pinned", (first, replace(then, pin=Pin("N", late))), due=0)
    problem = plant(pinned, job("dear", ("M", 6 * HOUR), due=0, weight=100), calendar=SHIFTS)
    there = solve(problem, seconds=1)
    assert there.broken_pins == ()

    def cut(problem, _):
        windows = tuple((start, end - 4 * HOUR) for start, end in SHIFTS.windows)
        machines = tuple(replace(machine, calendar=Calendar(windows)) for machine in problem.machines)
        return replace(problem, machines=machines)

    monkeypatch.setattr("production.scheduling.solver.with_margin", cut)
    for seconds in (0, 0.2):
        result = solve(problem, seconds=seconds, margin=MARGIN, present=there.assignments)
        assert result.broken_pins == ()
        assert result.by_key()["pinned", then.id].start == late


def test_what_has_no_place_with_margins_takes_the_place_of_nothing_that_has_one():
    """The second job finds none before the calendar closes for good; in the true hours it comes behind the first."""
    problem = plant(
        job("A", ("M", 4 * HOUR), due=4 * HOUR, weight=10),
        job("B", ("M", 4 * HOUR), due=4 * HOUR),
        calendar=Calendar(((0, 1), (HOUR, 9 * HOUR))),
    )
    narrow = with_margin(problem, MARGIN)
    assert [remark.job for remark in solve(narrow, seconds=0).unplanned] == ["B"]
    result = solve(problem, seconds=0, margin=MARGIN)
    assert (check(problem, result), result.unplanned) == ([], ())
    assert [slot.job for slot in result.assignments] == ["A", "B"]


def test_work_without_a_place_is_timed_again_behind_all_that_has_one():
    numbered = Plant(
        plant(job("B", ("M", 4 * HOUR)), job("A", ("M", 4 * HOUR)), calendar=Calendar(((0, 5 * HOUR),))),
        Weights(),
    )
    plan = timed(numbered, [1.0, 0.0], [0, 0])
    assert (list(plan.unplaced), plan.run) == ([0], [0, 0])
    again = timed(numbered, in_turn(numbered, plan, plan.run, plan.machine), plan.machine)
    assert list(again.unplaced) == [0]


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(problems())
def test_a_plan_with_margins_is_a_true_plan(problem):
    result = solve(problem, seconds=0, margin=3)
    assert check(problem, result) == []
