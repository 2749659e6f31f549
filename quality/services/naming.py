"""Pieces that were named when they were inspected: their results belong to the serial numbers that they get."""

from inventory import services as inventory
from inventory.models import Lot
from quality.models import Inspection, Measurement, SamplePiece


def serial_numbers_of(lot: Lot) -> list[str] | None:
    """Numbers for the pieces of a lot that is to be serialised: those that its good pieces were inspected under, then the lot's own and
    a counter; None where none was named.
    """
    judged = Inspection.objects.filter(lot=lot).exclude(
        status__in=[Inspection.Status.CANCELLED, Inspection.Status.SKIPPED]
    )
    named = SamplePiece.objects.filter(inspection__in=judged).order_by("inspection", "piece")
    identities = list(dict.fromkeys(named.values_list("identity", flat=True)))
    if not identities:
        return None
    count = int(inventory.on_hand(lot))
    if len(identities) > count:
        bad = _found_bad(lot)
        identities = [each for each in identities if each not in bad][:count]
    numbers = (f"{lot.number}-{n:03d}" for n in range(1, count + len(identities) + 1))
    rest = [each for each in numbers if each not in identities]
    return identities + rest[: count - len(identities)]


def _found_bad(lot: Lot) -> set[str]:
    """Pieces whose newest results are not all good."""
    results = Measurement.objects.standing().filter(inspection__lot=lot).order_by("inspection", "pk")
    names = {
        (inspection, piece): identity
        for inspection, piece, identity in SamplePiece.objects.filter(inspection__lot=lot).values_list(
            "inspection", "piece", "identity"
        )
    }
    verdicts: dict[str, dict[int, bool]] = {}
    for inspection, piece, characteristic, conforms in results.values_list(
        "inspection", "piece", "characteristic", "conforms"
    ):
        if (identity := names.get((inspection, piece))) is not None:
            verdicts.setdefault(identity, {})[characteristic] = conforms
    return {identity for identity, found in verdicts.items() if not all(found.values())}


def results_of_piece(piece: Lot, lots: set[int]) -> list[Measurement]:
    """What was measured on the very piece that a serial number is, under this number, oldest first.

    :param lots: the lots that it was before, itself too.
    """
    named = SamplePiece.objects.filter(inspection__lot__in=lots, identity=piece.number)
    found: list[Measurement] = []
    for inspection, number in named.values_list("inspection", "piece"):
        rows = Measurement.objects.standing().filter(inspection=inspection, piece=number)
        found += rows.select_related("characteristic", "inspection__plan", "gauge", "by")
    return sorted(found, key=lambda each: (each.at, each.pk))
