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
    found = front = {lot}
    while front:
        made = Move.objects.standing().filter(
            kind=Move.Kind.OUTPUT, lot__in=front, transformation__kind__in=RENUMBERINGS
        )
        used = Move.objects.standing().filter(
            kind=Move.Kind.ISSUE, transformation__in=set(made.values_list("transformation", flat=True))
        )
        front = set(used.values_list("lot", flat=True)) - found
        found = found | front
    return found


def _reached(lot: int, children: dict[int, set[int]]) -> set[int]:
    found = front = {lot}
    while front:
        front = {child for each in front for child in children.get(each, ())} - found
        found = found | front
    return found
