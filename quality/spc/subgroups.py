"""The spread within subgroups, and from each individual to the next."""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum, sqrt


def mean(values: Sequence[float]) -> float:
    """Arithmetic, at least one value."""
    return fsum(values) / len(values)


def standard_deviation(values: Sequence[float]) -> float:
    """Of a sample: divided by n - 1."""
    center = mean(values)
    return sqrt(fsum((value - center) ** 2 for value in values) / (len(values) - 1))


def ranges(subgroups: Sequence[Sequence[float]]) -> list[float]:
    return [max(each) - min(each) for each in subgroups]


def standard_deviations(subgroups: Sequence[Sequence[float]]) -> list[float]:
    return [standard_deviation(each) for each in subgroups]


def moving_ranges(values: Sequence[float]) -> list[float]:
    """From each value to the next: one fewer than there are values."""
    return [abs(after - before) for before, after in pairwise(values)]
