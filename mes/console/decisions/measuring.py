"""What calls for somebody who measures: signals of control charts, results in doubt, gauges that lapse."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince

from inventory.models.days import day_after, day_at
from mes.console.decisions.decision import Action, Decision, days
from quality.models import ControlChart, Gauge, GaugeReview
from quality.models.gauges import GAUGE_ZONE

SOON = timedelta(days=14)


def chart_signals(at: datetime) -> Iterator[Decision]:
    """One entry for each chart with signals that nobody has acknowledged."""
    charts: Any = ControlChart.objects.live().with_state()
    calling = charts.filter(waiting__gt=0).select_related("owner")
    for chart in calling.order_by("oldest", "pk"):
        url = reverse("admin:quality_controlchart_change", args=[chart.pk])
        signal = chart.signals.waiting().select_related("point__inspection__lot").order_by("-pk")[:1].get()
        more = f"; {chart.waiting} signals in all" if chart.waiting > 1 else ""
        yield Decision(
            level="late",
            status="Signal",
            what=f"{chart}: {signal.sentence}",
            why=f"Point {signal.point.sequence}, lot {signal.point.inspection.lot}, {timesince(signal.at, at)} ago{more}. "
            f"What varies so is not chance: find the cause. {f'Owner: {chart.owner}.' if chart.owner else ''}",
            url=url,
            cost=55 + min(days(at - chart.oldest), 20),
            actions=(Action("Look and acknowledge", url, is_main=True),),
        )


def gauge_reviews(at: datetime) -> Iterator[Decision]:
    waiting = GaugeReview.objects.open().select_related("calibration__gauge").oldest_first()
    for review in waiting:
        url = reverse("admin:quality_gaugereview_change", args=[review.pk])
        since = f"since {timezone.localtime(review.since):%d %b %Y}" if review.since else "ever"
        yield Decision(
            level="late",
            status="In doubt",
            what=f"{review.calibration.gauge} was out of tolerance: what it measured {since} is in doubt",
            why=f"Each lot stands or is held; until then it does not ship. Open for {timesince(review.opened_at, at)}.",
            url=url,
            cost=75 + min(days(at - review.opened_at), 20),
            actions=(Action("Decide its lots", url, is_main=True),),
        )


def gauges_due(at: datetime) -> Iterator[Decision]:
    """Gauges that measure nothing any more, and those about to lapse, in one entry each; by the day where each gauge is."""
    url = reverse("console:gauges")
    today, later = day_at(at, GAUGE_ZONE), day_after(at, GAUGE_ZONE, SOON.days)
    lapsed = [str(gauge) for gauge in Gauge.objects.unusable(today).soonest_due_first()]
    soon = [
        str(gauge) for gauge in Gauge.objects.due_by(later).filter(due_date__gte=today).soonest_due_first()
    ]
    if lapsed:
        yield Decision(
            level="late",
            status="Gauges",
            what=f"{_told(lapsed)} may not measure",
            why="Blocked, lapsed or never calibrated: results that need them are refused until they are calibrated.",
            url=url,
            cost=40,
            actions=(Action("Gauges", url, is_main=True),),
        )
    if soon:
        yield Decision(
            level="risk",
            status="Gauges",
            what=f"{_told(soon)}: calibration runs out within {SOON.days} days",
            why="Send them before the inspections that need them stop.",
            url=url,
            cost=20,
            actions=(Action("Gauges", url, is_main=True),),
        )


def _told(numbers: list[str]) -> str:
    """The first few by number, the rest counted."""
    shown = ", ".join(numbers[:3])
    return shown if len(numbers) <= 3 else f"{shown} and {len(numbers) - 3} more gauges"
