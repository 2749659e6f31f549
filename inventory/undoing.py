"""Which moves have to be reversed before another one can be, and in what order: what came later goes first.

What a move brought may have gone on: elsewhere, to a customer, or under another number. Goods under another number come back by the
output that gave it to them, then by the issue that took them; before that whatever became of them there.
"""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from inventory.models import Balance, Move, Transformation
from inventory.quantities import plain

RENUMBERINGS = {
    Transformation.Kind.SPLIT,
    Transformation.Kind.SERIALISATION,
    Transformation.Kind.MERGE,
}
NAMED = 8


def in_the_way_of(move: Move) -> list[Move]:
    """Moves to be reversed before this one, the first first; none where it can be reversed now, or only counting would help."""
    return list(dict.fromkeys(_before(move)))


def told(moves: Sequence[Move]) -> str:
    """`move 31 (output of 4 pcs of L-7-R1: Production → Quarantine), then move 30 (…)`"""
    named = [
        f"move {each.pk} ({each.get_kind_display().lower()} of {plain(each.quantity)} {each.lot.item.unit} of {each.lot}: "
        f"{each.source} → {each.destination})"
        for each in moves[:NAMED]
    ]
    more = f", then {len(moves) - NAMED} more" if len(moves) > NAMED else ""
    return ", then ".join(named) + more


def _before(move: Move) -> Iterator[Move]:
    if _took_for_other_numbers(move):
        for output in _outputs(move):
            yield from _with_what_follows(output)
    if move.destination.is_real:
        yield from _gone_on(move)


def _with_what_follows(move: Move) -> Iterator[Move]:
    yield from _before(move)
    yield move


def _gone_on(move: Move) -> Iterator[Move]:
    """What took the goods away from where the move brought them, newest first, as much as is missing there."""
    there = Balance.objects.filter(lot=move.lot_id, location=move.destination_id).first()
    missing = move.quantity - (there.quantity if there is not None else 0)
    later = _standing().filter(lot=move.lot_id, source=move.destination_id, pk__gt=move.pk)
    for each in later if missing > 0 else ():
        if missing <= 0:
            return
        yield from _with_what_follows(each)
        missing -= each.quantity


def _took_for_other_numbers(move: Move) -> bool:
    act = move.transformation
    return move.kind == Move.Kind.ISSUE and act is not None and act.kind in RENUMBERINGS


def _outputs(move: Move) -> QuerySet[Move]:
    return _standing().filter(transformation=move.transformation, kind=Move.Kind.OUTPUT)


def _standing() -> QuerySet[Move]:
    moves = Move.objects.standing().select_related("lot__item", "source", "destination", "transformation")
    return moves.order_by("-pk")
