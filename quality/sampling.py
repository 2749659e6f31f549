"""How many pieces are inspected, how a value is judged, and what a sample says of its lot. Plain data, no database.

A lot in pieces is sampled by the piece. Of what is weighed, filled or measured off there is nothing to count: "every
piece" and "a percentage" then mean one sample, "a fixed number" that many.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

Kind = Literal["all", "fixed", "percent"]


@dataclass(frozen=True)
class Result:
    """One judged characteristic of one piece of the sample."""

    piece: int
    conforms: bool
    is_key: bool = False


def sample_size(kind: str, size: Decimal | None, lot_quantity: Decimal, *, counted: bool) -> int:
    """Pieces to inspect: at least one and, where pieces are counted, no more than the lot has.

    :param kind: one of `Kind`.
    :param size: pieces for "fixed", per cent for "percent"; a part of a piece is rounded up.
    """
    if kind == "fixed":
        wanted = size or Decimal(1)
    elif not counted:
        wanted = Decimal(1)
    else:
        wanted = lot_quantity * (size or Decimal(100)) / 100 if kind == "percent" else lot_quantity
    pieces = int(wanted.to_integral_value(ROUND_CEILING))
    lot_pieces = int(lot_quantity.to_integral_value(ROUND_CEILING))
    return max(1, min(pieces, lot_pieces) if counted else pieces)


def within(value: Decimal, lower: Decimal | None, upper: Decimal | None) -> bool:
    """Whether a value conforms; a limit itself does, and an absent limit binds nobody."""
    return (lower is None or value >= lower) and (upper is None or value <= upper)


def tighter(
    limits: tuple[Decimal | None, Decimal | None], asked: tuple[Decimal | None, Decimal | None]
) -> tuple[Decimal | None, Decimal | None]:
    """The narrower of the plan's limits and a customer's, side by side: a customer may ask for more, never for less."""
    lowers = [limit for limit in (limits[0], asked[0]) if limit is not None]
    uppers = [limit for limit in (limits[1], asked[1]) if limit is not None]
    return max(lowers, default=None), min(uppers, default=None)


def nonconforming_pieces(results: Iterable[Result]) -> set[int]:
    """Pieces with at least one characteristic that does not conform."""
    return {result.piece for result in results if not result.conforms}


def accepts(results: Iterable[Result], acceptance_number: int) -> bool:
    """Whether the sample passes its lot: at most `acceptance_number` nonconforming pieces, none of them in a key characteristic."""
    judged = list(results)
    if any(result.is_key and not result.conforms for result in judged):
        return False
    return len(nonconforming_pieces(judged)) <= acceptance_number
