"""How many pieces are inspected, how a value is judged, and what a sample says of its lot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from quality.sampling.plans import Sample

Kind = Literal["all", "fixed", "percent"]


@dataclass(frozen=True)
class Result:
    """One judged characteristic of one piece of the sample.

    :ivar defects: nonconformities counted on it; of one that does not conform without a count, one.
    """

    piece: int
    conforms: bool
    is_key: bool = False
    defects: int | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of a lot while its samples are inspected.

    :ivar found: nonconforming pieces so far or, where those are counted, nonconformities.
    :ivar verdict: "accept" or "reject" as soon as no result still to come can change it; "more" when all samples so far are inspected
        and the next one is needed; else "open".
    :ivar between: accepted, and between the numbers of a reduced plan.
    :ivar why: the verdict in a sentence, or what it takes to reach one.
    """

    found: int
    verdict: Literal["accept", "reject", "more", "open"]
    why: str
    between: bool = False


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


def standing(
    results: Iterable[Result],
    samples: Sequence[Sample],
    drawn: int,
    *,
    characteristics: int,
    keys: int = 0,
    counts_defects: bool = False,
) -> Standing:
    """What the results so far say of the lot.

    :param samples: of the plan, in order; `drawn` of them have been taken.
    :param characteristics: results that each piece gets; `keys` of those are of key characteristics, in which nothing may fail.
    :param counts_defects: nonconformities are counted (plans per hundred units), not nonconforming pieces.
    """
    judged = list(results)
    if any(result.is_key and not result.conforms for result in judged):
        return Standing(_found(judged, counts_defects), "reject", "A key characteristic does not conform.")
    found = _found(judged, counts_defects)
    now = samples[drawn - 1]
    is_last = drawn == len(samples)
    what = "nonconformities" if counts_defects else "nonconforming"
    if found >= now.reject:
        return Standing(found, "reject", f"{found} {what}: the lot is rejected from {now.reject} on.")
    pieces = sum(sample.size for sample in samples[:drawn])
    missing = pieces * characteristics - len(judged)
    if not missing:
        if now.accept is not None and found <= now.accept:
            return Standing(found, "accept", f"{found} {what}: the lot is {accepted(now.accept)}.")
        if not is_last:
            return Standing(
                found,
                "more",
                f"{found} {what}: too many to accept, too few to reject. The next sample decides.",
            )
        why = f"{found} {what}, between {now.accept} and {now.reject}: accepted, and the next lot is inspected normally."
        return Standing(found, "accept", why, between=True)
    # Pieces without a fault yet that still lack a result could each turn out nonconforming; a defect count has no ceiling.
    if now.accept is not None and not counts_defects and not keys:
        bad = nonconforming_pieces(judged)
        done = _complete(judged, characteristics)
        if found + pieces - len(bad | done) <= now.accept:
            return Standing(
                found, "accept", f"{found} {what}: whatever the rest shows, no more than {now.accept} can be."
            )
    accept = f"{accepted(now.accept)}, " if now.accept is not None else ""
    return Standing(
        found,
        "open",
        f"{found} {what} so far; {accept}rejected from {now.reject} on. {missing} result{' is' if missing == 1 else 's are'} missing.",
    )


def accepted(number: int) -> str:
    """`accepted up to 2`, `accepted with none`"""
    return f"accepted up to {number}" if number else "accepted with none"


def _found(results: list[Result], counts_defects: bool) -> int:
    if counts_defects:
        return sum(_defects(result) for result in results)
    return len(nonconforming_pieces(results))


def _defects(result: Result) -> int:
    return result.defects if result.defects is not None else int(not result.conforms)


def _complete(results: list[Result], characteristics: int) -> set[int]:
    """Pieces that have all their results."""
    counts: dict[int, int] = {}
    for result in results:
        counts[result.piece] = counts.get(result.piece, 0) + 1
    return {piece for piece, count in counts.items() if count >= characteristics}
