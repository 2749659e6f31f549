"""What a gauge that was found out of tolerance leaves in doubt: its results, by lot, and where those lots are now."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum

from inventory.models import Balance, Location, Lot
from quality.models import GaugeReview, Measurement, ReviewedLot

ZERO = Decimal(0)


@dataclass(frozen=True)
class DoubtfulLot:
    """One lot in doubt; quantities in the item's unit.

    :ivar results: how many of its results were taken with the gauge, `failed` of them outside their limits, from `first` to `last`.
    :ivar inspected: how much was judged by them.
    :ivar here: how much is in real locations, `places` naming them; `shipped`, `used` and `gone` is the rest.
    :ivar gone: scrapped, adjusted away or returned to its supplier.
    :ivar verdict: what was decided of it; None while nothing is.
    """

    lot: Lot
    results: int
    failed: int
    first: datetime
    last: datetime
    inspected: Decimal
    here: Decimal
    places: str
    shipped: Decimal
    used: Decimal
    gone: Decimal
    verdict: ReviewedLot | None


def results_in_doubt(review: GaugeReview) -> Any:
    """Every result taken with the gauge between the last good calibration and the one that found it out, newest first."""
    gauge = review.calibration.gauge
    found = Measurement.objects.taken_with(gauge, since=review.since, until=review.until)
    return found.order_by("-at", "-pk")


def doubtful_lots(review: GaugeReview) -> list[DoubtfulLot]:
    """The lots of these results, those that can still be held first; four queries, however many there are."""
    by_lot = (
        results_in_doubt(review)
        .order_by()
        .values(lot=F("inspection__lot"))
        .annotate(
            results=Count("pk"),
            failed=Count("pk", filter=Q(conforms=False)),
            first=Min("at"),
            last=Max("at"),
            inspected=Max("inspection__lot_quantity"),
        )
    )
    found = {row["lot"]: row for row in by_lot}
    lots = Lot.objects.select_related("item__site").in_bulk(found)
    where = _where(found)
    verdicts = {
        each.lot_id: each
        for each in ReviewedLot.objects.filter(review=review).select_related("nonconformance", "by")
    }
    rows = [
        DoubtfulLot(
            lot=lots[key],
            results=row["results"],
            failed=row["failed"],
            first=row["first"],
            last=row["last"],
            inspected=row["inspected"],
            **where[key],
            verdict=verdicts.get(key),
        )
        for key, row in found.items()
    ]
    return sorted(rows, key=lambda each: (each.verdict is not None, not each.here, each.first, each.lot.pk))


def _where(lots: Any) -> dict[int, dict[str, Any]]:
    """Where each lot is: what is here and in which places, what was shipped, used, or is gone."""
    answer: dict[int, dict[str, Any]] = {
        key: {"here": ZERO, "places": "", "shipped": ZERO, "used": ZERO, "gone": ZERO} for key in lots
    }
    names: dict[int, list[str]] = defaultdict(list)
    balances = (
        Balance.objects.filter(lot__in=list(lots), quantity__gt=0)
        .values("lot", "is_real", kind=F("location__kind"), name=F("location__name"))
        .annotate(total=Sum("quantity"))
        .order_by("lot", "name")
    )
    for row in balances:
        place = answer[row["lot"]]
        if row["is_real"]:
            place["here"] += row["total"]
            names[row["lot"]].append(row["name"])
        else:
            place[_BEYOND.get(row["kind"], "gone")] += row["total"]
    for key, found in names.items():
        answer[key]["places"] = ", ".join(found)
    return answer


_BEYOND = {Location.Kind.CUSTOMER: "shipped", Location.Kind.PRODUCTION: "used"}
