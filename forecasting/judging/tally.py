"""Errors added up so that they can be added up further: of several weeks, items or families.

A share of demand cannot be averaged; what lies behind it can be added: the demand of the weeks in which somebody said a number, the sum of absolute
errors and the sum of errors. Error and bias of any sum are then worked out as of one item (`forecasting.judging.value_added`).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from forecasting.judging.value_added import Compared


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over weeks, in the item's unit. `…_off` is the sum of absolute errors, `…_over` that of errors, above zero where too much was forecast;
    of an override or a consensus over the weeks that had one, whose demand stands beside it.

    `touched_…` is over the weeks in which a person gave a number: what the statistics and what the number that counted were off by.
    """

    weeks: int
    actual: float
    naive_off: float
    off: float
    over: float
    override_actual: float
    override_off: float
    override_over: float
    consensus_actual: float
    consensus_off: float
    consensus_over: float
    final_off: float
    final_over: float
    touched_actual: float
    touched_off: float
    touched_final_off: float


def tally(compared: Iterable[Compared]) -> Tally:
    """Add up the errors of some weeks. A week without a naive number counts as if demand had been none the week before."""
    rows = list(compared)
    override = [(row.override, row.actual) for row in rows if row.override is not None]
    consensus = [(row.consensus, row.actual) for row in rows if row.consensus is not None]
    touched = [row for row in rows if row.override is not None or row.consensus is not None]
    statistical, final = [(r.statistical, r.actual) for r in rows], [(r.final, r.actual) for r in rows]
    return Tally(
        weeks=len(rows),
        actual=sum(row.actual for row in rows),
        naive_off=_off((row.naive or 0.0, row.actual) for row in rows),
        off=_off(statistical),
        over=_over(statistical),
        override_actual=sum(actual for _, actual in override),
        override_off=_off(override),
        override_over=_over(override),
        consensus_actual=sum(actual for _, actual in consensus),
        consensus_off=_off(consensus),
        consensus_over=_over(consensus),
        final_off=_off(final),
        final_over=_over(final),
        touched_actual=sum(row.actual for row in touched),
        touched_off=_off((row.statistical, row.actual) for row in touched),
        touched_final_off=_off((row.final, row.actual) for row in touched),
    )


def share(part: float, actual: float) -> float | None:
    """An error as a share of the demand it is about; None where nothing was asked for."""
    return part / actual if actual > 0 else None


def _off(pairs: Iterable[tuple[float, float]]) -> float:
    return sum(abs(number - actual) for number, actual in pairs)


def _over(pairs: Iterable[tuple[float, float]]) -> float:
    return sum(number - actual for number, actual in pairs)
