"""The same goods under other numbers: what a lot was serialised, split, merged or reworked into."""

from collections.abc import Iterable

from inventory.models import Move, Transformation

RENUMBERINGS = (
    Transformation.Kind.SERIALISATION,
    Transformation.Kind.SPLIT,
    Transformation.Kind.MERGE,
    Transformation.Kind.REWORK,
)


def renumbered_from(lots: Iterable[int]) -> dict[int, set[int]]:
    """By lot, every lot that its goods bear the number of now or did on the way, itself too. Two queries a generation."""
    asked = set(lots)
    children: dict[int, set[int]] = {}
    front = set(asked)
    while front:
        issued = Move.objects.standing().filter(
            kind=Move.Kind.ISSUE, lot__in=front, transformation__kind__in=RENUMBERINGS
        )
        sources: dict[int, set[int]] = {}
        for act, lot in issued.values_list("transformation", "lot"):
            sources.setdefault(act, set()).add(lot)
        made = Move.objects.standing().filter(kind=Move.Kind.OUTPUT, transformation__in=sources)
        children |= {lot: set() for lot in front}
        for act, lot in made.values_list("transformation", "lot") if sources else ():
            for source in sources[act]:
                children[source].add(lot)
        front = {each for found in children.values() for each in found} - children.keys()
    return {lot: _reached(lot, children) for lot in asked}


def numbered_before(lot: int) -> set[int]:
    """Every lot that the goods of this one bore the number of before, itself too: what it was serialised, split, merged or reworked
    from. Two queries a generation.
    """
    return numbers_before([lot])


def numbers_before(lots: Iterable[int]) -> set[int]:
    """As `numbered_before`, of several lots together; as many queries as for one."""
    found = front = set(lots)
    while front:
        front = {older for sources in _parents(front).values() for older in sources} - found
        found = found | front
    return found


def earlier_numbers_of(lots: Iterable[int]) -> dict[int, set[int]]:
    """By lot, every lot that its goods bore the number of before, without itself. Two queries a generation."""
    asked = set(lots)
    sources: dict[int, set[int]] = {}
    front = set(asked)
    while front:
        parents = _parents(front)
        sources |= {lot: parents.get(lot, set()) for lot in front}
        front = {older for found in parents.values() for older in found} - sources.keys()
    return {lot: _reached(lot, sources) - {lot} for lot in asked}


def roots_of(lots: Iterable[int]) -> dict[int, set[int]]:
    """By lot, the lots it goes back to under other numbers: itself where it was never renumbered. Two queries a generation."""
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
    """By lot, those that it was renumbered from; one that was reworked into itself, or never renumbered, has none."""
    made = Move.objects.standing().filter(
        kind=Move.Kind.OUTPUT, lot__in=lots, transformation__kind__in=RENUMBERINGS
    )
    acts = set(made.values_list("lot", "transformation"))
    used = Move.objects.standing().filter(kind=Move.Kind.ISSUE, transformation__in={act for _, act in acts})
    sources: dict[int, set[int]] = {}
    for act, lot in used.values_list("transformation", "lot") if acts else ():
        sources.setdefault(act, set()).add(lot)
    parents: dict[int, set[int]] = {}
    for lot, act in acts:
        parents.setdefault(lot, set()).update(sources.get(act, set()) - {lot})
    return {lot: found for lot, found in parents.items() if found}


def _reached(lot: int, children: dict[int, set[int]]) -> set[int]:
    found = front = {lot}
    while front:
        front = {child for each in front for child in children.get(each, ())} - found
        found = found | front
    return found
