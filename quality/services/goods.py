"""What was found about goods under the number that they bear, and about the same goods under those that they bore before."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Min, Q

from inventory.models import Lot, Move
from inventory.renumbering import RENUMBERINGS, earlier_numbers_of, numbered_before
from quality.models import Inspection, Nonconformance


def about_goods_of(lot: Lot) -> Q:
    """Of inspections and nonconformances: those about the goods of a lot. What was opened of a lot that it was split off, serialised or
    merged from counts if it was before they parted; what is found about the rest later is not about these.
    """
    older = numbered_before(lot.pk) - {lot.pk}
    own = Q(lot=lot)
    if not older:
        return own
    parted = _parted([lot.pk]).get(lot.pk)
    return own | Q(lot__in=older, opened_at__lte=parted) if parted is not None else own


def open_about_whole_of(lots: Collection[int]) -> set[int]:
    """Which of these lots wait for something that is open about the lot that they were split off, serialised or merged from before they
    parted: an inspection, or a nonconformance that is undecided.

    One query where none ever had another number; else three more, and two a generation of numbers, however many lots.
    """
    earlier = {lot: older for lot, older in earlier_numbers_of(lots).items() if older}
    if not earlier:
        return set()
    parted = _parted(earlier)
    opened = _first_opened({each for older in earlier.values() for each in older})
    return {
        lot
        for lot, older in earlier.items()
        if any(opened[each] <= parted[lot] for each in older & opened.keys())
    }


def _parted(lots: Collection[int]) -> dict[int, datetime]:
    """When the goods of each of these lots got its number from another; none for those that never had another."""
    outputs = Move.objects.standing().filter(
        lot__any_of=lots, kind=Move.Kind.OUTPUT, transformation__kind__in=RENUMBERINGS
    )
    return dict(outputs.order_by().values("lot").annotate(first=Min("at")).values_list("lot", "first"))


def _first_opened(lots: Collection[int]) -> dict[int, datetime]:
    """By lot, when the first that is still open about it was opened."""
    found: dict[int, datetime] = {}
    for rows in (Inspection.objects.open(), Nonconformance.objects.undecided()):
        for lot, at in rows.filter(lot__any_of=lots).values_list("lot", "opened_at"):
            found[lot] = min(at, found.get(lot, at))
    return found
