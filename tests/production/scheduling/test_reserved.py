"""Where capacity is reserved, what a search reckons is not what plans cost: it looks at them exactly, and begins where most stands."""

from dataclasses import replace
from random import Random

import numpy as np

from production.scheduling import Machine, Problem, Reserve, Weights, anneal, solve
from production.scheduling.effort import Budget, Effort
from production.scheduling.first import Start, best_dispatch
from production.scheduling.plant import Plant
from production.scheduling.repair import firmly_repaired, repaired
from production.scheduling.shares import held_for_shares
from production.scheduling.timing import timed
from tests.production.scheduling.shop import HOUR, job, plant

WEIGHTS = Weights(flow=0.02, setup=0.01, move=30, whole_move=3600)  # as installed
KEPT = (Reserve("order", 0.3), Reserve("stock", 0.3))


def shared_shop(rush_release: int, seed: int = 3) -> Problem:
    """Sixty jobs of two groups, each with a share of every machine kept for it; the first is a rush job, late from its beginning."""
    dice, jobs = Random(seed), []
    for number in range(60):
        work = [(machine, dice.randint(1, 8) * HOUR) for machine in dice.sample("ABCDEF", 4)]
        release = dice.randint(0, 180) * HOUR
        due, weight = release + dice.randint(30, 120) * HOUR, dice.choice((1, 3, 10))
        drawn = job(f"J{number}", *work, release=release, due=due, weight=weight)
        jobs.append(replace(drawn, group=dice.choice(("order", "stock"))))
    rush = replace(jobs[0], release=rush_release, due=20 * HOUR, weight=10)
    problem = plant(rush, *jobs[1:])
    machines = tuple(replace(machine, reserves=KEPT) for machine in problem.machines)
    return replace(problem, machines=machines, buckets=tuple(range(0, 720 * HOUR, 40 * HOUR)))


def test_the_search_begins_from_the_repair_that_moves_least_where_that_is_the_best():
    """What a repair puts in anew where moves are cheap looks well until the kept shares are counted."""
    present = solve(shared_shop(rush_release=180 * HOUR), seconds=0, weights=WEIGHTS).assignments
    problem = shared_shop(rush_release=0)
    numbered = Plant(problem, WEIGHTS, present)
    firm = firmly_repaired(numbered)[0]
    assert firm.cost == numbered.price(firm)
    assert firm.cost < 0.5 * repaired(numbered)[0].cost
    assert firm.cost < 0.5 * best_dispatch(numbered, Budget(Effort(0, workers=1), 0)).plan.cost

    assert solve(problem, seconds=0, weights=WEIGHTS, present=present).cost <= firm.cost + 1


def begun(problem: Problem) -> tuple[Plant, Start]:
    numbered = Plant(problem, WEIGHTS)
    return numbered, best_dispatch(numbered, Budget(Effort(0, workers=1), 0))


def test_what_a_search_comes_by_is_timed_exactly_on_its_way_and_the_best_of_that_is_kept(monkeypatch):
    numbered, start = begun(shared_shop(rush_release=0))
    costs, exactly = [], anneal.timed_records

    def noted(*given):
        found = exactly(*given)
        costs.append(found[0].cost)
        return found

    monkeypatch.setattr(anneal, "timed_records", noted)
    found = anneal.annealed(numbered, [start], Budget(Effort(60, workers=1), 4))

    assert len(costs) > 10
    assert found.plan.cost == min(costs) < 0.7 * start.plan.cost


def test_a_walker_goes_back_to_what_is_best_exactly_and_reckons_from_there():
    numbered, start = begun(shared_shop(rush_release=0))
    free = np.zeros(numbered.size, np.int64)
    walker = anneal.walker_of(numbered, start.plan, free, seed=1)
    walker.go_back(numbered)  # it knows nothing yet
    walker.walk(numbered, 1e6, 2000)
    assert float(walker.graph.total[0]) > start.plan.cost + 1

    walker.exact = start
    walker.go_back(numbered)

    assert float(walker.graph.total[0]) == walker.best[-1]
    assert abs(walker.best[-1] - start.plan.cost) < 1
    assert walker.look(numbered).plan.cost == start.plan.cost
    assert walker.look(numbered) is None, "it met nothing new"


def test_what_waits_for_its_share_alone_is_held_and_nothing_else():
    """Of a bucket of ten hours at most six are for stock; the second job waits for the next bucket, the third for the second."""
    kept = Machine("M", reserves=(Reserve("order", 0.4),))
    jobs = [replace(job(name, ("M", 4 * HOUR), due=0), group="stock") for name in ("one", "two", "three")]
    problem = replace(plant(*jobs), machines=(kept,), buckets=tuple(range(0, 100 * HOUR, 10 * HOUR)))
    numbered = Plant(problem, WEIGHTS)
    plan = timed(numbered, [0.0, 1.0, 2.0], [0, 0, 0])
    assert plan.start == [0, 10 * HOUR, 20 * HOUR]

    nothing = np.zeros(3, np.int64)
    assert held_for_shares(numbered, plan, nothing).tolist() == [0, 10 * HOUR, 20 * HOUR]
    assert held_for_shares(numbered, plan, np.array([0, 10 * HOUR, 0])).tolist() == [0, 10 * HOUR, 20 * HOUR]
    free = Plant(replace(problem, machines=(Machine("M"),)), WEIGHTS)
    assert held_for_shares(free, plan, nothing).tolist() == [0, 0, 0]
