"""Rules that tell a cause from chance on a control chart.

Nelson, "The Shewhart Control Chart: Tests for Special Causes", Journal of Quality Technology 16 (1984), 237-239; Western Electric
Company, Statistical Quality Control Handbook (1956). Zones count in standard deviations from the center line:

1. one point beyond three
2. nine points in a row on the same side of the center line; one on the line ends the row (Western Electric: eight)
3. six points in a row, each above the one before, or each below; equal neighbours end the row (Minitab: seven points, six steps)
4. fourteen points in a row alternating up and down (or fifteen)
5. two of three points in a row beyond two on the same side, the present one among them
6. four of five points in a row beyond one on the same side, the present one among them
7. fifteen points in a row within one, on either side, the limit of the zone included
8. eight points in a row beyond one, on either side

A rule marks every point at which its pattern is complete.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

RULES = (1, 2, 3, 4, 5, 6, 7, 8)
LENGTHS = {2: (7, 8, 9), 3: (6, 7), 4: (14, 15)}
"""How many points in a row some book asks for, of the rules on which books differ."""


@dataclass(frozen=True)
class Conventions:
    """How many points in a row a rule asks for, where books differ.

    :ivar same_side: rule 2: 9 (Nelson), 8 (Western Electric), 7 (some car makers).
    :ivar trend: rule 3: 6 points (Nelson, JMP) or 7 (Minitab: six steps).
    :ivar alternating: rule 4: 14 (Nelson) or 15.
    """

    same_side: int = 9
    trend: int = 6
    alternating: int = 14

    @property
    def longest(self) -> int:
        """Points that any rule looks at, the present one among them."""
        return max(15, self.same_side, self.trend, self.alternating)


@dataclass(frozen=True)
class RuleSet:
    """Which rules are on, under which conventions."""

    rules: tuple[int, ...]
    conventions: Conventions


NELSON = RuleSet(RULES, Conventions())
WESTERN_ELECTRIC = RuleSet((1, 2, 5, 6), Conventions(same_side=8))
DEFAULT = Conventions()


def rule_violations(
    values: Sequence[float],
    *,
    center: float | Sequence[float],
    sigma: float | Sequence[float],
    rules: Collection[int] = RULES,
    conventions: Conventions = DEFAULT,
) -> list[tuple[int, int]]:
    """Each point that completes a pattern, as (index, rule), by index and then by rule.

    :param values: what is plotted, in order of time.
    :param center: center line; one for each point where they differ.
    :param sigma: standard deviation of a plotted point; one for each where sizes of subgroups differ (p, u).
    :param rules: those that are on.
    :raises ValueError: when there is no such rule, sigma is not above zero, a value is no number, or lengths differ.
    """
    unknown = sorted(set(rules) - set(RULES))
    if unknown:
        raise ValueError(f"There is no rule {unknown[0]}.")
    z = _standardized(values, center, sigma)
    steps = [(later > earlier) - (later < earlier) for earlier, later in pairwise(values)]
    rows = _Rows(z, steps, conventions)
    found = (
        (index, rule) for index in range(len(z)) for rule in sorted(set(rules)) if rows.breaks(rule, index)
    )
    return list(found)


def describe(rule: int, conventions: Conventions = DEFAULT) -> str:
    """What a rule found, as a person says it."""
    told = {
        1: "one point beyond 3 sigma",
        2: f"{conventions.same_side} points in a row on one side of the center line",
        3: f"{conventions.trend} points in a row rising or falling",
        4: f"{conventions.alternating} points in a row alternating up and down",
        5: "2 of 3 points beyond 2 sigma on one side",
        6: "4 of 5 points beyond 1 sigma on one side",
        7: "15 points in a row within 1 sigma",
        8: "8 points in a row beyond 1 sigma on both sides",
    }
    return told[rule]


@dataclass(frozen=True)
class _Rows:
    """Points in units of sigma and the direction of each step, `steps[i]` leading to point i + 1."""

    z: Sequence[float]
    steps: Sequence[int]
    conventions: Conventions

    def breaks(self, rule: int, index: int) -> bool:
        tests: dict[int, Callable[[int], bool]] = {
            1: lambda at: abs(self.z[at]) > 3,
            2: lambda at: self._on_one_side(at, self.conventions.same_side),
            3: lambda at: self._steady(at, self.conventions.trend),
            4: lambda at: self._alternating(at, self.conventions.alternating),
            5: lambda at: self._beyond_on_one_side(at, 2, wanted=2, among=3),
            6: lambda at: self._beyond_on_one_side(at, 1, wanted=4, among=5),
            7: lambda at: self._row(at, 15, lambda value: abs(value) <= 1),
            8: lambda at: self._row(at, 8, lambda value: abs(value) > 1),
        }
        return tests[rule](index)

    def _row(self, index: int, length: int, holds: Callable[[float], bool]) -> bool:
        return index + 1 >= length and all(map(holds, self.z[index + 1 - length : index + 1]))

    def _on_one_side(self, index: int, length: int) -> bool:
        above = self._row(index, length, lambda value: value > 0)
        return above or self._row(index, length, lambda value: value < 0)

    def _steps_to(self, index: int, points: int) -> Sequence[int]:
        """The steps between the last so many points; none where there are fewer points."""
        return self.steps[index + 1 - points : index] if index + 1 >= points else ()

    def _steady(self, index: int, points: int) -> bool:
        steps = self._steps_to(index, points)
        return bool(steps) and steps[0] != 0 and all(step == steps[0] for step in steps)

    def _alternating(self, index: int, points: int) -> bool:
        steps = self._steps_to(index, points)
        return bool(steps) and all(before * after == -1 for before, after in pairwise(steps))

    def _beyond_on_one_side(self, index: int, zone: float, *, wanted: int, among: int) -> bool:
        last = self.z[max(0, index + 1 - among) : index + 1]
        sign = 1 if self.z[index] > 0 else -1
        return sign * self.z[index] > zone and sum(sign * value > zone for value in last) >= wanted


def _standardized(
    values: Sequence[float], center: float | Sequence[float], sigma: float | Sequence[float]
) -> list[float]:
    centers = [center] * len(values) if isinstance(center, int | float) else list(center)
    sigmas = [sigma] * len(values) if isinstance(sigma, int | float) else list(sigma)
    if not len(values) == len(centers) == len(sigmas):
        raise ValueError("There is one center and one sigma for each value, or one for all.")
    if any(not each > 0 or not isfinite(each) for each in sigmas):
        raise ValueError("Sigma is above zero.")
    if not all(isfinite(each) for each in (*values, *centers)):
        raise ValueError("A value is not a number.")
    return [(value - middle) / spread for value, middle, spread in zip(values, centers, sigmas, strict=True)]
