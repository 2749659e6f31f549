"""What was found about goods under the number that they bear, and about the same goods under those that they bore before."""

from django.db.models import Min, Q

from inventory.models import Lot, Move
from inventory.renumbering import RENUMBERINGS, numbered_before


def about_goods_of(lot: Lot) -> Q:
    """Of inspections and nonconformances: those about the goods of a lot. What was opened of a lot that it was split off, serialised or
    merged from counts if it was before they parted; what is found about the rest later is not about these.
    """
    older = numbered_before(lot.pk) - {lot.pk}
    own = Q(lot=lot)
    if not older:
        return own
    outputs = Move.objects.standing().filter(
        lot=lot, kind=Move.Kind.OUTPUT, transformation__kind__in=RENUMBERINGS
    )
    parted = outputs.aggregate(at=Min("at"))["at"]
    return own | Q(lot__in=older, opened_at__lte=parted) if parted is not None else own
