"""What lots go back to: the same goods under older numbers, and all that went into them."""

from collections.abc import Iterable

from inventory.models import Move
from inventory.renumbering import RENUMBERINGS
from production.models import Batch


def roots_of(lots: Iterable[int]) -> dict[int, set[int]]:
    """By lot, the lots it goes back to under other numbers: itself where it was never renumbered. One query a generation."""
    roots = {lot: {lot} for lot in lots}
    seen: set[int] = set()
    while front := {each for found in roots.values() for each in found} - seen:
        seen |= front  # a lot that was reworked into itself has no older one
        parents = _parents(front)
        roots = {
            lot: {older for each in found for older in parents.get(each, {each})}
            for lot, found in roots.items()
        }
    return roots


def _parents(lots: set[int]) -> dict[int, set[int]]:
    made = Move.objects.filter(
        kind=Move.Kind.OUTPUT, lot__in=lots, transformation__kind__in=RENUMBERINGS, reversed_by=None
    )
    acts = set(made.values_list("lot", "transformation"))
    used = Move.objects.filter(
        kind=Move.Kind.ISSUE, transformation__in={act for _, act in acts}, reversed_by=None
    ).values_list("transformation", "lot")
    sources: dict[int, set[int]] = {}
    for act, lot in used if acts else ():
        sources.setdefault(act, set()).add(lot)
    parents: dict[int, set[int]] = {}
    for lot, act in acts:
        # What was reworked has no parent by that: it went into itself.
        parents.setdefault(lot, set()).update(sources.get(act, set()) - {lot})
    return {lot: found for lot, found in parents.items() if found}


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
    made = Move.objects.filter(
        kind=Move.Kind.OUTPUT, lot__in=lots, transformation__isnull=False, reversed_by=None
    ).values_list("lot", "transformation")
    making = Batch.objects.filter(lot__in=lots, transformation__isnull=False).values_list(
        "lot", "transformation"
    )
    acts = set(made.union(making))
    issued = Move.objects.filter(
        kind=Move.Kind.ISSUE, transformation__in={act for _, act in acts}, reversed_by=None
    ).values_list("transformation", "lot")
    sources: dict[int, set[int]] = {}
    for act, lot in issued if acts else ():
        sources.setdefault(act, set()).add(lot)
    found: dict[int, set[int]] = {}
    for lot, act in acts:
        found.setdefault(lot, set()).update(sources.get(act, ()))
    return found
