"""What inspectors of the demo have seen: a gauge found out of tolerance, and a filling line that drifts."""

from datetime import datetime, timedelta
from decimal import Decimal
from io import TextIOBase
from random import Random

from django.db import transaction
from django.utils import timezone

from inventory.models import Lot
from mes.console.demo.people import let
from mes.core.models import User
from quality import services
from quality.models import Characteristic, ChartLimits, ControlChart, Gauge, GaugeReview, InspectionPlan
from quality.services import Entry

FOUND_OUT = "MIC-022"
DRIFTS = "IP-FILL-CW-DW-100"
LINE = "FILL-1"
CALM, DRIFTING = 20, 8  # subgroups of five, one every quarter of an hour
EVERY = timedelta(minutes=15)
CENTER, SIGMA, STEP = 1029.0, 3.1, 1.4  # grams; the drift a quarter of an hour


def gauge_is_unsuspected() -> bool:
    there = Gauge.objects.filter(number=FOUND_OUT).exists()
    return there and not GaugeReview.objects.filter(calibration__gauge__number=FOUND_OUT).exists()


def find_gauge_out(say: TextIOBase) -> None:
    """Northgate's micrometer comes back from its laboratory: it was off, and has been adjusted."""
    let(
        _inspector(),
        services.calibrate_gauge,
        Gauge.objects.select_related("site").get(number=FOUND_OUT),
        as_found=Decimal("0.007"),
        as_left=Decimal("0.001"),
        certificate="D-K-18211-26-0702",
        laboratory="Hallam Metrology",
        note="Anvil worn; lapped and adjusted",
        at=timezone.now(),
    )


def line_is_unwatched() -> bool:
    charts = ControlChart.objects.filter(characteristic__plan__code=DRIFTS, line=LINE)
    return charts.exists() and not ChartLimits.objects.filter(chart__in=charts).exists()


@transaction.atomic
def watch_the_line(say: TextIOBase) -> None:
    """Twenty calm samples, limits fixed from them, and eight on which the net content creeps up."""
    chart = ControlChart.objects.get(characteristic__plan__code=DRIFTS, line=LINE)
    plan = InspectionPlan.objects.effective().select_related("item", "sampling").get(code=DRIFTS)
    lot = (
        Lot.objects.filter(item=plan.item)
        .in_stock()
        .select_related("item__site")
        .order_by("-made_at", "-pk")
        .first()
    )
    if lot is None:
        return
    rng, by = Random(1031), _inspector()
    start = timezone.now() - EVERY * (CALM + DRIFTING + 1)
    for number in range(CALM + DRIFTING):
        at = start + EVERY * number
        if number == CALM:
            let(by, services.fix_limits, chart, "First shift after the heads were set", at=at)
        drift = STEP * max(0, number - CALM + 1)
        _sample(plan, lot, [rng.gauss(CENTER + drift, SIGMA) for _ in range(5)], rng, by=by, at=at)


def _sample(
    plan: InspectionPlan, lot: Lot, weights: list[float], rng: Random, *, by: User, at: datetime
) -> None:
    """Five bottles off the line: weighed, their caps turned, their labels read."""
    inspection = let(
        by,
        services.open_inspection,
        plan,
        lot,
        lot_quantity=Decimal(600),
        reference=f"{LINE} {timezone.localtime(at, lot.item.site.zone):%d %b %H:%M}",
        line=LINE,
        at=at,
    )
    results = []
    for characteristic in plan.characteristics.order_by("number"):
        for piece, weight in enumerate(weights, start=1):
            if characteristic.kind == Characteristic.Kind.ATTRIBUTE:
                results.append(Entry(characteristic, piece, conforms=True))
            else:
                value = weight if characteristic.name == "Net content" else rng.gauss(1.8, 0.08)
                results.append(Entry(characteristic, piece, value=round(Decimal(value), 2)))
    let(by, services.record_results, inspection, results, at=at)


def _inspector() -> User:
    return User.objects.get(username="inspector")
