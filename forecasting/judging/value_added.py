"""Forecast value added: the error and bias of each step of a forecast, side by side.

The steps are the naive number (last week again), the statistical one, a person's override and what was agreed. A step
that does not lower the error adds no value (Gilliland, The Business Forecasting Deal, Wiley 2010, ch. 4). Error is the
sum of absolute errors over the sum of demand (WAPE), which small weeks do not blow up; bias is the sum of errors over
it, above zero where too much was forecast.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compared:
    """One week of one item: what was forecast by each step, and what was asked for. None where a step said nothing."""

    actual: float
    statistical: float
    naive: float | None = None
    override: float | None = None
    consensus: float | None = None

    @property
    def final(self) -> float:
        """What counted: the agreed number, else the override, else the statistics."""
        if self.consensus is not None:
            return self.consensus
        return self.statistical if self.override is None else self.override


@dataclass(frozen=True, slots=True)
class Score:
    """Error and bias of one step over the weeks in which it said something, as shares of their demand."""

    weeks: int
    error: float
    bias: float


@dataclass(frozen=True, slots=True)
class Judged:
    """Every step over the same weeks, and what people added.

    ``added`` is the statistical error less the final one, over the weeks in which a person gave a number: below zero
    the numbers were made worse. None where nobody gave one, or nothing was asked for in those weeks.
    """

    weeks: int
    actual: float
    naive: Score | None
    statistical: Score | None
    override: Score | None
    consensus: Score | None
    final: Score | None
    added: float | None


def judge(compared: Iterable[Compared]) -> Judged:
    """Score each step. A step without weeks, or with none in which anything was asked for, has no score."""
    rows = list(compared)
    by_people = [row for row in rows if row.override is not None or row.consensus is not None]
    plain, final = _score(by_people, lambda row: row.statistical), _score(by_people, lambda row: row.final)
    return Judged(
        weeks=len(rows),
        actual=sum(row.actual for row in rows),
        naive=_score(rows, lambda row: row.naive),
        statistical=_score(rows, lambda row: row.statistical),
        override=_score(rows, lambda row: row.override),
        consensus=_score(rows, lambda row: row.consensus),
        final=_score(rows, lambda row: row.final),
        added=plain.error - final.error if plain is not None and final is not None else None,
    )


def _score(rows: Sequence[Compared], of: Callable[[Compared], float | None]) -> Score | None:
    said = [(number, row.actual) for row in rows if (number := of(row)) is not None]
    total = sum(actual for _, actual in said)
    if total <= 0:
        return None
    return Score(
        len(said),
        sum(abs(number - actual) for number, actual in said) / total,
        sum(number - actual for number, actual in said) / total,
    )
