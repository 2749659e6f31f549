"""Goods in doubt: lots that a gauge found out of tolerance has measured, and whatever they went into, until somebody has decided.

A nonconformance of a gauge's review holds the rest of what went into a product, not the product: so it is looked for here too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Model, Q

from production.lineage import ingredients_of
from quality.doubt import Doubt, doubts_about
from quality.models import GaugeReview, Nonconformance, ReviewedLot


@dataclass(frozen=True)
class Doubts:
    """What is undecided of some lots: doubts of open reviews, and nonconformances that came of a review."""

    doubts: Sequence[Doubt]
    reports: Sequence[Nonconformance]

    @property
    def lots(self) -> set[int]:
        return {key for doubt in self.doubts for key in doubt.lots} | {each.lot_id for each in self.reports}

    @property
    def remedy(self) -> str:
        return " ".join(
            [*(doubt.remedy for doubt in self.doubts), *(f"Decide {each}." for each in self.reports)]
        )

    @property
    def see(self) -> list[Model]:
        return [*(doubt.review for doubt in self.doubts), *self.reports]

    def __str__(self) -> str:
        reports = (
            f"Nonconformance {each} of lot {each.lot}, from the review of a gauge, is undecided."
            for each in self.reports
        )
        return " ".join([*map(str, self.doubts), *reports])


def doubts_in(lots: Iterable[int]) -> Doubts | None:
    """What is undecided of these lots and of all that went into them; None where nothing is.

    One query while no review leaves anything undecided at all.
    """
    return _among({each for found in _made_of(lots).values() for each in found})


def lots_in_doubt(lots: Iterable[int]) -> set[int]:
    """Those of these lots of which `doubts_in` would tell something, in as many queries.

    A QuerySet of keys is read only where a review leaves anything undecided.
    """
    made_of = _made_of(lots)
    undecided = _among({each for found in made_of.values() for each in found})
    return {lot for lot, found in made_of.items() if undecided and found & undecided.lots}


def _made_of(lots: Iterable[int]) -> dict[int, set[int]]:
    left = Q(status=GaugeReview.Status.OPEN) | Q(lots__nonconformance__status=Nonconformance.Status.OPEN)
    return ingredients_of(lots) if GaugeReview.objects.filter(left).exists() else {}


def _among(lots: Collection[int]) -> Doubts | None:
    if not lots:
        return None
    decided = ReviewedLot.objects.filter(nonconformance__isnull=False).values("nonconformance")
    reports = Nonconformance.objects.undecided().filter(pk__in=decided, lot__any_of=lots)
    found = Doubts(doubts_about(lots), list(reports.select_related("lot").order_by("pk")))
    return found if found.lots else None
