"""Skipping lots: a source whose lots have been accepted often enough in a row has only some of them inspected.

The plan SkSP-2 of H. F. Dodge and R. L. Perry (*Industrial Quality Control* 1955; *Journal of Quality Technology* 1973), on which
ANSI/ASQ S1 builds: every lot until `qualify` in a row are accepted, then one of `every`, drawn at random out of each group of so many;
the first one not accepted brings back every lot.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class SkipRule:
    """When lots may be skipped, and how many: one of `every` is inspected.

    :raises ValueError: for numbers that skip nothing.
    """

    qualify: int = 10
    every: int = 4

    def __post_init__(self) -> None:
        if self.qualify < 1 or self.every < 2:
            raise ValueError("At least one lot qualifies, and at most one of two is inspected.")


@dataclass(frozen=True)
class Skipping:
    """Where a source of lots stands.

    :ivar run: lots accepted in a row.
    :ivar skips: whether it has qualified.
    :ivar place: lots seen of the present group.
    :ivar drawn: which of the group is inspected, from 1; 0 before a group begins.
    """

    run: int = 0
    skips: bool = False
    place: int = 0
    drawn: int = 0


def inspects_next(state: Skipping, rule: SkipRule, *, chance: float) -> tuple[bool, Skipping]:
    """Whether the next lot is inspected, and the state after it has come.

    :param chance: a random number from 0 up to but not including 1; used when a group of lots begins.
    """
    if not state.skips:
        return True, state
    begins = state.place == 0 or state.place >= rule.every
    drawn = 1 + int(chance * rule.every) if begins else state.drawn
    place = 1 if begins else state.place + 1
    return place == drawn, replace(state, place=place, drawn=drawn)


def skip_after(state: Skipping, rule: SkipRule, *, accepted: bool) -> Skipping:
    """The state after an inspected lot's verdict."""
    if not accepted:
        return Skipping()
    run = state.run + 1
    return replace(state, run=run, skips=state.skips or run >= rule.qualify)
