"""Which plan ANSI/ASQ Z1.4 asks for: from a lot's size to a sample and the numbers that it is accepted and rejected by.

A cell of the tables without a plan points up or down its column; the whole plan pointed to is taken, its sample size as much as its
numbers (4.9.4 of MIL-STD-105E). A sample that is no smaller than its lot means that every piece is inspected.
"""

from bisect import bisect_left
from decimal import Decimal
from typing import NamedTuple

from quality.sampling import tables
from quality.sampling.tables import AQLS, LETTERS, SEVERITIES, Level, Numbers, Severity, Sizes, Staged

_COLUMNS = {Decimal(aql): column for column, aql in enumerate(AQLS)}


class NoSuchPlan(ValueError):
    """The tables have no row or column for what was asked."""


class Plan(NamedTuple):
    """A single sampling plan.

    :ivar code_letter: of the plan itself; where the lot's own letter points to another plan, of that one.
    :ivar sample_size: pieces to inspect, never more than the lot has.
    :ivar accept: nonconforming pieces (or nonconformities) up to which the lot is accepted.
    :ivar reject: from which on it is not. In reduced inspection there may be numbers between: the lot is accepted, and the next one
        inspected normally.
    """

    code_letter: str
    sample_size: int
    accept: int
    reject: int


class Sample(NamedTuple):
    """One sample of a plan: its own size, and the numbers for all samples up to it; `accept` None: too early to accept."""

    size: int
    accept: int | None
    reject: int


class StagedPlan(NamedTuple):
    """A single, double or multiple plan as the samples that it takes one after the other, each only when those before left it open."""

    code_letter: str
    samples: tuple[Sample, ...]


def single_plan(
    lot_size: int, *, aql: Decimal | float | str, level: Level = "II", severity: Severity = "normal"
) -> Plan:
    """The single sampling plan of ANSI/ASQ Z1.4 (tables I and II-A to II-C of MIL-STD-105E) for a lot.

    :param lot_size: pieces in the lot.
    :param aql: per cent nonconforming or, above 10, nonconformities per hundred pieces; one of `tables.AQLS`.
    :raises NoSuchPlan: for a lot of nothing, and for an AQL, level or severity that the standard does not have.
    """
    letter, numbers = _cell(lot_size, aql, level, severity)
    size = tables.SINGLE_SIZES[severity][LETTERS.index(letter)]
    return Plan(letter, min(size, lot_size), *numbers)


def double_plan(
    lot_size: int, *, aql: Decimal | float | str, level: Level = "II", severity: Severity = "normal"
) -> StagedPlan:
    """The double sampling plan (tables III-A to III-C), or the single one where the standard says to use that.

    A lot that has not more pieces than both samples together is inspected by the single plan too.

    :raises NoSuchPlan: as `single_plan`.
    """
    return _staged(lot_size, aql, level, severity, [(tables.DOUBLE_SIZES, tables.DOUBLE)])


def multiple_plan(
    lot_size: int, *, aql: Decimal | float | str, level: Level = "II", severity: Severity = "normal"
) -> StagedPlan:
    """The multiple plan of seven samples (tables IV-A to IV-C), or the double or single one where the standard says to use that.

    :raises NoSuchPlan: as `single_plan`.
    """
    wanted = [(tables.MULTIPLE_SIZES, tables.MULTIPLE), (tables.DOUBLE_SIZES, tables.DOUBLE)]
    return _staged(lot_size, aql, level, severity, wanted)


def code_letter(lot_size: int, level: Level = "II") -> str:
    """The sample size code letter of a lot (table I).

    :raises NoSuchPlan: for a lot of nothing, or an unknown level.
    """
    if level not in tables.CODE_LETTERS:
        raise NoSuchPlan(f"There is no inspection level {level}; there are {', '.join(tables.CODE_LETTERS)}.")
    if lot_size < 1:
        raise NoSuchPlan("A lot has at least one piece.")
    return tables.CODE_LETTERS[level][bisect_left(tables.LOT_SIZES, lot_size)]


def lot_band(lot_size: int) -> str:
    """The band of table I that a lot falls into, as people write it: 501 to 1,200."""
    band = bisect_left(tables.LOT_SIZES, lot_size)
    if band == len(tables.LOT_SIZES):
        return f"more than {tables.LOT_SIZES[-1]:,}"
    return f"{tables.LOT_SIZES[band - 1] + 1 if band else 2:,} to {tables.LOT_SIZES[band]:,}"


def _staged(
    lot_size: int,
    aql: Decimal | float | str,
    level: Level,
    severity: Severity,
    wanted: list[tuple[Sizes, dict[Numbers, Staged]]],
) -> StagedPlan:
    letter, numbers = _cell(lot_size, aql, level, severity)
    row = LETTERS.index(letter)
    for sizes, stages in wanted:
        size = sizes[severity][row]
        if size and numbers in stages and size * len(stages[numbers]) < lot_size:
            return StagedPlan(letter, tuple(Sample(size, *each) for each in stages[numbers]))
    plan = single_plan(lot_size, aql=aql, level=level, severity=severity)
    return StagedPlan(letter, (Sample(plan.sample_size, plan.accept, plan.reject),))


def _cell(lot_size: int, aql: Decimal | float | str, level: Level, severity: Severity) -> tuple[str, Numbers]:
    """The letter and numbers of the plan that the lot's cell is or points to."""
    if severity not in SEVERITIES:
        raise NoSuchPlan(f"Inspection is {', '.join(SEVERITIES)}; not {severity}.")
    column, letters = _column(aql), LETTERS[: len(tables.SINGLE_SIZES[severity])]
    row = letters.index(code_letter(lot_size, level))
    content = _content(severity, row, column)
    step = -1 if content == tables.UP else 1
    # An arrow that leads out of the table is turned round; whichever way, the first plan met is the one pointed to.
    below, above = range(row, len(letters)), range(row, -1, -1)
    for path in (above, below) if step < 0 else (below, above):
        for place in path:
            found = _content(severity, place, column)
            if not isinstance(found, str):
                return letters[place], found
    raise AssertionError("every column of the tables has a plan")


def _column(aql: Decimal | float | str) -> int:
    try:
        return _COLUMNS[Decimal(str(aql)).normalize()]
    except (KeyError, ArithmeticError) as unknown:
        raise NoSuchPlan(f"The standard has no AQL of {aql}; it has {', '.join(AQLS)}.") from unknown


def _content(severity: Severity, row: int, column: int) -> Numbers | str:
    """What a cell holds: the numbers of its plan, or the way to one."""
    exceptional = tables.EXCEPTIONS[severity].get((LETTERS[row], column))
    if exceptional is not None:
        return exceptional
    place = row + column - tables.FIRST_DIAGONAL[severity]
    diagonals = tables.DIAGONALS[severity]
    if place < 0:
        return tables.DOWN
    if LETTERS[row] == "S" and AQLS[column] != "0.025":
        return tables.UP
    last = len(diagonals) if row <= tables.LAST_ROW_OF_ALL else len(diagonals) - 2
    return diagonals[place] if place < last else tables.UP
