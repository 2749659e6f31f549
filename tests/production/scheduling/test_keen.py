"""In large plants a job of more than the least weight should not be late at all where others can give way."""

import numpy as np
import pytest

from production.scheduling import Weights, solve
from production.scheduling.check import check
from production.scheduling.flatten import SEARCHED_WHOLE
from production.scheduling.kernel.graph import graph_of
from production.scheduling.plant import Plant
from production.scheduling.timing import timed
from tests.production.scheduling.shop import HOUR, job, plant

# Light first costs 5,700 + 9 × 590 weighted seconds, heavy first 11,100: a little more.
LIGHT = job("light", ("M", 5700), due=0, weight=1)
HEAVY = job("heavy", ("M", 5400), due=10_510, weight=9)


def beside(others):
    """The two jobs in a plant that has so many others to do elsewhere."""
    return plant(LIGHT, HEAVY, *(job(f"J{n}", (f"N{n % 50}", HOUR), weight=1) for n in range(others)))


@pytest.mark.parametrize(("others", "first"), [(0, "light"), (SEARCHED_WHOLE, "heavy")])
def test_others_give_way_to_a_heavy_job_that_would_be_a_little_late(others, first):
    problem = beside(others)
    solve(problem, seconds=0)  # loads what is compiled, which else counts as time to search
    result = solve(problem, seconds=1, seed=1)
    assert check(problem, result) == []
    assert result.by_key()[first, "1"].start == 0


def test_being_late_at_all_is_no_part_of_the_price_by_which_plans_are_compared():
    numbered = Plant(beside(SEARCHED_WHOLE), Weights(keen=5.0))
    heavy = numbered.number["heavy", "1"]
    key = np.arange(numbered.size, dtype=np.float64)
    plan = timed(numbered, key, [modes[0][0] for modes in numbered.modes])
    assert plan.end[heavy] - 10_510 == 590
    hold = np.zeros(numbered.size, np.int64)
    tally = graph_of(numbered.arrays, plan.slots, hold).tally
    assert tally["cost"].sum() == pytest.approx(numbered.price(plan))
    flow = Weights().flow * plan.end[heavy]
    assert tally["cost"][numbered.job[heavy]] == pytest.approx(9 * 590 + flow)
