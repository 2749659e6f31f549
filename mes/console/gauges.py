"""Gauges by when they are due, and the lots that one found out of tolerance left in doubt."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from inventory.models import Lot, Site
from mes.console.pages import acting, deed, draw, page
from quality.models import Gauge, GaugeReview
from quality.services import clear_doubtful_lot, doubt_lot, hold_doubtful_lots

SOON = timedelta(days=30)
CALIBRATE = "quality.calibrate_gauge"
USELESS, DUE, AWAY, FINE = range(4)


class State(NamedTuple):
    """How a gauge stands, in words; `rank` orders the list: measures nothing, due soon, away, fine."""

    level: str
    word: str
    why: str
    rank: int


@page("quality.view_gauge")
def gauges(request: HttpRequest) -> HttpResponse:
    """Whoever keeps the gauges: which must be calibrated, which measure nothing, what is in doubt?"""
    now = timezone.now()
    found = Gauge.objects.live().with_use().select_related("site")
    site, kind = request.GET.get("site", ""), request.GET.get("kind", "")
    if site:
        found = found.filter(site__code=site)
    if kind:
        found = found.filter(kind__iexact=kind)
    rows = [_row(gauge, gauge.local_date(now)) for gauge in found.soonest_due_first()]
    reviews = GaugeReview.objects.open().select_related("calibration__gauge__site").oldest_first()
    return draw(
        request,
        "console/gauges.html",
        "Gauges",
        rows=sorted(rows, key=lambda row: row["rank"]),
        due=sum(row["rank"] <= DUE for row in rows),
        reviews=list(reviews),
        sites=Site.objects.order_by("code"),
        kinds=Gauge.objects.live().order_by("kind").values_list("kind", flat=True).distinct(),
        site=site,
        kind=kind,
        may_add=request.user.has_perm("quality.add_gauge"),
    )


@deed(CALIBRATE)
def clear_lot(request: HttpRequest, pk: int, lot_id: int) -> str:
    lot = get_object_or_404(Lot, pk=lot_id)
    clear_doubtful_lot(_review(pk), lot, request.POST.get("reason", "")[:300], **acting(request))
    return f"Lot {lot} stands."


@deed(CALIBRATE)
def judge_lot(request: HttpRequest, pk: int, lot_id: int) -> str:
    lot = get_object_or_404(Lot.objects.select_related("item__site"), pk=lot_id)
    found = doubt_lot(_review(pk), lot, request.POST.get("reason", ""), **acting(request))
    return f"{found} holds lot {lot} until it is decided."


@deed(CALIBRATE)
def hold_all(request: HttpRequest, pk: int) -> str:
    held = hold_doubtful_lots(_review(pk), **acting(request))
    return f"{len(held)} lot{'s' if len(held) != 1 else ''} in doubt, each with a nonconformance of its own."


def _review(pk: int) -> GaugeReview:
    return get_object_or_404(GaugeReview.objects.select_related("calibration__gauge"), pk=pk)


def _row(gauge: Gauge, today: date) -> dict[str, Any]:
    state = _state(gauge, today)
    return {"gauge": gauge, "level": state.level, "state": state.word, "why": state.why, "rank": state.rank}


def _state(gauge: Gauge, today: date) -> State:
    due = gauge.due_date
    left = (due - today).days if due else None
    if gauge.status == Gauge.Status.BLOCKED:
        why = gauge.status_reason or "It measures nothing until it is put back in use."
        return State("late", "Blocked", why, USELESS)
    if gauge.status == Gauge.Status.IN_USE and left is None:
        return State("late", "Never calibrated", "It measures nothing until it is calibrated.", USELESS)
    if gauge.status == Gauge.Status.IN_USE and left is not None and left < 0:
        why = f"It measures nothing after {due:%d %b %Y}; calibrate it or retire it."
        return State("late", "Lapsed", why, USELESS)
    if left is not None and left <= SOON.days:
        when = "today is its last day" if left == 0 else f"{left} day{'s' if left != 1 else ''} left"
        return State("risk", "Due soon", f"{when}; send it before its work stops.", DUE)
    if gauge.status == Gauge.Status.OUT:
        return State("planned", "Out", gauge.status_reason, AWAY)
    return State("done", "In use", "", FINE)
