"""Which serial number each piece of a sample is."""

from inventory.models import Lot
from inventory.renumbering import numbered_before
from mes.core.refusals import InvalidInput
from quality.models import Inspection, SamplePiece


class PieceUnnamed(InvalidInput):
    code = "quality.piece_unnamed"
    title = "Which piece is it?"


def name_piece(inspection: Inspection, piece: int, identity: str) -> None:
    """Say once which serial number a piece of the sample is; the caller holds the inspection's lock.

    :raises PieceUnnamed: when it has no name, that of another piece, or one that is not of this lot.
    """
    known = inspection.pieces.filter(piece=piece).first()
    if known is not None:
        if identity and identity != known.identity:
            raise _unnamed(f"piece {piece} is {known.identity}, not {identity}")
        return
    if not identity:
        raise _unnamed(f"say which serial number piece {piece} is")
    other = inspection.pieces.filter(identity=identity).first()
    if other is not None:
        raise _unnamed(f"{identity} is piece {other.piece} already")
    _require_of_this_lot(inspection.lot, identity)
    SamplePiece.objects.create(inspection=inspection, piece=piece, identity=identity[:60])


def _require_of_this_lot(lot: Lot, identity: str) -> None:
    """A number that the item has given already is a piece of the very lot that is inspected."""
    known = Lot.objects.filter(item=lot.item_id, number=identity).first()
    if known is not None and lot.pk not in numbered_before(known.pk):
        raise _unnamed(f"{identity} is the number of another piece")


def _unnamed(sentence: str) -> PieceUnnamed:
    return PieceUnnamed(f"{sentence[0].upper()}{sentence[1:]}.", errors={"identity": [sentence]})
