"""Which items matter and which can be foreseen: ABC by the value that is asked for in a year, XYZ by forecast error.

A: the items that make the first 80 % of the value, B: up to 95 %, C: the rest, and whatever nobody asks for (Dickie 1951; Silver,
Pyke and Thomas 2017, section 2.4). X: the forecast of four weeks errs by less than a quarter of it, Y: by less than 60 %, Z: by more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from forecasting.wording import amount

A_SHARE: Final = 0.8
B_SHARE: Final = 0.95
X_ERROR: Final = 0.25
Y_ERROR: Final = 0.6
FORESEEN_DAYS: Final = 28
"""Days of demand whose forecast error is judged."""


class Abc(StrEnum):
    A = "A"
    B = "B"
    C = "C"


class Xyz(StrEnum):
    X = "X"
    Y = "Y"
    Z = "Z"


@dataclass(frozen=True, slots=True)
class Usage:
    """What an item is judged by: value asked for in a year, and the forecast's standard error over its mean."""

    value_a_year: float
    error: float


@dataclass(frozen=True, slots=True)
class Class:
    """Where an item stands.

    :ivar share: of all value, made by it and the items above it.
    """

    abc: Abc
    xyz: Xyz
    usage: Usage
    share: float

    @property
    def name(self) -> str:
        return f"{self.abc}{self.xyz}"

    @property
    def why(self) -> str:
        return (
            f"{self.abc}: asked for {amount(self.usage.value_a_year)} a year, with the items above it {self.share:.0%} of all value; "
            f"{self.xyz}: the forecast of {FORESEEN_DAYS} days errs by {self.usage.error:.0%}."
        )


def classify(usages: Sequence[Usage]) -> list[Class]:
    """The class of each, in the order given; equal values keep that order."""
    ranked = by_value([usage.value_a_year for usage in usages])
    return [classed(usage, *standing) for usage, standing in zip(usages, ranked, strict=True)]


def classed(usage: Usage, abc: Abc, share: float) -> Class:
    """The class of an item of which is known where it stands by value."""
    return Class(abc, _xyz(usage), usage, share)


def by_value(values: Sequence[float]) -> list[tuple[Abc, float]]:
    """For each value, what it stands among and the share of all value made by it and those above it; equal values keep their order."""
    total = sum(max(value, 0.0) for value in values)
    found: dict[int, tuple[Abc, float]] = {}
    reached = 0.0
    for place in sorted(range(len(values)), key=lambda place: -values[place]):
        above = reached / total if total > 0 else 1.0
        reached += max(values[place], 0.0)
        share = reached / total if total > 0 else 1.0
        found[place] = _abc(values[place], above), share
    return [found[place] for place in range(len(values))]


def _abc(value: float, above: float) -> Abc:
    """By what stands above an item, so that the one that crosses a cut belongs to the better class."""
    if value <= 0 or above >= B_SHARE:
        return Abc.C
    return Abc.A if above < A_SHARE else Abc.B


def _xyz(usage: Usage) -> Xyz:
    if usage.error < X_ERROR:
        return Xyz.X
    return Xyz.Y if usage.error < Y_ERROR else Xyz.Z
