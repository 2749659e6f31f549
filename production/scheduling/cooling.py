"""When annealing is heated again: one cooling where time is short, many of several lengths where there is more.

Some plants want many short coolings, others few long ones, and none says which. With lengths of 1, 1, 2, 1, 1, 2, 4, … every length
gets as much of the time as any other. (Luby, Sinclair & Zuckerman 1993, for restarts.)
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

ENOUGH = 0.02  # seconds for each task that one cooling takes to be worth its while; several are made where there is twice as much
SHORTEST = 0.005  # seconds for each task, where there are several


def coolings(seconds: float, size: int) -> list[float]:
    """When each cooling of the search of so many tasks ends, as shares of its time; the last is 1."""
    if seconds < 2 * ENOUGH * size:
        return [1.0]
    units = seconds / (SHORTEST * size)
    ends = list(accumulate(map(_length, range(1, int(units) + 1))))
    count = bisect_right(ends, units)
    return [end / ends[count - 1] for end in ends[:count]]


def cooled(ends: Sequence[float], share: float) -> float:
    """How far the cooling has come, from 0 to 1, that is under way after this share of the time."""
    number = min(bisect_right(ends, share), len(ends) - 1)
    began = ends[number - 1] if number else 0.0
    return min((share - began) / (ends[number] - began), 1.0)


def _length(number: int) -> int:
    """The number-th of 1, 1, 2, 1, 1, 2, 4, 1, 1, 2, 1, 1, 2, 4, 8, …, counted from 1."""
    power = number.bit_length()
    if number == (1 << power) - 1:
        return 1 << (power - 1)
    return _length(number - (1 << (power - 1)) + 1)
