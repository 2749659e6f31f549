"""What lots are made of: everything that went into them, at any level."""

from collections.abc import Iterable

from inventory.models import Move
from production.models import Batch


def ingredients_of(lots: Iterable[int]) -> dict[int, set[int]]:
    """By lot, every lot that went into it, however far back, and the lot itself. Two queries a generation.

    A batch that is still running counts with what it has consumed so far.
    """
    asked = set(lots)
    youngest = asked
    known: dict[int, set[int]] = {}
    while youngest:
        sources = _consumed_by(youngest)
        known |= {lot: sources.get(lot, set()) for lot in youngest}
        youngest = {each for found in sources.values() for each in found} - known.keys()
    return {lot: _closure(lot, known) for lot in asked}


def _closure(lot: int, sources: dict[int, set[int]]) -> set[int]:
    found = front = {lot}
    while front:
        front = {source for each in front for source in sources.get(each, ())} - found
        found = found | front
    return found


def _consumed_by(lots: set[int]) -> dict[int, set[int]]:
    """By lot, what was issued in the act that made it, or is making it."""
    standing = Move.objects.standing()
    made = standing.filter(kind=Move.Kind.OUTPUT, lot__in=lots, transformation__isnull=False)
    making = Batch.objects.filter(lot__in=lots, transformation__isnull=False)
    acts = set(made.values_list("lot", "transformation").union(making.values_list("lot", "transformation")))
    issued = standing.filter(kind=Move.Kind.ISSUE, transformation__in={act for _, act in acts})
    sources: dict[int, set[int]] = {}
    for act, lot in issued.values_list("transformation", "lot") if acts else ():
        sources.setdefault(act, set()).add(lot)
    found: dict[int, set[int]] = {}
    for lot, act in acts:
        found.setdefault(lot, set()).update(sources.get(act, ()))
    return found
