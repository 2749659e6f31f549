"""At the end of a search every move is tried for the few late jobs that others should give way to."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from production.scheduling import Mode, Running, Weights, flatten, solve
from production.scheduling.check import check
from production.scheduling.effort import Effort
from production.scheduling.hasten import hastened
from production.scheduling.plant import Plant
from production.scheduling.report import report
from production.scheduling.timing import timed
from tests.production.scheduling.shop import HOUR, job, plant
from tests.production.scheduling.test_random_plants import SEARCHED, problems

MINUTE = 60


def large(*jobs):
    """The jobs in a plant that is large enough for the first lateness to cost more; the others are all in time."""
    others = (job(f"J{n}", (f"N{n % 50}", HOUR), weight=1) for n in range(flatten.SEARCHED_WHOLE))
    return plant(*jobs, *others)


def in_given_order(problem):
    """The plan that takes jobs as they are listed, each on the first machine it names."""
    numbered = Plant(problem, Weights())
    key = np.arange(numbered.size, dtype=np.float64)
    return numbered, timed(numbered, key, [modes[0][0] for modes in numbered.modes])


def made_haste(numbered, plan):
    return hastened(numbered, plan, None, effort=Effort(60, workers=1), seconds=60)


def keen_price(numbered, plan):
    """The price of a plan, being late at all counted, worked out job by job."""
    jobs, weights = numbered.arrays.job, numbered.weights
    lateness = (
        jobs["weight"][j] * min(max(end - jobs["due"][j], 0), jobs["keen"][j])
        for j, end in enumerate(np.maximum.reduceat(np.array(plan.end), numbered.first))
    )
    return plan.cost + weights.tardiness * weights.keen * flatten.STEEP * sum(lateness)


def test_a_heavy_job_a_minute_late_goes_in_front_of_a_light_one_that_is_late_anyhow():
    light = job("light", ("M", HOUR), due=0, weight=1)
    heavy = job("heavy", ("M", 2 * HOUR), due=3 * HOUR - MINUTE, weight=9)
    numbered, plan = in_given_order(large(light, heavy))
    found = made_haste(numbered, plan)
    assert found.start[numbered.number["heavy", "1"]] == 0
    assert found.cost > plan.cost  # which the search, left to itself, would not do


def test_whoever_can_wait_goes_behind_and_whoever_cannot_stays_in_front():
    late = job("late", ("M", HOUR), due=0, weight=1)
    patient = job("patient", ("M", HOUR), due=9 * HOUR, weight=1)
    other = job("other", ("M", 10 * HOUR), due=0, weight=1)
    heavy = job("heavy", ("M", 5 * HOUR), due=17 * HOUR - MINUTE, weight=9)
    numbered, plan = in_given_order(large(late, other, patient, heavy))
    found = made_haste(numbered, plan)
    start = {name: found.start[numbered.number[name, "1"]] for name in ("late", "other", "heavy", "patient")}
    assert start["late"] == 0
    assert found.end[numbered.number["heavy", "1"]] <= 17 * HOUR - MINUTE


def test_a_heavy_job_goes_to_another_machine_that_is_free():
    light = job("light", ("M", 5 * HOUR), due=5 * HOUR, weight=1)
    heavy = job("heavy", ("M", HOUR), due=5 * HOUR, weight=9)
    either = replace(heavy.tasks[0], modes=(Mode("M", HOUR), Mode("S", 2 * HOUR)))
    small = job("small", ("S", HOUR), due=HOUR, weight=1)
    problem = large(light, replace(heavy, tasks=(either,)), small)
    numbered, plan = in_given_order(problem)
    found = made_haste(numbered, plan)
    task = numbered.number["heavy", "1"]
    assert problem.machines[found.machine[task]].id == "S"
    assert found.start[task] == HOUR


def test_a_running_task_keeps_its_place():
    light = job("light", ("M", HOUR), due=0, weight=1)
    begun = replace(light, tasks=(replace(light.tasks[0], running=Running("M", 0, HOUR)),))
    heavy = job("heavy", ("M", HOUR), due=HOUR, weight=9)
    numbered, plan = in_given_order(large(begun, heavy))
    found = made_haste(numbered, plan)
    assert found.start == plan.start


@SEARCHED
@given(problems(), st.integers(0, 9))
def test_haste_leaves_a_random_plant_true_and_no_dearer(problem, seed):
    numbered = Plant(problem, Weights())
    numbered.arrays.job["keen"] = np.where(numbered.arrays.job["weight"] > 1, 5, 0)
    first = solve(problem, seconds=0, seed=seed).by_key()
    present = [first.get(key) for key in numbered.keys]
    key = [np.inf if slot is None else float(slot.setup_end) for slot in present]
    machine = [
        numbered.modes[i][0][0] if slot is None else numbered.machine_number[slot.machine]
        for i, slot in enumerate(present)
    ]
    plan = timed(numbered, key, machine)
    found = made_haste(numbered, plan)
    assert (len(found.unplaced), len(found.broken)) <= (len(plan.unplaced), len(plan.broken))
    if len(found.unplaced) == len(plan.unplaced) and len(found.broken) == len(plan.broken):
        assert keen_price(numbered, found) <= keen_price(numbered, plan) + 1e-6
    result = report(numbered, found, bound=0, seconds=0, first_seconds=0, rule="", figures={})
    assert check(problem, result) == []
