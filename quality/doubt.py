"""What a gauge that was found out of tolerance leaves in doubt: its results, by lot, and where those lots are now."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db.models import Count, F, Max, Min, Q, Sum

from inventory.models import Balance, Location, Lot
from quality import units
from quality.models import GaugeReview, Measurement, ReviewedLot

ZERO = Decimal(0)
RESULTS_SHOWN = 60


@dataclass(frozen=True)
class DoubtfulResult:
    """One result, with the limits that bound it.

    :ivar is_close: whether its verdict would be the other one, were it wrong by as much as the gauge was found off; None where that is
        not known.
    """

    measurement: Measurement
    lower: Decimal | None
    upper: Decimal | None
    is_close: bool | None


@dataclass(frozen=True)
class DoubtfulLot:
    """One lot in doubt; quantities in the item's unit.

    :ivar results: how many of its results were taken with the gauge, `failed` of them outside their limits, from `first` to `last`.
    :ivar taken: these results themselves, those whose verdict could be the other one first; `close` counts those, None where it is not known how far off
        the gauge was.
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
    taken: tuple[DoubtfulResult, ...]
    close: int | None
    inspected: Decimal
    here: Decimal
    places: str
    shipped: Decimal
    used: Decimal
    gone: Decimal
    verdict: ReviewedLot | None

    @property
    def shown(self) -> tuple[DoubtfulResult, ...]:
        return self.taken[:RESULTS_SHOWN]

    @property
    def is_being_made(self) -> bool:
        """Whether it is at a machine: not in stock before its batch is finished."""
        return self.lot.status == Lot.Status.IN_PROCESS and not (self.here or self.shipped or self.used)


def results_in_doubt(review: GaugeReview) -> Any:
    """Every result taken with the gauge between the last good calibration and the one that found it out, newest first."""
    gauge = review.calibration.gauge
    found = Measurement.objects.taken_with(gauge, since=review.since, until=review.until)
    return found.order_by("-at", "-pk")


@dataclass(frozen=True)
class Doubt:
    """An open review, and the lots among those asked about that it has not decided: their numbers by key, in the order of the numbers."""

    review: GaugeReview
    lots: Mapping[int, str]

    def __str__(self) -> str:
        calibration, one = self.review.calibration, len(self.lots) == 1
        return (
            f"{'Lot' if one else 'Lots'} {', '.join(self.lots.values())} {'was' if one else 'were'} measured with {calibration.gauge}, found out of "
            f"tolerance on {calibration.at:%Y-%m-%d}, and nobody has decided yet whether {'it stands' if one else 'they stand'}."
        )

    @property
    def remedy(self) -> str:
        which = "the lot" if len(self.lots) == 1 else "each lot"
        return f"Decide {which} in the {self.review}: it stands, with a reason, or a nonconformance holds it."


def doubts_about(lots: Collection[int]) -> list[Doubt]:
    """What open reviews leave undecided of these lots, oldest first; one query."""
    rows: Any = GaugeReview.objects.open().with_lots_left().select_related("calibration__gauge").distinct()
    left = rows.filter(lot__any_of=lots).order_by("opened_at", "pk", "number", "lot")
    return [
        Doubt(review, {each.lot: each.number for each in (review, *others)})
        for _, (review, *others) in groupby(left, key=attrgetter("pk"))
    ]


def doubtful_lots(review: GaugeReview, *, with_results: bool = False) -> list[DoubtfulLot]:
    """The lots of these results, those that can still be held first; four queries, however many there are, six with the results.

    :param with_results: read `taken` and `close` too.
    """
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
    taken = _taken(review) if with_results else {}
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
            taken=(own := tuple(taken.get(key, ()))),
            close=_close(own),
            inspected=row["inspected"],
            **where[key],
            verdict=verdicts.get(key),
        )
        for key, row in found.items()
    ]
    return sorted(rows, key=lambda each: (each.verdict is not None, not each.here, each.first, each.lot.pk))


def _close(results: tuple[DoubtfulResult, ...]) -> int | None:
    if not results or any(each.is_close is None for each in results):
        return None
    return sum(bool(each.is_close) for each in results)


def _taken(review: GaugeReview) -> dict[int, list[DoubtfulResult]]:
    """The results by lot, those whose verdict could be the other one first."""
    results = results_in_doubt(review).select_related("characteristic", "inspection", "by")
    by_lot: dict[int, list[DoubtfulResult]] = defaultdict(list)
    for each in results.prefetch_related("inspection__tightenings"):
        by_lot[each.inspection.lot_id].append(_doubtful(each, review))
    for found in by_lot.values():
        found.sort(key=lambda each: not each.is_close)
    return by_lot


def _doubtful(measurement: Measurement, review: GaugeReview) -> DoubtfulResult:
    lower, upper = measurement.inspection.limits_of(measurement.characteristic)
    off = _off(review, measurement.characteristic.uom)
    if measurement.value is None or off is None:
        return DoubtfulResult(measurement, lower, upper, None)
    distances = [abs(measurement.value - limit) for limit in (lower, upper) if limit is not None]
    return DoubtfulResult(measurement, lower, upper, any(distance < off for distance in distances))


def _off(review: GaugeReview, uom: str) -> Decimal | None:
    """By how much the gauge was found off, in the unit of a characteristic; None where nobody said, or in another kind of unit."""
    found, unit = review.calibration.as_found, review.calibration.gauge.uom
    if found is None or not unit or not uom or unit == uom:
        return abs(found) if found is not None else None
    return abs(units.convert_difference(found, unit, uom)) if uom in units.same_dimension(unit) else None


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
