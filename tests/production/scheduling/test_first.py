"""The plan that the search starts from: rules that know the calendars, and one tuned to what the plant lacks."""

from random import Random

import numpy as np
import pytest

from production.scheduling import Calendar, Job, Machine, Mode, Problem, Task, Weights
from production.scheduling.dispatch import dispatched
from production.scheduling.effort import Budget, Effort
from production.scheduling.first import best_dispatch
from production.scheduling.plant import Plant
from production.scheduling.rules import DUE_RULES, Manner, tuned, urgency
from tests.production.scheduling.shop import DAY, HOUR, chain, job, plant

WEEKDAYS = Calendar(tuple((day * DAY + 8 * HOUR, day * DAY + 16 * HOUR) for day in range(28) if day % 7 < 5))
FRIDAY, SUNDAY, MONDAY = 4 * DAY, 6 * DAY, 7 * DAY


def test_what_is_due_on_sunday_is_done_on_friday_before_weightier_work_that_monday_is_soon_enough_for():
    problem = plant(
        job("Sunday", ("M", 4 * HOUR), release=FRIDAY + 12 * HOUR, due=SUNDAY + 20 * HOUR, weight=2),
        job("Monday", ("M", 4 * HOUR), release=FRIDAY + 12 * HOUR, due=MONDAY + 14 * HOUR, weight=3),
        calendar=WEEKDAYS,
    )
    numbered = Plant(problem, Weights())
    plan = dispatched(numbered, urgency(numbered), DUE_RULES[0])
    assert plan.end == [FRIDAY + 16 * HOUR, MONDAY + 12 * HOUR]


def crowded(seed):
    """Two hundred orders over ten machines, to one of which half of them go as well: more than it can do."""
    dice = Random(seed)
    machines = [f"M{m}" for m in range(10)]
    jobs = []
    for j in range(200):
        route = dice.sample(machines[1:], 3)
        if dice.random() < 0.5:
            route.insert(dice.randrange(4), machines[0])
        release = dice.randrange(80) * HOUR
        steps = [(machine, dice.randint(20, 100) * 60) for machine in route]
        due = release + dice.randint(6, 40) * HOUR
        jobs.append(Job(f"J{j}", chain(f"J{j}", steps), release, due, dice.choice((1, 1, 3, 9))))
    return Plant(Problem(tuple(map(Machine, machines)), tuple(jobs)), Weights())


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_a_rule_tuned_to_a_crowded_plant_leaves_less_late_than_every_plain_rule(seed, workers):
    numbered = crowded(seed)
    seen = urgency(numbered)
    plain = min(dispatched(numbered, seen, rule).cost for rule in DUE_RULES)
    effort = Effort(4, workers)
    first = best_dispatch(numbered, Budget(effort, effort.now() + 4, seed, workers))
    assert first.plan.cost < 0.97 * plain
    assert first.plan.cost == pytest.approx(numbered.price(first.plan))
    assert not first.plan.unplaced


def test_work_on_a_machine_that_everybody_waits_for_is_put_behind_work_that_needs_little_of_it():
    """Two orders of the same length and weight wait for the same machine; one of them goes on to the crowded one."""
    steps = {"to the crowd": (("A", HOUR), ("crowded", HOUR)), "past it": (("A", HOUR), ("idle", HOUR))}
    jobs = tuple(Job(name, chain(name, route), 0, 0, 1) for name, route in steps.items())
    numbered = Plant(Problem(tuple(Machine(name) for name in ("A", "crowded", "idle")), jobs), Weights())
    seen, machine = urgency(numbered), numbered.arrays.mode["machine"]
    rule = tuned(Manner(own=0.0), np.array([1.0, 50.0, 0.0]), machine)
    plan = dispatched(numbered, seen, rule)
    start = {numbered.keys[i]: plan.start[i] for i in range(numbered.size)}
    assert start["past it", "1"] == 0
    assert start["to the crowd", "1"] == HOUR


def test_one_task_alone_needs_no_tuning():
    problem = Problem((Machine("M"),), (Job("J", (Task("1", "J", (Mode("M", 5),)),), due=3),))
    first = best_dispatch(Plant(problem, Weights()), Budget(Effort(0.1, workers=1), 0.1))
    assert first.plan.end == [5]
