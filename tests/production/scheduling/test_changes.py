"""A plan changed a little at a time is what timing it from its beginning would make of it."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from production.scheduling import Job, Link, Machine, Mode, Problem, Running, Setup, Task, Weights
from production.scheduling.dispatch import dispatched
from production.scheduling.kernel.change import put, take_back
from production.scheduling.kernel.clock import end_after, take_work
from production.scheduling.kernel.graph import graph_of
from production.scheduling.kernel.slots import offer
from production.scheduling.plant import Plant
from production.scheduling.rules import EARLIEST_DUE, urgency
from production.scheduling.timing import timed
from tests.production.scheduling.shop import HOUR, shift

FAMILIES = ("red", "blue", "clear")


def random_plant(seed, *, ahead=False, under_way=False):
    """Forty jobs on six machines, three of them with shifts: alternatives, set-ups, overlap, assemblies, work that must not pause.

    :param under_way: of some jobs the first task runs, and may have handed on what the second begins with.
    """
    dice = Random(seed)
    calendars = [shift(), shift(break_at=12), shift(start=6, end=22), None, None, None]
    machines = tuple(Machine(f"M{m}", calendar) for m, calendar in enumerate(calendars))
    jobs, taken = [], set()
    for j in range(40):
        tasks = []
        for number in range(dice.randint(2, 6)):
            modes = tuple(
                Mode(f"M{m}", dice.randint(10, 100) * 60) for m in dice.sample(range(6), dice.randint(1, 3))
            )
            share = dice.choice((1.0, 1.0, 0.5))
            after = (Link(str(number - 1), wait_seconds=dice.choice((0, 0, HOUR)), transfer_share=share),)
            tasks.append(
                Task(
                    str(number),
                    f"J{j}",
                    modes,
                    after if number else (),
                    dice.choice((None, *FAMILIES)),
                    dice.random() < 0.7,
                )
            )
        machine = tasks[0].modes[0].machine
        if under_way and machine not in taken:
            taken.add(machine)
            running = Running(machine, 0, dice.randint(10, 300) * 60)
            tasks[0] = replace(tasks[0], running=running)
            first = dice.choice((None, 0, dice.randint(0, 200) * 60))
            tasks[1] = replace(tasks[1], after=(Link("0", transfer_share=0.25, first_seconds=first),))
            jobs.append(Job(f"J{j}", tuple(tasks), 0, 30 * HOUR, 3))
            continue
        parents = (f"J{dice.randrange(j)}",) if j and dice.random() < 0.3 else ()
        release = dice.randint(0, 40) * HOUR
        due = release + dice.randint(10, 60) * HOUR
        jobs.append(Job(f"J{j}", tuple(tasks), release, due, dice.choice((1, 3, 9)), parents))
    seconds = tuple(tuple(0 if a == b else dice.randint(5, 30) * 60 for b in FAMILIES) for a in FAMILIES)
    return Plant(Problem(machines, tuple(jobs), Setup(FAMILIES, seconds, ahead)), Weights())


def timed_from_the_beginning(plant, graph):
    """The plan of a graph's order and machines."""
    machine = plant.arrays.mode["machine"][graph.node["mode"]]
    return timed(plant, graph.node["place"].astype(np.float64), machine)


def fields(graph):
    return [graph.node[name].copy() for name in ("mode", "start", "run", "end", "place", "before", "after")]


@pytest.mark.parametrize("under_way", [False, True])
@pytest.mark.parametrize("ahead", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_put_elsewhere_the_plan_is_timed_to_its_end_and_can_be_taken_back(seed, ahead, under_way):
    plant, dice = random_plant(seed, ahead=ahead, under_way=under_way), Random(seed)
    a = plant.arrays
    plan = dispatched(plant, urgency(plant), EARLIEST_DUE)
    graph = graph_of(a, plan.slots, np.zeros(plant.size, np.int64))
    assert graph.total[0] == pytest.approx(plan.cost)
    gone = 0
    for _ in range(400):
        i = dice.choice([i for i in range(plant.size) if i not in plant.running])
        k = dice.randrange(a.task[i]["mode_at"], a.task[i]["mode_end"])
        behind = dice.choice([-1, *_on_machine(plant, graph, a.mode[k]["machine"], i)])
        was, cost = fields(graph), float(graph.total[0])
        went = put(a, graph, i, k, behind)
        assert not graph.places.any()
        if went:
            exact = timed_from_the_beginning(plant, graph)
            for name in ("start", "run", "end"):
                assert graph.node[name].tolist() == getattr(exact, name)
            assert graph.total[0] == pytest.approx(exact.cost)
            gone += 1
        if not went or dice.random() < 0.3:
            take_back(a, graph)
            assert graph.total[0] == cost
            for before, after in zip(was, fields(graph), strict=True):
                np.testing.assert_array_equal(before, after)
    assert gone > 100


def woven(jobs, machines, steps):
    """Jobs that visit one machine after the other, each beginning at another one: in a plan nearly everything hangs on everything, but the last job."""
    modes = [[Mode(f"M{(j + number) % machines}", HOUR) for number in range(steps)] for j in range(jobs)]
    return Plant(
        Problem(
            tuple(Machine(f"M{m}") for m in range(machines)),
            (
                *(
                    Job(
                        f"J{j}",
                        tuple(
                            Task(str(number), f"J{j}", (mode,), (Link(str(number - 1)),) if number else ())
                            for number, mode in enumerate(own)
                        ),
                        due=jobs * HOUR,
                    )
                    for j, own in enumerate(modes)
                ),
                Job("last", (Task("0", "last", (Mode("M0", HOUR),)),), due=2 * jobs * HOUR),
            ),
        ),
        Weights(),
    )


def test_where_a_task_goes_far_only_one_after_the_other_makes_room_for_it():
    plant = woven(60, 10, 10)
    a = plant.arrays
    graph = graph_of(a, dispatched(plant, urgency(plant), EARLIEST_DUE).slots, np.zeros(plant.size, np.int64))
    last = plant.size - 1
    line = sorted(_on_machine(plant, graph, 0, last), key=lambda i: graph.node["place"][i])
    was = graph.order.copy()
    assert graph.node["place"][last] - graph.node["place"][line[0]] > plant.size // 2
    assert put(a, graph, last, a.task["mode_at"][last], -1)
    assert graph.node["place"][last] < graph.node["place"][line[0]]
    for i in range(plant.size):
        waits_for = [*a.pred["task"][a.task["pred_at"][i] : a.task["pred_end"][i]], graph.node["before"][i]]
        assert all(graph.node["place"][p] < graph.node["place"][i] for p in waits_for if p >= 0)
    assert np.count_nonzero(graph.order != was) < plant.size // 4
    take_back(a, graph)
    assert graph.order.tolist() == was.tolist()


def test_behind_whom_waits_for_it_a_task_cannot_go_and_that_is_told():
    plant = woven(6, 3, 9)
    a = plant.arrays
    graph = graph_of(a, dispatched(plant, urgency(plant), EARLIEST_DUE).slots, np.zeros(plant.size, np.int64))
    told = set()
    for i in range(plant.size):
        for behind in _on_machine(plant, graph, a.mode["machine"][graph.node["mode"][i]], i):
            went = put(a, graph, i, graph.node["mode"][i], behind)
            take_back(a, graph)
            is_too_late = bool(graph.change[0]["is_too_late"])
            assert is_too_late == (behind in _reached(a, graph, i))
            assert not (went and is_too_late)
            told.add(is_too_late)
    assert told == {True, False}


def _reached(a, graph, i):
    """All that waits for a task, its machine's line-up without it."""
    waiting, found = _waiting_for(a, i), set()
    while waiting:
        found.add(x := waiting.pop())
        after = graph.node["after"][x]
        if after == i:
            after = graph.node["after"][i]
        waiting += [y for y in (*_waiting_for(a, x), after) if y >= 0 and y not in found]
    return found


def _waiting_for(a, i):
    return a.succ["task"][a.task["succ_at"][i] : a.task["succ_end"][i]].tolist()


def _on_machine(plant, graph, machine, i):
    return [
        x
        for x in range(plant.size)
        if x != i and plant.arrays.mode[graph.node[x]["mode"]]["machine"] == machine
    ]


@pytest.mark.parametrize("seed", range(3))
def test_a_slot_in_one_shift_is_found_where_counting_worked_seconds_finds_it(seed):
    plant, dice = random_plant(seed), Random(seed)
    a = plant.arrays
    for _ in range(2000):
        i = dice.randrange(plant.size)
        k = dice.randrange(a.task[i]["mode_at"], a.task[i]["mode_end"])
        calendar = plant.calendars[a.mode[k]["machine"]]
        if calendar is None:
            continue
        free, ready = dice.randint(0, 100) * 900, dice.randint(0, 100) * 900
        family = dice.randrange(-1, len(FAMILIES))
        setup = a.setup[family, a.task[i]["family"]] if family >= 0 and a.task[i]["family"] >= 0 else 0
        start, run, end = offer(a, i, k, free, family, ready)
        begins = calendar.opening(calendar.worked(max(free, ready)))
        ready_to_run = calendar.opening(calendar.worked(max(free, ready)) + setup)
        if not a.task[i]["may_pause"]:
            ready_to_run = calendar.fit(ready_to_run, int(a.mode[k]["seconds"]))
            begins = calendar.opening(calendar.worked(ready_to_run) - setup)
        assert (start, run) == (begins, ready_to_run)
        assert end == calendar.end_after(run, int(a.mode[k]["seconds"]))


@pytest.mark.parametrize("seed", range(3))
def test_work_taken_from_its_end_begins_as_late_as_it_can(seed):
    plant, dice = random_plant(seed), Random(seed)
    a = plant.arrays
    for _ in range(500):
        c, end, seconds = (
            dice.randrange(len(a.calendar)),
            dice.randint(0, 3000) * 600,
            dice.randint(1, 900) * 60,
        )
        begun = take_work(a, c, end, seconds)
        if begun >= a.window[a.calendar[c]["first"]]["opens"]:
            assert end_after(a, c, begun, seconds) <= end < end_after(a, c, begun + 1, seconds)
