"""How hot a search begins goes by what is at stake: where nothing is late that need not be, it must not shuffle what is early."""

import numpy as np
import pytest

from production.scheduling import Weights
from production.scheduling.anneal import warmth
from production.scheduling.plant import Plant
from production.scheduling.timing import timed
from tests.production.scheduling.shop import HOUR, job, plant

WEIGHTS = Weights(flow=0.02, setup=0.01)
IN_TIME = WEIGHTS.flow * HOUR  # what an hour in the plant costs


def warmth_of(*jobs):
    """Of the plan that takes the jobs, of an hour each, as they come."""
    numbered = Plant(plant(*jobs), WEIGHTS)
    key = np.arange(numbered.size, dtype=np.float64)
    return warmth(numbered, timed(numbered, key, [modes[0][0] for modes in numbered.modes]))


def test_where_nothing_is_late_time_in_the_plant_is_at_stake():
    assert warmth_of(*(job(f"J{n}", ("M", HOUR), due=99 * HOUR, weight=3) for n in range(4))) == IN_TIME


def test_what_is_late_whatever_is_done_is_not_at_stake():
    assert warmth_of(job("late", ("M", HOUR), due=0, weight=3)) == IN_TIME


def test_lateness_that_can_be_avoided_is_what_counts():
    late = warmth_of(*(job(f"J{n}", ("M", HOUR), due=HOUR, weight=3) for n in range(4)))
    assert late == pytest.approx(3 * HOUR, rel=0.1)


def test_where_neither_costs_anything_there_is_warmth_all_the_same():
    numbered = Plant(plant(job("J", ("M", HOUR), due=HOUR)), Weights(tardiness=0, flow=0, setup=0))
    assert warmth(numbered, timed(numbered, [0.0], [0])) > 0
