"""How often annealing is heated again, and how far it has cooled."""

from collections import Counter
from itertools import pairwise

import pytest

from production.scheduling.cooling import ENOUGH, SHORTEST, cooled, coolings

TASKS = 100


def test_a_short_search_cools_once():
    assert coolings(1.9 * ENOUGH * TASKS, TASKS) == [1.0]


def test_in_a_long_one_every_length_gets_as_much_of_the_time():
    ends = coolings(80.5 * SHORTEST * TASKS, TASKS)

    lengths = Counter(round(80 * (end - began)) for began, end in pairwise([0.0, *ends]))
    assert lengths == {1: 16, 2: 8, 4: 4, 8: 2, 16: 1}
    assert ends[-1] == 1.0


@pytest.mark.parametrize("seconds", [1.0, 7.3, 500.0])
def test_each_cooling_begins_hot_and_ends_cold(seconds: float):
    ends = coolings(seconds, TASKS)

    for began, end in pairwise([0.0, *ends]):
        assert cooled(ends, began) == 0.0
        assert cooled(ends, (began + end) / 2) == pytest.approx(0.5)
        assert cooled(ends, end - 1e-9) == pytest.approx(1.0, abs=1e-6)
    assert cooled(ends, 1.0) == 1.0
