"""Capability: how the spread of a process compares with the limits of the drawing.

Cp, Cpk and Cpm take the standard deviation within subgroups (what the process can do), Pp and Ppk that of all values (what it did).
Intervals: Cp, Pp by the chi-squared distribution with n - 1 degrees of freedom; Cpk, Cpl, Cpu, Ppk by Bissell's normal approximation
(Applied Statistics 39 (1990), 331-340); Cpm by Boyles (Journal of Quality Technology 23 (1991), 17-26); all as in Montgomery,
Introduction to Statistical Quality Control, section 8.3. Two-sided at the stated confidence, also where a specification has one side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Literal, cast

from scipy.special import chdtri, ndtri

from quality.spc.constants import constants
from quality.spc.control import NoVariation
from quality.spc.subgroups import mean, moving_ranges, ranges, standard_deviation, standard_deviations

Within = Literal["range", "s", "moving_range"]
FEWEST = 10
ENOUGH = 50


class TooFewValues(ValueError):
    """So few values say nothing about capability."""


@dataclass(frozen=True)
class Index:
    """An index with the interval in which the true one lies."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Flag:
    """A reason not to lean on the indices; `code` is `out_of_control`, `not_judged` or `few_values`."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Capability:
    """Indices of one characteristic. With one limit only the index of that side, and Cpk and Ppk, which are that one, are there.

    :ivar sigma_within: estimated from within subgroups, by `within_source`; `sigma_overall` is that of all values.
    :ivar flags: reasons not to lean on them; empty when there are none.
    """

    n: int
    mean: float
    sigma_within: float
    within_source: str
    sigma_overall: float
    confidence: float
    cp: Index | None
    cpl: Index | None
    cpu: Index | None
    cpk: Index
    cpm: Index | None
    pp: Index | None
    ppl: Index | None
    ppu: Index | None
    ppk: Index
    flags: tuple[Flag, ...]

    @property
    def is_sound(self) -> bool:
        return not self.flags


def capability(
    data: Sequence[float] | Sequence[Sequence[float]],
    *,
    lower: float | None = None,
    upper: float | None = None,
    target: float | None = None,
    within: Within | None = None,
    confidence: float = 0.95,
    in_control: bool | None = None,
    fewest: int = FEWEST,
    enough: int = ENOUGH,
) -> Capability:
    """Indices of capability with their intervals.

    :param data: values in order of time, or subgroups of one size.
    :param lower, upper: limits of the drawing; at least one.
    :param target: for Cpm; by default the middle of the limits.
    :param within: from what the standard deviation within subgroups is estimated; by default ranges (`range`), moving ranges for
        single values.
    :param in_control: whether the chart of these values shows no signal; where it does, or nobody knows, that is flagged.
    :param fewest, enough: number of values below which nothing is said, and below which the number is flagged.
    :raises TooFewValues: below `fewest`.
    :raises NoVariation: when the values do not vary.
    :raises ValueError: without limits, with crossed ones, a confidence that is none, or subgroups of several sizes.
    """
    _check(lower, upper, confidence)
    values, sigma_within, source = _spread_within(data, within)
    n = len(values)
    if n < max(fewest, 2):
        raise TooFewValues(f"{n} values say nothing about capability; at least {max(fewest, 2)} are needed.")
    center, overall = mean(values), standard_deviation(values)
    if sigma_within <= 0 or overall <= 0:
        raise NoVariation("The values do not vary, so that no index follows.")
    interval = _Interval(n, confidence)
    potential = _of_spread(interval, lower, upper, sigma_within)
    low_side, high_side = _of_sides(interval, lower, upper, center, sigma_within)
    low_overall, high_overall = _of_sides(interval, lower, upper, center, overall)
    return Capability(
        n=n,
        mean=center,
        sigma_within=sigma_within,
        within_source=source,
        sigma_overall=overall,
        confidence=confidence,
        cp=potential,
        cpl=low_side,
        cpu=high_side,
        cpk=_smaller(low_side, high_side),
        cpm=_of_target(interval, lower, upper, target, center, sigma_within),
        pp=_of_spread(interval, lower, upper, overall),
        ppl=low_overall,
        ppu=high_overall,
        ppk=_smaller(low_overall, high_overall),
        flags=_flags(n, in_control, enough),
    )


@dataclass(frozen=True)
class _Interval:
    n: int
    confidence: float

    def of_ratio(self, value: float, freedom: float) -> Index:
        """Of an index that is a constant over a standard deviation."""
        tail = (1 - self.confidence) / 2
        low = value * sqrt(float(chdtri(freedom, 1 - tail)) / freedom)
        high = value * sqrt(float(chdtri(freedom, tail)) / freedom)
        return Index(value, low, high)

    def of_side(self, value: float) -> Index:
        """Bissell: of an index that stands on mean and standard deviation."""
        reach = float(ndtri((1 + self.confidence) / 2)) * sqrt(
            1 / (9 * self.n) + value**2 / (2 * (self.n - 1))
        )
        return Index(value, value - reach, value + reach)


def _spread_within(
    data: Sequence[float] | Sequence[Sequence[float]], within: Within | None
) -> tuple[list[float], float, str]:
    """All values, the standard deviation within, and where that is from."""
    if not data:
        return [], 0.0, ""
    if isinstance(data[0], int | float):
        values = [float(each) for each in cast("Sequence[float]", data)]
        if within not in {None, "moving_range"}:
            raise ValueError(
                "Single values have moving ranges; give subgroups for ranges or standard deviations."
            )
        steps = moving_ranges(values)
        return _numbers(values), (mean(steps) / constants(2).d2_printed if steps else 0.0), "MR̄/1.128"
    subgroups = cast("Sequence[Sequence[float]]", data)
    n = len(subgroups[0])
    if any(len(each) != n for each in subgroups):
        raise ValueError("Subgroups have one size.")
    values = _numbers([float(value) for each in subgroups for value in each])
    if within == "moving_range":
        raise ValueError(
            "Subgroups have ranges or standard deviations; give single values for moving ranges."
        )
    if within == "s":
        return values, mean(standard_deviations(subgroups)) / constants(n).c4, "s̄/c4"
    return values, mean(ranges(subgroups)) / constants(n).d2_printed, "R̄/d2"


def _numbers(values: list[float]) -> list[float]:
    if not all(map(isfinite, values)):
        raise ValueError("A value is not a number.")
    return values


def _of_spread(interval: _Interval, lower: float | None, upper: float | None, sigma: float) -> Index | None:
    if lower is None or upper is None:
        return None
    return interval.of_ratio((upper - lower) / (6 * sigma), interval.n - 1)


def _of_sides(
    interval: _Interval, lower: float | None, upper: float | None, center: float, sigma: float
) -> tuple[Index | None, Index | None]:
    below = None if lower is None else interval.of_side((center - lower) / (3 * sigma))
    above = None if upper is None else interval.of_side((upper - center) / (3 * sigma))
    return below, above


def _of_target(
    interval: _Interval,
    lower: float | None,
    upper: float | None,
    target: float | None,
    center: float,
    sigma: float,
) -> Index | None:
    """Cpm: the spread about the target instead of about the mean."""
    if lower is None or upper is None:
        return None
    off = (center - ((lower + upper) / 2 if target is None else target)) / sigma
    value = (upper - lower) / (6 * sigma * sqrt(1 + off**2))
    return interval.of_ratio(value, interval.n * (1 + off**2) ** 2 / (1 + 2 * off**2))


def _smaller(below: Index | None, above: Index | None) -> Index:
    sides = [side for side in (below, above) if side is not None]
    return min(sides, key=lambda side: side.value, default=Index(inf, inf, inf))


def _flags(n: int, in_control: bool | None, enough: int) -> tuple[Flag, ...]:
    flags = []
    if in_control is False:
        flags.append(
            Flag(
                "out_of_control",
                "The chart is out of control: find the cause first; of a process that changes nothing can be foretold.",
            )
        )
    elif in_control is None:
        flags.append(Flag("not_judged", "Whether the process is in control was not judged."))
    if n < enough:
        flags.append(Flag("few_values", f"Only {n} values; the interval says how little that tells."))
    return tuple(flags)


def _check(lower: float | None, upper: float | None, confidence: float) -> None:
    if lower is None and upper is None:
        raise ValueError("Without a limit of the drawing there is no capability.")
    if lower is not None and upper is not None and not lower < upper:
        raise ValueError("The lower limit is below the upper one.")
    if not 0 < confidence < 1:
        raise ValueError("A confidence lies between 0 and 1.")
