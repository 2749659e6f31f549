"""Plants at the edge of what may be asked: nothing to place, weights of nothing, fixed work that takes others' shares."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from production.scheduling import (
    Assignment,
    Calendar,
    InvalidProblem,
    Job,
    Machine,
    Mode,
    Need,
    Pin,
    Problem,
    Reserve,
    Resource,
    Running,
    Setup,
    Status,
    Task,
    Weights,
    solve,
)
from production.scheduling.anneal import annealed
from production.scheduling.check import check
from production.scheduling.effort import Budget, Effort
from production.scheduling.first import Start, best_dispatch
from production.scheduling.improve import improve
from production.scheduling.kernel.change import lift, put
from production.scheduling.kernel.graph import graph_of, release_from_holders
from production.scheduling.kernel.mend import _at_stake
from production.scheduling.kernel.tabu import tabu_search
from production.scheduling.plant import Plant, is_better
from production.scheduling.readers import from_jsplib
from production.scheduling.repair import _Repair
from production.scheduling.report import report
from production.scheduling.tabu import is_plain_shop
from production.scheduling.timing import in_turn, timed
from tests.production.scheduling.shop import HOUR, job, plant
from tests.production.scheduling.test_solve import LA01

PAINT = Setup(("RED", "BLUE"), ((0, 20), (20, 0)))
SINCE_1970 = 1_700_000_000


def solved(problem, seconds=0.0, **options):
    result = solve(problem, seconds=seconds, **options)
    assert check(problem, result, options.get("present")) == []
    return result


def searched(problem):
    """The result of a search that does not end before it begins, however long compiled code takes to load."""
    solve(problem, seconds=0)
    return solved(problem, seconds=0.5)


def starts(result):
    return {slot.job: slot.start for slot in result.assignments}


# --- nothing to do, nothing that counts -------------------------------------------------------------------------------


@pytest.mark.parametrize("setup", [Setup(), PAINT])
def test_a_plant_with_nothing_to_make_is_searched_without_harm(setup):
    result = searched(Problem((Machine("M"),), (), setup))
    assert (result.assignments, result.value) == ((), 0)


@pytest.mark.parametrize("count", [1, 2])
def test_a_plant_in_which_nothing_has_a_place_is_searched_without_harm(count):
    jobs = [job(f"J{n}", ("M", 9), due=5) for n in range(count)]
    result = searched(plant(*jobs, calendar=Calendar(((0, 5),))))
    assert (result.status, len(result.unplanned)) == (Status.PARTIAL, count)


@pytest.mark.parametrize("due", [20, None])
@pytest.mark.parametrize("workers", [1, 2])
def test_where_neither_lateness_nor_the_end_costs_anything_the_search_still_saves_set_ups(due, workers):
    jobs = [
        job(f"J{n:02}", ("M", 5), family="RED" if n % 2 else "BLUE", due=due and due * n) for n in range(40)
    ]
    nothing = Weights(tardiness=0, makespan=0, flow=0)
    result = solved(plant(*jobs, setup=PAINT), seconds=0.5, workers=workers, weights=nothing)
    assert result.setup_seconds < 39 * 20


def test_more_rules_make_the_first_plan_no_worse():
    """Walked, the last orders of the shift are lost with each rule; what the rule is worth shows only when that is timed."""
    hours = Calendar(((12, 51),))
    early = (
        Task("0", "EARLY", (Mode("M", 6),), may_pause=False, setup_seconds=3),
        Task("1", "EARLY", (Mode("M", 10),), release=26, setup_seconds=3),
    )
    late = (
        Task("0", "LATE", (Mode("M", 9),), may_pause=False),
        Task("1", "LATE", (Mode("M", 9),), ("0",), setup_seconds=3),
        Task("2", "LATE", (Mode("M", 1),), ("0",)),
        Task("3", "LATE", (Mode("M", 7),), ("2",), may_pause=False),
    )
    jobs = (Job("EARLY", early, due=32, weight=2.5), Job("LATE", late, due=-5))
    numbered = Plant(Problem((Machine("M", hours),), jobs, Setup(ahead=False), now=2), Weights(flow=0))
    one = best_dispatch(numbered, Budget(Effort(0, workers=1), 0))
    many = best_dispatch(numbered, Budget(Effort(2, workers=1), 2))
    assert not is_better(one.plan, many.plan)


def test_windows_no_longer_than_the_margin_stay_open():
    hours = Calendar(((100, 400), (1000, 1300)))
    result = solved(plant(job("J", ("M", 200)), calendar=hours), margin=300)
    assert starts(result) == {"J": 100}


def test_a_tool_asked_for_in_two_rows_is_refused():
    twice = Task("1", "J", (Mode("M", 5),), needs=(Need("tool"), Need("tool")))
    with pytest.raises(InvalidProblem, match="needs tool in 2 rows; give one with the whole amount"):
        Problem((Machine("M"),), (Job("J", (twice,)),), resources=(Resource("tool"),))


# --- what is fixed ----------------------------------------------------------------------------------------------------


def test_who_waits_for_a_job_waits_for_all_of_it_though_its_last_step_was_begun_too_early():
    tasks = (
        Task("1", "PART", (Mode("M", 50),)),
        Task("2", "PART", (Mode("N", 9),), ("1",), running=Running("N", 0, 9)),
    )
    problem = Problem(
        (Machine("M"), Machine("N")),
        (Job("PART", tasks), Job("UNIT", job("UNIT", ("N", 5)).tasks, after_jobs=("PART",))),
    )
    assert starts(solved(problem))["UNIT"] == 50


def shared(*jobs, **fields):
    """One machine, half of which is kept for stock in each hundred seconds; the jobs are to order."""
    machine = Machine("M", reserves=(Reserve("stock", 0.5),), family="RED")
    orders = tuple(replace(one, group="order") for one in jobs)
    return Problem((machine, Machine("N")), orders, PAINT, buckets=(0, 100, 200), **fields)


def test_the_set_up_of_pinned_work_counts_against_what_is_kept_for_others():
    pinned = Task("1", "PIN", (Mode("M", 20),), family="BLUE", pin=Pin("M", 0))
    result = solved(shared(Job("PIN", (pinned,)), job("J", ("M", 20))))
    assert starts(result) == {"PIN": 0, "J": 100}


def test_what_running_work_has_had_counts_against_what_is_kept_for_others():
    running = Task("1", "RUN", (Mode("M", 40),), running=Running("M", 0, 10))
    result = solved(shared(Job("RUN", (running,)), job("J", ("M", 20)), now=30))
    assert starts(result) == {"RUN": 0, "J": 100}


def test_a_pin_that_does_not_hold_takes_nothing_of_what_is_open_where_it_was_to_be():
    """It waits for work that is done later; its forty seconds are free for the other job."""
    part = job("PART", ("N", 150))
    pinned = Task("1", "PIN", (Mode("M", 40),), pin=Pin("M", 30), after_jobs=("PART",))
    problem = shared(Job("PIN", (pinned,)), job("J", ("M", 40), release=35), part)
    result = solved(problem)
    assert starts(result) == {"PART": 0, "J": 35, "PIN": 150}


@pytest.mark.parametrize(
    ("needs", "machines", "reason"),
    [
        ((), ("M", "M"), "its machine is not free or not working at the pinned start"),
        ((Need("tool"),), ("M", "N"), "a tool or skill it needs is in use at the pinned start"),
    ],
)
def test_a_pin_that_does_not_hold_says_what_stands_in_its_way(needs, machines, reason):
    jobs = tuple(
        Job(f"J{n}", (Task("1", f"J{n}", (Mode(name, 10),), pin=Pin(name, 4 + n), needs=needs),))
        for n, name in enumerate(machines)
    )
    result = solved(Problem((Machine("M"), Machine("N")), jobs, resources=(Resource("tool"),)))
    assert [(remark.job, remark.reason) for remark in result.broken_pins] == [("J1", reason)]


def test_what_is_pinned_makes_way_for_nobody_even_where_it_cannot_have_its_start():
    """It is not among what a repair may move; ousted, it would drag along the work of other orders."""
    pinned = Task("1", "PIN", (Mode("M", 9),), pin=Pin("M", 3), after_jobs=("PART",))
    jobs = (job("PART", ("N", 5)), Job("PIN", (pinned,)), job("RUSH", ("M", 4), due=9, weight=10))
    numbered = Plant(Problem((Machine("M"), Machine("N")), jobs), Weights())
    a, plan = numbered.arrays, best_dispatch(numbered, Budget(Effort(0, workers=1), 0)).plan
    part, pin, rush = range(3)
    assert (list(plan.broken), plan.start[pin]) == ([pin], 5)
    graph = graph_of(a, plan.slots, np.zeros(numbered.size, np.int64))
    aims = _Repair(numbered, 1)._aims(3.0)
    assert _at_stake(a, aims, graph, rush, part, 5) < np.inf
    assert _at_stake(a, aims, graph, rush, pin, 9) == np.inf


def test_a_present_plan_of_other_work_freezes_nothing():
    gone = [Assignment("GONE", "1", "M", 0, 0, 5)]
    result = solved(replace(plant(job("J", ("M", 5))), fence=100), present=gone)
    assert starts(result) == {"J": 0}


# --- where a choice is made -------------------------------------------------------------------------------------------


def test_work_stays_on_an_own_machine_that_is_idle_each_time_it_comes():
    jobs = tuple(
        Job(f"J{n}", (Task("1", f"J{n}", (Mode("OWN", 10), Mode("OUT", 15)), release=20 * n),))
        for n in range(6)
    )
    result = solved(Problem((Machine("OWN"), Machine("OUT", is_unlimited=True)), jobs))
    assert {slot.machine for slot in result.assignments} == {"OWN"}


def test_beside_work_that_takes_no_time_what_is_too_long_is_still_let_in_alone():
    """Eighty seconds, where fifty are open to orders."""
    nothing = Task("1", "NOTHING", (Mode("M", 0),), pin=Pin("M", 0))
    assert starts(solved(shared(Job("NOTHING", (nothing,)), job("LONG", ("M", 80))))) == {
        "NOTHING": 0,
        "LONG": 0,
    }


def test_what_a_machine_keeps_for_others_is_no_plain_shop():
    shop = Problem((Machine("M"),), (job("A", ("M", 5)), job("B", ("M", 5))))
    keeping = replace(shop, machines=(Machine("M", reserves=(Reserve("stock", 0.5),)),))
    assert is_plain_shop(Plant(shop, Weights()))
    assert not is_plain_shop(Plant(keeping, Weights()))


def test_a_search_that_is_told_to_stop_stops_however_patient_it_is():
    shop = Plant(from_jsplib(LA01), Weights())
    order, dice = np.array(shop.topological, np.int64), np.array([1], np.uint64)
    stop = np.zeros(1, np.int64)
    with ThreadPoolExecutor(1) as pool:
        search = pool.submit(tabu_search, shop.arrays, order, dice, 10**15, 0, stop)
        assert not wait([search], timeout=0.2).done
        stop[0] = 1
        span, best = search.result(timeout=60)
    assert span >= 666
    assert sorted(best.tolist()) == list(range(shop.size))


def test_whoever_is_released_from_a_tools_last_user_may_go_before_that_one_and_the_order_stays_whole():
    """Twelve steps lie between the tool's last user and the one that goes before it: more than are moved one by one."""
    needs = (Need("tool"),)
    steps = job("J", *(("N", 1) for _ in range(12))).tasks
    last = Task("13", "J", (Mode("M", 5),), ("12",), needs=needs)
    user = Job("USER", (Task("1", "USER", (Mode("M", 5),), needs=needs),))
    problem = Problem(
        (Machine("M"), Machine("N")), (user, Job("J", (*steps, last))), resources=(Resource("tool"),)
    )
    numbered = Plant(problem, Weights())
    a, size = numbered.arrays, numbered.size
    plan = timed(numbered, range(size), [modes[0][0] for modes in numbered.modes])
    graph = graph_of(a, plan.slots, np.zeros(size, np.int64))
    release_from_holders(graph, [size - 1])
    lift(a, graph, size - 1)
    assert put(a, graph, size - 1, a.task["mode_at"][size - 1], -1)
    assert sorted(graph.order.tolist()) == list(range(size))
    assert graph.node["start"][[size - 1, 0]].tolist() == [12, 17]


def test_what_takes_no_time_is_timed_before_what_begins_at_the_same_moment():
    """After it, it would wait until that is done: the constraint program's best plan came out as another."""
    numbered = Plant(plant(job("A", ("N", 0), ("M", 0)), job("B", ("M", 5))), Weights())
    machine = [modes[0][0] for modes in numbered.modes]
    plan = timed(numbered, range(numbered.size), machine)
    again = timed(numbered, in_turn(numbered, plan, plan.start, machine), machine)
    assert plan.end == again.end == [0, 0, 5]


def test_of_what_takes_no_time_at_one_moment_the_order_is_the_one_in_which_all_are_set_up():
    """By name, B would come right before Z, and Z would have to be set up."""
    jobs = [job("A", ("M", 0)), job("B", ("M", 0), family="RED"), job("Z", ("M", 5), family="BLUE")]
    problem = plant(*jobs, setup=PAINT)
    numbered = Plant(problem, Weights())
    plan = timed(numbered, [1, 0, 2], [0, 0, 0])
    told = report(numbered, plan, bound=0, seconds=0, first_seconds=0, rule="", figures={})
    assert plan.end == [0, 0, 5]
    assert check(problem, told) == []


def test_two_who_walk_from_plans_that_leave_out_other_work_do_not_go_on_from_each_others():
    jobs = [job(f"J{n}", ("M", HOUR), due=HOUR) for n in range(40)]
    numbered = Plant(plant(*jobs, calendar=Calendar(((0, 40 * HOUR),))), Weights())
    order, machine, late = range(40), [0] * 40, [HOUR] * 40
    whole, part = timed(numbered, order, machine), timed(numbered, order, machine, late)
    assert (len(whole.unplaced), len(part.unplaced)) == (0, 1)
    effort = Effort(0.5, workers=2)
    budget = Budget(effort, effort.now() + 0.5, workers=2)
    assert not annealed(numbered, [Start(whole), Start(part, hold=late)], budget).plan.unplaced


# --- what is claimed --------------------------------------------------------------------------------------------------


def test_the_bound_is_one_of_lateness_whatever_else_a_plan_costs():
    """Where set-ups cost all, families stay together; in turns all jobs are in time."""
    jobs = [
        job(f"J{n}", ("M", 5), family=family, due=5 + 8 * n)
        for n, family in enumerate(("RED", "BLUE", "RED", "BLUE"))
    ]
    problem = plant(*jobs, setup=Setup(("RED", "BLUE"), ((0, 3), (3, 0))))
    in_time = searched(problem)
    together = solved(problem, seconds=0.5, weights=Weights(tardiness=0.001, setup=100))
    assert (in_time.value, together.value, together.bound) == (0, 5, 0)


def test_the_bound_counts_seconds_and_not_what_they_cost():
    """Enumerated by hand, as in `test_solve`: the least is 18 weighted seconds."""
    problem = plant(
        job("J1", ("M", 6), due=8, weight=1),
        job("J2", ("M", 4), due=0, weight=3),
        job("J3", ("M", 4), due=9, weight=5),
    )
    numbered = Plant(problem, Weights(tardiness=2))
    start = best_dispatch(numbered, Budget(Effort(0, workers=1), 0))
    assert improve(numbered, [start], Budget(Effort(20, workers=1), 20)).bound == 18


def test_the_best_plan_of_a_model_without_tools_is_not_taken_for_the_best_there_is():
    needs = (Need("tool"),)
    jobs = tuple(
        Job(f"J{n}", (Task("1", f"J{n}", (Mode(f"M{n}", 10),), needs=needs),), due=10) for n in range(4)
    )
    machines = tuple(Machine(f"M{n}") for n in range(4))
    result = solved(Problem(machines, jobs, resources=(Resource("tool"),)), seconds=0.3)
    assert (result.value, result.bound, result.status) == (60, 0, Status.FEASIBLE)
    assert result.figures["moves tried"] > 0


def later(problem, seconds):
    """The same plant so many seconds later."""
    jobs = (replace(one, release=one.release + seconds, due=one.due + seconds) for one in problem.jobs)
    return replace(problem, now=problem.now + seconds, jobs=tuple(jobs))


def slots_later(slots, seconds):
    return tuple(
        replace(slot, start=slot.start + seconds, setup_end=slot.setup_end + seconds, end=slot.end + seconds)
        for slot in slots
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_and_its_repair_are_the_same_whatever_moment_time_is_counted_from(seed):
    dice = Random(seed)
    jobs = (
        job(
            f"J{n}",
            *((machine, dice.randint(1, 4) * HOUR) for machine in dice.sample("ABC", 3)),
            due=dice.randint(8, 30) * HOUR,
            weight=dice.choice((1, 3, 10)),
        )
        for n in range(10)
    )
    problem = plant(*jobs)
    first = solve(problem, seconds=0).assignments
    present = tuple(slot for slot in first if slot.job not in {"J3", "J7"})
    repaired = solve(problem, seconds=0, present=present, weights=Weights(move=HOUR)).assignments
    moved = later(problem, SINCE_1970)
    assert solve(moved, seconds=0).assignments == slots_later(first, SINCE_1970)
    again = solve(moved, seconds=0, present=slots_later(present, SINCE_1970), weights=Weights(move=HOUR))
    assert again.assignments == slots_later(repaired, SINCE_1970)


def test_weights_of_half_a_second_are_added_up_to_the_half():
    problem = plant(job("A", ("M", 4), due=1, weight=0.5), job("B", ("N", 3), due=1, weight=0.5))
    result = searched(problem)
    assert result.value == 2.5
    assert result.bound <= 2.5
    assert searched(plant(job("A", ("M", 4), due=1, weight=0.5))).value == 1.5
